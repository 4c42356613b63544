/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/resolving.h"

static void test_addresses(void **state)
{
	(void)state;
	make_machine();
	expect("0000:03:00.0", RESOLVE_TO_CHANGE, "0000:03:00.0");
	expect("03:00.0", RESOLVE_TO_CHANGE, "0000:03:00.0");
	expect("3:0.0", RESOLVE_TO_CHANGE, "0000:03:00.0");
	expect("10000:E1:00.0", RESOLVE_TO_CHANGE, "10000:e1:00.0");
	refuse("0000:03:00", RESOLVE_TO_READ, STATUS_USAGE, "bad-address");
	refuse("03:00.9", RESOLVE_TO_READ, STATUS_USAGE, "bad-address");
}

static void test_names_to_read(void **state)
{
	(void)state;
	make_machine();
	expect("eth0", RESOLVE_TO_READ, "0000:04:00.0");
	expect("nvme0n1", RESOLVE_TO_READ, "0000:03:00.0");
	expect("nvme0n1p1", RESOLVE_TO_READ, "0000:03:00.0");
	expect("/dev/nvme0n1p1", RESOLVE_TO_READ, "0000:03:00.0");
	expect("83b8f4f2-509f-382f-3c1e-e6bfe0fa1001", RESOLVE_TO_READ,
	       "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001");
	refuse("eth9", RESOLVE_TO_READ, STATUS_NO_DEVICE, "no-such-device");
	refuse("", RESOLVE_TO_READ, STATUS_NO_DEVICE, "no-such-device");
	refuse("..", RESOLVE_TO_READ, STATUS_NO_DEVICE, "no-such-device");
	refuse("../../etc", RESOLVE_TO_READ, STATUS_NO_DEVICE, "no-such-device");
}

/* Nobody shall lose the second port of a card by naming the first. */
static void test_names_to_change_must_stand_alone(void **state)
{
	(void)state;
	make_machine();
	expect("nvme0n1", RESOLVE_TO_CHANGE, "0000:03:00.0");
	expect("nvme0n1p1", RESOLVE_TO_CHANGE, "0000:03:00.0"); /* a partition is no sibling */
	refuse("eth0", RESOLVE_TO_CHANGE, STATUS_USAGE, "ambiguous");
	assert_non_null(strstr(err.message, "eth1"));
	assert_non_null(strstr(err.remedy, "0000:04:00.0"));
}

/* A path is no way around that. */
static void test_paths_to_change_must_stand_alone(void **state)
{
	(void)state;
	make_machine();
	expect("/sys/class/block/nvme0n1", RESOLVE_TO_CHANGE, "0000:03:00.0");
	expect("/sys/class/block/nvme0n1p1", RESOLVE_TO_CHANGE, "0000:03:00.0");
	expect("/sys/bus/pci/devices/0000:04:00.0", RESOLVE_TO_CHANGE, "0000:04:00.0");
	expect("/sys/bus/pci/devices/0000:04:00.0/net", RESOLVE_TO_CHANGE, "0000:04:00.0");
	expect("/sys/class/vfio-dev/vfio3", RESOLVE_TO_CHANGE, "0000:04:00.1");
	tree_file("/sys/devices/pci0000:00/0000:04:00.0/net/eth0/address", "\n");
	refuse("/sys/class/net/eth0", RESOLVE_TO_CHANGE, STATUS_USAGE, "ambiguous");
	assert_non_null(strstr(err.message, "also carries eth1"));
	assert_non_null(strstr(err.remedy, "0000:04:00.0"));
	refuse("/sys/class/net/eth0/address", RESOLVE_TO_CHANGE, STATUS_USAGE, "ambiguous");
	refuse("/sys/bus/pci/devices/0000:04:00.0/net/eth1", RESOLVE_TO_CHANGE, STATUS_USAGE,
	       "ambiguous");
}

/* An entry of a subsystem below a function, at a path of its own. */
static void add_below(const char *address, const char *below, const char *kind)
{
	char path[256], text[256];

	MACHINE_PATH(path, "/sys/devices/pci0000:00/%s/%s/subsystem", address, below);
	MACHINE_PATH(text, "/sys/%s", kind);
	tree_link(path, text);
	MACHINE_PATH(path, "/sys/%s%s/%s", kind, startswith(kind, "bus/") ? "/devices" : "",
		     base_name(below));
	MACHINE_PATH(text, "/sys/devices/pci0000:00/%s/%s", address, below);
	tree_link(path, text);
}

