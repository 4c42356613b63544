/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/denial.h"

#include <errno.h>
#include <fcntl.h>

#include "base/path.h"

enum { LAST_PART = 1 << 20 };

const char *const denial_logs[] = {"/var/log/audit/audit.log", "/var/log/kern.log", NULL};

static ssize_t read_end(char *buf, size_t size, const char *path)
{
	scoped_fd int fd = path_open(O_RDONLY | O_NONBLOCK, "%s", path);
	off_t end = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
	ssize_t n;

	if (fd < 0)
		return fd;
	if (end < 0)
		return -errno;
	n = pread(fd, buf, size, end > (off_t)size ? end - (off_t)size : 0);
	return n < 0 ? -errno : n;
}

int denial_read_log(char **ret, const char *path)
{
	scoped_free char *text = malloc(LAST_PART);
	ssize_t n = text ? read_end(text, LAST_PART - 1, path) : -ENOMEM;

	if (n < 0)
		return (int)n;
	for (ssize_t i = 0; i < n; i++)
		if (!text[i])
			text[i] = ' ';
	text[n] = '\0';
	*ret = take_ptr(text);
	return 0;
}

bool denial_is_told(const char *line)
{
	return (strstr(line, "apparmor=\"DENIED\"") || strstr(line, "avc:  denied")) &&
	       (strstr(line, "/dev/vfio") || strstr(line, "/dev/iommu") ||
		strstr(line, "vfio_device_t") || strstr(line, "name=\"vfio"));
}
