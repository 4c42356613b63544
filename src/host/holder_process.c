/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one process holds. Three kinds of evidence are gathered:
 *
 *   a node       An open descriptor or a mapping of a node with the target's device number.
 *   a name       "anon_inode:[vfio-device]" whose fdinfo names the target's directory.
 *   no name      The same before Linux 6.18, and every mapping of such a descriptor: it could be
 * any VFIO device. It is ascribed to the targets whose group or named descriptor this process has.
 * If it has none of any device, then somebody passed it the descriptor, and it is ascribed to all
 * targets: better one holder too many than one too few.
 *
 * Threads share their process's descriptors and memory, as good as always. Only of a process whose
 * first thread has ended are the other threads asked, for then the process itself shows nothing.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "base/path.h"
#include "host/holder_internal.h"

static bool denied(int errnum)
{
	return errnum == EACCES || errnum == EPERM || errnum == -EACCES || errnum == -EPERM;
}

static void identify(struct process *process)
{
	struct stat st;

	if (path_read(process->command, sizeof(process->command), "/proc/%d/comm", process->pid) <
	    0)
		snprintf(process->command, sizeof(process->command), "?");
	process->uid = path_stat(&st, "/proc/%d", process->pid) == 0 ? st.st_uid : (uid_t)-1;
	process->identified = true;
}

/* One record is enough for all mappings that a process has of one target. */
static bool have_mapping(const struct process *process, size_t target)
{
	const struct search *search = process->search;

	for (size_t i = search->n_found; i > 0 && search->found[i - 1].pid == process->pid; i--)
		if (search->found[i - 1].fd < 0 && search->found[i - 1].target == target)
			return true;
	return false;
}

static void fill_holder(struct holder *ret, struct process *process, size_t target, int fd,
			const char *path)
{
	if (!process->identified)
		identify(process);
	*ret = (struct holder){
		.target = target, .pid = process->pid, .uid = process->uid, .fd = fd};
	memcpy(ret->command, process->command, sizeof(ret->command));
	append(ret->path, sizeof(ret->path), "%s", path);
}

static void add_kvm(struct process *process, int fd)
{
	struct search *search = process->search;

	if (search->n_kvm < ARRAY_SIZE(search->kvm))
		fill_holder(&search->kvm[search->n_kvm++], process, 0, fd, KVM_DEVICE);
}

static void add_holder(struct process *process, size_t target, int fd, const char *path)
{
	struct search *search = process->search;

	if (fd < 0 && have_mapping(process, target))
		return;
	if (search->n_found == MAX_HOLDERS) {
		process->hidden = true; /* what cannot be told counts as not seen */
		return;
	}
	fill_holder(&search->found[search->n_found++], process, target, fd, path);
}

/* True when text, a link in /proc, is the node called name. */
static bool is_named(const char *text, const char *name)
{
	const char *rest = *name ? startswith(text, name) : NULL;

	return rest && (!*rest || streq(rest, " (deleted)"));
}

static bool is_node(const struct holder_target *target, const struct node_names *names,
		    const struct stat *st, const char *text)
{
	if (is_named(text, names->node))
		return true;
	return target->number && st->st_rdev == target->number &&
	       (target->block ? S_ISBLK(st->st_mode) : S_ISCHR(st->st_mode));
}

static bool is_group(const struct holder_target *target, const struct node_names *names,
		     const struct stat *st, const char *text)
{
	if (is_named(text, names->group))
		return true;
	return target->group && st->st_rdev == target->group && S_ISCHR(st->st_mode);
}

/* For a captured tree, where a link's text is all there is. */
static bool match_names(struct process *process, const struct stat *st, int fd, const char *text)
{
	struct search *search = process->search;
	bool found = false;

	for (size_t i = 0; i < search->n_targets; i++) {
		const struct holder_target *target = &search->targets[i];
		const struct node_names *names = &search->names[i];
		bool group = is_group(target, names, st, text);

		if (!group && !is_node(target, names, st, text))
			continue;
		add_holder(process, i, fd, text);
		search->mine[i] |= group;
		found = true;
	}
	return found;
}

