/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The runner of `vfioctl test`, with cases of our own, and the shape of the real tables.
 */
#include <ctype.h>
#include <errno.h>
#include <signal.h>

#include "check/case.h"
#include "tests/unit/machine.h"

/* --- cases that end in every way -------------------------------------------------------- */

static void good(struct case_run *run)
{
	case_expect(run, "succeed", 0, 7);
	case_expect(run, "be refused", -EBUSY, -EBUSY);
}

static void bad(struct case_run *run)
{
	if (case_expect(run, "be refused", -EBUSY, 3))
		case_expect(run, "never get here", 0, 0);
}

static void wrong_errno(struct case_run *run)
{
	case_expect(run, "map", 0, -ENOMEM);
}

static void broken_promise(struct case_run *run)
{
	case_check(run, "count", false, "%d instead of %d", 2, 3);
}

static void finds_out(struct case_run *run)
{
	case_skip(run, "not on a %s", "Tuesday");
}

static void crashes(struct case_run *run)
{
	case_expect(run, "live", 0, 0);
	raise(SIGKILL);
}

static void hangs(struct case_run *run)
{
	(void)run;
	for (;;)
		pause();
}

static void many_steps(struct case_run *run)
{
	for (int i = 0; i < 3 * CASE_STEPS; i++)
		case_expect(run, "go on", 0, i);
	case_expect(run, "stop", -EINVAL, -EINVAL);
}

/* The versions of clang-format differ on a macro that is a list in braces. */
/* clang-format off */
#define ROW(name, function, ...)                                                                   \
	{                                                                                          \
		.id = (name), .title = "t", .promise = "p.", .paths = CASE_HOST,                   \
		.run = (function), __VA_ARGS__                                                     \
	}
/* clang-format on */

/* Runs one table on the host and gives the results. */
static struct case_results run_table(const struct test_case *table, const struct case_host *host,
				     int64_t deadline_ms)
{
	const struct test_case *const tables[] = {table, NULL};
	struct case_results results = {0};

	struct case_request request = {
		.tables = tables, .host = host, .deadline_ms = deadline_ms, .all = true};

	assert_int_equal(cases_run(&results, &request, NULL), 0);
	return results;
}

static const struct case_host empty_host = {.ways = {.vfio_running = false}};

static void outcomes_are_told(void **state)
{
	static const struct test_case table[] = {
		ROW("G", good),           ROW("B", bad),       ROW("W", wrong_errno),
		ROW("P", broken_promise), ROW("S", finds_out), {.id = NULL},
	};
	scoped_case_results struct case_results results = run_table(table, &empty_host, 5000);
	const struct case_result *r = results.list;

	(void)state;
	assert_int_equal(results.count, 5);
	assert_int_equal(r[0].outcome.status, CASE_PASS);
	assert_string_equal(r[0].outcome.reason, "");
	assert_int_equal(r[0].outcome.n_steps, 2);
	assert_string_equal(r[0].outcome.steps[0].what, "succeed");
	assert_int_equal(case_outcome_decisive(&r[0].outcome)->got, -EBUSY);

	assert_int_equal(r[1].outcome.status, CASE_FAIL);
	assert_string_equal(r[1].outcome.reason, "be refused: expected EBUSY, got ok");
	assert_int_equal(r[1].outcome.n_steps, 1);

	assert_int_equal(r[2].outcome.status, CASE_FAIL);
	assert_non_null(strstr(r[2].outcome.reason, "map: expected ok, got ENOMEM"));
	assert_non_null(strstr(r[2].outcome.reason, "ulimit -l"));

	assert_int_equal(r[3].outcome.status, CASE_FAIL);
	assert_string_equal(r[3].outcome.reason, "2 instead of 3");
	assert_int_equal(r[4].outcome.status, CASE_SKIP);
	assert_string_equal(r[4].outcome.reason, "not on a Tuesday");
}

static void a_crash_loses_only_itself(void **state)
{
	static const struct test_case table[] = {ROW("C", crashes), ROW("G", good), {.id = NULL}};
	scoped_case_results struct case_results results = run_table(table, &empty_host, 5000);

	(void)state;
	assert_int_equal(results.list[0].outcome.status, CASE_FAIL);
	assert_non_null(strstr(results.list[0].outcome.reason, "died"));
	assert_int_equal(results.list[0].outcome.n_steps, 0);
	assert_int_equal(results.list[1].outcome.status, CASE_PASS);
}

