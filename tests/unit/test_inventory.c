/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/group.h"
#include "host/inventory.h"
#include "tests/unit/machine.h"

static struct inventory inventory;
static struct error err;

static struct device *find(const char *address)
{
	struct device *dev = inventory_find(&inventory, address);

	assert_non_null(dev);
	return dev;
}

static void scan(unsigned int needs)
{
	err = (struct error){0};
	if (inventory_scan(&inventory, needs, &err) < 0)
		fail_msg("%s", err.message);
}

static void test_record(void **state)
{
	const struct device *dev;

	(void)state;
	machine_add("0000:03:00.0", "e1000e", 7);
	tree_file("/sys/devices/pci0000:00/0000:03:00.0/numa_node", "1\n");
	scan(0);
	assert_int_equal(inventory.count, 1);
	dev = find("0000:03:00.0");
	assert_int_equal(dev->state, DEVICE_OK);
	assert_string_equal(dev->bus, "pci");
	assert_string_equal(dev->syspath, "/sys/devices/pci0000:00/0000:03:00.0");
	assert_string_equal(dev->driver, "e1000e");
	assert_int_equal(dev->class_id, 0x20000);
	assert_int_equal(dev->vendor_id, 0x8086);
	assert_int_equal(dev->device_id, 0x10d3);
	assert_int_equal(dev->subvendor_id, 0x8086);
	assert_int_equal(dev->subdevice_id, 0xa01f);
	assert_null(dev->driver_override); /* "(null)" is none */
	assert_int_equal(dev->iommu_group, 7);
	assert_int_equal(dev->iommu, IOMMU_PHYSICAL);
	assert_int_equal(dev->numa_node, 1);
	assert_int_equal(dev->modes, 0);
	assert_false(device_is_vfio(dev));
	assert_null(dev->detail);
	inventory_free(&inventory);
}

static void test_vfio_device(void **state)
{
	const struct device *dev;

	(void)state;
	machine_add("0000:03:00.0", "vfio-pci", 7);
	machine_add_child("0000:03:00.0", "vfio-dev", "vfio2");
	tree_file("/sys/class/vfio-dev/vfio2/dev", "511:2\n");
	tree_file("/sys/class/vfio/7/dev", "510:7\n");
	tree_file("/sys/bus/pci/devices/0000:03:00.0/driver_override", "vfio-pci\n");
	scan(0);
	dev = find("0000:03:00.0");
	assert_true(device_is_vfio(dev));
	assert_string_equal(dev->vfio_name, "vfio2");
	assert_string_equal(dev->cdev, "/dev/vfio/devices/vfio2");
	assert_string_equal(dev->group_node, "/dev/vfio/7");
	assert_int_equal(dev->modes, MODE_CDEV | MODE_GROUP);
	assert_string_equal(dev->driver_override, "vfio-pci");
	inventory_free(&inventory);
}

/* Without the "dev" attribute there is no cdev, whatever vfio-dev shows. */
static void test_group_only(void **state)
{
	(void)state;
	machine_add("0000:03:00.0", "vfio-pci", 7);
	machine_add_child("0000:03:00.0", "vfio-dev", "vfio2");
	tree_file("/sys/class/vfio/7/dev", "510:7\n");
	scan(0);
	assert_null(find("0000:03:00.0")->cdev);
	assert_int_equal(find("0000:03:00.0")->modes, MODE_GROUP);
	inventory_free(&inventory);
}

static void test_noiommu(void **state)
{
	const struct device *dev;

	(void)state;
	machine_add("0000:03:00.0", "vfio-pci", 0);
	assert_int_equal(unlink(tree_path("/sys/devices/pci0000:00/0000:03:00.0/iommu")), 0);
	machine_add_child("0000:03:00.0", "vfio-dev", "noiommu-vfio0");
	tree_file("/sys/class/vfio/noiommu-0/dev", "510:0\n");
	scan(0);
	dev = find("0000:03:00.0");
	assert_int_equal(dev->iommu, IOMMU_NONE);
	assert_string_equal(dev->group_node, "/dev/vfio/noiommu-0");
	inventory_free(&inventory);
}

