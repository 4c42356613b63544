/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which devices VFIO holds, on kernels that say so and on those before Linux 6.1. */
#include <limits.h>

#include "host/inventory.h"
#include "host/vfio_driver.h"
#include "tests/unit/machine.h"

#define PCI    "/sys/bus/pci/devices/"
#define FIRST  "0000:03:00.0"
#define SECOND "0000:03:00.1"
#define UUID   "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"
#define MDEV   "/sys/devices/virtual/mtty/mtty/" UUID

/* Two functions of group 7, the second one with the driver of a module. */
static void make_pair(const char *driver, const char *module)
{
	char path[128], target[128];

	machine_add(FIRST, "vfio-pci", 7);
	machine_add(SECOND, driver, 7);
	MACHINE_PATH(path, "/sys/bus/pci/drivers/%s/module", driver);
	MACHINE_PATH(target, "../../../../module/%s", module);
	tree_link(path, target);
	tree_file("/sys/class/vfio/7/dev", "243:0\n");
}

static void make_mdev(void)
{
	tree_link(MDEV "/subsystem", "../../../../../bus/mdev");
	tree_link(MDEV "/driver", "../../../../../bus/mdev/drivers/mtty");
	tree_link(MDEV "/iommu_group", "../../../../../kernel/iommu_groups/9");
	tree_file(MDEV "/uevent", "DRIVER=mtty\n");
	tree_link("/sys/bus/mdev/devices/" UUID, "../../../devices/virtual/mtty/mtty/" UUID);
	tree_link("/sys/kernel/iommu_groups/9/devices/" UUID,
		  "../../../../devices/virtual/mtty/mtty/" UUID);
	tree_file("/sys/class/vfio/9/dev", "243:1\n");
}

static void a_kernel_with_the_class_says_so(void **state)
{
	(void)state;
	make_pair("vfio-pci", "vfio_pci");
	machine_add_child(FIRST, "vfio-dev", "vfio0");
	assert_true(vfio_has_device_class());
	assert_true(vfio_holds(PCI "%s", FIRST));
	assert_false(vfio_holds(PCI "%s", SECOND)); /* whatever its driver is called */
}

static void before_the_driver_tells(void **state)
{
	(void)state;
	make_pair("e1000e", "e1000e");
	tree_link("/sys/module/vfio/holders/vfio_pci", "../../vfio_pci");
	assert_false(vfio_has_device_class());
	assert_true(vfio_holds(PCI "%s", FIRST));
	assert_false(vfio_holds(PCI "%s", SECOND));
	assert_false(vfio_holds(PCI "0000:03:00.7"));
	/* A driver that is there, and a group that is not VFIO's (yet, or any more). */
	assert_int_equal(unlink(tree_path("/sys/class/vfio/7/dev")), 0);
	assert_int_equal(rmdir(tree_path("/sys/class/vfio/7")), 0);
	assert_false(vfio_holds(PCI "%s", FIRST));
	tree_file("/sys/class/vfio/noiommu-7/dev", "243:0\n");
	assert_true(vfio_holds(PCI "%s", FIRST));
}

/* "acme_pci" uses vfio through vfio_pci_core, as variants do. */
static void a_driver_of_another_name_uses_vfio(void **state)
{
	(void)state;
	make_pair("acme", "acme_pci");
	tree_link("/sys/module/vfio/holders/vfio_pci_core", "../../vfio_pci_core");
	assert_false(vfio_holds(PCI "%s", SECOND));
	tree_link("/sys/module/vfio_pci_core/holders/acme_pci", "../../acme_pci");
	assert_true(vfio_holds(PCI "%s", SECOND));
	unlink(tree_path("/sys/module/vfio_pci_core/holders/acme_pci"));
	tree_link("/sys/module/vfio/holders/acme_pci", "../../acme_pci");
	assert_true(vfio_holds(PCI "%s", SECOND));
}

static void group_entries(void **state)
{
	char entry[32] = "";

	(void)state;
	tree_dir("/sys");
	assert_true(vfio_group_entry(entry, sizeof(entry), "7") < 0);
	tree_file("/sys/class/vfio/noiommu-7/dev", "243:0\n");
	assert_int_equal(vfio_group_entry(entry, sizeof(entry), "7"), 0);
	assert_string_equal(entry, "noiommu-7");
	assert_string_equal(vfio_group_number(entry), "7");
	assert_string_equal(vfio_group_number("12"), "12");
}

static void devices_are_found_by_name(void **state)
{
	char path[PATH_MAX];

	(void)state;
	make_pair("e1000e", "e1000e");
	make_mdev();
	assert_int_equal(vfio_find_device(path, sizeof(path), UUID), 0);
	assert_string_equal(path, MDEV);
	assert_int_equal(vfio_find_device(path, sizeof(path), FIRST), 0);
	assert_true(vfio_find_device(path, sizeof(path), SECOND) < 0);
	assert_true(vfio_find_device(path, sizeof(path), "nobody") < 0);
}

static void the_inventory_of_an_older_kernel(void **state)
{
	scoped_inventory struct inventory inventory = {0};
	const struct device *dev;
	struct error err;

	(void)state;
	make_pair("e1000e", "e1000e");
	make_mdev();
	assert_int_equal(inventory_scan(&inventory, NEED_OFFER, &err), 0);
	assert_int_equal(inventory.count, 3);
	dev = &inventory.devices[0];
	assert_true(device_is_vfio(dev));
	assert_null(dev->vfio_name);
	assert_null(dev->cdev);
	assert_string_equal(dev->group_node, "/dev/vfio/7");
	assert_int_equal(dev->modes, MODE_GROUP);
	assert_int_equal(dev->iommu, IOMMU_PHYSICAL);
	dev = &inventory.devices[1];
	assert_false(device_is_vfio(dev));
	assert_null(dev->group_node);
	assert_int_equal(dev->modes, 0);
	dev = &inventory.devices[2];
	assert_string_equal(dev->bus, "mdev");
	assert_true(device_is_vfio(dev));
	assert_int_equal(dev->iommu, IOMMU_EMULATED);
	assert_int_equal(dev->modes, MODE_GROUP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(a_kernel_with_the_class_says_so),
		tree_test(before_the_driver_tells),
		tree_test(a_driver_of_another_name_uses_vfio),
		tree_test(group_entries),
		tree_test(devices_are_found_by_name),
		tree_test(the_inventory_of_an_older_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