static void a_hang_ends_at_the_deadline(void **state)
{
	static const struct test_case table[] = {ROW("H", hangs), ROW("G", good), {.id = NULL}};
	int64_t start = now_ms();
	scoped_case_results struct case_results results = run_table(table, &empty_host, 300);

	(void)state;
	assert_true(now_ms() - start < 3000);
	assert_int_equal(results.list[0].outcome.status, CASE_FAIL);
	assert_non_null(strstr(results.list[0].outcome.reason, "no answer"));
	assert_true(results.list[0].duration_ms >= 300);
	assert_int_equal(results.list[1].outcome.status, CASE_PASS);
}

static void the_last_of_many_steps_decides(void **state)
{
	static const struct test_case table[] = {ROW("M", many_steps), {.id = NULL}};
	scoped_case_results struct case_results results = run_table(table, &empty_host, 5000);
	const struct case_outcome *outcome = &results.list[0].outcome;

	(void)state;
	assert_int_equal(outcome->status, CASE_PASS);
	assert_int_equal(outcome->n_steps, CASE_STEPS);
	assert_string_equal(case_outcome_decisive(outcome)->what, "stop");
}

static void what_builds_on_a_failure_is_skipped(void **state)
{
	static const struct test_case table[] = {
		ROW("B", bad),  ROW("B2", good, .after = {"B"}), ROW("B3", good, .after = {"B2"}),
		ROW("G", good), ROW("G2", good, .after = {"G"}), {.id = NULL},
	};
	scoped_case_results struct case_results results = run_table(table, &empty_host, 5000);

	(void)state;
	assert_int_equal(results.list[1].outcome.status, CASE_SKIP);
	assert_string_equal(results.list[1].outcome.reason, "B failed");
	assert_int_equal(results.list[2].outcome.status, CASE_SKIP);
	assert_string_equal(results.list[2].outcome.reason, "B failed");
	assert_int_equal(results.list[4].outcome.status, CASE_PASS);
}

static void what_the_host_lacks_is_skipped(void **state)
{
	static const struct test_case table[] = {
		ROW("V", good, .needs = CASE_NEEDS_VFIO),
		ROW("C", good, .needs = CASE_NEEDS_CONTAINER),
		ROW("I", good, .needs = CASE_NEEDS_IOMMUFD),
		{.id = NULL},
	};
	struct case_host locked = {
		.ways = {.vfio_running = true},
		.container = {.provider = KERNEL_CONTAINER_UNKNOWN, .errnum = EACCES},
		.iommufd = {.present = true, .errnum = EACCES},
	};
	scoped_case_results struct case_results none = run_table(table, &empty_host, 5000);
	scoped_case_results struct case_results some = run_table(table, &locked, 5000);

	(void)state;
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(none.list[i].outcome.status, CASE_SKIP);
	assert_string_equal(none.list[0].outcome.reason, "VFIO is not loaded");
	assert_int_equal(some.list[0].outcome.status, CASE_PASS);
	assert_string_equal(some.list[1].outcome.reason, "/dev/vfio/vfio cannot be opened");
	assert_string_equal(some.list[2].outcome.reason, "/dev/iommu cannot be opened");
}

static void what_the_device_lacks_is_told(void **state)
{
	struct device mdev = {.bus = "mdev", .iommu = IOMMU_EMULATED, .modes = MODE_GROUP};
	struct case_run run = {.host = &empty_host,
			       .device = &mdev,
			       .path = CASE_GROUP,
			       .target = {.noiommu = true}};

	(void)state;
	assert_non_null(case_lacks(&run, CASE_NEEDS_PCI));
	assert_non_null(case_lacks(&run, CASE_NEEDS_PHYSICAL));
	assert_non_null(case_lacks(&run, CASE_NEEDS_BOTH));
	assert_non_null(case_lacks(&run, CASE_NEEDS_MAPPING));
	assert_null(case_lacks(&run, 0));
	mdev = (struct device){.bus = "pci", .iommu = IOMMU_PHYSICAL, .modes = MODE_GROUP};
	run.target.noiommu = false;
	assert_null(case_lacks(&run, CASE_NEEDS_PCI | CASE_NEEDS_PHYSICAL | CASE_NEEDS_MAPPING));
}

