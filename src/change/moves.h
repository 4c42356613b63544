/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Many devices that move together, there or back: the order of their steps, and what a PF means for
 * its VFs, which come and go with the number of them.
 */
#pragma once

#include "change/plan.h"

struct move {
	const struct device *dev;
	struct binding from, to;
};

struct moves {
	struct move *list;
	size_t count;
	bool probe; /* the host's drivers are to take VFs whose target is any driver */
};

/* True when the VFs of that device are made, or taken away, while it keeps its driver. */
bool move_changes_vfs(struct binding from, struct binding to);

/*
 * Adds everything but the wait for nodes. from of a VF that is made anew becomes what it will have
 * then. 0 or -ENOMEM.
 */
int plan_moves(struct plan *plan, struct moves *moves);
