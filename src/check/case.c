/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The runner: goes through the tables for one device and one way at a time, skips what makes no
 * sense, and gives every other case a process of its own (base/worker.h).
 *
 * A case that misses its deadline is killed. When it is stuck in the kernel even that does not end
 * it, and it still holds the device: all that follows on that device would only fail for this
 * reason, so it is skipped. So it is when the device is gone.
 */
#include "check/case.h"

#include <assert.h>
#include <errno.h>
#include <fnmatch.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/wait.h>

#include "base/path.h"
#include "base/worker.h"

/* How long a killed case may take to go away. */
#define LINGER_MS 3000

/* How long a device may take that a case has failed on because it is going away. */
#define REMOVAL_MS 2000

static_assert(sizeof(struct case_outcome) <= PIPE_BUF, "must go through the pipe in one write");

const char *case_path_name(enum case_path path)
{
	return path == CASE_HOST ? "host" : path == CASE_CDEV ? "cdev" : "group";
}

const char *case_status_name(enum case_status status)
{
	static const char *const names[] = {
		[CASE_PASS] = "pass", [CASE_FAIL] = "fail", [CASE_SKIP] = "skip"};

	return names[status];
}

const struct case_step *case_outcome_decisive(const struct case_outcome *outcome)
{
	/* A case ends with the step that fails, so the last one decides either way. */
	if (outcome->status == CASE_SKIP || outcome->n_steps == 0)
		return NULL;
	return &outcome->steps[outcome->n_steps - 1];
}

void case_host_probe(struct case_host *ret)
{
	host_ways_read(&ret->ways);
	kernel_probe_container(&ret->container);
	kernel_probe_iommufd(&ret->iommufd);
}

/* --- one case --------------------------------------------------------------------------- */

struct job {
	const struct test_case *test;
	struct case_run *run;
};

static void run_in_child(void *arg, int fd)
{
	struct job *job = arg;

	job->test->run(job->run);
	if (write(fd, &job->run->outcome, sizeof(job->run->outcome)) < 0)
		_exit(1);
}

/* Waits a little for a killed process; false when the kernel does not let it go. */
static bool is_gone(pid_t pid)
{
	int64_t until = now_ms() + LINGER_MS;

	do {
		if (waitpid(pid, NULL, WNOHANG) != 0)
			return true;
		poll(NULL, 0, 20);
	} while (now_ms() < until);
	return false;
}

static void fail(struct case_run *run, const char *fmt, ...) PRINTF(2, 3);
static void fail(struct case_run *run, const char *fmt, ...)
{
	va_list ap;

	run->outcome.status = CASE_FAIL;
	va_start(ap, fmt);
	vsnprintf(run->outcome.reason, sizeof(run->outcome.reason), fmt, ap);
	va_end(ap);
}

/* Returns false when the case is stuck and keeps the device. */
static bool run_case(struct case_run *run, const struct test_case *test, int64_t deadline_ms)
{
	struct job job = {.test = test, .run = run};
	struct worker worker;
	pid_t pid;
	int r = worker_start(&worker, run_in_child, &job);

	if (r < 0) {
		fail(run, "no process could be started: %s", errno_name(r));
		return true;
	}
	pid = worker.pid;
	r = worker_wait(&worker, deadline_ms, &run->outcome, sizeof(run->outcome));
	if (r == 0)
		return true;
	run->outcome = (struct case_outcome){.n_steps = 0};
	if (r != -ETIMEDOUT) {
		fail(run, "the process of this case died");
		return true;
	}
	worker_abandon(&worker);
	if (is_gone(pid)) {
		fail(run, "no answer within %lld s", (long long)(deadline_ms / 1000));
		return true;
	}
	fail(run, "stuck in the kernel: process %d does not end", (int)pid);
	return false;
}

/* --- all cases of a way ----------------------------------------------------------------- */

/* A run through the cases for one device on one way. */
struct round {
	const struct case_request *request;
	struct case_results *results;
	size_t first; /* index of the round's first result */
	struct case_run blank;
	ino_t directory;   /* of the device, in sysfs: one that comes back has another */
	bool gone;         /* it was removed */
	const char *stuck; /* id of the case that holds the device for ever */
	int blocked;       /* -errno when a node cannot be opened */
	const char *blocked_node;
};

/* 0: it is gone. */
static ino_t directory_of(const struct device *dev)
{
	struct stat st;

	return dev && dev->syspath && path_lstat(&st, "%s", dev->syspath) == 0 ? st.st_ino : 0;
}

/* VFIO gives a device up, and its nodes go, before its directory does. */
static void wait_for_removal(const struct round *round, const struct case_run *run)
{
	int64_t until = now_ms() + REMOVAL_MS;

	if (run->outcome.status != CASE_FAIL || run->contradicted)
		return;
	while (directory_of(run->device) == round->directory && now_ms() < until)
		poll(NULL, 0, 20);
}

/* Whatever failed meanwhile failed for this. */
static void note_removal(struct round *round, struct case_run *run)
{
	if (round->gone || !run->device)
		return;
	wait_for_removal(round, run);
	if (directory_of(run->device) == round->directory)
		return;
	round->gone = true;
	fail(run, "the device was removed");
}

static bool builds_on(const struct test_case *test, const char *id)
{
	for (size_t i = 0; i < ARRAY_SIZE(test->after); i++)
		if (streq_null(test->after[i], id))
			return true;
	return false;
}

