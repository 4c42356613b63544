/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where links lead, and what is there. In a captured tree stat and readlink work on the O_PATH
 * descriptor that the look-up returned.
 */
#include "base/path_internal.h"
#include "base/path_nodes.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

ssize_t path_readlink(char *buf, size_t size, const char *fmt, ...)
{
	FORMAT_PATH(fmt);
	ssize_t n;

	if (path_is_live()) {
		n = readlink(path, buf, size - 1);
	} else {
		scoped_fd int fd = path_open_at_root(path, O_PATH | O_NOFOLLOW, 0);

		if (fd < 0)
			return fd;
		n = readlinkat(fd, "", buf, size - 1);
	}
	if (n < 0)
		return errno == ENOENT && !path_is_live() ? -EINVAL : -errno;
	buf[n] = '\0';
	return n;
}

/* Copies the last component of path; returns its length. */
static ssize_t copy_name(char *buf, size_t size, const char *path)
{
	const char *name = base_name(path);
	size_t n = strlen(name);

	if (n >= size)
		return -ENAMETOOLONG;
	memcpy(buf, name, n + 1);
	return (ssize_t)n;
}

ssize_t path_link_name(char *buf, size_t size, const char *fmt, ...)
{
	FORMAT_PATH(fmt);
	char target[PATH_MAX];
	ssize_t n = path_readlink(target, sizeof(target), "%s", path);

	return n < 0 ? n : copy_name(buf, size, target);
}

ssize_t path_link_name_at(char *buf, size_t size, int dir, const char *name)
{
	char target[PATH_MAX];
	ssize_t n;

	path_note_entry(dir, name, PATH_LOOKED);
	n = readlinkat(dir, name, target, sizeof(target) - 1);
	if (n < 0)
		return -errno;
	target[n] = '\0';
	return copy_name(buf, size, target);
}

ssize_t path_resolve(char *buf, size_t size, const char *fmt, ...)
{
	FORMAT_PATH(fmt);
	scoped_fd int fd = path_open_at_root(path, O_PATH, 0);

	return fd < 0 ? fd : path_of(buf, size, fd);
}

/* A tree that was captured tells more of some of its files than it can hold. */
static int correct(struct stat *st, int fd)
{
	char path[PATH_MAX];

	if (path_nodes_any() && path_of(path, sizeof(path), fd) > 0)
		path_nodes_correct(st, path);
	return 0;
}

static int stat_path(const char *path, struct stat *ret, bool follow)
{
	scoped_fd int fd = -1;

	if (path_is_live())
		return fstatat(AT_FDCWD, path, ret, follow ? 0 : AT_SYMLINK_NOFOLLOW) < 0 ? -errno
											  : 0;
	fd = path_open_at_root(path, O_PATH | (follow ? 0 : O_NOFOLLOW), 0);
	if (fd < 0)
		return fd;
	return fstat(fd, ret) < 0 ? -errno : correct(ret, fd);
}

int path_stat(struct stat *ret, const char *fmt, ...)
{
	FORMAT_PATH(fmt);

	return stat_path(path, ret, true);
}

int path_lstat(struct stat *ret, const char *fmt, ...)
{
	FORMAT_PATH(fmt);

	return stat_path(path, ret, false);
}

int path_stat_magic(struct stat *ret, const char *fmt, ...)
{
	FORMAT_PATH(fmt);
	struct statx stx;

	if (!path_is_live())
		return -EXDEV;
	/* What another process has open may lie on a server that is gone: its answer is not needed.
	 */
	if (statx(AT_FDCWD, path, AT_STATX_DONT_SYNC, STATX_TYPE | STATX_MODE, &stx) < 0)
		return -errno;
	*ret = (struct stat){
		.st_mode = stx.stx_mode,
		.st_rdev = makedev(stx.stx_rdev_major, stx.stx_rdev_minor),
		.st_dev = makedev(stx.stx_dev_major, stx.stx_dev_minor),
		.st_ino = stx.stx_ino,
	};
	return 0;
}

int path_open_magic(int flags, const char *fmt, ...)
{
	FORMAT_PATH(fmt);
	int fd;

	if (!path_is_live())
		return -EXDEV;
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static bool looks(struct stat *ret, bool follow, const char *fmt, va_list ap)
{
	char path[PATH_MAX];
	int n = vsnprintf(path, sizeof(path), fmt, ap);

	return n > 0 && (size_t)n < sizeof(path) && stat_path(path, ret, follow) == 0;
}

bool path_exists(const char *fmt, ...)
{
	struct stat st;
	va_list ap;
	bool exists;

	va_start(ap, fmt);
	exists = looks(&st, false, fmt, ap);
	va_end(ap);
	return exists;
}

bool path_is_file(const char *fmt, ...)
{
	struct stat st;
	va_list ap;
	bool exists;

	va_start(ap, fmt);
	exists = looks(&st, true, fmt, ap);
	va_end(ap);
	return exists && S_ISREG(st.st_mode);
}

bool path_exists_at(int dir, const char *name)
{
	struct stat st;

	path_note_entry(dir, name, PATH_LOOKED);
	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

int path_access(int mode, const char *fmt, ...)
{
	FORMAT_PATH(fmt);
	scoped_fd int fd = -1;

	if (path_is_live())
		return faccessat(AT_FDCWD, path, mode, AT_EACCESS) < 0 ? -errno : 0;
	fd = path_open_at_root(path, O_PATH, 0);
	return fd < 0 ? fd : 0;
}