/* The first of the sorted numbers that is not below number. */
static size_t first_with_number(const struct search *search, dev_t number)
{
	size_t low = 0, high = search->n_numbers;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (search->numbers[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool holder_match_node(struct process *process, const struct stat *st, int fd, const char *text)
{
	struct search *search = process->search;
	bool found = false;

	if (search->names)
		return match_names(process, st, fd, text);
	if (!S_ISCHR(st->st_mode) && !S_ISBLK(st->st_mode))
		return false;
	for (size_t i = first_with_number(search, st->st_rdev);
	     i < search->n_numbers && search->numbers[i].number == st->st_rdev; i++) {
		const struct numbered *entry = &search->numbers[i];

		if (entry->block != S_ISBLK(st->st_mode))
			continue;
		add_holder(process, entry->target, fd, text);
		search->mine[entry->target] |= entry->group;
		found = true;
	}
	return found;
}

void holder_stat_node(struct stat *ret, const char *link, const char *text)
{
	if (path_stat_magic(ret, "%s", link) == 0)
		return;
	if (!startswith(text, "/dev/") || path_stat(ret, "%s", text) < 0)
		*ret = (struct stat){0};
}

/* Reads which VFIO device a descriptor is of; false when the kernel does not say. */
static bool read_device_name(char *ret, size_t size, const char *directory, const char *fd)
{
	char text[PATH_ATTR_MAX + PATH_MAX];
	const char *line;

	if (path_read(text, sizeof(text), "%s/fdinfo/%s", directory, fd) < 0)
		return false;
	line = strstr(text, "vfio-device-syspath:");
	if (!line)
		return false;
	line += strlen("vfio-device-syspath:");
	line += strspn(line, " \t");
	snprintf(ret, size, "%.*s", (int)strcspn(line, "\n"), line);
	return true;
}

static void match_device_name(struct process *process, const char *name, int fd, const char *text)
{
	for (size_t i = 0; i < process->search->n_targets; i++) {
		if (!streq_null(process->search->targets[i].syspath, name))
			continue;
		add_holder(process, i, fd, text);
		process->search->mine[i] = true;
	}
}

/* A descriptor of a VFIO device, got through a group or (named in text) a cdev. */
static void look_at_vfio(struct process *process, const char *fd, const char *text)
{
	int number = (int)strtol(fd, NULL, 10);
	char name[PATH_MAX];

	if (read_device_name(name, sizeof(name), process->directory, fd)) {
		process->has_named = true;
		match_device_name(process, name, number, text);
	} else if (streq(text, VFIO_DEVICE) && process->n_unnamed < ARRAY_SIZE(process->unnamed)) {
		process->unnamed[process->n_unnamed++] = number;
	}
}

/* Sockets, pipes and the like: never a device, and a stat(2) of each would cost the most. */
static bool is_anonymous(const char *text)
{
	return startswith(text, "socket:") || startswith(text, "pipe:") ||
	       startswith(text, "anon_inode:");
}

static void look_at_fd(struct process *process, const char *fd)
{
	char text[PATH_MAX], link[128];
	struct stat st;
	ssize_t n;

	snprintf(link, sizeof(link), "%s/fd/%s", process->directory, fd);
	n = path_readlink(text, sizeof(text), "%s", link);
	if (n < 0) {
		process->hidden |= denied((int)n);
		return;
	}
	if (streq(text, VFIO_DEVICE))
		look_at_vfio(process, fd, text);
	if (streq(text, KVM_DEVICE))
		add_kvm(process, (int)strtol(fd, NULL, 10));
	if (is_anonymous(text))
		return;
	/* A group node of any device tells whose the nameless descriptors are. */
	if (startswith(text, "/dev/vfio/") && !streq(text, "/dev/vfio/vfio"))
		process->has_named = true;
	holder_stat_node(&st, link, text);
	if (!holder_match_node(process, &st, (int)strtol(fd, NULL, 10), text) &&
	    startswith(text, "/dev/vfio/devices/"))
		look_at_vfio(process, fd, text);
}

static void look_at_fds(struct process *process)
{
	scoped_dir DIR *dir = path_opendir("%s/fd", process->directory);
	const char *fd;

	if (!dir) {
		process->hidden |= denied(errno);
		return;
	}
	while ((fd = path_next(dir))) {
		process->n_fds++;
		look_at_fd(process, fd);
	}
}

static void look_at(struct process *process)
{
	int r;

	look_at_fds(process);
	r = holder_look_at_maps(process);
	process->hidden |= denied(r);
}

/* The first thread has ended and shows nothing: any other one stands for the process. */
static void look_at_threads(struct process *process)
{
	scoped_dir DIR *dir = path_opendir("/proc/%d/task", process->pid);
	const char *thread;

	while (dir && process->n_fds == 0 && (thread = path_next(dir))) {
		if (strtol(thread, NULL, 10) == process->pid)
			continue;
		snprintf(process->directory, sizeof(process->directory), "/proc/%d/task/%.16s",
			 process->pid, thread);
		look_at(process);
	}
}

static void ascribe_unnamed(struct process *process)
{
	struct search *search = process->search;

	for (size_t i = 0; i < search->n_targets; i++) {
		if (!search->targets[i].syspath || (process->has_named && !search->mine[i]))
			continue;
		for (size_t k = 0; k < process->n_unnamed; k++)
			add_holder(process, i, process->unnamed[k], VFIO_DEVICE);
		if (process->mapped_unnamed)
			add_holder(process, i, -1, VFIO_DEVICE);
	}
}

bool holder_is_kernel_thread(pid_t pid)
{
	char text[1024];
	const char *rest;
	unsigned int flags;

	if (path_read(text, sizeof(text), "/proc/%d/stat", pid) < 0)
		return false;
	rest = strrchr(text, ')');
	return rest && sscanf(rest + 1, " %*c %*d %*d %*d %*d %*d %u", &flags) == 1 &&
	       (flags & 0x00200000); /* PF_KTHREAD */
}

void holder_look_at_process(struct search *search, pid_t pid)
{
	struct process process = {.search = search, .pid = pid};

	memset(search->mine, 0, search->n_targets * sizeof(*search->mine));
	snprintf(process.directory, sizeof(process.directory), "/proc/%d", pid);
	look_at(&process);
	if (process.n_fds == 0)
		look_at_threads(&process);
	ascribe_unnamed(&process);
	if (process.hidden && !holder_is_kernel_thread(pid))
		search->hidden++;
}
