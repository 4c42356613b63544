/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is near a word that names no device. */
#include "tests/unit/resolving.h"

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
	near("vfio9", STATUS_NO_DEVICE, "Did you mean /dev/vfio/devices/vfio3?");
	near("tg3", STATUS_NO_DEVICE, "`vfioctl list` shows the devices there are.");
}

static void test_mistyped_names(void **state)
{
	(void)state;
	make_machine();
	near("nvme1n1", STATUS_NO_DEVICE, "Did you mean nvme0n1?");
	near("nvme1n2", STATUS_NO_DEVICE, "Did you mean nvme0n1?");
	near("/dev/nvme1n1", STATUS_NO_DEVICE, "Did you mean nvme0n1?");
	near("/sys/block/nvme1n1", STATUS_NO_DEVICE, "Did you mean nvme0n1?");
	near("nvme0n1p7", STATUS_NO_DEVICE, "Did you mean nvme0n1p1?");
	near("eth9", STATUS_NO_DEVICE, "Near it there are: eth0, eth1.");
	near("ehtx", STATUS_NO_DEVICE, "`vfioctl list` shows the devices there are.");
	near("nvme", STATUS_NO_DEVICE, "Near it there are: nvme0n1, nvme0n1p1.");
	near("/dev/vfio/devices/vfio9", STATUS_NO_DEVICE, "Did you mean /dev/vfio/devices/vfio3?");
	near("ll", STATUS_NO_DEVICE, "`vfioctl list` shows the devices there are."); /* lo */
	tree_link("/sys/class/net/dummy1", "../../devices/virtual/net/dummy1");
	tree_file("/sys/devices/virtual/net/dummy1/ifindex", "9\n");
	near("dummy0", STATUS_NO_DEVICE, "`vfioctl list` shows the devices there are.");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(test_missing_address_shows_its_neighbours),
		tree_test(test_mistyped_addresses),
		tree_test(test_the_first_of_many_near_ones),
		tree_test(test_mistyped_uuids),
		tree_test(test_a_driver_for_a_device),
		tree_test(test_mistyped_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
