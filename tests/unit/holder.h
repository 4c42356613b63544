/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of host/holder.h share. */
#pragma once

#include "host/holder.h"
#include "tests/unit/tree.h"

/* makedev() of small numbers, as a constant. */
#define DEV(major, minor) ((dev_t)((major) << 8 | (minor)))

/* The record of that process and target, or NULL. */
static inline const struct holder *find(const struct holders *holders, pid_t pid, size_t target)
{
	for (size_t i = 0; i < holders->count; i++)
		if (holders->list[i].pid == pid && holders->list[i].target == target)
			return &holders->list[i];
	return NULL;
}

static inline void search(struct holders *ret, const struct holder_target *targets, size_t count)
{
	struct error err = {0};

	if (holders_find(ret, targets, count, &err) < 0)
		fail_msg("%s", err.message);
}
