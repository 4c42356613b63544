/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which devices a request means. */
#include "change/decide.h"
#include "tests/unit/machine.h"

static struct change change;
static struct error err;

static int decide(const char *address, bool take_group)
{
	const struct change_request request = {
		.addresses = &address, .count = 1, .take_group = take_group};

	err = (struct error){0};
	change = (struct change){0};
	if (inventory_scan(&change.before, 0, &err) < 0)
		fail_msg("%s", err.message);
	return decide_devices(&change, &request, &err);
}

static bool has(const char *address)
{
	return change_find(&change, inventory_find(&change.before, address));
}

static void make_group(void)
{
	machine_add("0000:03:00.0", "e1000e", 7);
	machine_add("0000:03:00.1", NULL, 7);
	machine_add("0000:03:00.2", "pcieport", 7);
	machine_add("0000:04:00.0", "e1000e", 8);
}

static void lock(const char *address)
{
	char path[128];

	MACHINE_PATH(path, "/sys/devices/pci0000:00/%s/uevent", address);
	unlink(tree_path(path));
	tree_fifo(path);
}

static void the_group_comes_along_when_asked_for(void **state)
{
	(void)state;
	make_group();
	assert_int_equal(decide("0000:03:00.0", false), 0);
	assert_int_equal(change.count, 1);
	change_free(&change);
	assert_int_equal(decide("0000:03:00.0", true), 0);
	assert_true(has("0000:03:00.0") && has("0000:03:00.1"));
	assert_false(has("0000:03:00.2") || has("0000:04:00.0"));
	change_free(&change);
}

static void a_device_that_does_not_answer_is_not_touched(void **state)
{
	(void)state;
	make_group();
	lock("0000:03:00.0");
	assert_int_equal(decide("0000:03:00.0", false), -1);
	assert_int_equal(err.status, STATUS_TIMEOUT);
	assert_string_equal(err.code, "locked");
	assert_string_equal(err.device, "0000:03:00.0");
	change_free(&change);
}

static int decide_restore(const char *address)
{
	const struct change_request request = {
		.kind = CHANGE_RESTORE, .addresses = &address, .count = 1};

	err = (struct error){0};
	change = (struct change){.arena = arena_new(1 << 20)};
	if (inventory_scan(&change.before, 0, &err) < 0)
		fail_msg("%s", err.message);
	return decide_devices(&change, &request, &err);
}

static void one_that_is_gone_is_restored_when_it_is_noted(void **state)
{
	(void)state;
	make_group();
	assert_int_equal(decide_restore("02:10.0"), -1);
	assert_int_equal(err.status, STATUS_NO_DEVICE);
	change_free(&change);
	tree_file("/run/vfioctl/access/0000:02:10.0.json", "{}");
	tree_file("/run/vfioctl/devices/0000:03:00.0.json", "{}");
	assert_int_equal(decide_restore("02:10.0"), 0);
	assert_string_equal(change.results[0].before->address, "0000:02:10.0");
	assert_true(change.results[0].departed);
	change_free(&change);
	assert_int_equal(decide_restore("../access/0000:02:10.0"), -1);
	change_free(&change);
	assert_int_equal(decide_restore("0000:03:00.0"), 0);
	assert_false(change.results[0].departed);
	change_free(&change);
	assert_int_equal(decide("0000:02:10.0", false), -1);
	change_free(&change);
}

/* Its driver and class are not known: neither where it would go, nor that it may stay. */
static void nor_is_one_taken_along(void **state)
{
	(void)state;
	make_group();
	lock("0000:03:00.1");
	assert_int_equal(decide("0000:03:00.0", false), 0);
	change_free(&change);
	assert_int_equal(decide("0000:03:00.0", true), -1);
	assert_int_equal(err.status, STATUS_TIMEOUT);
	assert_string_equal(err.device, "0000:03:00.1");
	assert_non_null(strstr(err.remedy, "vfioctl show 0000:03:00.1"));
	change_free(&change);
}

static void a_device_that_is_gone_is_told(void **state)
{
	(void)state;
	make_group();
	tree_link("/sys/bus/pci/devices/0000:05:00.0", "../../../devices/pci0000:00/0000:05:00.0");
	assert_int_equal(decide("0000:05:00.0", false), -1);
	assert_int_equal(err.status, STATUS_NO_DEVICE);
	change_free(&change);
	assert_int_equal(decide("0000:06:00.0", false), -1);
	assert_int_equal(err.status, STATUS_NO_DEVICE);
	assert_string_equal(err.device, "0000:06:00.0");
	change_free(&change);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(the_group_comes_along_when_asked_for),
		tree_test(a_device_that_does_not_answer_is_not_touched),
		tree_test(nor_is_one_taken_along),
		tree_test(one_that_is_gone_is_restored_when_it_is_noted),
		tree_test(a_device_that_is_gone_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
