/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * With the root at "/" the plain system calls do; in a captured tree each look-up is an openat2()
 * with RESOLVE_IN_ROOT.
 */
#include "base/path_internal.h"
#include "base/path_nodes.h"
#include "base/path_record.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/syscall.h>

static struct {
	int fd;         /* O_PATH descriptor of a captured tree's top; -1: the live "/" */
	bool reads_all; /* root is not stopped by modes */
	char dir[PATH_MAX];
} root = {.fd = -1, .dir = ""};

/* See path_may_wait() and path_never_wait(). */
static enum { FORBIDDEN_YET, ALLOWED, FORBIDDEN } waiting;

/* Where path_record() notes uses; NULL: nowhere. */
static struct path_record *record;

static void note_use(const char *path, int flags)
{
	bool looks = flags & O_PATH;

	if (record)
		path_record_add(record, path,
				looks                 ? PATH_LOOKED
				: flags & O_DIRECTORY ? PATH_LISTED
						      : PATH_READ,
				!(flags & O_NOFOLLOW));
}

/* The same for an entry of a directory that is open. */
void path_note_entry(int dir, const char *name, enum path_use use)
{
	char path[PATH_MAX];

	if (record && path_of(path, sizeof(path), dir) > 0 &&
	    append(path, sizeof(path), "/%s", name))
		path_record_add(record, path, use, false);
}

int path_set_root(const char *dir)
{
	char resolved[PATH_MAX];
	int fd = -1;

	if (!realpath(dir, resolved))
		return -errno;
	if (streq(resolved, "/")) {
		resolved[0] = '\0';
	} else {
		fd = open(resolved, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0)
			return -errno;
	}
	close_fd(&root.fd);
	root.fd = fd;
	root.reads_all = geteuid() == 0;
	memcpy(root.dir, resolved, sizeof(root.dir));
	path_nodes_load(fd);
	return 0;
}

int path_move_root(int fd)
{
	if (path_is_live())
		return fd - 1;
	dup2(root.fd, fd);
	root.fd = fd;
	return fd;
}

bool path_is_live(void)
{
	return root.fd < 0;
}

int path_outside(char *buf, size_t size, const char *fmt, ...)
{
	FORMAT_PATH(fmt);
	int n = snprintf(buf, size, "%s%s", root.dir, path);

	if (record && *path)
		path_record_add(record, path, PATH_LENT, true);
	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

int path_lend(char *buf, size_t size, const char *fmt, ...)
{
	FORMAT_PATH(fmt);
	char real[PATH_MAX];
	ssize_t n;

	if (path_is_live())
		return path_outside(buf, size, "%s", path);
	if (record)
		path_record_add(record, path, PATH_LENT, true);
	n = path_resolve(real, sizeof(real), "%s", path);
	return n < 0 ? (int)n : path_outside(buf, size, "%s", real);
}

bool path_may_lend(const char *file)
{
	const char *inside = startswith(file, root.dir);
	struct stat meant, found;
	bool is_meant;

	if (path_is_live())
		return true;
	if (!inside || *inside != '/')
		return false;
	if (record)
		path_record_add(record, inside, PATH_LENT, true);
	is_meant = path_stat(&meant, "%s", inside) == 0;
	if (stat(file, &found) < 0)
		return !is_meant;
	return is_meant && S_ISREG(meant.st_mode) && S_ISREG(found.st_mode) &&
	       meant.st_dev == found.st_dev && meant.st_ino == found.st_ino;
}

int path_record(struct path_record *into)
{
	if (path_is_live())
		root.fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root.fd < 0)
		return -errno;
	record = into;
	return 0;
}

void path_may_wait(void)
{
	if (waiting == FORBIDDEN_YET)
		waiting = ALLOWED;
}

void path_never_wait(void)
{
	waiting = FORBIDDEN;
}

int path_tree_flags(int flags)
{
	return flags & O_PATH || waiting == ALLOWED ? flags : flags | O_NONBLOCK | O_NOCTTY;
}

static int refusal(const struct stat *st, int flags)
{
	bool waited = S_ISFIFO(st->st_mode) && !(flags & O_NONBLOCK);

	if (!S_ISREG(st->st_mode) && !S_ISDIR(st->st_mode) && !waited)
		return -ENXIO;
	return !root.reads_all || st->st_mode & (S_IRUSR | S_IRGRP | S_IROTH) ? 0 : -EACCES;
}

int path_admit(int fd, int flags)
{
	struct stat st;
	int r;

	if (fd < 0 || flags & O_PATH)
		return fd;
	r = fstat(fd, &st) < 0 ? -errno : refusal(&st, flags);
	if (r == 0)
		return fd;
	close_fd(&fd);
	return r;
}

int path_open_within(int top, const char *path, struct open_how how)
{
	enum { TRIES = 100000 };
	long fd;
	int tries = 0;

	how.flags |= O_CLOEXEC;
	do
		fd = syscall(SYS_openat2, top, path, &how, sizeof(how));
	while (fd < 0 && errno == EAGAIN && ++tries < TRIES);
	return fd < 0 ? -errno : (int)fd;
}

int path_open_at_root(const char *path, int flags, mode_t mode)
{
	struct open_how how = {
		.mode = mode,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	int fd;

	note_use(path, flags);
	if (!path_is_live()) {
		flags = path_tree_flags(flags);
		how.flags = (unsigned int)flags;
		return path_admit(path_open_within(root.fd, path, how), flags);
	}
	fd = open(path, flags | O_CLOEXEC, mode);
	return fd < 0 ? -errno : fd;
}

int path_open(int flags, const char *fmt, ...)
{
	FORMAT_PATH(fmt);

	return path_open_at_root(path, flags, 0);
}

DIR *path_opendir(const char *fmt, ...)
{
	char path[PATH_MAX];
	va_list ap;
	DIR *dir;
	int n, fd;

	va_start(ap, fmt);
	n = vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	fd = n > 0 && (size_t)n < sizeof(path) ? path_open_at_root(path, O_RDONLY | O_DIRECTORY, 0)
					       : -ENAMETOOLONG;
	if (fd < 0) {
		errno = -fd;
		return NULL;
	}
	dir = fdopendir(fd);
	if (!dir)
		close_fd(&fd);
	return dir;
}

const char *path_next_typed(DIR *dir, unsigned char *ret_type)
{
	struct dirent *entry;

	while ((entry = readdir(dir))) {
		*ret_type = entry->d_type;
		if (!streq(entry->d_name, ".") && !streq(entry->d_name, ".."))
			return entry->d_name;
	}
	return NULL;
}

const char *path_next(DIR *dir)
{
	unsigned char type;

	return path_next_typed(dir, &type);
}

ssize_t path_of(char *buf, size_t size, int fd)
{
	char link[64], target[PATH_MAX];
	size_t prefix = strlen(root.dir);
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, target, sizeof(target) - 1);
	if (n < 0)
		return -errno;
	target[n] = '\0';
	if (prefix && strncmp(target, root.dir, prefix) != 0)
		return -EXDEV;
	n -= (ssize_t)prefix;
	if ((size_t)n >= size)
		return -ENAMETOOLONG;
	memcpy(buf, target + prefix, (size_t)n + 1);
	return n;
}
