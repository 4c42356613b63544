/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Of the processes those matter that have a device node or a file of sysfs open, that see mounts
 * which others do not see, or that could not be looked into. Nothing is told of all others, and of
 * those nothing but that.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "base/path.h"
#include "host/holder_internal.h"
#include "host/snapshot_internal.h"

struct seen_namespace {
	const struct seen_namespace *next;
	const char *name; /* of the namespace, and the process's root in it */
};

struct process_copy {
	struct snapshot_copy *copy;
	const struct path_seen *const *uses;
	size_t count;
	char directory[64]; /* "/proc/812" */
	bool matters, hidden;
};

size_t snapshot_process_of(const char *path)
{
	const char *name = startswith(path, "/proc/");
	size_t n = name ? strcspn(name, "/") : 0;

	if (n == 0 || (strncmp(name, "self/", 5) != 0 && strspn(name, "0123456789") != n))
		return 0;
	return (size_t)(name - path) + n;
}

/* What is below the process's directory, or "" for that itself. */
static const char *below(const struct process_copy *process, const struct path_seen *seen)
{
	const char *rest = seen->path + strlen(process->directory);

	return *rest ? rest + 1 : rest;
}

static bool is_denied(int errnum)
{
	return errnum == -EACCES || errnum == -EPERM;
}

/* --- what it has open --------------------------------------------------------------------- */

/* What every process has. */
static bool is_common(const char *text)
{
	static const char *const prefixes[] = {"/dev/null",   "/dev/zero",    "/dev/full",
					       "/dev/random", "/dev/urandom", "/dev/pts/",
					       "/dev/ptmx",   "/dev/tty ",    "/dev/shm/"};

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (startswith(text, prefixes[i]))
			return true;
	return streq(text, "/dev/tty");
}

/* The text of a descriptor's link, when it is one that somebody may look for. */
static bool read_descriptor(char *buf, size_t size, struct process_copy *process, const char *path)
{
	ssize_t n = path_readlink(buf, size, "%s", path);

	process->hidden |= is_denied((int)n);
	return n > 0 && !is_common(buf) &&
	       (startswith(buf, "/dev/") || startswith(buf, "/sys/") ||
		startswith(buf, "anon_inode:[vfio"));
}

static bool is_descriptor(const char *name)
{
	return startswith(name, "fd/") && name[strlen("fd/")];
}

static void look_at_descriptor(struct process_copy *process, const struct path_seen *seen)
{
	char text[PATH_MAX];

	process->matters |= read_descriptor(text, sizeof(text), process, seen->path);
}

static void copy_descriptor(struct process_copy *process, const struct path_seen *seen)
{
	char text[PATH_MAX], path[128];
	scoped_free char *info = NULL;
	const char *number = below(process, seen) + strlen("fd/");

	if (!read_descriptor(text, sizeof(text), process, seen->path))
		return;
	snapshot_link(process->copy, seen->path, text);
	snprintf(path, sizeof(path), "%s/fdinfo/%.16s", process->directory, number);
	if (path_read_all(&info, 1 << 20, "%s", path) == 0)
		snapshot_write(process->copy, path, path, info, strlen(info), 0644);
}

static void look_at_directory(struct process_copy *process, const struct path_seen *seen)
{
	scoped_dir DIR *dir = path_opendir("%s", seen->path);

	process->hidden |= !dir && is_denied(-errno);
}

/* --- its files ---------------------------------------------------------------------------- */

/* Reads one of its files, reduced to what matters. NULL when nothing is left. The caller frees it.
 */
static char *read_reduced(struct process_copy *process, const char *path, size_t *size)
{
	scoped_free char *text = NULL;
	int r = path_read_all(&text, 64 << 20, "%s", path);

	process->hidden |= is_denied(r);
	if (r < 0)
		return NULL;
	*size = strlen(text);
	return snapshot_text(path, text, size);
}

static void look_at_maps(struct process_copy *process, const struct path_seen *seen)
{
	size_t size = 0;
	scoped_free char *text = read_reduced(process, seen->path, &size);

	process->matters |= text && size > 0;
}

