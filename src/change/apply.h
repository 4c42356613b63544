/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs a plan in a worker process, step by step, each with a deadline.
 */
#pragma once

#include "change/plan.h"

struct applied {
	size_t done; /* steps that succeeded */
	bool stuck;  /* the worker is still in the step at index done, and cannot be ended */
};

struct apply_options {
	int64_t timeout_ms; /* for each step */
	bool patient;       /* no interrupt shortens a step: the way back */
	/* Told of each step that succeeded; may be NULL. */
	void (*on_step)(const struct step *step);
};

/*
 * Runs the steps in order until one fails. 0, or -1 with the error of the step: STATUS_TIMEOUT when
 * it did not end in time, else STATUS_FAILED or STATUS_PERMISSION. Nothing is undone here. Should
 * this process die, the worker goes on to the end of the plan all the same.
 */
int apply_plan(struct applied *ret, const struct plan *plan, const struct apply_options *options,
	       struct error *err);
