/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The pool on files of its own instead of sysfs. A FIFO that nobody reads blocks whoever opens it;
 * a tracer that holds a process in its exit stands for a kernel that does not let go of it.
 */
#include "change/pool.h"

#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "tests/unit/tree.h"

enum { MAX_STEPS = 16, TIMEOUT_MS = 1000 };

static struct device device = {.address = "0000:03:00.0", .bus = "pci"};
static struct step steps[MAX_STEPS];
static struct pool_job jobs[MAX_STEPS];
static char paths[MAX_STEPS][300];

/* What the pool told. */
static struct {
	enum pool_event events[MAX_STEPS]; /* the last one of each step */
	bool begun[MAX_STEPS];
	size_t at_once, most_at_once;
	pid_t pids[16];
	size_t n_pids, n_told;
	bool stop_on_failure, refuse_workers;
	bool hold;            /* the first process that is told of cannot end */
	bool kill_when_begun; /* the first process dies of its first job */
	pid_t held;
} told;

static bool on_event(void *arg, size_t step, enum pool_event event,
		     const struct step_outcome *outcome, bool interrupted)
{
	(void)arg, (void)outcome, (void)interrupted;
	if (event == POOL_BEGUN) {
		told.begun[step] = true;
		told.at_once++;
		if (told.kill_when_begun)
			kill(told.pids[0], SIGKILL);
		told.kill_when_begun = false;
	} else {
		told.at_once--;
	}
	if (told.at_once > told.most_at_once)
		told.most_at_once = told.at_once;
	told.events[step] = event;
	return told.stop_on_failure && event != POOL_BEGUN && event != POOL_DONE;
}

static int on_workers(void *arg, const pid_t *pids, size_t count)
{
	(void)arg;
	told.n_told++;
	told.n_pids = count;
	for (size_t i = 0; i < count; i++)
		told.pids[i] = pids[i];
	if (told.hold && !told.held && ptrace(PTRACE_SEIZE, pids[0], 0, PTRACE_O_TRACEEXIT) == 0)
		told.held = pids[0];
	return told.refuse_workers ? -1 : 0;
}

static const struct pool_options defaults = {
	.steps = steps,
	.width = 1,
	.timeout_ms = TIMEOUT_MS,
	.on_event = on_event,
	.on_workers = on_workers,
};

/* Step i writes "x" to a file of its own, as a job of its own. */
static void make_steps(size_t count)
{
	memset(&told, 0, sizeof(told));
	for (size_t i = 0; i < count; i++) {
		char name[32];

		snprintf(name, sizeof(name), "/file%zu", i);
		tree_file(name, "");
		snprintf(paths[i], sizeof(paths[i]), "%s%s", tree_root, name);
		steps[i] = (struct step){
			.kind = STEP_OVERRIDE, .dev = &device, .path = paths[i], .value = "x"};
		jobs[i] = (struct pool_job){.first = i, .count = 1};
	}
	/* Only the live machine is written to, and the tree is a part of it. */
	path_set_root("/");
}

static void make_fail(size_t i)
{
	assert_int_equal(unlink(paths[i]), 0);
}

static void make_block(size_t i)
{
	make_fail(i);
	assert_int_equal(mkfifo(paths[i], 0600), 0);
}

static bool is_written(size_t i)
{
	char text[8] = "";

	return path_read(text, sizeof(text), "%s", paths[i]) == 1 && streq(text, "x");
}

static bool run(const struct pool_options *options, size_t count, size_t width)
{
	struct pool *pool;
	bool all;

	assert_int_equal(pool_start(&pool, options), 0);
	all = pool_run(pool, jobs, count, width);
	pool_free(pool);
	return all;
}

static void test_all_are_done(void **state)
{
	(void)state;
	make_steps(6);
	assert_true(run(&defaults, 6, 1));
	for (size_t i = 0; i < 6; i++)
		assert_true(is_written(i) && told.events[i] == POOL_DONE);
	assert_int_equal(told.n_told, 1);
	assert_int_equal(told.n_pids, 1);
	assert_int_equal(told.most_at_once, 1);
}

static void test_width(void **state)
{
	struct pool_options options = defaults;

	(void)state;
	options.width = 4;
	make_steps(8);
	assert_true(run(&options, 8, 3));
	assert_int_equal(told.n_pids, 4);
	assert_int_equal(told.most_at_once, 3);
	for (size_t i = 0; i < 8; i++)
		assert_true(is_written(i));
}

static void test_a_failure_ends_its_job(void **state)
{
	(void)state;
	make_steps(4);
	jobs[0] = (struct pool_job){.first = 0, .count = 3};
	jobs[1] = (struct pool_job){.first = 3, .count = 1};
	make_fail(1);
	assert_true(run(&defaults, 2, 1));
	assert_int_equal(told.events[0], POOL_DONE);
	assert_int_equal(told.events[1], POOL_FAILED);
	assert_false(is_written(2));
	assert_int_equal(told.events[3], POOL_DONE); /* nobody said stop */
}

static void test_stop_on_the_first_failure(void **state)
{
	(void)state;
	make_steps(3);
	told.stop_on_failure = true;
	make_fail(1);
	assert_false(run(&defaults, 3, 1));
	assert_true(is_written(0));
	assert_false(is_written(2) || told.begun[2]);
}

