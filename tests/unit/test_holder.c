/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Holders among the processes of this machine; captured trees are in test_holder_tree.c. */
#include <errno.h>
#include <grp.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#include "host/holder.h"
#include "tests/unit/holder.h"

static const dev_t full = DEV(1, 7), zero = DEV(1, 5);

struct child {
	pid_t pid;
	int stop; /* closing it ends the child */
};

/* Starts a child that does hold() and then waits; returns when it holds. */
static struct child child_start(void (*hold)(void))
{
	struct child child;
	int ready[2], stop[2];
	char c;

	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(stop), 0);
	child.pid = fork();
	assert_true(child.pid >= 0);
	if (child.pid == 0) {
		close(stop[1]);
		close(ready[0]);
		hold();
		if (write(ready[1], "", 1) == 1 && read(stop[0], &c, 1) >= 0)
			_exit(0);
		_exit(1);
	}
	close(ready[1]);
	close(stop[0]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
	child.stop = stop[1];
	return child;
}

static void child_end(struct child *child)
{
	close(child->stop);
	assert_int_equal(waitpid(child->pid, NULL, 0), child->pid);
}

static void hold_full(void)
{
	int fd = open("/dev/full", O_RDONLY);

	if (fd < 0 || dup2(fd, 42) < 0)
		_exit(1);
	close(fd);
}

static void finds_an_open_node(void **state)
{
	const struct holder_target targets[] = {{.number = zero}, {.number = full}};
	scoped_holders struct holders holders = {0};
	struct child child = child_start(hold_full);
	const struct holder *holder;

	(void)state;
	search(&holders, targets, 2);
	holder = find(&holders, child.pid, 1);
	assert_non_null(holder);
	assert_int_equal(holder->fd, 42);
	assert_int_equal(holder->uid, getuid());
	assert_string_equal(holder->path, "/dev/full");
	assert_non_null(strstr(holder->command, "test_holder"));
	assert_null(find(&holders, child.pid, 0));
	child_end(&child);
}

static void block_and_character_numbers_differ(void **state)
{
	const struct holder_target target = {.number = full, .block = true};
	scoped_holders struct holders holders = {0};
	struct child child = child_start(hold_full);

	(void)state;
	search(&holders, &target, 1);
	assert_null(find(&holders, child.pid, 0));
	child_end(&child);
}

static void leaves_itself_out(void **state)
{
	const struct holder_target target = {.number = full};
	scoped_holders struct holders holders = {0};
	int fd = open("/dev/full", O_RDONLY);

	(void)state;
	assert_true(fd >= 0);
	search(&holders, &target, 1);
	assert_null(find(&holders, getpid(), 0));
	close(fd);
}

static char node_path[256];

static void hold_deleted_node(void)
{
	if (open(node_path, O_RDONLY) < 0 || unlink(node_path) < 0)
		_exit(1);
}

static void finds_a_deleted_node(void **state)
{
	const struct holder_target target = {.number = full};
	scoped_holders struct holders holders = {0};
	const char *dir = getenv("TMPDIR");
	const struct holder *holder;
	struct child child;
	int fd;

	(void)state;
	snprintf(node_path, sizeof(node_path), "%s/vfioctl-node-%d", dir ? dir : "/tmp", getpid());
	if (mknod(node_path, S_IFCHR | 0600, full) < 0)
		skip();
	fd = open(node_path, O_RDONLY);
	if (fd < 0) {
		unlink(node_path);
		skip();
	}
	close(fd);
	child = child_start(hold_deleted_node);
	search(&holders, &target, 1);
	holder = find(&holders, child.pid, 0);
	assert_non_null(holder);
	assert_non_null(strstr(holder->path, "(deleted)"));
	child_end(&child);
}

static void map_zero(void)
{
	int fd = open("/dev/zero", O_RDWR);

	if (mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED ||
	    mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0) == MAP_FAILED)
		_exit(1);
	close(fd);
}

static void finds_a_mapping_once(void **state)
{
	const struct holder_target target = {.number = zero};
	scoped_holders struct holders holders = {0};
	struct child child = child_start(map_zero);
	size_t count = 0;

	(void)state;
	search(&holders, &target, 1);
	assert_non_null(find(&holders, child.pid, 0));
	assert_int_equal(find(&holders, child.pid, 0)->fd, -1);
	for (size_t i = 0; i < holders.count; i++)
		count += holders.list[i].pid == child.pid;
	assert_int_equal(count, 1);
	child_end(&child);
}

