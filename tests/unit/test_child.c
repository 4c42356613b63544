/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/child.h"

#include <errno.h>
#include <limits.h>
#include <sys/wait.h>
#include <time.h>

#include "tests/unit/tree.h"

static char directory[64], here[PATH_MAX];
static sigset_t before;

/* A file of that name in the directory; the path of it. */
static const char *make_file(const char *name, const char *text, mode_t mode)
{
	static char path[PATH_MAX];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, mode), 0);
	return path;
}

static int setup(void **state)
{
	(void)state;
	sigprocmask(SIG_SETMASK, NULL, &before);
	snprintf(directory, sizeof(directory), "/tmp/vfioctl-child-XXXXXX");
	return mkdtemp(directory) && getcwd(here, sizeof(here)) ? 0 : -1;
}

/* Signals that came late are those of the test, not of the next one. */
static int teardown(void **state)
{
	const struct timespec now = {0};
	sigset_t all;

	(void)state;
	sigfillset(&all);
	while (sigtimedwait(&all, NULL, &now) > 0)
		;
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (chdir(here) < 0)
		return -1;
	return nftw(directory, tree_remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* --- which file --------------------------------------------------------------------------- */

static char found[PATH_MAX];

static int find_in(const char *path, const char *name)
{
	char *saved = strdup(getenv("PATH"));
	int r;

	setenv("PATH", path, 1);
	r = child_find(found, sizeof(found), name);
	setenv("PATH", saved, 1);
	free(saved);
	return r;
}

static void test_found_in_path(void **state)
{
	char path[2 * PATH_MAX], second[PATH_MAX];

	(void)state;
	snprintf(second, sizeof(second), "%s/second", directory);
	assert_int_equal(mkdir(second, 0755), 0);
	make_file("plain", "x", 0644);
	make_file("program", "x", 0755);
	make_file("second/plain", "x", 0755);
	make_file("second/program", "x", 0755);
	snprintf(path, sizeof(path), "/nonexistent:%s:%s", directory, second);
	assert_int_equal(find_in(path, "program"), 0);
	assert_string_equal(base_name(found), "program");
	assert_null(strstr(found, "second"));
	/* What cannot be executed is passed over, and no answer when there is another. */
	assert_int_equal(find_in(path, "plain"), 0);
	assert_non_null(strstr(found, "second"));
	assert_int_equal(find_in(directory, "plain"), -EACCES);
	assert_int_equal(find_in(path, "second"), -EACCES);
	assert_int_equal(find_in(path, "nothing"), -ENOENT);
	assert_int_equal(find_in(path, ""), -ENOENT);
}

static void test_empty_words_of_path_are_here(void **state)
{
	static const char *const paths[] = {"", ":/nonexistent",
					    "/nonexistent:", "/nonexistent::/nonexistent"};

	(void)state;
	make_file("program", "x", 0755);
	assert_int_equal(chdir(directory), 0);
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		assert_int_equal(find_in(paths[i], "program"), 0);
		assert_string_equal(found, "./program");
	}
	assert_int_equal(find_in("/nonexistent", "program"), -ENOENT);
}

static void test_names_with_a_slash(void **state)
{
	const char *path = make_file("program", "x", 0755);

	(void)state;
	assert_int_equal(find_in("/nonexistent", path), 0);
	assert_string_equal(found, path);
	assert_int_equal(find_in("/nonexistent", directory), -EACCES);
	assert_int_equal(find_in("/bin", "/nonexistent/sh"), -ENOENT);
	assert_int_equal(find_in("/bin", "/bin/sh/sh"), -ENOENT);
}

static void test_no_path_at_all(void **state)
{
	char *saved = strdup(getenv("PATH"));
	char name[2 * PATH_MAX];

	(void)state;
	unsetenv("PATH");
	assert_int_equal(child_find(found, sizeof(found), "sh"), 0);
	setenv("PATH", saved, 1);
	free(saved);
	memset(name, 'x', sizeof(name));
	name[0] = '/';
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(child_find(found, sizeof(found), name), -ENAMETOOLONG);
}

/* --- running it --------------------------------------------------------------------------- */

static int start(pid_t *ret, const char *file, const char *const *argv,
		 const struct child_request *extra)
{
	static char *const environment[] = {"PATH=/usr/bin:/bin", "ANSWER=42", NULL};
	struct child_request request = extra ? *extra : (struct child_request){0};

	request.file = file;
	request.argv = (char *const *)(uintptr_t)argv;
	request.environment = environment;
	if (!request.mask)
		request.mask = &before;
	return child_start(ret, &request);
}

/* The wait status of a shell that runs script. */
static int shell(const char *script, const struct child_request *extra)
{
	pid_t pid;

	if (start(&pid, "/bin/sh", (const char *[]){"sh", "-c", script, NULL}, extra) < 0)
		fail_msg("no shell");
	return child_wait(pid);
}

static void assert_exits(int status, int wanted)
{
	if (!WIFEXITED(status) || WEXITSTATUS(status) != wanted)
		fail_msg("wait status %x instead of exit status %d", (unsigned int)status, wanted);
}

static void test_its_end_is_told(void **state)
{
	int status;

	(void)state;
	assert_exits(shell("exit 0", NULL), 0);
	assert_exits(shell("exit 7", NULL), 7);
	assert_exits(shell("exit $ANSWER", NULL), 42);
	status = shell("kill -KILL $$", NULL);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
}

/* The shell that runs this may have been told not to hear of its children. */
static void test_its_end_is_told_to_who_ignores_it(void **state)
{
	(void)state;
	signal(SIGCHLD, SIG_IGN);
	assert_exits(shell("exit 7", NULL), 7);
	signal(SIGCHLD, SIG_DFL);
}

static void test_what_cannot_be_started(void **state)
{
	const char *argv[] = {"program", NULL};
	pid_t pid = -1;

	(void)state;
	assert_int_equal(start(&pid, "/nonexistent", argv, NULL), -ENOENT);
	assert_int_equal(start(&pid, make_file("a", "#!/nonexistent\n", 0755), argv, NULL),
			 -ENOENT);
	assert_int_equal(start(&pid, make_file("b", "x", 0644), argv, NULL), -EACCES);
	assert_int_equal(pid, -1);
}

static void test_a_script_that_does_not_say_for_whom(void **state)
{
	const char *file =
		make_file("script", "test \"$1\" = 'a b' || exit 1\nexit $(($# + 5))\n", 0755);
	pid_t pid;

	(void)state;
	assert_int_equal(start(&pid, file, (const char *[]){"x", "a b", "c", NULL}, NULL), 0);
	assert_exits(child_wait(pid), 7);
}

/* Shells unblock them for what they run. */
static int grep_status(const char *pattern, const sigset_t *mask)
{
	pid_t pid;

	if (start(&pid, "/bin/grep",
		  (const char *[]){"grep", "-q", pattern, "/proc/self/status", NULL},
		  &(struct child_request){.mask = mask}) < 0)
		fail_msg("no grep");
	return child_wait(pid);
}

static void test_signals_that_it_finds_blocked(void **state)
{
	sigset_t mask;

	(void)state;
	sigemptyset(&mask);
	assert_exits(grep_status("^SigBlk:[^1-9a-f]*$", &mask), 0);
	sigaddset(&mask, SIGUSR2);
	assert_exits(grep_status("^SigBlk:[^1-9a-f]*800$", &mask), 0);
}

static void test_descriptors_that_it_inherits(void **state)
{
	int given = open("/dev/null", O_RDWR | O_CLOEXEC);
	int kept = open("/dev/null", O_RDWR | O_CLOEXEC);
	char script[128];

	(void)state;
	snprintf(script, sizeof(script),
		 "test -e /proc/$$/fd/%d || exit 1; test ! -e /proc/$$/fd/%d", given, kept);
	assert_exits(
		shell(script, &(struct child_request){.descriptors = &given, .n_descriptors = 1}),
		0);
	assert_exits(shell(script, NULL), 1);
	/* Here it stays what it was. */
	assert_int_equal(fcntl(given, F_GETFD), FD_CLOEXEC);
	close(given);
	close(kept);
}

/* --- signals ------------------------------------------------------------------------------ */

/* A process that sends us the signal as soon as there is a file called ready. */
static pid_t start_sender(int number)
{
	const struct timespec pause_time = {.tv_nsec = 10 * 1000 * 1000};
	char path[PATH_MAX];
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	snprintf(path, sizeof(path), "%s/ready", directory);
	while (access(path, F_OK) < 0)
		nanosleep(&pause_time, NULL);
	kill(getppid(), number);
	_exit(0);
}

/* Runs a shell that counts the signal while it waits, and exits with the count. */
static int count(const char *name, int number)
{
	char script[512];
	pid_t sender = start_sender(number);
	int status;

	snprintf(script, sizeof(script),
		 "n=0; trap 'n=$((n+1))' %s; : >%s/ready; "
		 "for i in 1 2 3 4 5 6; do sleep 0.05; done; exit $n",
		 name, directory);
	status = shell(script, NULL);
	waitpid(sender, NULL, 0);
	return status;
}

static void test_signals_are_passed_on(void **state)
{
	static const struct {
		const char *name;
		int number;
	} signals[] = {{"TERM", SIGTERM}, {"INT", SIGINT},    {"HUP", SIGHUP},
		       {"QUIT", SIGQUIT}, {"USR1", SIGUSR1},  {"USR2", SIGUSR2},
		       {"CONT", SIGCONT}, {"WINCH", SIGWINCH}};
	char ready[PATH_MAX];

	(void)state;
	snprintf(ready, sizeof(ready), "%s/ready", directory);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		assert_exits(count(signals[i].name, signals[i].number), 1);
		assert_int_equal(unlink(ready), 0);
	}
}

