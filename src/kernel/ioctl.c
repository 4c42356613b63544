/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/ioctl.h"

#include <errno.h>
#include <sys/ioctl.h>

int kernel_ioctl(int fd, unsigned long request, void *arg)
{
	int r = ioctl(fd, request, arg);

	return r < 0 ? -errno : r;
}

int kernel_ioctl_value(int fd, unsigned long request, unsigned long value)
{
	/* NOLINTNEXTLINE(performance-no-int-to-ptr): the ABI passes a number where a pointer goes.
	 */
	return kernel_ioctl(fd, request, (void *)value);
}
