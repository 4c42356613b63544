/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The gate of `vfioctl test`: which devices it opens, and what it says of the others.
 */
#include "check/case.h"
#include "tests/unit/machine.h"

static void only_a_vfio_device_is_admitted(void **state)
{
	struct device dev = {.address = "0000:03:00.0", .bus = "pci", .driver = "nvme"};
	const struct inventory alone = {.devices = &dev, .count = 1};
	struct error err = {0};

	(void)state;
	assert_int_equal(case_admit(&alone, &dev, &err), -1);
	assert_int_equal(err.status, STATUS_UNSUPPORTED);
	assert_string_equal(err.code, "not-bound");
	assert_non_null(strstr(err.remedy, "vfioctl bind 0000:03:00.0"));
	dev.state = DEVICE_LOCKED;
	assert_int_equal(case_admit(&alone, &dev, &err), -1);
	assert_int_equal(err.status, STATUS_TIMEOUT);
	assert_string_equal(err.code, "locked");
	dev.state = DEVICE_GONE;
	assert_int_equal(case_admit(&alone, &dev, &err), -1);
	assert_int_equal(err.status, STATUS_NO_DEVICE);
}

/* Two functions of one group with vfio-pci and their nodes; case_admit() for the first. */
static int admit(struct error *err)
{
	scoped_inventory struct inventory inventory = {0};

	*err = (struct error){0};
	assert_int_equal(inventory_scan(&inventory, NEED_DETAIL, err), 0);
	return case_admit(&inventory, inventory_find(&inventory, "0000:03:00.0"), err);
}

static void make_pair(void)
{
	static const char *const addresses[] = {"0000:03:00.0", "0000:03:00.1"};
	char path[128], text[64];

	for (int i = 0; i < 2; i++) {
		machine_add(addresses[i], "vfio-pci", 7);
		snprintf(text, sizeof(text), "vfio%d", i);
		machine_add_child(addresses[i], "vfio-dev", text);
		MACHINE_PATH(path, "/sys/devices/pci0000:00/%s/vfio-dev/vfio%d/dev", addresses[i],
			     i);
		snprintf(text, sizeof(text), "511:%d\n", i);
		tree_file(path, text);
		MACHINE_PATH(path, "/sys/devices/pci0000:00/%s/enable", addresses[i]);
		tree_file(path, "0\n");
		MACHINE_PATH(path, "/dev/vfio/devices/vfio%d", i);
		tree_file(path, "");
		MACHINE_PATH(path, "/sys/dev/char/511:%d/uevent", i);
		snprintf(text, sizeof(text), "DEVNAME=vfio/devices/vfio%d\n", i);
		tree_file(path, text);
	}
	tree_file("/dev/iommu", "");
}

static void make_holder(const char *target)
{
	tree_file("/proc/90/comm", "dd\n");
	tree_file("/proc/90/maps", "");
	unlink(tree_path("/proc/90/fd/3"));
	tree_link("/proc/90/fd/3", target);
}

static void a_free_pair_is_admitted(void **state)
{
	struct error err;

	(void)state;
	make_pair();
	if (admit(&err) < 0)
		fail_msg("%s", err.message);
	tree_file("/proc/90/comm", "dd\n");
	tree_fifo("/proc/90/maps"); /* who cannot see this process sees that nobody enabled it */
	if (admit(&err) < 0)
		fail_msg("%s", err.message);
}

static void a_device_in_use_is_refused_as_restore_does(void **state)
{
	struct error err;

	(void)state;
	make_pair();
	make_holder("/dev/vfio/devices/vfio0");
	assert_int_equal(admit(&err), -1);
	assert_int_equal(err.status, STATUS_REFUSED);
	assert_string_equal(err.code, "vfio-open");
	assert_string_equal(err.message, "pid 90 (dd) has /dev/vfio/devices/vfio0 open (fd 3)");
	make_holder("/dev/vfio/devices/vfio1");
	assert_int_equal(admit(&err), -1);
	assert_int_equal(err.status, STATUS_REFUSED);
	assert_string_equal(err.code, "group");
	assert_non_null(strstr(err.message, "0000:03:00.1 of the same IOMMU group 7 is in use"));
}

static void a_member_that_does_not_answer_is_in_use(void **state)
{
	struct error err;

	(void)state;
	make_pair();
	unlink(tree_path("/sys/devices/pci0000:00/0000:03:00.1/uevent"));
	tree_fifo("/sys/devices/pci0000:00/0000:03:00.1/uevent");
	assert_int_equal(admit(&err), -1);
	assert_int_equal(err.status, STATUS_REFUSED);
	assert_string_equal(err.code, "group");
	assert_non_null(strstr(err.message, "0000:03:00.1 of the same IOMMU group 7 does not "
					    "answer"));
}

/* Not even whether it is enabled: a device that is not physical. */
static void who_cannot_see_is_told(void **state)
{
	struct error err;

	(void)state;
	make_pair();
	unlink(tree_path("/sys/devices/pci0000:00/0000:03:00.0/enable"));
	tree_file("/proc/90/comm", "dd\n");
	tree_fifo("/proc/90/maps");
	assert_int_equal(admit(&err), -1);
	assert_int_equal(err.status, STATUS_PERMISSION);
	assert_string_equal(err.code, "unseen");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_a_vfio_device_is_admitted),
		tree_test(a_free_pair_is_admitted),
		tree_test(a_device_in_use_is_refused_as_restore_does),
		tree_test(a_member_that_does_not_answer_is_in_use),
		tree_test(who_cannot_see_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
