/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/steps.h"

#include <errno.h>
#include <stdatomic.h>

#include "base/arena.h"
#include "base/worker.h"

/* How many steps may get stuck before the rest is not tried any more. */
enum { MAX_STUCK = 4 };

/* How soon a stop is heard. */
enum { STOP_MS = 200 };

/* In memory that the parent shares with the worker. */
struct progress {
	const struct steps *steps;
	_Atomic size_t current; /* the step being done; steps->count: all are */
};

static void run_in_worker(void *arg, int fd)
{
	struct progress *progress = arg;
	const struct steps *steps = progress->steps;
	size_t i;

	worker_ends_with_parent();
	while ((i = atomic_load(&progress->current)) < steps->count) {
		steps->run(steps->arg, i);
		atomic_store(&progress->current, i + 1);
	}
	if (write(fd, "", 1) < 0)
		_exit(1);
}

static bool is_stopped(const struct steps *steps)
{
	return steps->stop && *steps->stop;
}

/* Waits for the worker's end, no longer than the deadline nor past the stop. */
static bool ends_in_time(struct worker *worker, const struct steps *steps)
{
	const int64_t slice = steps->stop ? STOP_MS : steps->deadline_ms;
	char done;

	for (int64_t left = steps->deadline_ms; left > 0 && !is_stopped(steps); left -= slice)
		if (worker_wait(worker, left < slice ? left : slice, &done, 1) != -ETIMEDOUT)
			return true;
	return false;
}

/* Waits until the worker ends or stays with one step for too long. */
static void watch(struct worker *worker, struct progress *progress)
{
	size_t seen;

	do
		seen = atomic_load(&progress->current);
	while (!ends_in_time(worker, progress->steps) && !is_stopped(progress->steps) &&
	       atomic_load(&progress->current) != seen);
	worker_abandon(worker);
}

static void give_up(struct progress *progress, bool rest)
{
	const struct steps *steps = progress->steps;
	size_t i = atomic_load(&progress->current);
	size_t end = rest ? steps->count : i + 1;

	for (; i < end && i < steps->count; i++)
		steps->given_up(steps->arg, i);
	atomic_store(&progress->current, i);
}

int steps_run(const struct steps *steps, struct error *err)
{
	scoped_arena struct arena *arena = arena_new(sizeof(struct progress));
	struct progress *progress = arena ? arena_alloc(arena, sizeof(*progress)) : NULL;
	int stuck = 0;

	if (!progress)
		return error_out_of_memory(err);
	progress->steps = steps;
	while (atomic_load(&progress->current) < steps->count) {
		struct worker worker;
		int r = worker_start(&worker, run_in_worker, progress);

		if (r < 0)
			return error_errno(err, r, "fork", NULL, "cannot start a reader process");
		watch(&worker, progress);
		if (atomic_load(&progress->current) < steps->count)
			give_up(progress, ++stuck >= MAX_STUCK || is_stopped(steps));
	}
	return 0;
}
