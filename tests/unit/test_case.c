/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The runner of `vfioctl test`, with cases of our own.
 */
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>

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

static const struct case_host empty_host = {.ways = {.vfio_running = false}};

/* Runs one table on the host as the request has it, and gives the results. */
static struct case_results run_request(const struct test_case *table, struct case_request request)
{
	const struct test_case *const tables[] = {table, NULL};
	struct case_results results = {0};

	request.tables = tables;
	if (!request.host)
		request.host = &empty_host;
	if (!request.deadline_ms)
		request.deadline_ms = 5000;
	assert_int_equal(cases_run(&results, &request, NULL), 0);
	return results;
}

static struct case_results run_table(const struct test_case *table, const struct case_host *host,
				     int64_t deadline_ms)
{
	return run_request(table, (struct case_request){
					  .host = host, .deadline_ms = deadline_ms, .all = true});
}

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
	struct case_run run = {.host = &empty_host, .device = &mdev, .path = CASE_GROUP};

	(void)state;
	assert_non_null(case_lacks(&run, CASE_NEEDS_PCI));
	assert_non_null(case_lacks(&run, CASE_NEEDS_PHYSICAL));
	assert_non_null(case_lacks(&run, CASE_NEEDS_BOTH));
	assert_null(case_lacks(&run, CASE_NEEDS_MAPPING));
	mdev.iommu = IOMMU_NONE;
	assert_non_null(case_lacks(&run, CASE_NEEDS_MAPPING));
	assert_null(case_lacks(&run, 0));
	mdev = (struct device){.bus = "pci", .iommu = IOMMU_PHYSICAL, .modes = MODE_GROUP};
	assert_null(case_lacks(&run, CASE_NEEDS_PCI | CASE_NEEDS_PHYSICAL | CASE_NEEDS_MAPPING));
}

/* --- which cases, and how far they may go ----------------------------------------------- */

