/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which driver a device goes to when the user names one, and which module has it. */
#include "base/arena.h"
#include "change/driver.h"
#include "tests/unit/tree.h"

static const struct device nvme = {.address = "0000:03:00.0", .bus = "pci"};

static struct driver_choice named(struct arena *arena, const char *name)
{
	struct driver_choice choice;
	struct error err = {0};

	assert_int_equal(driver_choose(&choice, arena, &nvme, name, NULL, &err), 0);
	return choice;
}

static void a_driver_that_is_registered_needs_no_module(void **state)
{
	scoped_arena struct arena *arena = arena_new(1 << 16);

	(void)state;
	tree_file("/sys/bus/pci/drivers/vfio-pci/bind", "");
	assert_string_equal(named(arena, "vfio-pci").driver, "vfio-pci");
	assert_null(named(arena, "vfio-pci").module);
}

/* People write the module's name, which is what modprobe wants. */
static void a_module_stands_for_its_driver(void **state)
{
	scoped_arena struct arena *arena = arena_new(1 << 16);

	(void)state;
	assert_string_equal(named(arena, "vfio_pci").driver, "vfio-pci");
	assert_string_equal(named(arena, "vfio_pci").module, "vfio_pci");
	assert_string_equal(named(arena, "mlx5_vfio_pci").driver, "mlx5_vfio_pci");
	tree_file("/sys/bus/pci/drivers/vfio-pci/bind", "");
	assert_null(named(arena, "vfio_pci").module);
	tree_link("/sys/module/lab_vfio_pci/drivers/pci:lab-vfio",
		  "../../../bus/pci/drivers/lab-vfio");
	assert_string_equal(named(arena, "lab_vfio_pci").driver, "lab-vfio");
}

static void a_driver_keeps_its_name(void **state)
{
	scoped_arena struct arena *arena = arena_new(1 << 16);

	(void)state;
	assert_string_equal(named(arena, "pci-stub").driver, "pci-stub");
	assert_string_equal(named(arena, "pci-stub").module, "pci_stub");
	assert_string_equal(named(arena, "uio_pci_generic").driver, "uio_pci_generic");
}

static void a_driver_of_the_host_is_none(void **state)
{
	scoped_arena struct arena *arena = arena_new(1 << 16);
	static const char *const names[] = {"nvme", "", "../vfio-pci", "vfio-pci/x"};
	struct driver_choice choice;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct error err = {0};

		assert_int_equal(driver_choose(&choice, arena, &nvme, names[i], NULL, &err), -1);
		assert_int_equal(err.status, STATUS_USAGE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(a_driver_that_is_registered_needs_no_module),
		tree_test(a_module_stands_for_its_driver),
		tree_test(a_driver_keeps_its_name),
		tree_test(a_driver_of_the_host_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