static void test_vfs_are_counted_by_links(void **state)
{
	(void)state;
	machine_add("0000:03:00.0", "igb", 7);
	machine_add("0000:03:10.0", "igbvf", 8);
	tree_link("/sys/devices/pci0000:00/0000:03:00.0/virtfn0", "../0000:03:10.0");
	tree_link("/sys/devices/pci0000:00/0000:03:00.0/virtfn1", "../0000:03:10.2");
	tree_link("/sys/devices/pci0000:00/0000:03:10.0/physfn", "../0000:03:00.0");
	tree_fifo("/sys/devices/pci0000:00/0000:03:00.0/sriov_numvfs"); /* must not be read */
	scan(0);
	assert_int_equal(find("0000:03:00.0")->n_vfs, 2);
	assert_string_equal(find("0000:03:10.0")->physfn, "0000:03:00.0");
	inventory_free(&inventory);
}

static void test_detail(void **state)
{
	const struct device_detail *detail;

	(void)state;
	machine_add("0000:03:00.0", NULL, 7);
	tree_file("/sys/devices/pci0000:00/0000:03:00.0/resource",
		  "0x00000000fe000000 0x00000000fe003fff 0x0000000000140204\n"
		  "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
		  "0x000000000000c000 0x000000000000c01f 0x0000000000040101\n");
	tree_file("/sys/devices/pci0000:00/0000:03:00.0/power/runtime_status", "suspended\n");
	tree_fifo("/sys/devices/pci0000:00/0000:03:00.0/current_link_speed"); /* would wake it */
	scan(NEED_DETAIL);
	detail = find("0000:03:00.0")->detail;
	assert_non_null(detail);
	assert_int_equal(detail->n_bars, 2);
	assert_int_equal(detail->bars[0].size, 0x4000);
	assert_true(detail->bars[0].is64 && !detail->bars[0].io && !detail->bars[0].prefetchable);
	assert_int_equal(detail->bars[1].index, 2);
	assert_true(detail->bars[1].io);
	assert_null(detail->link_speed);
	inventory_free(&inventory);
}

static void test_order_and_other_buses(void **state)
{
	const char *mdev = "/sys/devices/virtual/mtty/mtty/83b8f4f2-509f-382f-3c1e-e6bfe0fa1001";
	char path[256];

	(void)state;
	machine_add("10000:01:00.0", NULL, -1);
	machine_add("0000:0a:00.0", NULL, -1);
	machine_add("0000:09:00.0", NULL, -1);
	MACHINE_PATH(path, "%s/vfio-dev/vfio1/dev", mdev);
	tree_file(path, "511:1\n");
	MACHINE_PATH(path, "%s/vfio-dev/vfio1/device", mdev);
	tree_link(path, "../../../83b8f4f2-509f-382f-3c1e-e6bfe0fa1001");
	MACHINE_PATH(path, "%s/subsystem", mdev);
	tree_link(path, "../../../../../bus/mdev");
	MACHINE_PATH(path, "%s/uevent", mdev);
	tree_file(path, "DRIVER=vfio_mdev\n");
	tree_link("/sys/bus/mdev/devices/83b8f4f2-509f-382f-3c1e-e6bfe0fa1001",
		  "../../../devices/virtual/mtty/mtty/83b8f4f2-509f-382f-3c1e-e6bfe0fa1001");
	tree_link("/sys/class/vfio-dev/vfio1",
		  "../../devices/virtual/mtty/mtty/83b8f4f2-509f-382f-3c1e-e6bfe0fa1001/vfio-dev/"
		  "vfio1");
	scan(0);
	assert_int_equal(inventory.count, 4);
	assert_string_equal(inventory.devices[0].address, "0000:09:00.0");
	assert_string_equal(inventory.devices[1].address, "0000:0a:00.0");
	assert_string_equal(inventory.devices[2].address, "10000:01:00.0");
	assert_string_equal(inventory.devices[3].bus, "mdev");
	assert_int_equal(inventory.devices[3].iommu, IOMMU_EMULATED);
	inventory_free(&inventory);
}