/* What is above or below of the one that was named is no other. */
static void test_buses_below_a_function(void **state)
{
	(void)state;
	make_machine();
	machine_add("0000:05:00.0", "ahci", 10);
	machine_add("0000:06:00.0", "xhci_hcd", 11);
	add_below("0000:05:00.0", "host0", "bus/scsi");
	add_below("0000:05:00.0", "host0/target0:0:0", "bus/scsi");
	add_below("0000:05:00.0", "host0/target0:0:0/0:0:0:0", "bus/scsi");
	add_below("0000:06:00.0", "usb1", "bus/usb");
	add_below("0000:06:00.0", "usb1/1-1", "bus/usb");
	add_below("0000:06:00.0", "usb1/1-2", "bus/usb");
	expect("/sys/bus/scsi/devices/0:0:0:0", RESOLVE_TO_CHANGE, "0000:05:00.0");
	expect("/sys/bus/usb/devices/1-1", RESOLVE_TO_READ, "0000:06:00.0");
	expect("/sys/bus/usb/devices/usb1", RESOLVE_TO_CHANGE, "0000:06:00.0");
	refuse("/sys/bus/usb/devices/1-1", RESOLVE_TO_CHANGE, STATUS_USAGE, "ambiguous");
	assert_string_equal(err.message, "0000:06:00.0 also carries 1-2");
	add_below("0000:05:00.0", "host1", "bus/scsi");
	refuse("/sys/bus/scsi/devices/0:0:0:0", RESOLVE_TO_CHANGE, STATUS_USAGE, "ambiguous");
}

/* The render node is one of the card's. */
static void test_a_display(void **state)
{
	(void)state;
	make_machine();
	machine_add("0000:05:00.0", "i915", 10);
	add_below("0000:05:00.0", "drm/card0", "class/drm");
	add_below("0000:05:00.0", "drm/card0/card0-HDMI-A-1", "class/drm");
	add_below("0000:05:00.0", "drm/renderD128", "class/drm");
	expect("card0", RESOLVE_TO_CHANGE, "0000:05:00.0");
	expect("/dev/dri/card0", RESOLVE_TO_CHANGE, "0000:05:00.0");
	expect("renderD128", RESOLVE_TO_CHANGE, "0000:05:00.0");
	add_below("0000:05:00.0", "drm/card1", "class/drm");
	refuse("card0", RESOLVE_TO_CHANGE, STATUS_USAGE, "ambiguous");
	refuse("renderD128", RESOLVE_TO_CHANGE, STATUS_USAGE, "ambiguous");
}

#define SUBSYSTEM "/sys/devices/virtual/nvme-subsystem/nvme-subsys1"

/* A namespace of multipath NVMe: its disk hangs below the subsystem, a path below each controller.
 */
static void add_head(const char *disk, const char *generic)
{
	char path[256], text[256];

	MACHINE_PATH(path, SUBSYSTEM "/%s/subsystem", disk);
	tree_link(path, "/sys/class/block");
	MACHINE_PATH(path, SUBSYSTEM "/%s/subsystem", generic);
	tree_link(path, "/sys/class/nvme-generic");
	MACHINE_PATH(path, "/sys/class/block/%s", disk);
	MACHINE_PATH(text, SUBSYSTEM "/%s", disk);
	tree_link(path, text);
}

static void add_controller(const char *address, const char *name)
{
	char path[256], text[256];

	MACHINE_PATH(text, "nvme/%s", name);
	machine_add(address, "nvme", -1);
	add_below(address, text, "class/nvme");
	MACHINE_PATH(path, SUBSYSTEM "/%s", name);
	MACHINE_PATH(text, "/sys/devices/pci0000:00/%s/nvme/%s", address, name);
	tree_link(path, text);
}

static void test_a_multipath_disk(void **state)
{
	static const char *const names[] = {
		"nvme1n1",
		"/dev/nvme1n1",
		"/sys/block/nvme1n1",
		"/sys/class/block/nvme1n1",
		SUBSYSTEM "/ng1n1",
		SUBSYSTEM,
		"nvme1",
		"nvme1n1p1",
	};

	(void)state;
	make_machine();
	add_head("nvme1n1", "ng1n1");
	tree_link("/sys/block/nvme1n1", SUBSYSTEM "/nvme1n1");
	tree_file(SUBSYSTEM "/nvme1n1/nvme1n1p1/partition", "1\n");
	tree_link("/sys/class/block/nvme1n1p1", SUBSYSTEM "/nvme1n1/nvme1n1p1");
	add_controller("0000:05:00.0", "nvme1");
	add_below("0000:05:00.0", "nvme/nvme1/nvme1c1n1", "class/block");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		expect(names[i], RESOLVE_TO_READ, "0000:05:00.0");
		expect(names[i], RESOLVE_TO_CHANGE, "0000:05:00.0");
	}
	near("nvme2n2", STATUS_NO_DEVICE, "Near it there are: nvme0n1, nvme1n1.");
	/* A second namespace is a second disk, by which name ever. */
	add_head("nvme1n2", "ng1n2");
	add_below("0000:05:00.0", "nvme/nvme1/nvme1c1n2", "class/block");
	expect("nvme1n2", RESOLVE_TO_READ, "0000:05:00.0");
	refuse("nvme1n1", RESOLVE_TO_CHANGE, STATUS_USAGE, "ambiguous");
	assert_string_equal(err.message, "0000:05:00.0 also carries nvme1n2");
	refuse("nvme1c1n2", RESOLVE_TO_CHANGE, STATUS_USAGE, "ambiguous");
	assert_string_equal(err.message, "0000:05:00.0 also carries nvme1n1");
	refuse(SUBSYSTEM "/ng1n1", RESOLVE_TO_CHANGE, STATUS_USAGE, "ambiguous");
}

