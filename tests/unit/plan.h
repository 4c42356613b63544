/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For tests of plans: an empty one for each.
 */
#pragma once

#include "change/plan.h"
#include "tests/unit/tree.h"

static struct plan plan;

static int setup(void **state)
{
	(void)state;
	plan = (struct plan){.arena = arena_new(1 << 16)};
	return plan.arena ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	plan_free(&plan);
	arena_free(plan.arena);
	return 0;
}
