/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a PF means for its VFs, as the lines of a plan. */
#include "change/moves.h"
#include "tests/unit/plan.h"

static const struct device pf = {.bus = "pci", .address = "pf"};
static const struct device vf0 = {.bus = "pci", .address = "vf0", .physfn = "pf"};
static const struct device vf1 = {.bus = "pci", .address = "vf1", .physfn = "pf"};

static const struct binding absent = {.absent = true};
static const struct binding igbvf = {.driver = "igbvf"};
static const struct binding vfio = {.driver = "vfio-pci", .override = "vfio-pci"};
static const struct binding none = {.driver = NULL};
static const struct binding any = {.any_driver = true};

static struct binding with_vfs(int64_t vfs)
{
	return (struct binding){.driver = "igb", .vfs = vfs};
}

static void expect_plan(const char *expected)
{
	char text[1024] = "";

	for (size_t i = 0; i < plan.count; i++) {
		const struct step *step = &plan.steps[i];
		const char *value = step->value ? step->value : step->any_driver ? "any" : "none";

		append(text, sizeof(text), "%s%s %s", i ? "; " : "", step->dev->address,
		       step_kind_name(step->kind));
		if (step->kind != STEP_UDEV && step->kind != STEP_UNBIND &&
		    step->kind != STEP_BIND && step->kind != STEP_PROBE)
			append(text, sizeof(text), " %s", streq(value, "\n") ? "-" : value);
	}
	assert_string_equal(text, expected);
}

static void run(struct move *list, size_t count, bool probe)
{
	struct moves moves = {.list = list, .count = count, .probe = probe};

	assert_int_equal(plan_moves(&plan, &moves), 0);
}

/* Its overrides are written while nothing may probe it. */
static void test_made_for_vfio(void **state)
{
	struct move moves[] = {{&pf, with_vfs(0), with_vfs(1)}, {&vf0, absent, vfio}};

	(void)state;
	run(moves, 2, false);
	expect_plan("pf autoprobe 0; pf vfs 1; vf0 override vfio-pci; pf autoprobe 1; vf0 bind; "
		    "vf0 verify vfio-pci");
	assert_string_equal(plan.steps[1].path, "/sys/bus/pci/devices/pf/sriov_numvfs");
	assert_string_equal(plan.steps[0].path, "/sys/bus/pci/devices/pf/sriov_drivers_autoprobe");
	assert_int_equal(plan.steps[3].phase, PHASE_PREPARE);
}

static void test_switch_that_is_off(void **state)
{
	struct move moves[] = {{&pf, with_vfs(0), with_vfs(1)}, {&vf0, absent, vfio}};

	(void)state;
	moves[0].from.autoprobe_off = moves[0].to.autoprobe_off = true;
	run(moves, 2, false);
	expect_plan("pf vfs 1; vf0 override vfio-pci; vf0 bind; vf0 verify vfio-pci");
	/* The host's drivers need it on. */
	plan.count = 0;
	moves[1] = (struct move){&vf0, absent, any};
	run(moves, 2, true);
	expect_plan("pf autoprobe 1; pf vfs 1; vf0 probe; vf0 verify any; pf autoprobe 0");
}

/* udev loads the modules that would have it. */
static void test_made_for_nobody(void **state)
{
	struct move moves[] = {{&pf, with_vfs(0), with_vfs(1)}, {&vf0, absent, none}};

	(void)state;
	run(moves, 2, false);
	expect_plan("pf autoprobe 0; pf vfs 1; pf udev; pf autoprobe 1");
}

static void test_taken_away(void **state)
{
	struct move moves[] = {
		{&pf, with_vfs(2), with_vfs(0)}, {&vf0, vfio, absent}, {&vf1, igbvf, absent}};

	(void)state;
	run(moves, 3, false);
	expect_plan("pf vfs 0");
}

/* By none at all: what a VF had is no more. */
static void test_another_number(void **state)
{
	struct move moves[] = {
		{&pf, with_vfs(1), with_vfs(2)}, {&vf0, vfio, vfio}, {&vf1, absent, vfio}};

	(void)state;
	run(moves, 3, false);
	expect_plan("pf autoprobe 0; pf vfs 0; pf vfs 2; vf0 override vfio-pci; vf1 override "
		    "vfio-pci; pf autoprobe 1; vf0 bind; vf0 verify vfio-pci; vf1 bind; vf1 verify "
		    "vfio-pci");
}

/* Back from two to the one that there was, with its driver. */
static void test_undone(void **state)
{
	struct move moves[] = {{&vf0, vfio, igbvf}, {&pf, with_vfs(2), with_vfs(1)}};

	(void)state;
	moves[1].from.autoprobe_off = true;
	run(moves, 2, false);
	expect_plan("pf vfs 0; pf vfs 1; vf0 override igbvf; pf autoprobe 1; vf0 bind; vf0 verify "
		    "igbvf; vf0 override -");
	/* The number was not changed, only the switch was. */
	plan.count = 0;
	moves[1] = (struct move){&pf, with_vfs(1), with_vfs(1)};
	moves[1].from.autoprobe_off = true;
	moves[0] = (struct move){&vf0, igbvf, igbvf};
	run(moves, 2, false);
	expect_plan("pf autoprobe 1");
}

/* The kernel writes their overrides, and may have bound them. */
static void test_vfs_of_a_vfio_pf(void **state)
{
	struct move moves[] = {{&pf, vfio, vfio}, {&vf0, absent, vfio}, {&vf1, absent, none}};

	(void)state;
	moves[0].to.vfs = 2;
	run(moves, 3, false);
	expect_plan("pf autoprobe 0; pf vfs 2; vf1 override -; pf udev; pf autoprobe 1; vf0 bind; "
		    "vf0 verify vfio-pci; vf1 unbind; vf1 verify none");
}

/* The same number: only the drivers of the host need the switch. */
static void test_native_with_the_switch_off(void **state)
{
	struct move moves[] = {{&pf, with_vfs(1), with_vfs(1)}, {&vf0, vfio, any}};

	(void)state;
	moves[0].from.autoprobe_off = moves[0].to.autoprobe_off = true;
	run(moves, 2, true);
	expect_plan("pf autoprobe 1; vf0 override -; vf0 unbind; vf0 probe; vf0 verify any; pf "
		    "autoprobe 0");
}

/* VFs go with the driver of their PF, and come back with it. */
static void test_pf_gets_its_driver_back(void **state)
{
	struct move moves[] = {{&pf, vfio, with_vfs(2)}};

	(void)state;
	run(moves, 1, false);
	expect_plan("pf override -; pf unbind; pf bind; pf verify igb; pf vfs 2");
}

int main(void)
{
#define moves_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		moves_test(test_made_for_vfio),
		moves_test(test_switch_that_is_off),
		moves_test(test_made_for_nobody),
		moves_test(test_taken_away),
		moves_test(test_another_number),
		moves_test(test_undone),
		moves_test(test_vfs_of_a_vfio_pf),
		moves_test(test_pf_gets_its_driver_back),
		moves_test(test_native_with_the_switch_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