static void test_a_multipath_disk_of_two_controllers(void **state)
{
	(void)state;
	make_machine();
	add_head("nvme1n1", "ng1n1");
	add_head("nvme1n2", "ng1n2");
	add_head("nvme1n3", "ng1n3");
	add_controller("0000:05:00.0", "nvme1");
	add_controller("0000:06:00.0", "nvme2");
	add_below("0000:05:00.0", "nvme/nvme1/nvme1c1n1", "class/block");
	add_below("0000:06:00.0", "nvme/nvme2/nvme1c2n1", "class/block");
	add_below("0000:06:00.0", "nvme/nvme2/nvme1c2n2", "class/block");
	refuse("nvme1n1", RESOLVE_TO_READ, STATUS_USAGE, "ambiguous");
	assert_non_null(strstr(err.message, "0000:05:00.0"));
	assert_non_null(strstr(err.message, "0000:06:00.0"));
	refuse(SUBSYSTEM, RESOLVE_TO_READ, STATUS_USAGE, "ambiguous");
	expect("nvme1n2", RESOLVE_TO_READ, "0000:06:00.0"); /* of one of them alone */
	refuse("nvme1n3", RESOLVE_TO_READ, STATUS_NO_DEVICE, "no-such-device"); /* of none */
	expect("nvme1", RESOLVE_TO_READ, "0000:05:00.0");
}

/* add_node PATH MODE MAJOR:MINOR WHAT: a node, and the directory that sysfs has for its number */
static void add_node(const char *path, const char *mode, const char *number, const char *what)
{
	static char list[1024];
	char link[64];

	if (!path) {
		*list = '\0';
		return;
	}
	append(list, sizeof(list), "%s 0 0 %s %s\n", mode, number, path);
	tree_file(path, "");
	tree_file("/vfioctl/nodes", list);
	assert_int_equal(path_set_root(tree_root), 0);
	MACHINE_PATH(link, "/sys/dev/%s/%s", *mode == '6' ? "block" : "char", number);
	if (what)
		tree_link(link, what);
}

static void make_nodes(void)
{
	make_machine();
	add_node(NULL, NULL, NULL, NULL);
	add_node("/dev/nvme0n1", "60660", "259:0", "../../class/block/nvme0n1");
	add_node("/dev/nvme0n1p1", "60660", "259:1", "../../class/block/nvme0n1p1");
	add_node("/dev/net0", "20600", "240:0", "../../class/net/eth0");
	add_node("/dev/null", "20666", "1:3", "../../devices/virtual/mem/null");
	add_node("/dev/nobody", "20600", "240:9", NULL);
	add_node("/dev/dm-0", "60660", "253:0", "../../devices/virtual/block/dm-0");
	tree_file("/sys/devices/virtual/mem/null/dev", "1:3\n");
	tree_link("/sys/devices/virtual/block/dm-0/slaves/nvme0n1p1",
		  "../../../../../class/block/nvme0n1p1");
	tree_link("/dev/disk/by-path/pci-0000:03:00.0-nvme-1", "../../nvme0n1");
	tree_link("/dev/disk/by-id/nvme-eui.1-part1", "/dev/nvme0n1p1");
	tree_link("/dev/mapper/root", "../dm-0");
	tree_link("/dev/outside", "../../../../../../dev/null");
	tree_link("/dev/round", "round");
	tree_file("/dev/text", "");
}