/* A case that this one builds on and that did not pass; NULL when all is well. */
static const struct case_result *unmet(const struct round *round, const struct test_case *test)
{
	for (size_t i = round->first; i < round->results->count; i++) {
		const struct case_result *earlier = &round->results->list[i];

		if (earlier->outcome.status != CASE_PASS && builds_on(test, earlier->test->id))
			return earlier;
	}
	return NULL;
}

/* What keeps a case from being run at all; false when nothing does. */
static bool is_barred(const struct round *round, struct case_run *run, const struct test_case *test)
{
	const struct case_result *earlier = unmet(round, test);
	const char *lacking = case_lacks(run, test->needs);

	if (round->gone)
		case_skip(run, "%s is gone", run->device->address);
	else if (test->class > round->request->up_to)
		case_skip(run, "it wants --%s", test->class == CASE_LAB ? "lab" : "destructive");
	else if (round->stuck)
		case_skip(run, "%s never let go of the device", round->stuck);
	else if (round->blocked < 0)
		case_skip(run, "this user may not open %s", round->blocked_node);
	else if (earlier && earlier->outcome.status == CASE_FAIL)
		case_skip(run, "%s failed", earlier->test->id);
	else if (earlier) /* for the same reason, which may be a failure further up */
		case_skip(run, "%s", earlier->outcome.reason);
	else if (lacking)
		case_skip(run, "%s", lacking);
	else
		return false;
	return true;
}

/* Runs the case, with whatever it leaves put back. */
static void run_and_tidy(struct round *round, struct case_run *run, const struct test_case *test)
{
	const struct case_request *request = round->request;
	scoped_free struct case_state *state = NULL;
	char why[256];

	if (run->device)
		case_find(&run->nodes, &run->target, run->host, run->device);
	if (request->on_case)
		request->on_case(test, run);
	if (test->class != CASE_SELF) {
		state = case_state_save(request->named, request->n_named);
		if (!state) {
			fail(run, "out of memory");
			return;
		}
	}
	if (!run_case(run, test, request->deadline_ms))
		round->stuck = test->id;
	if (state && !case_state_restore(state, why, sizeof(why)))
		fail(run, "%s", why);
	/* Some cases remove it themselves, and find it again. */
	if (test->class != CASE_SELF && directory_of(run->device))
		round->directory = directory_of(run->device);
	note_removal(round, run);
}

/*
 * 1 when the case fails in that very step with the opposite of what is owed, else 0 and the result
 * is a failure; -1 when the device is gone, and the result says so.
 */
static int prove_failable(struct round *round, struct case_outcome *outcome,
			  const struct test_case *test)
{
	struct case_run run = round->blank;

	run.contradicted = outcome->n_steps;
	if (outcome->n_steps > 0)
		run_and_tidy(round, &run, test);
	if (round->gone) {
		*outcome = run.outcome;
		return -1;
	}
	if (run.outcome.status == CASE_FAIL && run.outcome.n_steps == run.contradicted)
		return 1;
	outcome->status = CASE_FAIL;
	append(outcome->reason, sizeof(outcome->reason),
	       "the case proves nothing: it passes with the opposite of what is owed, too");
	return 0;
}

static int add_result(struct round *round, const struct test_case *test)
{
	struct case_results *results = round->results;
	struct case_result *list = reallocarray(results->list, results->count + 1, sizeof(*list));
	struct case_run run = round->blank;
	int64_t start = now_ms();
	int can_fail = -1;
	struct case_result *result;

	if (!list)
		return -ENOMEM;
	results->list = list;
	note_removal(round, &run);
	if (run.outcome.status == CASE_PASS && !is_barred(round, &run, test)) {
		run_and_tidy(round, &run, test);
		if (round->request->contradict && run.outcome.status == CASE_PASS)
			can_fail = prove_failable(round, &run.outcome, test);
	}
	result = &list[results->count++];
	*result = (struct case_result){
		.test = test,
		.path = run.path,
		.outcome = run.outcome,
		.duration_ms = now_ms() - start,
		.can_fail = can_fail,
	};
	append(result->device, sizeof(result->device), "%s", run.device ? run.device->address : "");
	return 0;
}

bool case_is_wanted(const struct case_request *request, const struct test_case *test)
{
	return (request->all || test->basic) &&
	       (!request->glob || fnmatch(request->glob, test->id, FNM_EXTMATCH) == 0);
}

static int run_round(struct round *round)
{
	const struct case_request *request = round->request;

	for (const struct test_case *const *table = request->tables; *table; table++)
		for (const struct test_case *test = *table; test->id; test++)
			if (test->paths & round->blank.path && case_is_wanted(request, test) &&
			    add_result(round, test) < 0)
				return -ENOMEM;
	return 0;
}

int cases_run(struct case_results *results, const struct case_request *request,
	      const struct device *dev)
{
	static const struct {
		enum case_path path;
		unsigned int mode;
	} ways[] = {{CASE_CDEV, MODE_CDEV}, {CASE_GROUP, MODE_GROUP}};
	struct round round = {
		.request = request,
		.results = results,
		.first = results->count,
		.blank = {.host = request->host,
			  .device = dev,
			  .named = request->named,
			  .n_named = request->n_named,
			  .path = CASE_HOST},
	};

	if (!dev)
		return run_round(&round);
	round.directory = directory_of(dev);
	if (!round.directory) /* the first case shall say so */
		round.directory = (ino_t)-1;
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		round.blank.path = ways[i].path;
		round.first = results->count;
		round.blocked = case_way_access(dev, ways[i].path, &round.blocked_node);
		if ((dev->modes & ways[i].mode) && run_round(&round) < 0)
			return -ENOMEM;
	}
	return 0;
}
