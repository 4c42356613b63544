/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The indexes of libkmod need a tree with modules: tests/cli/module.bats. */
#include <errno.h>

#include "host/module.h"
#include "tests/unit/tree.h"

static void test_state_from_sysfs(void **state)
{
	(void)state;
	tree_file("/sys/module/vfio_pci/initstate", "live\n");
	tree_file("/sys/module/iommufd/parameters/x", "");
	assert_int_equal(module_state("vfio_pci"), MODULE_LOADED);
	assert_int_equal(module_state("vfio-pci"), MODULE_LOADED);
	assert_int_equal(module_state("iommufd"), MODULE_BUILTIN);
	assert_int_equal(module_state("mdev"), MODULE_ABSENT);
	assert_string_equal(module_state_name(MODULE_BUILTIN), "built-in");
	assert_string_equal(module_state_name(MODULE_LOADABLE), "loadable");
}

static void test_driver_of_module(void **state)
{
	char name[32], tiny[4];

	(void)state;
	tree_dir("/sys");
	tree_link("/sys/module/vfio_pci/drivers/pci:vfio-pci", "x");
	tree_link("/sys/module/both/drivers/platform:one", "x");
	tree_link("/sys/module/both/drivers/pci:two", "x");
	assert_int_equal(module_driver_name(name, sizeof(name), "vfio-pci", "pci"), 0);
	assert_string_equal(name, "vfio-pci");
	assert_int_equal(module_driver_name(name, sizeof(name), "both", "pci"), 0);
	assert_string_equal(name, "two");
	assert_int_equal(module_driver_name(name, sizeof(name), "vfio_pci", "mdev"), -ENOENT);
	assert_int_equal(module_driver_name(name, sizeof(name), "vfio_pci", "pc"), -ENOENT);
	assert_int_equal(module_driver_name(name, sizeof(name), "absent", "pci"), -ENOENT);
	assert_int_equal(module_driver_name(tiny, sizeof(tiny), "vfio_pci", "pci"), -ENOENT);
}

static void test_without_indexes(void **state)
{
	scoped_arena struct arena *arena = arena_new(4096);
	const char *const *names = NULL;
	struct error err = {0};

	(void)state;
	assert_int_equal(modules_for_alias(&names, arena, "pci:x"), -ENOENT);
	assert_null(module_file_open("vfio"));
	module_file_close(NULL);
	assert_int_equal(module_load("vfio_pci", &err), -1);
	assert_string_not_equal(err.message, "");
	tree_file("/proc/sys/kernel/osrelease", "6.12.0\n");
	assert_true(modules_for_alias(&names, arena, "pci:x") <= 0);
	assert_int_equal(module_state("vfio_pci"), MODULE_ABSENT);
	assert_null(module_file_open("vfio"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(test_state_from_sysfs),
		tree_test(test_driver_of_module),
		tree_test(test_without_indexes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