static void test_nodes(void **state)
{
	(void)state;
	make_nodes();
	expect("/dev/disk/by-path/pci-0000:03:00.0-nvme-1", RESOLVE_TO_CHANGE, "0000:03:00.0");
	expect("/dev/disk/by-id/nvme-eui.1-part1", RESOLVE_TO_CHANGE, "0000:03:00.0");
	expect("/dev/net0", RESOLVE_TO_READ, "0000:04:00.0");
	refuse("/dev/net0", RESOLVE_TO_CHANGE, STATUS_USAGE, "ambiguous");
	refuse("/dev/text", RESOLVE_TO_READ, STATUS_NO_DEVICE, "no-such-device");
	assert_string_equal(err.message, "it is no device node");
	refuse("/dev/disk", RESOLVE_TO_READ, STATUS_NO_DEVICE, "no-such-device");
	refuse("/dev/round", RESOLVE_TO_READ, STATUS_NO_DEVICE, "no-such-device");
	refuse("/dev/disk/by-id/other", RESOLVE_TO_READ, STATUS_NO_DEVICE, "no-such-device");
	refuse("/dev/nobody", RESOLVE_TO_READ, STATUS_NO_DEVICE, "no-such-device");
	refuse("/dev/null", RESOLVE_TO_READ, STATUS_NO_DEVICE, "no-such-device");
	assert_non_null(strstr(err.message, "/sys/devices/virtual/mem/null"));
	refuse("/dev/outside", RESOLVE_TO_READ, STATUS_NO_DEVICE,
	       "no-such-device"); /* the tree's */
	assert_non_null(strstr(err.message, "/sys/devices/virtual/mem/null"));
}

static void test_what_is_made_of_disks(void **state)
{
	(void)state;
	make_nodes();
	refuse("/dev/mapper/root", RESOLVE_TO_READ, STATUS_NO_DEVICE, "no-such-device");
	assert_non_null(strstr(err.message, "does not belong to a PCI function"));
	assert_string_equal(err.remedy, "Name what it is made of: nvme0n1p1.");
}

static void test_interface_without_a_function(void **state)
{
	(void)state;
	make_machine();
	err = (struct error){0};
	assert_int_equal(device_resolve((char[DEVICE_NAME_SIZE]){""}, "lo", RESOLVE_TO_READ, &err),
			 -1);
	assert_int_equal(err.status, STATUS_NO_DEVICE);
	assert_non_null(strstr(err.message, "does not belong to a PCI function"));
}

static void test_vfio_nodes(void **state)
{
	(void)state;
	make_machine();
	expect("/dev/vfio/devices/vfio3", RESOLVE_TO_CHANGE, "0000:04:00.1");
	expect("/dev/vfio/7", RESOLVE_TO_CHANGE, "0000:03:00.0");
	expect("/dev/vfio/noiommu-7", RESOLVE_TO_CHANGE, "0000:03:00.0");
	refuse("/dev/vfio/8", RESOLVE_TO_READ, STATUS_USAGE, "ambiguous");
	assert_non_null(strstr(err.message, "0000:04:00.0"));
	assert_non_null(strstr(err.message, "0000:04:00.1"));
	refuse("/dev/vfio/99", RESOLVE_TO_READ, STATUS_NO_DEVICE, "no-such-device");
	refuse("/dev/vfio/devices/vfio9", RESOLVE_TO_READ, STATUS_NO_DEVICE, "no-such-device");
	refuse("/dev/vfio/devices/../../x", RESOLVE_TO_READ, STATUS_NO_DEVICE, "no-such-device");
	refuse("/dev/vfio/", RESOLVE_TO_READ, STATUS_NO_DEVICE, "no-such-device");
}

static void test_sysfs_paths(void **state)
{
	(void)state;
	make_machine();
	expect("/sys/bus/pci/devices/0000:03:00.0", RESOLVE_TO_READ, "0000:03:00.0");
	expect("/sys/bus/pci/devices/0000:03:00.0/", RESOLVE_TO_READ, "0000:03:00.0");
	expect("/sys/class/net/eth0", RESOLVE_TO_READ, "0000:04:00.0");
	expect("/sys/class/block/nvme0n1p1", RESOLVE_TO_READ, "0000:03:00.0");
	refuse("/sys/class/net", RESOLVE_TO_READ, STATUS_NO_DEVICE, "no-such-device");
	refuse("/sys/devices", RESOLVE_TO_READ, STATUS_NO_DEVICE, "no-such-device");
}

static void test_directories_of_devices(void **state)
{
	char path[256];

	(void)state;
	make_machine();
	assert_int_equal(device_directory(path, sizeof(path), "0000:03:00.0"), 0);
	assert_string_equal(path, "/sys/bus/pci/devices/0000:03:00.0");
	assert_true(device_directory(path, sizeof(path), "0000:99:00.0") < 0);
	assert_true(device_directory(path, 8, "0000:03:00.0") < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(test_addresses),
		tree_test(test_names_to_read),
		tree_test(test_names_to_change_must_stand_alone),
		tree_test(test_paths_to_change_must_stand_alone),
		tree_test(test_buses_below_a_function),
		tree_test(test_a_display),
		tree_test(test_a_multipath_disk),
		tree_test(test_a_multipath_disk_of_two_controllers),
		tree_test(test_nodes),
		tree_test(test_what_is_made_of_disks),
		tree_test(test_interface_without_a_function),
		tree_test(test_vfio_nodes),
		tree_test(test_sysfs_paths),
		tree_test(test_directories_of_devices),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
