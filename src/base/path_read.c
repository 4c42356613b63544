/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What files say: attributes, whole files, numbers.
 */
#include "base/path_internal.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

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
	int flags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC;
	scoped_fd int fd = -1;

	path_note_entry(dir, name, PATH_READ);
	if (!path_is_live())
		flags = path_tree_flags(flags);
	fd = openat(dir, name, flags);
	if (fd < 0)
		return -errno;
	if (!path_is_live())
		fd = path_admit(fd, flags);
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

int path_number(int64_t *ret, const char *text)
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

	return n < 0 ? (int)n : path_number(ret, text);
}

int path_read_number_at(int64_t *ret, int dir, const char *name)
{
	char text[64];
	ssize_t n = path_read_at(text, sizeof(text), dir, name);

	return n < 0 ? (int)n : path_number(ret, text);
}
