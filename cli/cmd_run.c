/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bind, run a program, give back. What the devices go back to is in the journal of the session
 * (change/session.h); here is what the program gets, and what becomes of its exit status.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/wait.h>

#include "base/child.h"
#include "change/session.h"
#include "cli/change_output.h"
#include "cli/commands.h"
#include "host/mode.h"
#include "host/reach.h"
#include "kernel/vfio_backend.h"

/* A program, and what it is given once the devices are there. */
struct program {
	const struct options *opts;
	struct selection selection;
	const char *name;
	char file[PATH_MAX];
	const struct device **devices;
	int *fds; /* the cdevs' in the order of devices, then iommufd's */
	size_t n_devices, n_fds;
};

/* Open in this process they would keep the devices from going back. */
static void close_descriptors(struct program *program)
{
	while (program->n_fds > 0)
		close_fd(&program->fds[--program->n_fds]);
}

static void program_free(struct program *program)
{
	close_descriptors(program);
	free(program->fds);
	free(program->devices);
	selection_free(&program->selection);
	*program = (struct program){0};
}
#define scoped_program __attribute__((cleanup(program_free)))

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
static int find_program(struct program *program, struct error *err)
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
static int check_ways(const struct options *opts, struct error *err)
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
static int list_devices(struct program *program, const struct change *session, struct error *err)
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
static int open_descriptors(struct program *program, struct error *err)
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

static void tell_devices(const struct program *program)
{
	for (size_t i = 0; i < program->n_devices; i++) {
		const struct device *dev = program->devices[i];

		message_verbose("%s: %s has it; %s, %s", dev->address, dev->driver,
				dev->cdev ? dev->cdev : "no cdev",
				dev->group_node ? dev->group_node : "no group node");
	}
}

static void describe_end(char *buf, size_t size, int status)
{
	if (WIFSIGNALED(status))
		snprintf(buf, size, "was ended by SIG%s", sigabbrev_np(WTERMSIG(status)));
	else
		snprintf(buf, size, "ended with exit status %d", WEXITSTATUS(status));
}

/* 0 with its wait status, or -1 when it was not started. */
static int run_program(struct program *program, const struct change *session, int *ret_status,
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
	close_descriptors(program);
	message_verbose("%s runs, pid %d", program->file, (int)pid);
	*ret_status = child_wait(pid);
	return 0;
}

/*
 * Whoever interrupted the bind does not want the program any more: that is as if the program had
 * been ended by the signal.
 */
static int interrupted(const struct program *program, int signal, int *ret_status)
{
	message_note("interrupted before %s was started", program->name);
	*ret_status = W_EXITCODE(0, signal);
	return 0;
}

static int use_devices(struct program *program, const struct change *session, int *ret_status,
		       struct error *err)
{
	char end[64];
	int interrupt = interrupts_take();

	if (interrupt)
		return interrupted(program, interrupt, ret_status);
	if (list_devices(program, session, err) < 0 ||
	    (program->opts->pass_fd && open_descriptors(program, err) < 0))
		return -1;
	tell_devices(program);
	interrupt = interrupts_take();
	if (interrupt)
		return interrupted(program, interrupt, ret_status);
	if (run_program(program, session, ret_status, err) < 0)
		return -1;
	describe_end(end, sizeof(end), *ret_status);
	message_verbose("%s %s", program->name, end);
	return 0;
}

/* --- and back ----------------------------------------------------------------------------- */

static void tell_failure(const struct error *err)
{
	struct error whole = *err;

	append(whole.remedy, sizeof(whole.remedy),
	       "%sThen `vfioctl recover` gives back what is left.", *whole.remedy ? " " : "");
	message_error(&whole);
}

/* 0, or -1 when a device is not back; all is told. */
static int give_back(const struct change *session, const struct change_request *request)
{
	const struct recover_request back = {
		.forced = request->forced,
		.timeout_ms = request->timeout_ms,
		.jobs = request->jobs,
		.on_step = request->on_step,
		.on_wait = request->on_wait,
	};
	scoped_recovery struct recovery recovery = {0};
	struct error err = {.code = NULL};
	int r = session_end(&recovery, session, &back, &err);
	bool told = false;

	for (size_t i = 0; i < recovery.count; i++) {
		const struct recovery_item *item = &recovery.items[i];

		if (item->error.code)
			tell_failure(&item->error);
		else if (item->state == RECOVERY_GONE || item->state == RECOVERY_REPLACED)
			message_warning("%s: the device was removed meanwhile",
					item->entry.address);
		told |= item->error.code != NULL;
	}
	if (r < 0 && !told && streq(err.code, "journal-gone"))
		message_error(&err);
	else if (r < 0 && !told)
		tell_failure(&err);
	return r;
}

