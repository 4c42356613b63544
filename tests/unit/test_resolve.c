/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/resolve.h"
#include "tests/unit/machine.h"

static struct error err;

static void make_machine(void)
{
	machine_add("0000:03:00.0", "nvme", 7);
	machine_add("0000:04:00.0", "e1000e", 8);
	machine_add("0000:04:00.1", "vfio-pci", 8);
	machine_add("10000:e1:00.0", "nvme", 9);
	machine_add_child("0000:03:00.0", "block", "nvme0n1");
	machine_add_child("0000:04:00.0", "net", "eth0");
	machine_add_child("0000:04:00.0", "net", "eth1");
	machine_add_child("0000:04:00.1", "vfio-dev", "vfio3");
	tree_file("/sys/devices/pci0000:00/0000:03:00.0/block/nvme0n1/nvme0n1p1/partition", "1\n");
	tree_link("/sys/class/block/nvme0n1p1",
		  "../../devices/pci0000:00/0000:03:00.0/block/nvme0n1/nvme0n1p1");
	tree_file("/sys/devices/virtual/net/lo/ifindex", "1\n");
	tree_link("/sys/class/net/lo", "../../devices/virtual/net/lo");
	tree_link("/sys/bus/mdev/devices/83b8f4f2-509f-382f-3c1e-e6bfe0fa1001",
		  "../../../devices/virtual/mtty/mtty/83b8f4f2-509f-382f-3c1e-e6bfe0fa1001");
	tree_link("/sys/devices/virtual/mtty/mtty/83b8f4f2-509f-382f-3c1e-e6bfe0fa1001/subsystem",
		  "../../../../../bus/mdev");
}

static void expect(const char *text, enum resolve_for purpose, const char *device)
{
	char name[DEVICE_NAME_SIZE] = "";

	err = (struct error){0};
	if (device_resolve(name, text, purpose, &err) < 0)
		fail_msg("%s: %s", text, err.message);
	assert_string_equal(name, device);
	assert_null(err.code);
}

static void refuse(const char *text, enum resolve_for purpose, enum status status, const char *code)
{
	char name[DEVICE_NAME_SIZE] = "";

	err = (struct error){0};
	assert_int_equal(device_resolve(name, text, purpose, &err), -1);
	assert_int_equal(err.status, status);
	assert_string_equal(err.code, code);
	assert_string_not_equal(err.remedy, "");
}

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

static void test_missing_address_shows_its_neighbours(void **state)
{
	(void)state;
	make_machine();
	refuse("0000:04:00.5", RESOLVE_TO_READ, STATUS_NO_DEVICE, "no-such-device");
	assert_non_null(strstr(err.remedy, "0000:04:00.0"));
	assert_non_null(strstr(err.remedy, "0000:04:00.1"));
	assert_null(strstr(err.remedy, "0000:03:00.0"));
	refuse("e1:00.0", RESOLVE_TO_READ, STATUS_NO_DEVICE, "no-such-device");
	assert_non_null(strstr(err.remedy, "10000:e1:00.0")); /* another domain */
}

/* near TEXT REMEDY: what is said of a text that names no device. */
static void near(const char *text, enum status status, const char *remedy)
{
	refuse(text, RESOLVE_TO_READ, status,
	       status == STATUS_USAGE ? "bad-address" : "no-such-device");
	if (!streq(err.remedy, remedy))
		fail_msg("%s: \"%s\" instead of \"%s\"", text, err.remedy, remedy);
}

