/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one call of ioctl(2) in this program.
 */
#pragma once

#include "base/util.h"

/*
 * Returns what the kernel returned, 0 or more, or -errno. A call that a signal interrupted is not
 * repeated: it may have had its effect.
 */
int kernel_ioctl(int fd, unsigned long request, void *arg);

/* For the few requests whose argument is the number itself. */
int kernel_ioctl_value(int fd, unsigned long request, unsigned long value);