/* --- the gate --------------------------------------------------------------------------- */

static void only_a_vfio_device_is_admitted(void **state)
{
	struct device dev = {.address = "0000:03:00.0", .bus = "pci", .driver = "nvme"};
	const struct inventory alone = {.devices = &dev, .count = 1};
	struct error err = {0};

	(void)state;
	assert_int_equal(case_admit(&alone, &dev, &err), -1);
	assert_int_equal(err.status, STATUS_UNSUPPORTED);
	assert_string_equal(err.code, "not-bound");
	assert_non_null(strstr(err.remedy, "vfioctl bind 0000:03:00.0"));
	dev.state = DEVICE_LOCKED;
	assert_int_equal(case_admit(&alone, &dev, &err), -1);
	assert_int_equal(err.status, STATUS_TIMEOUT);
	assert_string_equal(err.code, "locked");
	dev.state = DEVICE_GONE;
	assert_int_equal(case_admit(&alone, &dev, &err), -1);
	assert_int_equal(err.status, STATUS_NO_DEVICE);
}

/* Two functions of one group with vfio-pci and their nodes; case_admit() for the first. */
static int admit(struct error *err)
{
	scoped_inventory struct inventory inventory = {0};

	*err = (struct error){0};
	assert_int_equal(inventory_scan(&inventory, NEED_DETAIL, err), 0);
	return case_admit(&inventory, inventory_find(&inventory, "0000:03:00.0"), err);
}

static void make_pair(void)
{
	static const char *const addresses[] = {"0000:03:00.0", "0000:03:00.1"};
	char path[128], text[64];

	for (int i = 0; i < 2; i++) {
		machine_add(addresses[i], "vfio-pci", 7);
		snprintf(text, sizeof(text), "vfio%d", i);
		machine_add_child(addresses[i], "vfio-dev", text);
		MACHINE_PATH(path, "/sys/devices/pci0000:00/%s/vfio-dev/vfio%d/dev", addresses[i],
			     i);
		snprintf(text, sizeof(text), "511:%d\n", i);
		tree_file(path, text);
		MACHINE_PATH(path, "/sys/devices/pci0000:00/%s/enable", addresses[i]);
		tree_file(path, "0\n");
		MACHINE_PATH(path, "/dev/vfio/devices/vfio%d", i);
		tree_file(path, "");
		MACHINE_PATH(path, "/sys/dev/char/511:%d/uevent", i);
		snprintf(text, sizeof(text), "DEVNAME=vfio/devices/vfio%d\n", i);
		tree_file(path, text);
	}
	tree_file("/dev/iommu", "");
}

static void make_holder(const char *target)
{
	tree_file("/proc/90/comm", "dd\n");
	tree_file("/proc/90/maps", "");
	unlink(tree_path("/proc/90/fd/3"));
	tree_link("/proc/90/fd/3", target);
}

static void a_free_pair_is_admitted(void **state)
{
	struct error err;

	(void)state;
	make_pair();
	if (admit(&err) < 0)
		fail_msg("%s", err.message);
	tree_file("/proc/90/comm", "dd\n");
	tree_fifo("/proc/90/maps"); /* who cannot see this process sees that nobody enabled it */
	if (admit(&err) < 0)
		fail_msg("%s", err.message);
}

static void a_device_in_use_is_refused_as_restore_does(void **state)
{
	struct error err;

	(void)state;
	make_pair();
	make_holder("/dev/vfio/devices/vfio0");
	assert_int_equal(admit(&err), -1);
	assert_int_equal(err.status, STATUS_REFUSED);
	assert_string_equal(err.code, "vfio-open");
	assert_string_equal(err.message, "pid 90 (dd) has /dev/vfio/devices/vfio0 open (fd 3)");
	make_holder("/dev/vfio/devices/vfio1");
	assert_int_equal(admit(&err), -1);
	assert_int_equal(err.status, STATUS_REFUSED);
	assert_string_equal(err.code, "group");
	assert_non_null(strstr(err.message, "0000:03:00.1 of the same IOMMU group 7 is in use"));
}

