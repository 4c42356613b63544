/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#include "base/worker.h"
#include "tests/unit/tree.h"

static void answer(void *arg, int fd)
{
	(void)!write(fd, arg, sizeof(int));
}

static void sleep_long(void *arg, int fd)
{
	(void)arg, (void)fd;
	for (;;)
		pause();
}

static void say_nothing(void *arg, int fd)
{
	(void)arg, (void)fd;
}

static void say_half(void *arg, int fd)
{
	(void)arg;
	(void)!write(fd, "xx", 2);
}

static void test_result_arrives(void **state)
{
	int question = 42, result = 0;

	(void)state;
	assert_int_equal(worker_run(answer, &question, 5000, &result, sizeof(result)), 0);
	assert_int_equal(result, 42);
}

static void test_deadline_holds_and_ends_the_worker(void **state)
{
	int64_t start = now_ms();
	struct worker worker;
	pid_t pid;
	int result;

	(void)state;
	assert_int_equal(worker_start(&worker, sleep_long, NULL), 0);
	pid = worker.pid;
	assert_int_equal(worker_wait(&worker, 100, &result, sizeof(result)), -ETIMEDOUT);
	assert_in_range(now_ms() - start, 100, 1500);
	assert_int_equal(kill(pid, 0), 0); /* still there: the caller may wait longer */
	worker_abandon(&worker);
	/* Killed; whether it is reaped yet is not promised. */
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	assert_int_equal(kill(pid, 0), -1);
	worker_abandon(&worker); /* fine once more */
}

static void test_no_result(void **state)
{
	int result;

	(void)state;
	assert_int_equal(worker_run(say_nothing, NULL, 5000, &result, sizeof(result)), -ECHILD);
	assert_int_equal(worker_run(say_half, NULL, 5000, &result, sizeof(result)), -ECHILD);
}

static void say_three(void *arg, int fd)
{
	(void)arg;
	for (int i = 1; i <= 3; i++)
		(void)!write(fd, &i, sizeof(i));
}

static void test_results_come_one_by_one(void **state)
{
	struct worker worker;
	int n = 0;

	(void)state;
	assert_int_equal(worker_start(&worker, say_three, NULL), 0);
	for (int i = 1; i <= 3; i++) {
		assert_int_equal(worker_read(&worker, 5000, &n, sizeof(n)), 0);
		assert_int_equal(n, i);
	}
	assert_int_equal(worker_read(&worker, 5000, &n, sizeof(n)), -ECHILD);
	assert_int_equal(worker_wait(&worker, 5000, &n, sizeof(n)), -ECHILD);
	assert_int_equal(worker.result, -1);
}

struct surroundings {
	int highest, count;
	pid_t session, pid;
	bool at_root, is_null, hears_sigint;
};

static void look_around(void *arg, int fd)
{
	struct surroundings seen = {.session = getsid(0), .pid = getpid()};
	struct sigaction action;
	char cwd[16] = "";
	struct stat st;

	(void)arg;
	for (int i = 0; i < 256; i++) {
		if (fcntl(i, F_GETFD) < 0)
			continue;
		seen.count++;
		seen.highest = i;
	}
	seen.at_root = getcwd(cwd, sizeof(cwd)) && streq(cwd, "/");
	seen.is_null = fstat(1, &st) == 0 && S_ISCHR(st.st_mode);
	sigaction(SIGINT, NULL, &action);
	seen.hears_sigint = action.sa_handler != SIG_IGN;
	(void)!write(fd, &seen, sizeof(seen));
}

/* A stuck worker must not hold the caller's pipes or a lock, nor its directory. */
static void test_worker_keeps_nothing_of_the_caller(void **state)
{
	struct surroundings seen;
	int extra[20];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(extra); i++)
		extra[i] = open("/dev/zero", O_RDONLY); /* without O_CLOEXEC */
	assert_int_equal(worker_run(look_around, NULL, 5000, &seen, sizeof(seen)), 0);
	assert_int_equal(seen.count, 4);
	assert_int_equal(seen.highest, 3);
	assert_int_equal(seen.session, seen.pid);
	assert_true(seen.at_root);
	assert_true(seen.is_null);
	assert_false(seen.hears_sigint);
	for (size_t i = 0; i < ARRAY_SIZE(extra); i++)
		close(extra[i]);
}

