/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/util.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

void close_fd(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	errno = saved;
}

void close_dir(DIR **dir)
{
	int saved = errno;

	if (*dir)
		closedir(*dir);
	*dir = NULL;
	errno = saved;
}

const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

bool append(char *buf, size_t size, const char *fmt, ...)
{
	static const char mark[] = "...";
	size_t used = strnlen(buf, size);
	va_list ap;
	int n;

	if (used >= size)
		return false;
	va_start(ap, fmt);
	n = vsnprintf(buf + used, size - used, fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < size - used)
		return true;
	if (size >= sizeof(mark))
		memcpy(buf + size - sizeof(mark), mark, sizeof(mark));
	return false;
}

int parse_number(const char *s, int base, uint64_t max, uint64_t *ret)
{
	unsigned long long value;
	char *end;

	/* strtoull() takes blanks and signs, which no kernel file and no address has. */
	if (!((*s >= '0' && *s <= '9') || (*s >= 'a' && *s <= 'f') || (*s >= 'A' && *s <= 'F')))
		return -EINVAL;
	errno = 0;
	value = strtoull(s, &end, base);
	if (end == s || *end != '\0')
		return -EINVAL;
	if (errno == ERANGE || value > max)
		return -ERANGE;
	*ret = value;
	return 0;
}

int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

const char *errno_name(int errnum)
{
	const char *name = strerrorname_np(errnum < 0 ? -errnum : errnum);

	return name ? name : "E?";
}