static void test_one_that_ends_it(void **state)
{
	char script[256];
	pid_t sender = start_sender(SIGTERM);
	int status;

	(void)state;
	snprintf(script, sizeof(script), ": >%s/ready; exec sleep 30", directory);
	status = shell(script, NULL);
	waitpid(sender, NULL, 0);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGTERM);
}

static void test_what_it_sends_does_not_come_back(void **state)
{
	(void)state;
	assert_exits(shell("kill -USR1 $PPID; sleep 0.2; exit 7", NULL), 7);
}

/* As under nohup(1). */
static void test_what_is_ignored_stays_so(void **state)
{
	(void)state;
	signal(SIGHUP, SIG_IGN);
	assert_exits(shell("kill -HUP $$; exit 7", NULL), 7);
	signal(SIGHUP, SIG_DFL);
}

static void test_ending_by_the_same_signal(void **state)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		pid_t pid = fork();
		int status;

		if (pid == 0) {
			sigset_t blocked;

			sigemptyset(&blocked);
			sigaddset(&blocked, numbers[i]);
			sigprocmask(SIG_BLOCK, &blocked, NULL);
			signal(numbers[i], SIG_IGN);
			child_die_too(numbers[i]);
			_exit(1);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), numbers[i]);
		assert_false(WCOREDUMP(status));
	}
}

#define child_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(test_found_in_path),
		child_test(test_empty_words_of_path_are_here),
		child_test(test_names_with_a_slash),
		child_test(test_no_path_at_all),
		child_test(test_its_end_is_told),
		child_test(test_its_end_is_told_to_who_ignores_it),
		child_test(test_what_cannot_be_started),
		child_test(test_a_script_that_does_not_say_for_whom),
		child_test(test_signals_that_it_finds_blocked),
		child_test(test_descriptors_that_it_inherits),
		child_test(test_signals_are_passed_on),
		child_test(test_one_that_ends_it),
		child_test(test_what_it_sends_does_not_come_back),
		child_test(test_what_is_ignored_stays_so),
		child_test(test_ending_by_the_same_signal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
