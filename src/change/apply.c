/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A plan's steps become jobs: the steps of one phase that are about one device. A phase begins when
 * the one before has ended.
 */
#include "change/apply.h"

#include <errno.h>

#include "change/pool.h"

struct run {
	const struct plan *plan;
	const struct apply_options *options;
	struct applied *applied;
	struct error *err; /* the first one */
	bool failed;
};

/* --- what the pool tells ------------------------------------------------------------------ */

static int explain(const struct step *step, enum pool_event event,
		   const struct step_outcome *outcome, bool interrupted, struct error *err)
{
	switch (event) {
	case POOL_STUCK:
	case POOL_LATE:
		return step_explain_late(step,
					 interrupted ? "interrupted" : "it did not end in time",
					 event == POOL_STUCK, err);
	case POOL_DIED:
		return error_set(err, STATUS_FAILED, 0, "worker-died", step->dev->address,
				 "the process that did the work has died");
	default:
		return step_explain(step, outcome, err);
	}
}

static bool note_event(void *arg, size_t i, enum pool_event event,
		       const struct step_outcome *outcome, bool interrupted)
{
	static const enum step_progress progress[] = {
		[POOL_BEGUN] = STEP_BEGUN, [POOL_DONE] = STEP_DONE,   [POOL_FAILED] = STEP_FAILED,
		[POOL_STUCK] = STEP_STUCK, [POOL_LATE] = STEP_FAILED, [POOL_DIED] = STEP_FAILED,
	};
	struct run *run = arg;
	const struct step *step = &run->plan->steps[i];
	struct error err;

	run->applied->progress[i] = progress[event];
	if (event == POOL_DONE && run->options->on_step)
		run->options->on_step(step);
	if (event == POOL_BEGUN || event == POOL_DONE)
		return false;
	explain(step, event, outcome, interrupted, &err);
	if (run->options->on_failure)
		run->options->on_failure(run->options->arg, step, &err);
	if (!run->failed)
		*run->err = err;
	run->failed = true;
	return !run->options->keep_going;
}

static int note_workers(void *arg, const pid_t *pids, size_t count)
{
	struct run *run = arg;
	int r = run->options->on_workers
			? run->options->on_workers(run->options->workers_arg, pids, count, run->err)
			: 0;

	run->failed |= r < 0;
	return r;
}

/* --- jobs --------------------------------------------------------------------------------- */

static bool has_failed(const struct run *run, const struct device *dev)
{
	return applied_has_any(run->applied, run->plan, dev, STEP_FAILED) ||
	       applied_has_any(run->applied, run->plan, dev, STEP_STUCK);
}

static void add_job(struct pool_job *job, size_t first, size_t count)
{
	*job = (struct pool_job){.first = first, .count = count};
}

/* The jobs of one phase; a device that failed has no more. Returns how many. */
static size_t make_jobs(const struct run *run, enum step_phase phase, struct pool_job *jobs)
{
	const struct plan *plan = run->plan;
	size_t count = 0;

	for (size_t i = 0, length; i < plan->count; i += length) {
		length = 1;
		while (i + length < plan->count &&
		       plan->steps[i + length].phase == plan->steps[i].phase &&
		       plan->steps[i + length].dev == plan->steps[i].dev)
			length++;
		if (plan->steps[i].phase == phase &&
		    !(run->failed && has_failed(run, plan->steps[i].dev)))
			add_job(&jobs[count++], i, length);
	}
	return count;
}

static void run_phases(struct run *run, struct pool *pool)
{
	scoped_free struct pool_job *jobs = calloc(run->plan->count + 1, sizeof(*jobs));

	if (!jobs) {
		error_out_of_memory(run->err);
		run->failed = true;
		return;
	}
	for (enum step_phase phase = 0; phase < PHASE_COUNT; phase++) {
		size_t count = make_jobs(run, phase, jobs);
		bool moves = phase == PHASE_MOVE;

		if (count > 0 && !pool_run(pool, jobs, count, moves ? run->options->jobs : 1))
			return;
	}
}

static void note_wait(void *arg, size_t i, int64_t waited_ms)
{
	const struct run *run = arg;

	if (run->options->on_wait)
		run->options->on_wait(&run->plan->steps[i], waited_ms);
}

/* More processes than devices would have nothing to do. */
static size_t choose_width(const struct plan *plan, size_t jobs)
{
	size_t devices = 0;

	for (size_t i = 0; i < plan->count; i++)
		if (plan->steps[i].phase == PHASE_MOVE &&
		    (i == 0 || plan->steps[i].dev != plan->steps[i - 1].dev ||
		     plan->steps[i - 1].phase != PHASE_MOVE))
			devices++;
	return devices < jobs ? devices : jobs;
}

int apply_plan(struct applied *ret, const struct plan *plan, const struct apply_options *options,
	       struct error *err)
{
	struct run run = {.plan = plan, .options = options, .applied = ret, .err = err};
	const struct pool_options pool_options = {
		.steps = plan->steps,
		.width = choose_width(plan, options->jobs),
		.timeout_ms = options->timeout_ms,
		.patient = options->patient,
		.on_event = note_event,
		.on_wait = note_wait,
		.on_workers = note_workers,
		.arg = &run,
	};
	scoped_pool struct pool *pool = NULL;
	int r;

	*ret = (struct applied){.progress = calloc(plan->count + 1, sizeof(*ret->progress))};
	if (!ret->progress)
		return error_out_of_memory(err);
	r = pool_start(&pool, &pool_options);
	if (r < 0 && !run.failed)
		return error_errno(err, r, "fork", NULL, "cannot start a worker process");
	if (r == 0)
		run_phases(&run, pool);
	if (options->on_wait)
		options->on_wait(NULL, 0);
	return run.failed ? -1 : 0;
}

bool applied_has_any(const struct applied *applied, const struct plan *plan,
		     const struct device *dev, enum step_progress progress)
{
	for (size_t i = 0; applied->progress && i < plan->count; i++)
		if (plan->steps[i].dev == dev && applied->progress[i] == progress)
			return true;
	return false;
}

bool applied_is_whole(const struct applied *applied, const struct plan *plan,
		      const struct device *dev)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->steps[i].dev == dev &&
		    !(applied->progress && applied->progress[i] == STEP_DONE))
			return false;
	return true;
}

void applied_free(struct applied *applied)
{
	free(applied->progress);
	*applied = (struct applied){0};
}
