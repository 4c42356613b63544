/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether saved state is still about this boot, this device, this process. */
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#include "change/identity.h"
#include "tests/unit/tree.h"

static void test_this_process_lives(void **state)
{
	scoped_document struct document *doc = document_new();

	(void)state;
	assert_int_equal(identity_set_process(doc, getpid()), 0);
	assert_int_equal(document_number(doc, "pid", -1), getpid());
	assert_true(identity_process_lives(doc));
}

/* A child that does nothing until it is killed. */
static pid_t start_child(void)
{
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			pause();
	assert_true(pid > 0);
	return pid;
}

static void test_a_child_lives_until_it_is_killed(void **state)
{
	scoped_document struct document *doc = document_new();
	siginfo_t info;
	pid_t pid = start_child();

	(void)state;
	assert_int_equal(identity_set_process(doc, pid), 0);
	assert_true(identity_process_lives(doc));
	kill(pid, SIGKILL);
	/* Dead, and not waited for: a zombie. */
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	assert_true(path_exists("/proc/%d", (int)pid));
	assert_false(identity_process_lives(doc));
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_false(identity_process_lives(doc));
}

static void test_another_process_with_that_number_is_another(void **state)
{
	scoped_document struct document *doc = document_new();

	(void)state;
	assert_int_equal(identity_set_process(doc, getpid()), 0);
	document_set_number(doc, "start_time", document_number(doc, "start_time", 0) - 1);
	assert_false(identity_process_lives(doc));
}

/* Of one that was dead when it was noted nothing is known, and it does not live. */
static void test_dead_when_noted(void **state)
{
	scoped_document struct document *doc = document_new();
	pid_t pid = start_child();

	(void)state;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_int_equal(identity_set_process(doc, pid), 0);
	assert_false(identity_process_lives(doc));
}

/* Told by what its address leads to; when that is nothing, nothing is told. */
static void test_another_device_at_the_address(void **state)
{
	struct device dev = {.bus = "pci", .address = "0000:03:00.0", .modalias = "pci:v1d2"};
	struct error err = {.code = NULL};

	(void)state;
	assert_int_equal(identity_check(&dev, &err), 0);
	tree_file("/sys/bus/pci/devices/0000:03:00.0/modalias", "pci:v1d2\n");
	assert_int_equal(identity_check(&dev, &err), 0);
	tree_file("/sys/bus/pci/devices/0000:03:00.0/modalias", "pci:v1d3\n");
	assert_int_equal(identity_check(&dev, &err), -1);
	assert_string_equal(err.code, "another-device");
	assert_int_equal(err.status, STATUS_REFUSED);
	dev.modalias = NULL;
	assert_int_equal(identity_check(&dev, &err), 0);
}

static void test_no_process_at_all(void **state)
{
	static const int64_t numbers[] = {0, -1, INT64_MAX, INT32_MAX};
	scoped_document struct document *doc = document_new();

	(void)state;
	assert_false(identity_process_lives(doc));
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		document_set_number(doc, "pid", numbers[i]);
		assert_false(identity_process_lives(doc));
	}
}

/* The name of a process may look like the rest of the line. */
static void test_names_with_parentheses(void **state)
{
	scoped_document struct document *doc = document_new();
	int64_t ticks;

	(void)state;
	assert_int_equal(identity_set_process(doc, getpid()), 0);
	ticks = document_number(doc, "start_time", -1);
	prctl(PR_SET_NAME, "a) Z 1 (2 3", 0, 0, 0);
	assert_true(identity_process_lives(doc));
	assert_int_equal(identity_set_process(doc, getpid()), 0);
	assert_int_equal(document_number(doc, "start_time", -2), ticks);
	prctl(PR_SET_NAME, "test_identity", 0, 0, 0);
}

/* Field 22 of /proc/PID/stat: clock ticks between boot and start. */
static void test_the_start_time_is_one(void **state)
{
	scoped_document struct document *doc = document_new();
	struct timespec boot;
	int64_t now, ticks;
	pid_t pid = start_child();

	(void)state;
	assert_int_equal(identity_set_process(doc, pid), 0);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	now = boot.tv_sec * sysconf(_SC_CLK_TCK);
	ticks = document_number(doc, "start_time", -1);
	assert_in_range(ticks, now - 60 * sysconf(_SC_CLK_TCK), now + sysconf(_SC_CLK_TCK));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void test_a_captured_process(void **state)
{
	scoped_document struct document *doc = document_new();

	(void)state;
	tree_file("/proc/77/stat",
		  "77 (x) S 1 77 77 0 -1 4194560 9 0 0 0 0 0 0 0 20 0 1 0 4711 5 6\n");
	assert_int_equal(identity_set_process(doc, 77), 0);
	assert_int_equal(document_number(doc, "start_time", -1), 4711);
	assert_true(identity_process_lives(doc));
	tree_file("/proc/77/stat",
		  "77 (x) Z 1 77 77 0 -1 4194560 9 0 0 0 0 0 0 0 20 0 1 0 4711 5 6\n");
	assert_false(identity_process_lives(doc));
	tree_file("/proc/77/stat", "77 (x");
	assert_false(identity_process_lives(doc));
}

static void test_boot(void **state)
{
	scoped_document struct document *doc = document_new();

	(void)state;
	tree_file("/proc/sys/kernel/random/boot_id", "one\n");
	assert_false(identity_is_this_boot(doc));
	assert_int_equal(identity_set_boot(doc), 0);
	assert_true(identity_is_this_boot(doc));
	tree_file("/proc/sys/kernel/random/boot_id", "two\n");
	assert_false(identity_is_this_boot(doc));
}

static void test_device(void **state)
{
	struct device dev = {.vendor_id = 0x8086,
			     .device_id = 0x10d3,
			     .subvendor_id = 0x8086,
			     .subdevice_id = 0xa01f,
			     .syspath = "/sys/devices/pci0000:00/0000:00:02.0/0000:01:00.0"};
	scoped_arena struct arena *arena = arena_new(4096);
	const char *identity = identity_of(arena, &dev);

	(void)state;
	assert_string_equal(identity, "8086:10d3:8086:a01f");
	assert_true(identity_matches(identity, dev.syspath, &dev));
	assert_false(identity_matches(NULL, dev.syspath, &dev));
	assert_false(identity_matches(identity, NULL, &dev));
	dev.subdevice_id++;
	assert_false(identity_matches(identity, dev.syspath, &dev));
	dev.subdevice_id--;
	assert_false(identity_matches(identity, "/sys/devices/pci0000:00/0000:01:00.0", &dev));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_this_process_lives),
		cmocka_unit_test(test_a_child_lives_until_it_is_killed),
		cmocka_unit_test(test_another_process_with_that_number_is_another),
		cmocka_unit_test(test_dead_when_noted),
		tree_test(test_another_device_at_the_address),
		cmocka_unit_test(test_no_process_at_all),
		cmocka_unit_test(test_names_with_parentheses),
		cmocka_unit_test(test_the_start_time_is_one),
		tree_test(test_a_captured_process),
		tree_test(test_boot),
		cmocka_unit_test(test_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