/* The namespace and the root in it or, where that is not told, the mounts themselves. */
static bool name_namespace(char *buf, size_t size, const struct process_copy *process)
{
	scoped_free char *text = NULL;
	char name[64], root[PATH_MAX] = "";
	uint64_t hash = 0xcbf29ce484222325;

	if (path_readlink(name, sizeof(name), "%s/ns/mnt", process->directory) > 0) {
		path_readlink(root, sizeof(root), "%s/root", process->directory);
		snprintf(buf, size, "%s %s", name, root);
		return true;
	}
	if (path_read_all(&text, 64 << 20, "%s/mountinfo", process->directory) < 0)
		return false;
	for (const char *c = text; *c; c++)
		hash = (hash ^ (unsigned char)*c) * 0x100000001b3;
	snprintf(buf, size, "%llx", (unsigned long long)hash);
	return *text;
}

/* True when no process before it sees the same mounts. */
static bool is_new_namespace(struct process_copy *process)
{
	struct snapshot_copy *copy = process->copy;
	char both[PATH_MAX + 64];
	struct seen_namespace *new;

	if (!name_namespace(both, sizeof(both), process))
		return false;
	for (const struct seen_namespace *seen = copy->namespaces; seen; seen = seen->next)
		if (streq(seen->name, both))
			return false;
	new = arena_alloc(copy->to->arena, sizeof(*new));
	if (!new)
		return true;
	*new = (struct seen_namespace){.next = copy->namespaces,
				       .name = arena_strdup(copy->to->arena, both)};
	if (new->name)
		copy->namespaces = new;
	return true;
}

static void copy_text(struct process_copy *process, const struct path_seen *seen)
{
	scoped_free char *text = NULL;
	int r = path_read_all(&text, 64 << 20, "%s", seen->path);

	if (r == 0)
		snapshot_write(process->copy, seen->path, seen->path, text, strlen(text), 0644);
	else if (is_denied(r))
		snapshot_unreadable(process->copy, seen->path, r);
}

static void copy_link(struct process_copy *process, const char *name)
{
	char path[128], target[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", process->directory, name);
	if (path_readlink(target, sizeof(target), "%s", path) > 0)
		snapshot_link(process->copy, path, target);
}

/* --- all ---------------------------------------------------------------------------------- */

static void look_at(struct process_copy *process, const struct path_seen *seen)
{
	const char *name = below(process, seen);

	if (is_descriptor(name))
		look_at_descriptor(process, seen);
	else if (streq(name, "fd"))
		look_at_directory(process, seen);
	else if (streq(name, "maps"))
		look_at_maps(process, seen);
	else if (!*name && seen->use == PATH_LOOKED) /* somebody asked whether it is there */
		process->matters |= path_exists("%s", seen->path);
}

static void copy_one(struct process_copy *process, const struct path_seen *seen, bool mounts)
{
	const char *name = below(process, seen);

	if (is_descriptor(name))
		copy_descriptor(process, seen);
	else if (streq(name, "mountinfo")
			 ? mounts
			 : seen->use == PATH_READ && !startswith(name, "fdinfo/") &&
				   !startswith(name, "task/"))
		copy_text(process, seen);
}

static bool is_kernels(const struct process_copy *process)
{
	const char *number = process->directory + strlen("/proc/");

	return holder_is_kernel_thread((pid_t)strtol(number, NULL, 10));
}

/* Of the process that looks it matters what it may do. */
static bool is_own(const struct process_copy *process)
{
	return streq(process->directory, "/proc/self");
}

void snapshot_copy_process(struct snapshot_copy *copy, const struct path_seen *const *uses,
			   size_t count)
{
	struct process_copy process = {.copy = copy, .uses = uses, .count = count};
	struct stat st;
	bool mounts;

	snprintf(process.directory, sizeof(process.directory), "%.*s",
		 (int)snapshot_process_of(uses[0]->path), uses[0]->path);
	for (size_t i = 0; i < count; i++)
		look_at(&process, uses[i]);
	process.hidden &= !is_kernels(&process);
	mounts = is_new_namespace(&process);
	if (!process.matters && !process.hidden && !mounts && !is_own(&process))
		return;
	snapshot_directory(copy, process.directory);
	for (size_t i = 0; i < count; i++)
		copy_one(&process, uses[i], mounts);
	copy_link(&process, "ns/mnt");
	copy_link(&process, "root");
	if (process.hidden)
		snapshot_hide_descriptors(copy, process.directory);
	if (path_stat(&st, "%s", process.directory) == 0)
		snapshot_node(copy, process.directory, &st);
	copy->to->n_processes++;
}