static void a_member_that_does_not_answer_is_in_use(void **state)
{
	struct error err;

	(void)state;
	make_pair();
	unlink(tree_path("/sys/devices/pci0000:00/0000:03:00.1/uevent"));
	tree_fifo("/sys/devices/pci0000:00/0000:03:00.1/uevent");
	assert_int_equal(admit(&err), -1);
	assert_int_equal(err.status, STATUS_REFUSED);
	assert_string_equal(err.code, "group");
	assert_non_null(strstr(err.message, "0000:03:00.1 of the same IOMMU group 7 does not "
					    "answer"));
}

/* Not even whether it is enabled: a device that is not physical. */
static void who_cannot_see_is_told(void **state)
{
	struct error err;

	(void)state;
	make_pair();
	unlink(tree_path("/sys/devices/pci0000:00/0000:03:00.0/enable"));
	tree_file("/proc/90/comm", "dd\n");
	tree_fifo("/proc/90/maps");
	assert_int_equal(admit(&err), -1);
	assert_int_equal(err.status, STATUS_PERMISSION);
	assert_string_equal(err.code, "unseen");
}

/* --- the real tables -------------------------------------------------------------------- */

static size_t gather_cases(const struct test_case **list, size_t size)
{
	size_t n = 0;

	for (const struct test_case *const *table = case_tables; *table; table++)
		for (const struct test_case *test = *table; test->id; test++) {
			assert_true(n < size);
			list[n++] = test;
		}
	return n;
}

/* The case of that id among the first n, or NULL. */
static const struct test_case *find_case(const struct test_case **list, size_t n, const char *id)
{
	for (size_t i = 0; i < n; i++)
		if (streq(list[i]->id, id))
			return list[i];
	return NULL;
}

static void rows_are_complete(void **state)
{
	const struct test_case *list[512];
	size_t n = gather_cases(list, ARRAY_SIZE(list));

	(void)state;
	assert_true(n > 0);
	for (size_t i = 0; i < n; i++) {
		const struct test_case *test = list[i];

		assert_null(find_case(list, i, test->id));
		assert_int_equal(strlen(test->id), 3);
		assert_true(isupper((unsigned char)test->id[0]));
		assert_non_null(test->run);
		assert_true(test->paths != 0);
		/* A title fits into a table on 80 columns; a promise is a sentence. */
		assert_in_range(strlen(test->title), 10, 54);
		assert_int_equal(test->promise[strlen(test->promise) - 1], '.');
	}
}

/* Each case it builds on stands before it, and they cover its paths between them. */
static void a_case_comes_after_what_it_builds_on(void **state)
{
	const struct test_case *list[512];
	size_t n = gather_cases(list, ARRAY_SIZE(list));

	(void)state;
	for (size_t i = 0; i < n; i++) {
		unsigned int covered = 0;

		for (size_t k = 0; k < ARRAY_SIZE(list[i]->after) && list[i]->after[k]; k++) {
			const struct test_case *first = find_case(list, i, list[i]->after[k]);

			assert_non_null(first);
			covered |= first->paths;
		}
		assert_int_equal(covered ? list[i]->paths & ~covered : 0, 0);
	}
}

static void host_cases_need_no_device(void **state)
{
	const unsigned int of_device =
		CASE_NEEDS_BOTH | CASE_NEEDS_PHYSICAL | CASE_NEEDS_MAPPING | CASE_NEEDS_PCI;
	const struct test_case *list[512];
	size_t n = gather_cases(list, ARRAY_SIZE(list));

	(void)state;
	for (size_t i = 0; i < n; i++)
		if (list[i]->paths & CASE_HOST)
			assert_int_equal(list[i]->needs & of_device, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(outcomes_are_told),
		cmocka_unit_test(a_crash_loses_only_itself),
		cmocka_unit_test(a_hang_ends_at_the_deadline),
		cmocka_unit_test(the_last_of_many_steps_decides),
		cmocka_unit_test(what_builds_on_a_failure_is_skipped),
		cmocka_unit_test(what_the_host_lacks_is_skipped),
		cmocka_unit_test(what_the_device_lacks_is_told),
		cmocka_unit_test(only_a_vfio_device_is_admitted),
		tree_test(a_free_pair_is_admitted),
		tree_test(a_device_in_use_is_refused_as_restore_does),
		tree_test(a_member_that_does_not_answer_is_in_use),
		tree_test(who_cannot_see_is_told),
		cmocka_unit_test(rows_are_complete),
		cmocka_unit_test(a_case_comes_after_what_it_builds_on),
		cmocka_unit_test(host_cases_need_no_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
