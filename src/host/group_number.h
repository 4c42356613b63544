/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers of groups that somebody has written into a file.
 */
#pragma once

#include "base/util.h"

#define GROUP_NUMBER_NODE "/dev/vfio/" /* before a number, wherever it stands */
/* In a line that says this much, a udev rule of VFIO, the other stands before a number, too. */
#define GROUP_NUMBER_SUBSYSTEM "SUBSYSTEM==\"vfio\""
#define GROUP_NUMBER_KERNEL    "KERNEL==\""

/* The next number behind prefix into buf; returns what follows it, NULL when there is none. */
const char *group_number_next(const char *text, const char *prefix, char *buf, size_t size);
