/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs a plan in a worker process, step by step, each with a deadline.
 */
#pragma once

#include "change/plan.h"

struct applied {
	size_t done; /* steps that succeeded */
	bool stuck;  /* the step at index done did not end in time; its worker is left behind */
};

/*
 * Runs the steps in order until one fails. 0, or -1 with the error of the step: STATUS_TIMEOUT when
 * it did not end within timeout_ms, else STATUS_FAILED or STATUS_PERMISSION. on_step (may be NULL)
 * is told of each step that succeeded. Nothing is undone here.
 */
int apply_plan(struct applied *ret, const struct plan *plan, int64_t timeout_ms,
	       void (*on_step)(const struct step *step), struct error *err);