static void test_scan_only_keeps_the_order_asked_for(void **state)
{
	const char *wanted[] = {"0000:0a:00.0", "0000:09:00.0", "0000:77:00.0"};

	(void)state;
	machine_add("0000:09:00.0", NULL, -1);
	machine_add("0000:0a:00.0", NULL, -1);
	machine_add("0000:0b:00.0", NULL, -1);
	assert_int_equal(inventory_scan_only(&inventory, 0, wanted, 3, &err), 0);
	assert_int_equal(inventory.count, 2);
	assert_string_equal(inventory.devices[0].address, "0000:0a:00.0");
	assert_string_equal(inventory.devices[1].address, "0000:09:00.0");
	inventory_free(&inventory);
}

static void test_more_is_read_of_those_that_answered(void **state)
{
	const char *wanted[] = {"0000:0a:00.0", "0000:09:00.0", "0000:77:00.0", "0000:0b:00.0"};
	struct inventory more;

	(void)state;
	machine_add("0000:09:00.0", "e1000e", -1);
	tree_file("/sys/devices/pci0000:00/0000:09:00.0/reset_method", "flr\n");
	machine_add("0000:0a:00.0", NULL, -1);
	machine_add("0000:0b:00.0", "nvme", -1);
	unlink(tree_path("/sys/devices/pci0000:00/0000:0a:00.0/uevent"));
	tree_fifo("/sys/devices/pci0000:00/0000:0a:00.0/uevent");
	scan(0);
	assert_int_equal(find("0000:0a:00.0")->state, DEVICE_LOCKED);
	unlink(tree_path("/sys/devices/pci0000:00/0000:09:00.0/uevent"));
	tree_fifo("/sys/devices/pci0000:00/0000:09:00.0/uevent");
	unlink(tree_path("/sys/bus/pci/devices/0000:0b:00.0"));
	/* Asked again, it would answer; and the other one would not. */
	unlink(tree_path("/sys/devices/pci0000:00/0000:0a:00.0/uevent"));
	tree_file("/sys/devices/pci0000:00/0000:0a:00.0/uevent", "DRIVER=nvme\n");
	assert_int_equal(inventory_scan_more(&more, &inventory, NEED_DETAIL, wanted, 4, &err), 0);
	assert_int_equal(more.count, 3);
	assert_int_equal(more.devices[0].state, DEVICE_LOCKED);
	assert_int_equal(more.devices[1].state, DEVICE_OK);
	assert_string_equal(more.devices[1].driver, "e1000e");
	assert_string_equal(more.devices[1].detail->reset_methods, "flr");
	assert_int_equal(more.devices[2].state, DEVICE_GONE);
	inventory_free(&more);
	inventory_free(&inventory);
}

/* Kills the first child of the process that is younger than this one: earlier tests left others. */
static void kill_a_child(pid_t parent)
{
	char path[64];
	int child = 0;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", parent, parent);
	while (child <= getpid()) {
		FILE *f = fopen(path, "re");

		while (f && child <= getpid() && fscanf(f, "%d", &child) == 1)
			;
		if (f)
			fclose(f);
	}
	kill(child, SIGKILL);
	_exit(0);
}

/* It is with a device that does not answer, and the others are still to be read. */
static void test_a_reader_dies(void **state)
{
	pid_t parent = getpid(), killer;

	(void)state;
	for (int i = 0; i < 6; i++) {
		char address[32];

		MACHINE_PATH(address, "0000:0%d:00.0", i);
		machine_add(address, "e1000e", i);
	}
	unlink(tree_path("/sys/devices/pci0000:00/0000:00:00.0/uevent"));
	tree_fifo("/sys/devices/pci0000:00/0000:00:00.0/uevent");
	killer = fork();
	if (killer == 0)
		kill_a_child(parent);
	scan(0);
	ends_well(killer);
	assert_int_equal(find("0000:00:00.0")->state, DEVICE_LOCKED);
	for (size_t i = 1; i < inventory.count; i++)
		assert_int_equal(inventory.devices[i].state, DEVICE_OK);
	inventory_free(&inventory);
}

