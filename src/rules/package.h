/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which version of a program is installed, as the package database tells: nothing is run.
 */
#pragma once

#include "base/arena.h"

struct package {
	const char *name, *version; /* "qemu-system-x86", "1:10.0.2+ds-2" */
	const char *file;           /* the database */
	unsigned int major, minor;  /* of what the package holds: 10, 0 */
};

/*
 * The first of the names (NULL-ended) that is installed. 1, 0 when none is, or -ENOENT when there
 * is no database that can be read (dpkg's and apk's can).
 */
int package_find(struct package *ret, struct arena *arena, const char *const *names);

/* True for a version before that one. */
bool package_is_older(const struct package *package, unsigned int major, unsigned int minor);