/* One that can be killed after its deadline has ended: its device can be put back. */
static void test_a_late_step_holds_up_nobody(void **state)
{
	struct pool_options options = defaults;
	int64_t start = now_ms();

	(void)state;
	options.width = 2;
	make_steps(5);
	make_block(0);
	assert_true(run(&options, 5, 2));
	assert_in_range(now_ms() - start, TIMEOUT_MS, TIMEOUT_MS + 1500);
	assert_int_equal(told.events[0], POOL_LATE);
	for (size_t i = 1; i < 5; i++)
		assert_int_equal(told.events[i], POOL_DONE);
	assert_int_equal(told.n_told, 2); /* another process took its place */
}

/* How long three steps take that never end, with so much time. */
static int64_t time_of_late_steps(int timeout_ms)
{
	struct pool_options options = defaults;
	int64_t start = now_ms();

	options.width = 3;
	options.timeout_ms = timeout_ms;
	make_steps(3);
	for (size_t i = 0; i < 3; i++)
		make_block(i);
	assert_true(run(&options, 3, 3));
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(told.events[i], POOL_LATE);
	return now_ms() - start;
}

/*
 * The time is up when it is up, not when the pool next looks for interrupts, a second after its
 * begin. A machine that is busy is late itself, but not each time.
 */
static void test_deadlines_are_kept_to_the_moment(void **state)
{
	int64_t took = 0;

	for (int tries = 0; tries < 5 && (tries == 0 || took >= 950); tries++) {
		if (tries > 0) {
			tree_teardown(state);
			tree_setup(state);
		}
		took = time_of_late_steps(550);
		assert_true(took >= 550);
	}
	assert_true(took < 950);
}

static void test_the_only_process_is_replaced(void **state)
{
	(void)state;
	make_steps(3);
	make_block(0);
	assert_true(run(&defaults, 3, 1));
	assert_int_equal(told.events[0], POOL_LATE);
	assert_int_equal(told.events[2], POOL_DONE);
}

static bool is_told(pid_t pid)
{
	for (size_t i = 0; i < told.n_pids; i++)
		if (told.pids[i] == pid)
			return true;
	return false;
}

/* One that does not even die is left behind, and stays among those that are at work. */
static void test_a_stuck_process_is_left(void **state)
{
	struct pool_options options = defaults;
	int64_t start = now_ms();

	(void)state;
	options.width = 2;
	make_steps(5);
	make_block(0);
	told.hold = true;
	assert_true(run(&options, 5, 2));
	if (!told.held)
		fail_msg("no process can be traced here: %s", strerror(errno));
	/* Its deadline, and the last chance after it, on a machine that may be busy. */
	assert_in_range(now_ms() - start, TIMEOUT_MS, TIMEOUT_MS + 2000);
	assert_int_equal(told.events[0], POOL_STUCK);
	for (size_t i = 1; i < 5; i++)
		assert_int_equal(told.events[i], POOL_DONE);
	assert_true(is_told(told.held));
	assert_int_equal(told.n_pids, 3);
	assert_int_equal(kill(told.held, 0), 0);
	ptrace(PTRACE_DETACH, told.held, 0, 0);
	waitpid(told.held, NULL, 0);
}

static void test_a_process_that_dies(void **state)
{
	(void)state;
	make_steps(2);
	told.kill_when_begun = true;
	assert_true(run(&defaults, 2, 1));
	assert_int_equal(told.events[0], POOL_DIED);
	assert_int_equal(told.events[1], POOL_DONE);
}

/* Without a note of who is at work, nobody works. */
static void test_workers_that_cannot_be_noted(void **state)
{
	struct pool *pool = NULL;

	(void)state;
	make_steps(1);
	told.refuse_workers = true;
	assert_int_equal(pool_start(&pool, &defaults), -ECANCELED);
	assert_null(pool);
	assert_false(is_written(0));
}

/* Jobs are carried to their end by whoever has them when the program dies. */
static void test_a_job_outlives_the_program(void **state)
{
	int64_t until = now_ms() + 10000;
	struct pool *pool;
	pid_t pid;
	int fd;

	(void)state;
	make_steps(3);
	jobs[0].count = 3;
	make_block(1);
	pid = fork();
	if (pid == 0) {
		if (pool_start(&pool, &defaults) == 0)
			pool_run(pool, jobs, 1, 1);
		_exit(0);
	}
	while (!is_written(0) && now_ms() < until)
		usleep(10000);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	fd = open(paths[1], O_RDONLY);
	while (!is_written(2) && now_ms() < until)
		usleep(10000);
	close(fd);
	assert_true(is_written(2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(test_all_are_done),
		tree_test(test_width),
		tree_test(test_a_failure_ends_its_job),
		tree_test(test_stop_on_the_first_failure),
		tree_test(test_a_late_step_holds_up_nobody),
		tree_test(test_deadlines_are_kept_to_the_moment),
		tree_test(test_the_only_process_is_replaced),
		tree_test(test_a_stuck_process_is_left),
		tree_test(test_a_process_that_dies),
		tree_test(test_workers_that_cannot_be_noted),
		tree_test(test_a_job_outlives_the_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
