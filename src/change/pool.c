/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A process gets a job, reports each of its steps, and waits for the next job. The parent waits for
 * all of them at once, and keeps their deadlines.
 */
#include "change/pool.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>

#include "change/interrupt.h"

enum {
	MAX_WIDTH = POOL_MAX_WIDTH,
	TICK_MS = 500,        /* how often interrupts are looked for */
	PATIENCE_MS = 2000,   /* how long a step may take after one */
	LAST_CHANCE_MS = 700, /* for killed processes to end */
	REPORT_MS = 1000,     /* for the rest of a report that has begun to come */
};
_Static_assert(sizeof(struct step_outcome) <= PIPE_BUF, "a report is written at once");

struct member {
	struct worker worker; /* pid 0: none */
	bool busy;
	struct pool_job job;
	size_t step;   /* the one it is in */
	int64_t since; /* when that began */
};

struct pool {
	struct pool_options options;
	struct member members[MAX_WIDTH];
	size_t size;
	pid_t left[MAX_WIDTH]; /* stuck ones */
	size_t n_left;
	bool stopped;
};

/* --- in the child ------------------------------------------------------------------------- */

/*
 * When nobody listens any more, the work goes on all the same: to a whole device. But whoever
 * listens shall not wait for a report that was lost: false, and the end of this process tells it.
 */
static bool report(int fd, const struct step_outcome *outcome)
{
	ssize_t n;

	do
		n = write(fd, outcome, sizeof(*outcome));
	while (n < 0 && (errno == EINTR || errno == ENOMEM || errno == ENOBUFS));
	return n == sizeof(*outcome) || (n < 0 && (errno == EPIPE || errno == ECONNRESET));
}

/* False when the process has to end. */
static bool run_job(const struct pool_options *options, const struct pool_job *job, int fd)
{
	for (size_t i = 0; i < job->count; i++) {
		struct step_outcome outcome;
		int64_t left = job->deadline_ms - now_ms();

		step_run(&outcome, &options->steps[job->first + i], left > 0 ? left : 0);
		if (!report(fd, &outcome))
			return false;
		if (outcome.r < 0)
			break;
	}
	return true;
}

static void serve(void *arg, int fd)
{
	struct pool_job job;

	while (read(fd, &job, sizeof(job)) == sizeof(job) && run_job(arg, &job, fd))
		;
}

/* --- processes ---------------------------------------------------------------------------- */

/* All that may still be about something: the members, and those left behind. */
static int tell_workers(struct pool *pool)
{
	pid_t pids[2 * MAX_WIDTH];
	size_t count = 0;

	if (!pool->options.on_workers)
		return 0;
	for (size_t i = 0; i < pool->size; i++)
		if (pool->members[i].worker.pid > 0)
			pids[count++] = pool->members[i].worker.pid;
	for (size_t i = 0; i < pool->n_left; i++)
		pids[count++] = pool->left[i];
	return pool->options.on_workers(pool->options.arg, pids, count);
}

int pool_start(struct pool **ret, const struct pool_options *options)
{
	scoped_pool struct pool *pool = calloc(1, sizeof(*pool));

	if (!pool)
		return -ENOMEM;
	pool->options = *options;
	pool->size = options->width < 1           ? 1
		     : options->width > MAX_WIDTH ? MAX_WIDTH
						  : options->width;
	for (size_t i = 0; i < pool->size; i++) {
		int r = worker_start_serving(&pool->members[i].worker, serve, &pool->options);

		if (r < 0)
			return r;
	}
	if (tell_workers(pool) < 0)
		return -ECANCELED;
	*ret = take_ptr(pool);
	return 0;
}

/* --- the round ---------------------------------------------------------------------------- */

static bool tell(struct pool *pool, const struct member *member, enum pool_event event,
		 const struct step_outcome *outcome, bool interrupted)
{
	const struct pool_options *options = &pool->options;
	bool stop = options->on_event(options->arg, member->step, event, outcome, interrupted);

	pool->stopped |= stop;
	return stop;
}

/*
 * The process is ended, or left behind, and another one takes its place. until: how long it has to
 * end, as now_ms() has it.
 */
static void lose(struct pool *pool, struct member *member, enum pool_event event, bool interrupted,
		 int64_t until)
{
	pid_t pid = member->worker.pid;
	int64_t left = until - now_ms();
	bool gone = worker_end(&member->worker, left > 0 ? left : 0);

	member->busy = false;
	if (!gone && pool->n_left < MAX_WIDTH)
		pool->left[pool->n_left++] = pid;
	/* One that ended after all, at the last moment, left a device that can be put back. */
	if (event == POOL_STUCK && gone)
		event = POOL_LATE;
	tell(pool, member, event, NULL, interrupted);
	if (worker_start_serving(&member->worker, serve, &pool->options) < 0 ||
	    tell_workers(pool) < 0)
		pool->stopped = true;
}

