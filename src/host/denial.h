/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What logs tell of a security module that kept somebody from VFIO. A log may be as large as the
 * disk, and what is long ago matters no more: only its last part is looked at.
 */
#pragma once

#include "base/util.h"

/* The logs that are looked at; NULL-ended. */
extern const char *const denial_logs[];

/* Reads the last part of a log; a NUL that a crash has left in it is a blank then. 0 or -errno. The
 * caller frees *ret. */
int denial_read_log(char **ret, const char *path);

/* True when the line of a log tells of one. */
bool denial_is_told(const char *line);