/* FIFOs stand for attributes that wait for the device lock. */
static void test_stuck_devices_are_locked(void **state)
{
	static const char *const attributes[] = {"uevent", "driver_override", "numa_node"};
	int64_t start;
	char address[32], path[128];

	(void)state;
	for (int i = 0; i < 6; i++) {
		MACHINE_PATH(address, "0000:0%d:00.0", i);
		machine_add(address, "e1000e", i);
		if (i % 2 == 0)
			continue;
		MACHINE_PATH(path, "/sys/devices/pci0000:00/%s/%s", address, attributes[i / 2]);
		unlink(tree_path(path));
		tree_fifo(path);
	}
	start = now_ms();
	scan(0);
	/* All wait at once: not three deadlines, however busy the machine is. */
	assert_in_range(now_ms() - start, DEVICE_DEADLINE_MS, 2 * DEVICE_DEADLINE_MS + 1000);
	for (int i = 0; i < 6; i++) {
		MACHINE_PATH(address, "0000:0%d:00.0", i);
		assert_int_equal(find(address)->state, i % 2 ? DEVICE_LOCKED : DEVICE_OK);
		if (i % 2 == 0)
			continue;
		assert_null(find(address)->driver);
		assert_int_equal(find(address)->vendor_id, -1);
		assert_int_equal(find(address)->iommu, IOMMU_UNKNOWN);
		/* No lock guards the links; whose group it is in matters to the other members. */
		assert_int_equal(find(address)->iommu_group, i);
		MACHINE_PATH(path, "/sys/devices/pci0000:00/%s", address);
		assert_string_equal(find(address)->syspath, path);
		assert_false(group_member_is_free(find(address)));
	}
	inventory_free(&inventory);
}

static bool has_group(const void *arg, const struct device *dev)
{
	(void)arg;
	return dev->iommu_group >= 0;
}

/* Members come in the order of the inventory, with an index as without one. */
static void expect_members(void)
{
	assert_string_equal(iommu_group_member(&inventory, 7, 0)->address, "0000:01:00.0");
	assert_string_equal(iommu_group_member(&inventory, 7, 1)->address, "0000:03:00.0");
	assert_null(iommu_group_member(&inventory, 7, 2));
	assert_string_equal(iommu_group_member(&inventory, 2, 0)->address, "0000:04:00.0");
	assert_null(iommu_group_member(&inventory, 3, 0));
	assert_null(iommu_group_member(&inventory, 8, 0));
	assert_null(iommu_group_member(&inventory, -1, 0));
	for (size_t i = 0; i < inventory.count; i++)
		assert_ptr_equal(find(inventory.devices[i].address), &inventory.devices[i]);
	assert_null(inventory_find(&inventory, "0000:09:00.0"));
}

static void test_finding_devices_and_members(void **state)
{
	(void)state;
	machine_add("0000:01:00.0", "e1000e", 7);
	machine_add("0000:02:00.0", "e1000e", -1);
	machine_add("0000:03:00.0", "e1000e", 7);
	machine_add("0000:04:00.0", "e1000e", 2);
	scan(0);
	assert_int_equal(inventory.count, 4);
	expect_members();
	inventory_keep(&inventory, has_group, NULL);
	assert_int_equal(inventory.count, 3);
	expect_members();
	assert_null(inventory_find(&inventory, "0000:02:00.0"));
	inventory.by_address = inventory.by_group = NULL;
	expect_members();
	inventory_free(&inventory);
}

static void test_a_pause_blames_no_device(void **state)
{
	static const char uevent[] = "DRIVER=e1000e\n";
	int fd;
	pid_t pid;

	(void)state;
	machine_add("0000:00:00.0", "e1000e", 0);
	unlink(tree_path("/sys/devices/pci0000:00/0000:00:00.0/uevent"));
	tree_fifo("/sys/devices/pci0000:00/0000:00:00.0/uevent");
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		scan(0);
		_exit(find("0000:00:00.0")->state == DEVICE_OK ? 0 : 1);
	}
	nap_ms(300);
	pause_with_child(pid, DEVICE_DEADLINE_MS + 500);
	/* Not O_WRONLY, which waits for a reader: it may have been given up. */
	fd = open(tree_path("/sys/devices/pci0000:00/0000:00:00.0/uevent"), O_RDWR);
	assert_int_equal(write(fd, uevent, strlen(uevent)), strlen(uevent));
	nap_ms(300);
	close(fd);
	ends_well(pid);
}