static void what_goes_too_far_is_skipped(void **state)
{
	static const struct test_case table[] = {
		ROW("S", good),
		ROW("N", good, .class = CASE_NEIGHBOURS),
		ROW("L", good, .class = CASE_LAB),
		ROW("A", good, .after = {"L"}),
		{.id = NULL},
	};
	static const struct {
		enum case_class up_to;
		enum case_status owed[4];
	} requests[] = {
		{CASE_SELF, {CASE_PASS, CASE_SKIP, CASE_SKIP, CASE_SKIP}},
		{CASE_NEIGHBOURS, {CASE_PASS, CASE_PASS, CASE_SKIP, CASE_SKIP}},
		{CASE_LAB, {CASE_PASS, CASE_PASS, CASE_PASS, CASE_PASS}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
		scoped_case_results struct case_results results = run_request(
			table, (struct case_request){.all = true, .up_to = requests[i].up_to});

		for (size_t k = 0; k < 4; k++)
			assert_int_equal(results.list[k].outcome.status, requests[i].owed[k]);
		if (requests[i].up_to != CASE_SELF)
			continue;
		assert_string_equal(results.list[1].outcome.reason, "it wants --destructive");
		assert_string_equal(results.list[2].outcome.reason, "it wants --lab");
		/* What builds on it says why, too. */
		assert_string_equal(results.list[3].outcome.reason, "it wants --lab");
	}
}

static void the_basic_cases_are_for_everybody(void **state)
{
	static const struct test_case table[] = {ROW("X1", good),
						 ROW("B1", good, .basic = true),
						 ROW("B2", bad, .basic = true),
						 {.id = NULL}};
	scoped_case_results struct case_results basic =
		run_request(table, (struct case_request){.all = false});
	scoped_case_results struct case_results all =
		run_request(table, (struct case_request){.all = true});
	scoped_case_results struct case_results chosen =
		run_request(table, (struct case_request){.all = true, .glob = "?1"});
	scoped_case_results struct case_results both =
		run_request(table, (struct case_request){.glob = "*1"});

	(void)state;
	assert_int_equal(basic.count, 2);
	assert_string_equal(basic.list[0].test->id, "B1");
	assert_int_equal(all.count, 3);
	assert_int_equal(chosen.count, 2);
	assert_string_equal(chosen.list[0].test->id, "X1");
	assert_string_equal(chosen.list[1].test->id, "B1");
	assert_int_equal(both.count, 1);
	assert_string_equal(both.list[0].test->id, "B1");
}

/* --- a case that cannot fail proves nothing --------------------------------------------- */

/* Counts the runs of a case, in all processes. */
static unsigned int *runs;

static void no_steps(struct case_run *run)
{
	(void)run;
	++*runs;
}

/* Decides by its second step, which it takes only once. */
static void forgets_a_step(struct case_run *run)
{
	case_expect(run, "open", 0, 0);
	if (++*runs == 1)
		case_expect(run, "be refused", -EBUSY, -EBUSY);
}

static void holds(struct case_run *run)
{
	++*runs;
	case_expect(run, "open", 0, 0);
	case_check(run, "count", true, "3 instead of 2");
}

static int start_counting(void **state)
{
	(void)state;
	runs = mmap(NULL, sizeof(*runs), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return runs == MAP_FAILED ? -1 : 0;
}

static int stop_counting(void **state)
{
	(void)state;
	return munmap(runs, sizeof(*runs));
}

/* The result of one case, run a second time with the opposite expected. */
static struct case_result contradict(void (*function)(struct case_run *))
{
	const struct test_case table[] = {ROW("C", function), {.id = NULL}};
	scoped_case_results struct case_results results =
		run_request(table, (struct case_request){.all = true, .contradict = true});

	assert_int_equal(results.count, 1);
	return results.list[0];
}

static void a_case_that_can_fail_stands(void **state)
{
	static void (*const functions[])(struct case_run *) = {good, holds, many_steps};

	(void)state;
	*runs = 0;
	for (size_t i = 0; i < ARRAY_SIZE(functions); i++) {
		struct case_result result = contradict(functions[i]);

		assert_int_equal(result.outcome.status, CASE_PASS);
		assert_string_equal(result.outcome.reason, "");
		assert_int_equal(result.can_fail, 1);
		/* What is reported is the honest run. */
		assert_int_not_equal(case_outcome_decisive(&result.outcome)->expected, -EXDEV);
	}
	assert_int_equal(*runs, 2); /* holds(), once each way */
}

static void a_case_that_cannot_fail_fails(void **state)
{
	static void (*const functions[])(struct case_run *) = {no_steps, forgets_a_step};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(functions); i++) {
		struct case_result result;

		*runs = 0;
		result = contradict(functions[i]);
		assert_int_equal(result.outcome.status, CASE_FAIL);
		assert_int_equal(result.can_fail, 0);
		assert_non_null(strstr(result.outcome.reason, "proves nothing"));
	}
}

static void only_what_passed_is_contradicted(void **state)
{
	(void)state;
	assert_int_equal(contradict(bad).can_fail, -1);
	assert_int_equal(contradict(finds_out).can_fail, -1);
	assert_int_equal(contradict(crashes).can_fail, -1);
	assert_string_equal(contradict(bad).outcome.reason, "be refused: expected EBUSY, got ok");
}

static void without_the_wish_nothing_runs_twice(void **state)
{
	static const struct test_case table[] = {ROW("H", holds), {.id = NULL}};
	scoped_case_results struct case_results results = {0};

	(void)state;
	*runs = 0;
	results = run_request(table, (struct case_request){.all = true});
	assert_int_equal(*runs, 1);
	assert_int_equal(results.list[0].can_fail, -1);
}

static void vfs_and_their_pfs_are_told_apart(void **state)
{
	struct device dev = {.bus = "pci", .address = "0000:02:00.0", .syspath = "/sys/devices/pf"};
	struct case_run run = {.host = &empty_host, .device = &dev, .path = CASE_CDEV};

	(void)state;
	tree_file("/sys/devices/pf/sriov_totalvfs", "7\n");
	assert_null(case_lacks(&run, CASE_NEEDS_SRIOV | CASE_NEEDS_NO_VFS));
	assert_non_null(case_lacks(&run, CASE_NEEDS_HOST_PF));
	tree_link("/sys/devices/pf/virtfn0", "../vf");
	assert_non_null(case_lacks(&run, CASE_NEEDS_NO_VFS));

	dev.syspath = "/sys/devices/vf";
	dev.physfn = "0000:02:00.0";
	tree_link("/sys/devices/vf/physfn", "../pf");
	assert_null(case_lacks(&run, CASE_NEEDS_HOST_PF | CASE_NEEDS_NO_VFS));
	assert_non_null(case_lacks(&run, CASE_NEEDS_SRIOV));
	tree_dir("/sys/devices/pf/vfio-dev");
	assert_non_null(case_lacks(&run, CASE_NEEDS_HOST_PF));
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
		cmocka_unit_test(what_goes_too_far_is_skipped),
		cmocka_unit_test(the_basic_cases_are_for_everybody),
		cmocka_unit_test(a_case_that_can_fail_stands),
		cmocka_unit_test(a_case_that_cannot_fail_fails),
		cmocka_unit_test(only_what_passed_is_contradicted),
		cmocka_unit_test(without_the_wish_nothing_runs_twice),
		tree_test(vfs_and_their_pfs_are_told_apart),
	};

	return cmocka_run_group_tests(tests, start_counting, stop_counting);
}