static void read_in_root(void *arg, int fd)
{
	char text[16] = "";

	(void)arg;
	path_read(text, sizeof(text), "/sys/x");
	(void)!write(fd, text, sizeof(text));
}

static void test_worker_keeps_the_root(void **state)
{
	struct surroundings seen;
	char text[16];

	(void)state;
	tree_file("/sys/x", "captured\n");
	assert_int_equal(worker_run(read_in_root, NULL, 5000, text, sizeof(text)), 0);
	assert_string_equal(text, "captured");
	assert_int_equal(worker_run(look_around, NULL, 5000, &seen, sizeof(seen)), 0);
	assert_int_equal(seen.count, 5);
	assert_int_equal(seen.highest, 4);
}

/* As a daemon or a cron job may start us. */
static void test_standard_streams_may_be_closed(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		int question = 42, result = 0;

		for (int fd = 0; fd <= 2; fd++)
			close(fd);
		_exit(worker_run(answer, &question, 5000, &result, sizeof(result)) == 0 &&
				      result == 42
			      ? 0
			      : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void on_alarm(int signal)
{
	(void)signal;
}

static void write_late(void *arg, int fd)
{
	const int *late = arg;

	(void)!write(fd, "", 1);
	nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
	(void)!write(fd, "nobody", 6); /* must not end it */
	(void)!write(*late, "done", 4);
}

static void write_late_to_file(void *arg, int fd)
{
	int file = path_create(0600, "%s", (const char *)arg);

	write_late(&file, fd);
}

/* One that is left ends its work, and hears no interrupt meanwhile. */
static void test_left_worker_goes_on(void **state)
{
	char path[300], text[8] = "";
	int64_t until = now_ms() + 10000;
	struct worker worker;
	pid_t pid;

	(void)state;
	snprintf(path, sizeof(path), "%s/late", tree_root);
	path_set_root("/");
	assert_int_equal(worker_start(&worker, write_late_to_file, path), 0);
	pid = worker.pid;
	assert_int_equal(worker_read(&worker, 5000, text, 1), 0);
	worker_leave(&worker);
	assert_int_equal(worker.pid, 0);
	assert_int_equal(worker.result, -1);
	kill(pid, SIGINT);
	while (path_read(text, sizeof(text), "%s", path) < 4 && now_ms() < until)
		nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
	assert_string_equal(text, "done");
	waitpid(pid, NULL, 0);
}

static void look_for_long(void *arg, int fd)
{
	worker_ends_with_parent();
	(void)!write(fd, "x", 1);
	sleep_long(arg, fd);
}

/* A parent that ends while its worker looks; its pipe and exit status tell of both. */
static void be_killed(void *arg, int fd)
{
	struct worker worker;
	char begun;

	(void)arg;
	if (worker_start(&worker, look_for_long, NULL) < 0 ||
	    worker_read(&worker, 5000, &begun, 1) < 0 ||
	    write(fd, &worker.pid, sizeof(worker.pid)) < 0)
		_exit(1);
	kill(getpid(), SIGKILL);
}

static void test_one_that_looks_ends_with_its_parent(void **state)
{
	int64_t until = now_ms() + 10000;
	struct worker parent;
	pid_t pid;

	(void)state;
	/* Else nobody here takes in the child of a child. */
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	assert_int_equal(worker_start(&parent, be_killed, NULL), 0);
	assert_int_equal(worker_wait(&parent, 5000, &pid, sizeof(pid)), 0);
	while (waitpid(pid, NULL, WNOHANG) == 0 && now_ms() < until)
		nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
	assert_int_equal(kill(pid, 0), -1);
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0), 0);
}

static void answer_late(void *arg, int fd)
{
	nap_ms(600);
	answer(arg, fd);
}

/* Neither of the two could do anything for longer than the deadline. */
static void test_a_pause_counts_for_nothing(void **state)
{
	pid_t pid = fork();

	(void)state;
	assert_true(pid >= 0);
	if (pid == 0) {
		int question = 7, result = 0;

		_exit(worker_run(answer_late, &question, 2000, &result, sizeof(result)) == 0 &&
				      result == 7
			      ? 0
			      : 1);
	}
	nap_ms(300);
	pause_with_child(pid, 2500);
	ends_well(pid);
}