static void test_vanished_device_is_gone(void **state)
{
	(void)state;
	machine_add("0000:03:00.0", NULL, -1);
	tree_link("/sys/bus/pci/devices/0000:04:00.0", "../../../devices/pci0000:00/0000:04:00.0");
	scan(NEED_NAMES | NEED_OFFER | NEED_DETAIL);
	assert_int_equal(find("0000:03:00.0")->state, DEVICE_OK);
	assert_int_equal(find("0000:04:00.0")->state, DEVICE_GONE);
	inventory_free(&inventory);
}

static void test_odd_attributes_do_no_harm(void **state)
{
	char large[8000];
	const struct device *dev;

	(void)state;
	memset(large, 'x', sizeof(large) - 1);
	large[sizeof(large) - 1] = '\0';
	machine_add("0000:03:00.0", NULL, 7);
	tree_file("/sys/devices/pci0000:00/0000:03:00.0/uevent",
		  "=\nDRIVER\nPCI_ID=8086\nPCI_CLASS=zz\nPCI_SUBSYS_ID=::\nDRIVER=\n\n=x=\n");
	tree_file("/sys/devices/pci0000:00/0000:03:00.0/driver_override", large);
	tree_file("/sys/devices/pci0000:00/0000:03:00.0/numa_node", "many\n");
	scan(0);
	dev = find("0000:03:00.0");
	assert_int_equal(dev->state, DEVICE_OK);
	assert_int_equal(dev->vendor_id, -1);
	assert_int_equal(dev->class_id, -1);
	assert_int_equal(dev->numa_node, -1);
	assert_int_equal(strlen(dev->driver_override), PATH_ATTR_MAX);
	inventory_free(&inventory);
}

static void test_machines_without(void **state)
{
	(void)state;
	assert_int_equal(inventory_scan(&inventory, 0, &err), -1);
	assert_int_equal(err.status, STATUS_UNSUPPORTED);
	assert_string_equal(err.code, "no-sysfs");
	tree_dir("/sys");
	tree_dir("/sys/bus");
	scan(NEED_NAMES | NEED_OFFER);
	assert_int_equal(inventory.count, 0);
	assert_null(inventory_find(&inventory, "0000:03:00.0"));
	inventory_free(&inventory);
	inventory_free(&inventory);
}

static void test_group_members(void **state)
{
	(void)state;
	machine_add("0000:03:00.0", "e1000e", 7);
	machine_add("0000:03:00.1", "pcieport", 7);
	machine_add("0000:04:00.0", NULL, 8);
	scan(0);
	assert_string_equal(iommu_group_member(&inventory, 7, 0)->address, "0000:03:00.0");
	assert_string_equal(iommu_group_member(&inventory, 7, 1)->address, "0000:03:00.1");
	assert_null(iommu_group_member(&inventory, 7, 2));
	assert_null(iommu_group_member(&inventory, -1, 0));
	assert_false(group_member_is_free(find("0000:03:00.0")));
	assert_true(group_member_is_free(find("0000:03:00.1"))); /* driver_managed_dma */
	assert_true(group_member_is_free(find("0000:04:00.0")));
	assert_true(group_allows_driver("pci-stub"));
	assert_false(group_allows_driver("shpchp"));
	inventory_free(&inventory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(test_record),
		tree_test(test_vfio_device),
		tree_test(test_group_only),
		tree_test(test_noiommu),
		tree_test(test_vfs_are_counted_by_links),
		tree_test(test_detail),
		tree_test(test_order_and_other_buses),
		tree_test(test_scan_only_keeps_the_order_asked_for),
		tree_test(test_more_is_read_of_those_that_answered),
		tree_test(test_a_reader_dies),
		tree_test(test_stuck_devices_are_locked),
		tree_test(test_finding_devices_and_members),
		tree_test(test_a_pause_blames_no_device),
		tree_test(test_vanished_device_is_gone),
		tree_test(test_odd_attributes_do_no_harm),
		tree_test(test_machines_without),
		tree_test(test_group_members),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
