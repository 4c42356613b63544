/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/program.h"

#include <errno.h>
#include <stdio.h>
#include <sys/wait.h>

#include "base/child.h"
#include "cli/command.h"
#include "cli/environment.h"
#include "host/mode.h"
#include "host/reach.h"
#include "kernel/vfio_backend.h"

/* Open in this process they would keep the devices from going back. */
void program_close(struct program *program)
{
	while (program->n_fds > 0)
		close_fd(&program->fds[--program->n_fds]);
}

void program_free(struct program *program)
{
	program_close(program);
	free(program->fds);
	free(program->devices);
	selection_free(&program->selection);
	*program = (struct program){0};
}

/* --- before anything is moved ------------------------------------------------------------- */

static int cannot_run(const char *name, int r, const char *missing, struct error *err)
{
	if (r == -ENOENT) {
		error_set(err, STATUS_NO_PROGRAM, r, "no-command", name, "%s", missing);
		return error_remedy(err, "Is it spelt right, and installed?");
	}
	error_set(err, STATUS_NOT_EXECUTED, r, "not-executed", name,
		  "it cannot be executed: %s (%s)", strerror(-r), errno_name(r));
	return error_remedy(err, "Is it a program, and does its mode say so?");
}

/* A typo shall not move devices. */
int program_find(struct program *program, struct error *err)
{
	const char *name = program->opts->program[0];
	int r = child_find(program->file, sizeof(program->file), name);

	program->name = name;
	if (r == 0)
		return 0;
	return cannot_run(name, r,
			  strchr(name, '/') ? "there is no such file"
					    : "there is no such command in PATH",
			  err);
}

static int no_cdev(const char *address, struct error *err)
{
	error_set(err, STATUS_UNSUPPORTED, 0, "no-cdev", address,
		  "--pass-fd needs a device cdev and iommufd, and this kernel offers %s",
		  address ? "it no cdev" : "none");
	return error_remedy(err, "Leave --pass-fd out: the nodes of its group are in variables. "
				 "`vfioctl mode` shows what the kernel has.");
}

/* Nor shall what this kernel can never do. */
int program_check_ways(const struct options *opts, struct error *err)
{
	struct host_ways ways;

	if (!opts->pass_fd)
		return 0;
	host_ways_read(&ways);
	return ways.cdev == ANSWER_NO || ways.iommufd == ANSWER_NO ? no_cdev(NULL, err) : 0;
}

/* --- what the program gets ---------------------------------------------------------------- */

static bool is_named(const struct selection *selection, const char *address)
{
	for (size_t i = 0; i < selection->count; i++)
		if (streq(selection->addresses[i], address))
			return true;
	return false;
}

/* Those that were named in this order, then those that --group took along. */
int program_give(struct program *program, const struct change *session, struct error *err)
{
	program->devices = calloc(session->count + 1, sizeof(struct device *));
	if (!program->devices)
		return error_out_of_memory(err);
	for (int named = 1; named >= 0; named--)
		for (size_t i = 0; i < session->count; i++) {
			const struct change_result *result = &session->results[i];

			if (is_named(&program->selection, result->before->address) != (bool)named)
				continue;
			if (!result->after)
				return error_set(err, STATUS_NO_DEVICE, ENODEV, "no-such-device",
						 result->before->address,
						 "it was taken away meanwhile");
			program->devices[program->n_devices++] = result->after;
		}
	return 0;
}

/* Never in the place of a standard stream that this process was started without. */
static int above_streams(int fd)
{
	int moved;

	if (fd < 0 || fd > 2)
		return fd;
	moved = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	moved = moved < 0 ? -errno : moved;
	close_fd(&fd);
	return moved;
}

static int take_descriptor(struct program *program, int fd, const char *node, struct error *err)
{
	fd = above_streams(fd);
	if (fd < 0)
		return error_errno(err, fd, "open", node, "cannot open it for --pass-fd");
	program->fds[program->n_fds++] = fd;
	return 0;
}

/* Opening a cdev does nothing to its device: that begins when the program binds it. */
int program_open(struct program *program, struct error *err)
{
	program->fds = calloc(program->n_devices + 1, sizeof(*program->fds));
	if (!program->fds)
		return error_out_of_memory(err);
	for (size_t i = 0; i < program->n_devices; i++) {
		const struct device *dev = program->devices[i];

		if (!dev->cdev)
			return no_cdev(dev->address, err);
		if (take_descriptor(program, vfio_cdev_open(dev->cdev), dev->cdev, err) < 0)
			return -1;
	}
	return take_descriptor(program, iommufd_open(), "/dev/iommu", err);
}

static struct given given_to(const struct program *program)
{
	struct given given = {
		.devices = program->devices,
		.count = program->n_devices,
		.cdev_fds = program->fds,
		.iommu_fd = program->fds ? program->fds[program->n_devices] : -1,
	};

	for (size_t i = 0; i < given.count; i++) {
		if (given.devices[i]->modes & MODE_CDEV)
			given.iommu = "/dev/iommu";
		if (given.devices[i]->modes & MODE_GROUP)
			given.container = reach_container();
	}
	return given;
}

/* --- running it --------------------------------------------------------------------------- */

void program_tell(const struct program *program)
{
	for (size_t i = 0; i < program->n_devices; i++) {
		const struct device *dev = program->devices[i];

		message_verbose("%s: %s has it; %s, %s", dev->address, dev->driver,
				dev->cdev ? dev->cdev : "no cdev",
				dev->group_node ? dev->group_node : "no group node");
	}
}

void program_describe_end(char *buf, size_t size, int status)
{
	if (WIFSIGNALED(status))
		snprintf(buf, size, "was ended by SIG%s", sigabbrev_np(WTERMSIG(status)));
	else
		snprintf(buf, size, "ended with exit status %d", WEXITSTATUS(status));
}

/* 0 with its wait status, or -1 when it was not started. */
int program_run(struct program *program, const struct change *session, int *ret_status,
		struct error *err)
{
	struct given given = given_to(program);
	scoped_environment char **environment = environment_make(environ, &given);
	const struct child_request request = {
		.file = program->file,
		.argv = program->opts->program,
		.environment = environment,
		.descriptors = program->fds,
		.n_descriptors = program->n_fds,
		.mask = &session->interrupts.before,
	};
	pid_t pid;
	int r;

	if (!environment)
		return error_out_of_memory(err);
	r = child_start(&pid, &request);
	if (r < 0)
		return cannot_run(program->name, r,
				  "the interpreter that its first line names is missing", err);
	program_close(program);
	message_verbose("%s runs, pid %d", program->file, (int)pid);
	*ret_status = child_wait(pid);
	return 0;
}
