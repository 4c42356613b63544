/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A device that is removed while its cases are run. */
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "check/case.h"
#include "tests/unit/tree.h"

#define ROW(ways, name, function)                                                                  \
	{                                                                                          \
		.id = (name), .title = "t", .promise = "p.", .paths = (ways), .run = (function)    \
	}

static void good(struct case_run *run)
{
	case_expect(run, "succeed", 0, 0);
}

#define SLOT "/sys/devices/slot"

static void pulls_it(struct case_run *run)
{
	case_expect(run, "pull", 0, rmdir(tree_path(SLOT)));
	case_expect(run, "use it", 0, -ENODEV);
}

/* VFIO has given it up, and its directory goes a little later. */
static void finds_it_going(struct case_run *run)
{
	if (fork() == 0) {
		poll(NULL, 0, 300);
		rmdir(tree_path(SLOT));
		_exit(0);
	}
	case_expect(run, "open", 0, -ENODEV);
}

/* It comes back as another one. */
static void swaps_it(struct case_run *run)
{
	char other[8192];

	(void)run;
	snprintf(other, sizeof(other), "%s", tree_path(SLOT "2"));
	mkdir(other, 0755);
	rmdir(tree_path(SLOT));
	(void)!rename(other, tree_path(SLOT));
}

static struct case_results run_on_slot(const struct test_case *table)
{
	static const struct device dev = {.bus = "pci",
					  .address = "0000:09:00.0",
					  .syspath = SLOT,
					  .modes = MODE_CDEV | MODE_GROUP,
					  .cdev = "/dev/vfio/devices/vfio0",
					  .group_node = "/dev/vfio/9"};
	static const struct case_host host = {.ways = {.vfio_running = false}};
	const struct test_case *const tables[] = {table, NULL};
	const struct case_request request = {
		.tables = tables, .host = &host, .deadline_ms = 5000, .all = true};
	struct case_results results = {0};

	tree_dir(SLOT);
	tree_file("/dev/vfio/devices/vfio0", "");
	tree_file("/dev/vfio/9", "");
	tree_file("/dev/iommu", "");
	assert_int_equal(cases_run(&results, &request, &dev), 0);
	return results;
}

static void assert_told(const struct case_result *result, enum case_status status,
			const char *reason)
{
	assert_int_equal(result->outcome.status, status);
	assert_string_equal(result->outcome.reason, reason);
}

static void nothing_is_asked_of_a_device_that_is_gone(void **state)
{
	static const struct test_case table[] = {
		ROW(CASE_CDEV | CASE_GROUP, "G", good),
		ROW(CASE_CDEV | CASE_GROUP, "P", pulls_it),
		ROW(CASE_CDEV | CASE_GROUP, "A", good),
		{.id = NULL},
	};
	scoped_case_results struct case_results results = run_on_slot(table);

	(void)state;
	assert_int_equal(results.count, 6);
	assert_told(&results.list[0], CASE_PASS, "");
	assert_told(&results.list[1], CASE_FAIL, "the device was removed");
	for (size_t i = 2; i < 6; i++)
		assert_told(&results.list[i], CASE_SKIP, "0000:09:00.0 is gone");
}

/* Whatever the case says that is run while it goes. */
static void assert_it_goes(void (*function)(struct case_run *run))
{
	const struct test_case table[] = {
		ROW(CASE_CDEV, "F", function),
		ROW(CASE_CDEV, "A", good),
		{.id = NULL},
	};
	scoped_case_results struct case_results results = run_on_slot(table);

	assert_told(&results.list[0], CASE_FAIL, "the device was removed");
	assert_told(&results.list[1], CASE_SKIP, "0000:09:00.0 is gone");
}

static void one_that_is_going_is_gone(void **state)
{
	(void)state;
	assert_it_goes(finds_it_going);
}

static void one_that_came_back_is_another(void **state)
{
	(void)state;
	assert_it_goes(swaps_it);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(nothing_is_asked_of_a_device_that_is_gone),
		tree_test(one_that_is_going_is_gone),
		tree_test(one_that_came_back_is_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
