/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * With the root at "/" the plain system calls do; in a captured tree each look-up is an openat2()
 * with RESOLVE_IN_ROOT, and stat or readlink then work on the O_PATH descriptor it returned.
 */
#include "base/path_internal.h"
#include "base/path_nodes.h"
#include "base/path_record.h"

#include <errno.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

static struct {
	int fd; /* O_PATH descriptor of a captured tree's top; -1: the live "/" */
	char dir[PATH_MAX];
} root = {.fd = -1, .dir = ""};

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
static void note_entry(int dir, const char *name, enum path_use use)
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

void path_opened_outside(const char *file)
{
	const char *inside = startswith(file, root.dir);

	if (record && inside)
		path_record_add(record, inside, PATH_LENT, true);
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

/*
 * A file that nobody may read is one that could not be read when the tree was captured: for root,
 * too, whom the kernel lets read everything. Returns fd, or -EACCES with fd closed.
 */
static int refuse_unreadable(int fd, int flags)
{
	struct stat st;

	if (fd < 0 || flags & O_PATH || geteuid() != 0)
		return fd;
	if (fstat(fd, &st) < 0 || st.st_mode & (S_IRUSR | S_IRGRP | S_IROTH))
		return fd;
	close_fd(&fd);
	return -EACCES;
}

int path_open_at_root(const char *path, int flags, mode_t mode)
{
	struct open_how how = {
		.flags = (unsigned int)(flags | O_CLOEXEC),
		.mode = mode,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	int fd;

	note_use(path, flags);
	if (path_is_live())
		fd = open(path, flags | O_CLOEXEC, mode);
	else
		fd = (int)syscall(SYS_openat2, root.fd, path, &how, sizeof(how));
	if (fd < 0)
		return -errno;
	return path_is_live() ? fd : refuse_unreadable(fd, flags);
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

/* Reads until the buffer is full or the file ends; returns the length. */
static ssize_t read_full(int fd, char *buf, size_t size)
{
	size_t used = 0;

	while (used < size) {
		ssize_t n = read(fd, buf + used, size - used);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		used += (size_t)n;
	}
	return (ssize_t)used;
}

/* One read(2) gives a whole sysfs attribute; asking for its end would call the driver again. */
static ssize_t read_attribute(int fd, char *buf, size_t size)
{
	ssize_t n;

	do
		n = read(fd, buf, size - 1);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (n > 0 && buf[n - 1] == '\n')
		n--;
	buf[n] = '\0';
	return n;
}

ssize_t path_read(char *buf, size_t size, const char *fmt, ...)
{
	FORMAT_PATH(fmt);
	scoped_fd int fd = path_open_at_root(path, O_RDONLY, 0);

	return fd < 0 ? fd : read_attribute(fd, buf, size);
}

ssize_t path_read_at(char *buf, size_t size, int dir, const char *name)
{
	scoped_fd int fd = -1;

	note_entry(dir, name, PATH_READ);
	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (!path_is_live())
		fd = refuse_unreadable(fd, O_RDONLY);
	return fd < 0 ? fd : read_attribute(fd, buf, size);
}

static int read_whole(char **ret, size_t *ret_size, size_t max, const char *path)
{
	scoped_fd int fd = path_open_at_root(path, O_RDONLY, 0);
	scoped_free char *data = NULL;
	size_t size = 0, used = 0;

	if (fd < 0)
		return fd;
	for (;;) {
		ssize_t n;

		if (used == size) {
			char *more = realloc(data, (size ? size * 2 : 4096) + 1);

			if (!more)
				return -ENOMEM;
			data = more;
			size = size ? size * 2 : 4096;
		}
		n = read_full(fd, data + used, size - used);
		if (n < 0)
			return (int)n;
		used += (size_t)n;
		if (used > max)
			return -EFBIG;
		if (used < size)
			break;
	}
	data[used] = '\0';
	*ret = take_ptr(data);
	*ret_size = used;
	return 0;
}

int path_read_all(char **ret, size_t max, const char *fmt, ...)
{
	FORMAT_PATH(fmt);
	size_t size;

	return read_whole(ret, &size, max, path);
}

int path_read_whole(char **ret, size_t *ret_size, size_t max, const char *fmt, ...)
{
	FORMAT_PATH(fmt);

	return read_whole(ret, ret_size, max, path);
}

static int parse_attribute(int64_t *ret, const char *text)
{
	long long value;
	char *end;

	errno = 0;
	value = strtoll(text, &end, startswith(text, "0x") ? 16 : 10);
	if (end == text || *end != '\0')
		return -EINVAL;
	if (errno)
		return -errno;
	*ret = value;
	return 0;
}

int path_read_number(int64_t *ret, const char *fmt, ...)
{
	FORMAT_PATH(fmt);
	char text[64];
	ssize_t n = path_read(text, sizeof(text), "%s", path);

	return n < 0 ? (int)n : parse_attribute(ret, text);
}

int path_read_number_at(int64_t *ret, int dir, const char *name)
{
	char text[64];
	ssize_t n = path_read_at(text, sizeof(text), dir, name);

	return n < 0 ? (int)n : parse_attribute(ret, text);
}

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

	note_entry(dir, name, PATH_LOOKED);
	n = readlinkat(dir, name, target, sizeof(target) - 1);
	if (n < 0)
		return -errno;
	target[n] = '\0';
	return copy_name(buf, size, target);
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

bool path_exists(const char *fmt, ...)
{
	char path[PATH_MAX];
	struct stat st;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	return n > 0 && (size_t)n < sizeof(path) && stat_path(path, &st, false) == 0;
}

bool path_is_file(const char *fmt, ...)
{
	char path[PATH_MAX];
	struct stat st;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	return n > 0 && (size_t)n < sizeof(path) && stat_path(path, &st, true) == 0 &&
	       S_ISREG(st.st_mode);
}

bool path_exists_at(int dir, const char *name)
{
	struct stat st;

	note_entry(dir, name, PATH_LOOKED);
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