static void take_report(struct pool *pool, struct member *member)
{
	struct step_outcome outcome;

	if (worker_read(&member->worker, REPORT_MS, &outcome, sizeof(outcome)) < 0) {
		lose(pool, member, POOL_DIED, false, now_ms() + LAST_CHANCE_MS);
		return;
	}
	tell(pool, member, outcome.r < 0 ? POOL_FAILED : POOL_DONE, &outcome, false);
	member->step++;
	member->since = now_ms();
	member->busy = outcome.r == 0 && member->step < member->job.first + member->job.count;
}

/* The steps that somebody else can hold up for ever, and that an interrupt may leave. */
static bool may_be_left(const struct pool *pool, const struct step *step)
{
	return !pool->options.patient &&
	       ((step->kind == STEP_UNBIND && device_is_vfio(step->dev)) ||
		(step->kind == STEP_VFS && streq(step->value, "0")));
}

/* How long the step of a member may still take. */
static int64_t time_left(const struct pool *pool, const struct member *member)
{
	const struct step *step = &pool->options.steps[member->step];
	/* A step that keeps its own deadline shall be the one to say what was missing. */
	int64_t grace = step->kind == STEP_WAIT ? 1000 : 0;

	return member->since + pool->options.timeout_ms + grace - now_ms();
}

/* An interrupt ends the patience with it. */
static bool is_left(const struct pool *pool, const struct member *member)
{
	return now_ms() - member->since >= PATIENCE_MS &&
	       may_be_left(pool, &pool->options.steps[member->step]) && interrupts_are_pending();
}

/* Those whose time is up are killed first, and then have one last chance together. */
static void look_at_deadlines(struct pool *pool, struct member *const *who, size_t n)
{
	int64_t until = now_ms() + LAST_CHANCE_MS;
	bool late[MAX_WIDTH], left[MAX_WIDTH];

	for (size_t i = 0; i < n; i++) {
		late[i] = time_left(pool, who[i]) <= 0;
		left[i] = !late[i] && is_left(pool, who[i]);
		if (late[i] || left[i])
			worker_kill(&who[i]->worker);
	}
	for (size_t i = 0; i < n; i++)
		if (late[i] || left[i])
			lose(pool, who[i], POOL_STUCK, left[i], until);
}

static void tell_wait(const struct pool *pool)
{
	const struct member *longest = NULL;

	for (size_t i = 0; i < pool->size; i++)
		if (pool->members[i].busy && (!longest || pool->members[i].since < longest->since))
			longest = &pool->members[i];
	if (longest && pool->options.on_wait)
		pool->options.on_wait(pool->options.arg, longest->step, now_ms() - longest->since);
}

/* Waits a moment for any of those that are busy. */
static void wait_for_some(struct pool *pool)
{
	struct pollfd fds[MAX_WIDTH] = {0};
	struct member *who[MAX_WIDTH];
	int64_t pause = TICK_MS;
	size_t n_idle = 0;
	nfds_t n = 0;

	for (size_t i = 0; i < pool->size; i++) {
		struct member *member = &pool->members[i];

		if (!member->busy)
			continue;
		who[n] = member;
		fds[n++] = (struct pollfd){.fd = member->worker.result, .events = POLLIN};
		if (time_left(pool, member) < pause)
			pause = time_left(pool, member);
	}
	if (n > 0 && poll(fds, n, pause > 0 ? (int)pause : 0) < 0)
		return;
	for (nfds_t i = 0; i < n; i++)
		if (fds[i].revents)
			take_report(pool, who[i]);
		else
			who[n_idle++] = who[i];
	look_at_deadlines(pool, who, n_idle);
	tell_wait(pool);
}

static void give(struct pool *pool, struct member *member, const struct pool_job *job)
{
	member->job = *job;
	member->step = job->first;
	member->since = now_ms();
	member->busy = true;
	tell(pool, member, POOL_BEGUN, NULL, false);
	if (worker_send(&member->worker, job, sizeof(*job)) < 0)
		lose(pool, member, POOL_DIED, false, now_ms() + LAST_CHANCE_MS);
}

static size_t count_busy(const struct pool *pool)
{
	size_t busy = 0;

	for (size_t i = 0; i < pool->size; i++)
		busy += pool->members[i].busy;
	return busy;
}

bool pool_run(struct pool *pool, struct pool_job *jobs, size_t count, size_t width)
{
	int64_t deadline = now_ms() + pool->options.timeout_ms;
	size_t next = 0;

	width = width > 0 ? width : 1;
	do {
		for (size_t i = 0; i < pool->size && next < count && !pool->stopped; i++) {
			if (pool->members[i].busy || count_busy(pool) >= width)
				continue;
			jobs[next].deadline_ms = deadline;
			give(pool, &pool->members[i], &jobs[next++]);
		}
		wait_for_some(pool);
	} while (count_busy(pool) > 0 || (next < count && !pool->stopped));
	return !pool->stopped;
}

void pool_free(struct pool *pool)
{
	for (size_t i = 0; pool && i < pool->size; i++) {
		struct worker *worker = &pool->members[i].worker;

		if (worker->pid > 0)
			worker_end(worker, LAST_CHANCE_MS);
	}
	free(pool);
}
