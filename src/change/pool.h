/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Processes that run the steps of a plan, several devices at once. One that the kernel does not let
 * go of costs its deadline and no more: it is left behind, and another takes its place.
 */
#pragma once

#include "base/worker.h"
#include "change/step.h"

/* Processes at most. */
enum { POOL_MAX_WIDTH = 64 };

/* Steps that belong together: they run one after another, until one fails. */
struct pool_job {
	size_t first, count; /* of the steps */
	int64_t deadline_ms; /* set by pool_run() */
};

/* What became of one step, and of the job if it was the last. */
enum pool_event {
	POOL_BEGUN,  /* a process was told to begin with the step */
	POOL_DONE,   /* the step succeeded */
	POOL_FAILED, /* it failed, and the rest of the job was not begun */
	POOL_STUCK,  /* it has not ended: so, and the process is left behind */
	POOL_LATE,   /* it ended, but only when the process was killed: so */
	POOL_DIED,   /* the process died in it: so */
};

struct pool_options {
	const struct step *steps; /* that jobs are about; must not move while the pool lives */
	size_t width;             /* processes at most; POOL_MAX_WIDTH is the most there can be */
	int64_t timeout_ms;       /* for each step */
	bool patient;             /* no interrupt shortens a step */
	/*
	 * Told how each step goes. outcome: with POOL_DONE and POOL_FAILED; interrupted: with
	 * POOL_STUCK and POOL_LATE, because of an impatient user. True: no job is begun any more.
	 */
	bool (*on_event)(void *arg, size_t step, enum pool_event event,
			 const struct step_outcome *outcome, bool interrupted);
	/* Told of the step that lasts longest, a few times a second; may be NULL. */
	void (*on_wait)(void *arg, size_t step, int64_t waited_ms);
	/* Told of the processes before they get work, whenever there is a new one. 0, or -1. */
	int (*on_workers)(void *arg, const pid_t *pids, size_t count);
	void *arg;
};

struct pool;

/* Starts the processes. 0 or -errno. The caller ends it with pool_free(). */
int pool_start(struct pool **ret, const struct pool_options *options);

/*
 * Runs the jobs in order, at most width of them at once (0: one), and returns when none runs any
 * more. Waits of all jobs together (STEP_WAIT) last no longer than timeout_ms. False when it was
 * told to stop before all were begun, or on_workers failed.
 */
bool pool_run(struct pool *pool, struct pool_job *jobs, size_t count, size_t width);

/*
 * Ends the processes; those that are stuck are left behind. What a process is about is carried to
 * the end of its job even when this program dies.
 */
void pool_free(struct pool *pool);

static inline void pool_free_pointer(struct pool **pool)
{
	pool_free(*pool);
}
#define scoped_pool __attribute__((cleanup(pool_free_pointer)))