static void test_mistyped_addresses(void **state)
{
	static const char *const wrong[] = {
		"03.00.0",      "0000.03.00.0", "0000:03:00,0", "0000_03_00_0", "O000:03:00.0",
		"0000-03-00.0", "3,0,0",        "0000:o3:00.0", "0000:03:0O.0",
	};
	static const char *const malformed[] = {"0000:03:00", "03:00", "0000:03:00.00",
						"0000:03:00:0", "03:00.8"};

	(void)state;
	make_machine();
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		near(wrong[i], STATUS_NO_DEVICE, "Did you mean 0000:03:00.0?");
	for (size_t i = 0; i < ARRAY_SIZE(malformed); i++)
		near(malformed[i], STATUS_USAGE, "Did you mean 0000:03:00.0?");
	near("0000:03:00.0:", STATUS_USAGE, "Write it as 0000:03:00.0 or 03:00.0.");
	near("0000:30:00.0", STATUS_NO_DEVICE, "Did you mean 0000:03:00.0?");
	near("10000:1e:00.0", STATUS_NO_DEVICE, "Did you mean 10000:e1:00.0?");
	near("04:00", STATUS_USAGE, "Near it there are: 0000:04:00.0, 0000:04:00.1.");
	near("04:00.9", STATUS_USAGE, "Near it there are: 0000:04:00.0, 0000:04:00.1.");
	near("0000:04:1c.3", STATUS_NO_DEVICE, "Near it there are: 0000:04:00.0, 0000:04:00.1.");
	near("0000:77:13.7", STATUS_NO_DEVICE, "`vfioctl list` shows the devices there are.");
	near("3", STATUS_NO_DEVICE, "`vfioctl list` shows the devices there are.");
	near("0:0:3:0:0", STATUS_USAGE, "Write it as 0000:03:00.0 or 03:00.0.");
}

static void test_the_first_of_many_near_ones(void **state)
{
	static const char *const devices[] = {
		"0000:05:1b.0", "0000:05:13.0", "0000:05:14.0", "0000:05:11.0", "0000:05:15.0",
		"0000:05:19.0", "0000:05:12.0", "0000:05:16.0", "0000:05:18.0", "0000:05:17.0",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(devices); i++)
		machine_add(devices[i], NULL, 1);
	near("0000:05:00.0", STATUS_NO_DEVICE,
	     "Near it there are: 0000:05:11.0, 0000:05:12.0, 0000:05:13.0, 0000:05:14.0, "
	     "0000:05:15.0, 0000:05:16.0, 0000:05:17.0, 0000:05:18.0 and 2 more.");
}

static void test_mistyped_uuids(void **state)
{
	static const char *const wrong[] = {
		"83b8f4f2",
		"83B8F4F2-509f",
		"83b8f4f2…1001",
		"83b8f4f2...1001",
		"83b8f4f2-509f-382f-3c1e-e6bfe0fa1010",
		"38b8f4f2-509f-382f-3c1e-e6bfe0fa1000",
	};

	(void)state;
	make_machine();
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		near(wrong[i], STATUS_NO_DEVICE,
		     "Did you mean 83b8f4f2-509f-382f-3c1e-e6bfe0fa1001?");
	near("83b", STATUS_NO_DEVICE, "`vfioctl list` shows the devices there are.");
	near("83b8f4f2…1002", STATUS_NO_DEVICE, "`vfioctl list` shows the devices there are.");
	near("83b8f4f2-509f-382f-3c1e-e6bfe0fa1001-83b8f4f2…1001", STATUS_NO_DEVICE,
	     "`vfioctl list` shows the devices there are.");
}

/* driverctl and dpdk-devbind have it in front of the device. */
static void test_a_driver_for_a_device(void **state)
{
	(void)state;
	make_machine();
	tree_file("/sys/bus/pci/drivers/e1000e/new_id", "");
	near("vfio-pci", STATUS_NO_DEVICE,
	     "That is a driver, which goes behind --driver: `vfioctl bind DEVICE --driver "
	     "vfio-pci`.");
	near("mlx5_vfio_pci", STATUS_NO_DEVICE,
	     "That is a driver, which goes behind --driver: `vfioctl bind DEVICE --driver "
	     "mlx5_vfio_pci`.");
	near("vfio9", STATUS_NO_DEVICE, "`vfioctl list` shows the devices there are.");
	near("tg3", STATUS_NO_DEVICE, "`vfioctl list` shows the devices there are.");
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
		tree_test(test_missing_address_shows_its_neighbours),
		tree_test(test_mistyped_addresses),
		tree_test(test_the_first_of_many_near_ones),
		tree_test(test_mistyped_uuids),
		tree_test(test_a_driver_for_a_device),
		tree_test(test_names_to_read),
		tree_test(test_names_to_change_must_stand_alone),
		tree_test(test_interface_without_a_function),
		tree_test(test_vfio_nodes),
		tree_test(test_sysfs_paths),
		tree_test(test_directories_of_devices),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
