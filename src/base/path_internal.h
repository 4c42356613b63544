/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What path.c and path_write.c share.
 */
#pragma once

#include <limits.h>
#include <stdio.h>

#include "base/path.h"

/* Formats the caller's path into a buffer named `path`, or returns -ENAMETOOLONG. */
#define FORMAT_PATH(fmt)                                                                           \
	char path[PATH_MAX];                                                                       \
	do {                                                                                       \
		va_list ap_;                                                                       \
		int n_;                                                                            \
                                                                                                   \
		va_start(ap_, fmt);                                                                \
		n_ = vsnprintf(path, sizeof(path), fmt, ap_);                                      \
		va_end(ap_);                                                                       \
		if (n_ < 0 || (size_t)n_ >= sizeof(path))                                          \
			return -ENAMETOOLONG;                                                      \
	} while (0)

/* open(2) below the root, O_CLOEXEC added: a descriptor or -errno. */
int path_open_at_root(const char *path, int flags, mode_t mode);