/* Signals to the caller neither end the wait nor stretch it. */
static void test_wait_survives_signals(void **state)
{
	struct sigaction action = {.sa_handler = on_alarm};
	struct itimerspec often = {{.tv_nsec = 10000000}, {.tv_nsec = 10000000}};
	int64_t start = now_ms();
	timer_t timer;
	int result;

	(void)state;
	sigaction(SIGALRM, &action, NULL);
	assert_int_equal(timer_create(CLOCK_MONOTONIC, NULL, &timer), 0);
	assert_int_equal(timer_settime(timer, 0, &often, NULL), 0);
	assert_int_equal(worker_run(sleep_long, NULL, 150, &result, sizeof(result)), -ETIMEDOUT);
	timer_delete(timer);
	assert_in_range(now_ms() - start, 150, 1500);
}

/* --- a captured tree ----------------------------------------------------------------------- */

static void read_file(void *arg, int fd)
{
	char text[16];
	int r = (int)path_read(text, sizeof(text), "%s", (const char *)arg);

	(void)!write(fd, &r, sizeof(r));
}

static int reads_in_worker(char *path)
{
	int r = 0, waited = worker_run(read_file, path, 500, &r, sizeof(r));

	return waited < 0 ? waited : r;
}

static void read_in_worker_without_waiting(void *arg, int fd)
{
	int r;

	path_never_wait();
	r = reads_in_worker(arg);
	(void)!write(fd, &r, sizeof(r));
}

/* What stands for an attribute that does not answer keeps a worker, and nobody else. */
static void test_only_a_worker_waits_for_a_fifo(void **state)
{
	static char attribute[] = "/sys/devices/a/uevent", maps[] = "/proc/7/maps",
		    devices[] = "/proc/devices", config[] = "/etc/a.conf", link[] = "/sys/bus/a";
	char *const paths[] = {attribute, maps, devices, config, link};
	scoped_free char *data = NULL;
	char text[16];
	int r = 0;

	(void)state;
	for (size_t i = 0; i < 4; i++)
		tree_fifo(paths[i]);
	tree_link(link, "../devices/a/uevent");
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		assert_int_equal(path_read(text, sizeof(text), "%s", paths[i]), -ENXIO);
		assert_int_equal(path_read_all(&data, 16, "%s", paths[i]), -ENXIO);
	}
	scoped_fd int dir = path_open(O_PATH | O_DIRECTORY, "/sys/devices/a");
	assert_int_equal(path_read_at(text, sizeof(text), dir, "uevent"), -ENXIO);
	assert_int_equal(reads_in_worker(attribute), -ETIMEDOUT);
	assert_int_equal(reads_in_worker(link), -ETIMEDOUT);
	assert_int_equal(reads_in_worker(maps), -ETIMEDOUT);
	assert_int_equal(reads_in_worker(devices), -ETIMEDOUT);
	assert_int_equal(reads_in_worker(config), -ETIMEDOUT);
	/* Nor does a worker of one that said so; the test's own process must not be that one. */
	assert_int_equal(worker_run(read_in_worker_without_waiting, attribute, 5000, &r, sizeof(r)),
			 0);
	assert_int_equal(r, -ENXIO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_result_arrives),
		cmocka_unit_test(test_deadline_holds_and_ends_the_worker),
		cmocka_unit_test(test_no_result),
		cmocka_unit_test(test_results_come_one_by_one),
		cmocka_unit_test(test_worker_keeps_nothing_of_the_caller),
		tree_test(test_worker_keeps_the_root),
		cmocka_unit_test(test_standard_streams_may_be_closed),
		cmocka_unit_test(test_one_that_looks_ends_with_its_parent),
		cmocka_unit_test(test_a_pause_counts_for_nothing),
		cmocka_unit_test(test_wait_survives_signals),
		tree_test(test_left_worker_goes_on),
		tree_test(test_only_a_worker_waits_for_a_fifo),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
