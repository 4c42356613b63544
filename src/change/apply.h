/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs a plan in worker processes, phase by phase, each step with a deadline.
 */
#pragma once

#include <sys/types.h>

#include "change/plan.h"

/* How far a step is. */
enum step_progress { STEP_WAITS, STEP_BEGUN, STEP_DONE, STEP_FAILED, STEP_STUCK };

struct applied {
	enum step_progress *progress; /* one for each step of the plan */
};

/*
 * Told of the processes that do the work before they begin, and again when one was replaced. 0, or
 * -1: nothing more is begun, and the error is the one it left in err.
 */
typedef int apply_workers_fn(void *arg, const pid_t *pids, size_t count, struct error *err);

struct apply_options {
	int64_t timeout_ms; /* for each step */
	size_t jobs;        /* devices that move at once; 0: one */
	bool patient;       /* no interrupt shortens a step: the way back */
	bool keep_going;    /* a step that fails ends the steps of its device, and no others */
	/* Each may be NULL. on_step: a step succeeded; on_failure: it did not, and why. */
	void (*on_step)(const struct step *step);
	/* Told, a few times a second, of a step that lasts; NULL: of none any more. */
	void (*on_wait)(const struct step *step, int64_t waited_ms);
	void (*on_failure)(void *arg, const struct step *step, const struct error *err);
	void *arg;
	apply_workers_fn *on_workers;
	void *workers_arg;
};

/*
 * Runs the steps until one fails; those that are under way then come to their end. 0, or -1 with
 * the error of the first step that failed: STATUS_TIMEOUT when it did not end in time, else
 * STATUS_FAILED or STATUS_PERMISSION. Nothing is undone here. Should this process die, the workers
 * carry on to the end of their device. The caller frees ret with applied_free() in both cases.
 */
int apply_plan(struct applied *ret, const struct plan *plan, const struct apply_options *options,
	       struct error *err);

/* True when any step about dev is as far as that; applied_is_whole(): when all are done. */
bool applied_has_any(const struct applied *applied, const struct plan *plan,
		     const struct device *dev, enum step_progress progress);
bool applied_is_whole(const struct applied *applied, const struct plan *plan,
		      const struct device *dev);

void applied_free(struct applied *applied);
#define scoped_applied __attribute__((cleanup(applied_free)))