/* --- all ---------------------------------------------------------------------------------- */

/* A request to end is one to this process, too; other signals are the program's own misfortune. */
static bool ends_both(int number)
{
	return number == SIGINT || number == SIGTERM || number == SIGHUP || number == SIGQUIT;
}

static enum status status_of(int status)
{
	if (!WIFSIGNALED(status))
		return (enum status)WEXITSTATUS(status);
	if (ends_both(WTERMSIG(status)))
		child_die_too(WTERMSIG(status));
	return (enum status)(128 + WTERMSIG(status));
}

static void tell_end(const struct program *program, int status)
{
	char end[64];

	describe_end(end, sizeof(end), status);
	message_note("%s %s", program->name, end);
}

static enum status run_session(struct program *program, const struct change_request *request,
			       struct error *err)
{
	scoped_change struct change session = {0};
	int r, status = 0;

	if (session_begin(&session, request, err) < 0) {
		change_print_failure(&session, program->opts, err);
		err->code = NULL; /* told */
		return STATUS_WRAPPER;
	}
	if (request->dry_run) {
		change_print_success(&session, program->opts, CHANGE_BIND, NULL, NULL);
		return fflush(stdout) == 0 ? STATUS_OK : STATUS_WRAPPER; /* main() tells */
	}
	change_tell_warnings(&session);
	r = use_devices(program, &session, &status, err);
	close_descriptors(program);
	/* What came too late for the program shall not hurry the way back. */
	while (interrupts_take())
		;
	if (give_back(&session, request) < 0) {
		if (r == 0)
			tell_end(program, status);
		return STATUS_WRAPPER;
	}
	return r < 0 ? command_failure(&cmd_run, err) : status_of(status);
}

static enum status run(const struct options *opts, struct error *err)
{
	scoped_program struct program program = {.opts = opts};
	struct change_request request;
	struct access access;

	if (find_program(&program, err) < 0 || check_ways(opts, err) < 0 ||
	    selection_read(&program.selection, opts, RESOLVE_TO_CHANGE, err) < 0 ||
	    change_read_request(&request, &access, opts, CHANGE_BIND, &program.selection, err) < 0)
		return command_failure(&cmd_run, err);
	return run_session(&program, &request, err);
}

static const struct option_spec options[] = {
	OPTION("pass-fd", 0, OPTION_FLAG, NULL,
	       "let COMMAND inherit the cdevs and an iommufd, opened", pass_fd),
	OPTION("driver", 0, OPTION_STRING, "NAME",
	       "VFIO driver to bind; auto: the most specific one there is", driver),
	ACCESS_OPTIONS,
	OPTION("dry-run", 0, OPTION_FLAG, NULL, "print the steps of the bind and run nothing",
	       dry_run),
	OPTION("group", 0, OPTION_FLAG, NULL, "take the other members of the IOMMU group along",
	       take_group),
	OPTION("force", 0, OPTION_STRING, "REASON[,...]",
	       "override exactly these refusals, on both ways", force),
	CHANGE_WAIT_OPTIONS,
	{0},
};

const struct command cmd_run = {
	.name = "run",
	.synopsis = "DEVICE... -- COMMAND [ARG...]",
	.summary = "bind devices, run a command with them, and give them back",
	.details =
		"All devices are bound, or none, as by bind. When COMMAND has ended, however that "
		"was, each goes back to what it had before; one that VFIO had already stays there. "
		"COMMAND has the terminal, the streams and the rights of vfioctl, also with "
		"--owner, which is about the nodes; signals are passed on to it. Variables tell it "
		"where the devices are.\n"
		"\n"
		"The exit status is that of COMMAND, 128+N when signal N ended it; 125 when "
		"vfioctl "
		"failed, 126 when COMMAND cannot be executed, 127 when there is none.",
	.options = options,
	.variables = variables,
	.wraps = true,
	.min_args = 1,
	.max_args = -1,
	.run = run,
};
