/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/steps.h"

#include <errno.h>
#include <stdatomic.h>

#include "base/arena.h"
#include "base/worker.h"

/* How many steps may get stuck before the rest is not tried any more. */
enum { MAX_STUCK = 4 };

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

/* Waits until the worker ends or stays with one step for too long. */
static void watch(struct worker *worker, struct progress *progress)
{
	size_t seen;
	char done;

	do
		seen = atomic_load(&progress->current);
	while (worker_wait(worker, progress->steps->deadline_ms, &done, 1) == -ETIMEDOUT &&
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
			give_up(progress, ++stuck >= MAX_STUCK);
	}
	return 0;
}
