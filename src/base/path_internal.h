/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of base/path.h share.
 */
#pragma once

#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>

#include "base/path.h"
#include "base/path_record.h"

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

/*
 * openat2(2) that does not lead out of top, how->resolve says by which means; O_CLOEXEC is added. A
 * descriptor or -errno. While anything is renamed or mounted on the whole machine the kernel cannot
 * be sure about a ".." on the way, and says EAGAIN: it is asked again.
 */
int path_open_within(int top, const char *path, struct open_how how);

/* open(2) below the root, O_CLOEXEC added: a descriptor or -errno. */
int path_open_at_root(const char *path, int flags, mode_t mode);

/* Notes the use of an entry of a directory that is open, when uses are recorded. */
void path_note_entry(int dir, const char *name, enum path_use use);

/* Flags for open(2) with which a file of a captured tree does not keep who may not wait for it. */
int path_tree_flags(int flags);

/*
 * Looks at what was opened in a captured tree with such flags. -ENXIO: it is no file to be read
 * (base/path.h). -EACCES: nobody may read it, so it could not be read when the tree was captured,
 * and is not by root either, whom the kernel lets read everything. Returns fd, or one of these with
 * fd closed.
 */
int path_admit(int fd, int flags);

/* Writes all of it, however often write(2) stops. 0 or -errno. */
int path_write_all(int fd, const char *data, size_t size);