static void *hold_in_thread(void *ready)
{
	char c;

	hold_full();
	if (write(((int *)ready)[0], "", 1) == 1 && read(((int *)ready)[1], &c, 1) >= 0)
		_exit(0);
	_exit(1);
}

static void finds_a_process_whose_first_thread_has_ended(void **state)
{
	const struct holder_target target = {.number = full};
	scoped_holders struct holders holders = {0};
	int ready[2], stop[2];
	char c;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(ready) | pipe(stop), 0);
	pid = fork();
	if (pid == 0) {
		static int fds[2]; /* what stands on the stack ends with the first thread */
		pthread_t thread;

		fds[0] = ready[1];
		fds[1] = stop[0];
		close(stop[1]);
		pthread_create(&thread, NULL, hold_in_thread, fds);
		pthread_exit(NULL);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	usleep(100000); /* for the first thread to end */
	search(&holders, &target, 1);
	assert_non_null(find(&holders, pid, 0));
	close(stop[1]);
	waitpid(pid, NULL, 0);
	close(stop[0]);
	close(ready[0]);
}

static void is_sorted_by_process_and_descriptor(void **state)
{
	const struct holder_target target = {.number = DEV(1, 3)}; /* null: many have it */
	scoped_holders struct holders holders = {0};
	struct child children[] = {child_start(hold_full), child_start(hold_full)};

	(void)state;
	search(&holders, &target, 1);
	for (size_t i = 1; i < holders.count; i++) {
		const struct holder *a = &holders.list[i - 1], *b = &holders.list[i];

		assert_true(a->pid < b->pid || (a->pid == b->pid && a->fd < b->fd));
	}
	child_end(&children[1]); /* it has the other one's pipe too */
	child_end(&children[0]);
}

/* What of the processes is hidden from a user who is nobody; -1: could not try. */
static int hidden_from_nobody(void)
{
	const struct holder_target target = {.number = full};
	int result[2], hidden = -1;
	pid_t pid;

	assert_int_equal(pipe(result), 0);
	pid = fork();
	if (pid == 0) {
		struct holders holders = {0};

		if (setgroups(0, NULL) == 0 && setgid(65534) == 0 && setuid(65534) == 0 &&
		    holders_find(&holders, &target, 1, NULL) == 0)
			hidden = (int)holders.hidden;
		_exit(write(result[1], &hidden, sizeof(hidden)) == sizeof(hidden) ? 0 : 1);
	}
	assert_int_equal(read(result[0], &hidden, sizeof(hidden)), sizeof(hidden));
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	close(result[0]);
	close(result[1]);
	return hidden;
}

static int count_processes(void)
{
	scoped_dir DIR *dir = path_opendir("/proc");
	const char *name;
	int count = 0;

	while (dir && (name = path_next(dir)))
		count += *name >= '0' && *name <= '9';
	return count;
}

/* The processes of root are, the threads of the kernel are not: nothing of theirs is. */
static void counts_what_is_hidden(void **state)
{
	int hidden = hidden_from_nobody();
	char command[64] = "";

	(void)state;
	if (hidden < 0)
		skip();
	assert_true(hidden >= 1);
	path_read(command, sizeof(command), "/proc/2/comm");
	if (streq(command, "kthreadd"))
		assert_true(hidden < count_processes() - 10);
}

static void tells_when_processes_are_not_listed(void **state)
{
	const struct holder_target target = {.number = full};
	scoped_holders struct holders holders = {0};
	char name[64] = "";
	int status;
	pid_t pid;

	(void)state;
	if (path_readlink(name, sizeof(name), "/proc/self/ns/pid") < 0 ||
	    !streq(name, "pid:[4026531836]"))
		skip(); /* we are in a namespace ourselves */
	search(&holders, &target, 1);
	assert_false(holders.unlisted);
	pid = fork();
	if (pid == 0) {
		struct holders inside = {0};

		if (unshare(CLONE_NEWPID) < 0)
			_exit(77);
		pid = fork(); /* the first process inside */
		if (pid == 0)
			_exit(holders_find(&inside, &target, 1, NULL) == 0 && inside.unlisted ? 0
											      : 1);
		_exit(waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status)
									   : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_an_open_node),
		cmocka_unit_test(block_and_character_numbers_differ),
		cmocka_unit_test(leaves_itself_out),
		cmocka_unit_test(finds_a_deleted_node),
		cmocka_unit_test(finds_a_mapping_once),
		cmocka_unit_test(finds_a_process_whose_first_thread_has_ended),
		cmocka_unit_test(is_sorted_by_process_and_descriptor),
		cmocka_unit_test(counts_what_is_hidden),
		cmocka_unit_test(tells_when_processes_are_not_listed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
