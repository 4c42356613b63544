/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices that are dead: who may not have them, and how they get away. */
#include "change/admit.h"

#include "change/decide.h"
#include "tests/unit/machine.h"

#define ADDRESS  "0000:03:00.0"
#define FUNCTION "/sys/devices/pci0000:00/" ADDRESS

static struct error err;

static int admit(enum change_kind kind, const char *driver)
{
	static const char *const addresses[] = {ADDRESS};
	const struct change_request request = {.kind = kind, .addresses = addresses, .count = 1};
	scoped_change struct change change = {.arena = arena_new(4 << 20)};
	int r;

	err = (struct error){0};
	assert_non_null(change.arena);
	if (inventory_scan(&change.before, 0, &err) < 0 ||
	    decide_devices(&change, &request, &err) < 0)
		fail_msg("%s", err.message);
	assert_int_equal(change.count, 1);
	change.results[0].to.driver = driver;
	r = admit_devices(&change, &request, &err);
	if (r < 0 && !streq(err.code, "not-answering"))
		fail_msg("%s: %s", err.code, err.message);
	return r;
}

static int setup(void **state)
{
	if (tree_setup(state) < 0)
		return -1;
	machine_add(ADDRESS, "e1000e", 7);
	return 0;
}

#define machine_test(f) cmocka_unit_test_setup_teardown(f, setup, tree_teardown)

static void set_power(const char *status, const char *power_state)
{
	tree_file(FUNCTION "/power/runtime_status", status);
	tree_file(FUNCTION "/power_state", power_state);
}

static void expect_refused(const char *cause)
{
	assert_int_equal(admit(CHANGE_BIND, "vfio-pci"), -1);
	assert_int_equal(err.status, STATUS_FAILED);
	assert_string_equal(err.device, ADDRESS);
	if (!strstr(err.message, cause))
		fail_msg("%s", err.message);
	if (!strstr(err.remedy, "echo 1 > " FUNCTION "/remove; echo 1 > /sys/bus/pci/rescan"))
		fail_msg("%s", err.remedy);
}

static void test_without_power(void **state)
{
	(void)state;
	set_power("active\n", "D3cold\n");
	expect_refused("power_state is D3cold");
	set_power("unsupported\n", "D3cold\n");
	expect_refused("power_state is D3cold");
	assert_int_equal(unlink(tree_path(FUNCTION "/power/runtime_status")), 0);
	expect_refused("power_state is D3cold");
}

static void test_not_to_be_woken(void **state)
{
	(void)state;
	set_power("error\n", "D0\n");
	expect_refused("runtime_status is error");
	set_power("error\n", "D3cold\n");
	expect_refused("runtime_status is error");
}

/* As VFIO's own devices do while nobody has them open. Reading would wake it: what is read is dead.
 */
static void test_asleep(void **state)
{
	static const char *const states[] = {"D0\n", "D3hot\n", "D3cold\n", "unknown\n"};

	(void)state;
	tree_file(FUNCTION "/config", "\xff\xff\xff\xff\xff\xff\xff\xff");
	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		set_power("suspended\n", states[i]);
		assert_int_equal(admit(CHANGE_BIND, "vfio-pci"), 0);
		set_power("resuming\n", states[i]);
		assert_int_equal(admit(CHANGE_BIND, "vfio-pci"), 0);
	}
}

static void test_awake(void **state)
{
	static const char *const states[] = {"D0\n", "D3hot\n", "unknown\n"};

	(void)state;
	assert_int_equal(admit(CHANGE_BIND, "vfio-pci"), 0);
	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		set_power("active\n", states[i]);
		assert_int_equal(admit(CHANGE_BIND, "vfio-pci"), 0);
		set_power("unsupported\n", states[i]);
		assert_int_equal(admit(CHANGE_BIND, "vfio-pci"), 0);
	}
}

static void test_without_link(void **state)
{
	(void)state;
	set_power("active\n", "D0\n");
	tree_file(FUNCTION "/config", "\xff\xff\xff\xff\xff\xff\xff\xff");
	assert_int_equal(admit(CHANGE_BIND, "vfio-pci"), -1);
	assert_non_null(strstr(err.message, "its power or its link"));
	assert_non_null(strstr(err.remedy, FUNCTION "/remove"));
}

/* By every verb that gives it to VFIO, and to nobody else is it refused. */
static void test_who_is_refused(void **state)
{
	(void)state;
	set_power("active\n", "D3cold\n");
	assert_int_equal(admit(CHANGE_RECOVER, "vfio-pci"), -1);
	assert_int_equal(admit(CHANGE_SRIOV, "vfio-pci"), -1);
	assert_int_equal(admit(CHANGE_RESTORE, "igb"), 0);
	assert_int_equal(admit(CHANGE_RECOVER, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(test_without_power), machine_test(test_not_to_be_woken),
		machine_test(test_asleep),        machine_test(test_awake),
		machine_test(test_without_link),  machine_test(test_who_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
