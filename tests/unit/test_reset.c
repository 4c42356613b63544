/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command as a whole, without anything being written, and its words.
 */
#include "change/reset_internal.h"

#include "tests/unit/machine.h"

#define BRIDGE "/sys/devices/pci0000:00/0000:00:1c.0"

static struct error err;

static void add_to_bus(const char *address)
{
	char path[256], text[512];

	MACHINE_PATH(path, BRIDGE "/%s/uevent", address);
	MACHINE_PATH(text, "PCI_CLASS=20000\nPCI_ID=8086:10D3\nPCI_SLOT_NAME=%s\n", address);
	tree_file(path, text);
	MACHINE_PATH(path, BRIDGE "/%s/subsystem", address);
	tree_link(path, "../../../../bus/pci");
	MACHINE_PATH(path, "/sys/bus/pci/devices/%s", address);
	MACHINE_PATH(text, "../../../devices/pci0000:00/0000:00:1c.0/%s", address);
	tree_link(path, text);
	MACHINE_PATH(path, BRIDGE "/%s/vfio-dev/vfio%c", address, address[11]);
	tree_dir(path);
	MACHINE_PATH(path, BRIDGE "/%s/vfio-dev/vfio%c/device", address, address[11]);
	MACHINE_PATH(text, "../../../%s", address);
	tree_link(path, text);
	MACHINE_PATH(path, "/sys/class/vfio-dev/vfio%c", address[11]);
	MACHINE_PATH(text, "../../devices/pci0000:00/0000:00:1c.0/%s/vfio-dev/vfio%c", address,
		     address[11]);
	tree_link(path, text);
}

static int run(struct reset *ret, const char *const *addresses, size_t count)
{
	const struct reset_request request = {
		.addresses = addresses, .count = count, .scope = RESET_HOT, .dry_run = true};

	err = (struct error){0};
	return reset_run(ret, &request, &err);
}

/* Both functions of a bus are named: it is reset once, and both are told. */
static void test_one_reset_for_a_bus(void **state)
{
	static const char *const both[] = {"0000:03:00.0", "0000:03:00.1"};
	scoped_reset struct reset reset = {0};

	(void)state;
	tree_file(BRIDGE "/0000:03:00.0/reset", "");
	tree_file(BRIDGE "/0000:03:00.0/reset_method", "flr bus\n");
	add_to_bus(both[0]);
	add_to_bus(both[1]);
	tree_file("/proc/1/comm", "init\n");
	tree_file("/proc/1/maps", "");
	tree_dir("/proc/1/fd");
	if (run(&reset, both, 2) < 0)
		fail_msg("%s", err.message);
	assert_int_equal(reset.count, 2);
	assert_null(reset.results[0].with);
	assert_ptr_equal(reset.results[1].with, &reset.results[0]);
	assert_int_equal(reset.results[1].n_members, 2);
	assert_string_equal(reset.results[1].members[0].dev->address, both[1]);
	assert_false(reset.results[0].done);
	reset_free(&reset);
	tree_file(BRIDGE "/0000:03:00.1/enable", "1\n");
	assert_int_equal(run(&reset, both, 2), -1);
	assert_string_equal(err.code, "vfio-open");
	assert_string_equal(reset.results[1].error.code, "vfio-open");
	/* Whoever looks at one result alone sees who uses what. */
	assert_int_equal(reset.results[0].members[1].usages.count, 1);
	assert_int_equal(reset.results[1].members[0].usages.count, 1);
}

static void test_one_that_is_gone(void **state)
{
	static const char *const gone[] = {"0000:03:00.7"};
	scoped_reset struct reset reset = {0};

	(void)state;
	tree_dir("/sys/bus/pci");
	assert_int_equal(run(&reset, gone, 1), -1);
	assert_int_equal(err.status, STATUS_NO_DEVICE);
	assert_int_equal(reset.count, 0);
}

static void test_words(void **state)
{
	enum reset_scope scope = RESET_HOT;

	(void)state;
	assert_int_equal(reset_scope_parse(&scope, NULL, &err), 0);
	assert_int_equal(scope, RESET_FUNCTION);
	assert_int_equal(reset_scope_parse(&scope, "hot", &err), 0);
	assert_int_equal(scope, RESET_HOT);
	assert_string_equal(reset_scope_name(RESET_HOT), "hot");
	assert_int_equal(reset_scope_parse(&scope, "bus", &err), -1);
	assert_int_equal(err.status, STATUS_USAGE);
	assert_int_equal(scope, RESET_HOT);
	assert_int_equal(reset_method_check(NULL, &err), 0);
	assert_int_equal(reset_method_check("cxl_bus", &err), 0);
	assert_int_equal(reset_method_check("", &err), -1);
	assert_int_equal(reset_method_check("FLR", &err), -1);
	assert_int_equal(err.status, STATUS_USAGE);
	assert_non_null(strstr(err.remedy, "flr, af_flr, pm, bus"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_one_reset_for_a_bus, tree_setup,
						tree_teardown),
		cmocka_unit_test_setup_teardown(test_one_that_is_gone, tree_setup, tree_teardown),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
