/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/gate.h"
#include "tests/unit/machine.h"

static struct inventory inventory;
static struct error err;
static const struct device *moving; /* what the command takes along besides the device */

static bool is_moving(const void *arg, const struct device *dev)
{
	(void)arg;
	return dev == moving;
}

/* What change.c does for each device. */
static int look_and_check(const struct gate *gate, const char *address, struct usages *usages,
			  unsigned int *used)
{
	const struct device *dev = inventory_find(&inventory, address);

	if (usage_of_device(usages, dev, true, &err) < 0)
		return -1;
	return gate_check(gate, dev, usages, used, &err);
}

/* The same; the reasons that --force overrode in *used. */
static int check(const char *address, bool to_vfio, unsigned int forced, unsigned int *used)
{
	struct gate gate = {
		.inventory = &inventory,
		.is_moving = is_moving,
		.forced = forced,
		.to_vfio = to_vfio,
	};
	scoped_usages struct usages usages = {0};

	err = (struct error){0};
	*used = 0;
	return look_and_check(&gate, address, &usages, used);
}

static void scan(void)
{
	moving = NULL;
	if (inventory_scan(&inventory, 0, &err) < 0)
		fail_msg("%s", err.message);
}

static void test_force_words(void **state)
{
	unsigned int forced = 99;

	(void)state;
	assert_int_equal(gate_parse_force(&forced, NULL, &err), 0);
	assert_int_equal(forced, 0);
	assert_int_equal(gate_parse_force(&forced, "vfio-open", &err), 0);
	assert_int_equal(forced, REASON_BIT(USAGE_VFIO_OPEN));
	assert_int_equal(gate_parse_force(&forced, "mounted,group,mounted", &err), 0);
	assert_int_equal(forced, REASON_BIT(USAGE_MOUNTED) | REASON_BIT(USAGE_GROUP));
	for (int i = 0; i < USAGE_REASON_COUNT; i++) {
		assert_int_equal(gate_parse_force(&forced, usage_reasons[i].name, &err), 0);
		assert_int_equal(forced, REASON_BIT(i));
	}
}

static void test_force_refuses_other_words(void **state)
{
	static const char *const bad[] = {"",         "all",           "yes",     "mounted,",
					  ",mounted", "mounted group", "Mounted", "mount"};
	unsigned int forced = 99;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		err = (struct error){0};
		assert_int_equal(gate_parse_force(&forced, bad[i], &err), -1);
		assert_int_equal(err.status, STATUS_USAGE);
		for (int k = 0; k < USAGE_REASON_COUNT; k++)
			assert_non_null(strstr(err.remedy, usage_reasons[k].name));
	}
	assert_int_equal(forced, 99);
}

static void test_free_device_passes(void **state)
{
	unsigned int used;

	(void)state;
	machine_add("0000:03:00.0", "e1000e", 7);
	scan();
	if (check("0000:03:00.0", true, 0, &used) < 0)
		fail_msg("%s", err.message);
	assert_int_equal(used, 0);
	inventory_free(&inventory);
}

/* The other function of the card is bound: user space would not get the group. */
static void test_group_must_be_viable(void **state)
{
	unsigned int used;

	(void)state;
	machine_add("0000:03:00.0", "e1000e", 7);
	machine_add("0000:03:00.1", "e1000e", 7);
	machine_add("0000:00:1c.0", "pcieport", 7);
	scan();
	assert_int_equal(check("0000:03:00.0", true, 0, &used), -1);
	assert_int_equal(err.status, STATUS_REFUSED);
	assert_string_equal(err.code, "group");
	assert_string_equal(err.device, "0000:03:00.0");
	assert_non_null(strstr(err.message, "0000:03:00.1 is bound to e1000e"));
	assert_null(strstr(err.message, "0000:00:1c.0")); /* may stay where it is */
	assert_non_null(strstr(err.remedy, "--group"));
	/* Taken along, overridden, or on the way back: no objection. */
	moving = inventory_find(&inventory, "0000:03:00.1");
	assert_int_equal(check("0000:03:00.0", true, 0, &used), 0);
	moving = NULL;
	assert_int_equal(check("0000:03:00.0", true, REASON_BIT(USAGE_GROUP), &used), 0);
	assert_int_equal(used, REASON_BIT(USAGE_GROUP));
	assert_int_equal(check("0000:03:00.0", false, 0, &used), 0);
	inventory_free(&inventory);
}

/* A member that does not answer is in the way, whichever way the device goes. */
static void test_locked_members_count(void **state)
{
	unsigned int used;

	(void)state;
	machine_add("0000:03:00.0", "e1000e", 7);
	machine_add("0000:03:00.1", "e1000e", 7);
	unlink(tree_path("/sys/devices/pci0000:00/0000:03:00.1/uevent"));
	tree_fifo("/sys/devices/pci0000:00/0000:03:00.1/uevent");
	machine_add("0000:03:00.2", "e1000e", 7);
	scan();
	moving = inventory_find(&inventory, "0000:03:00.2");
	assert_int_equal(check("0000:03:00.0", true, 0, &used), -1);
	assert_int_equal(err.status, STATUS_REFUSED);
	assert_string_equal(err.code, "group");
	assert_string_equal(err.message, "IOMMU group 7 is not viable: 0000:03:00.1 does not "
					 "answer, somebody holds its lock");
	assert_string_equal(err.remedy,
			    "Stop whoever has it open; `vfioctl show` names who can be seen.");
	moving = NULL;
	assert_int_equal(check("0000:03:00.0", true, 0, &used), -1);
	assert_non_null(strstr(err.message, "lock, 0000:03:00.2 is bound to e1000e"));
	assert_non_null(strstr(err.remedy, "--group"));
	assert_int_equal(check("0000:03:00.0", true, REASON_BIT(USAGE_GROUP), &used), 0);
	/* On the way back it may be the one that user space has. */
	assert_int_equal(check("0000:03:00.0", false, 0, &used), -1);
	assert_string_equal(err.code, "group");
	assert_string_equal(err.message, "0000:03:00.1 of the same IOMMU group 7 does not answer: "
					 "somebody holds its lock");
	inventory_free(&inventory);
}

/* A device that keeps its driver is not asked about its group, but about its own users. */
static void test_one_that_stays(void **state)
{
	struct gate gate = {.inventory = &inventory, .is_moving = is_moving, .stays = true};
	scoped_usages struct usages usages = {0};
	unsigned int used;

	(void)state;
	machine_add("0000:03:00.0", "e1000e", 7);
	machine_add("0000:03:00.1", "vfio-pci", 7);
	machine_add_child("0000:03:00.1", "vfio-dev", "vfio0");
	tree_file("/sys/devices/pci0000:00/0000:03:00.1/vfio-dev/vfio0/dev", "511:0\n");
	tree_file("/sys/dev/char/511:0/uevent", "DEVNAME=vfio/devices/vfio0\n");
	tree_file("/proc/9/comm", "qemu\n");
	tree_file("/proc/9/maps", "");
	tree_link("/proc/9/fd/3", "/dev/vfio/devices/vfio0");
	scan();
	assert_int_equal(check("0000:03:00.0", false, 0, &used), -1);
	assert_string_equal(err.code, "group");
	assert_int_equal(look_and_check(&gate, "0000:03:00.0", &usages, &used), 0);
	usages_free(&usages);
	tree_file("/sys/devices/pci0000:00/0000:03:00.0/boot_vga", "1\n");
	assert_int_equal(look_and_check(&gate, "0000:03:00.0", &usages, &used), -1);
	assert_string_equal(err.code, "boot-vga");
	inventory_free(&inventory);
}

/* Newer kernels answer for a device whose unbind waits: with the driver that it is leaving. */
static void test_leaving_members_count(void **state)
{
	unsigned int used;

	(void)state;
	machine_add("0000:03:00.0", "e1000e", 7);
	machine_add("0000:03:00.1", "vfio-pci", 7);
	unlink(tree_path("/sys/devices/pci0000:00/0000:03:00.1/driver"));
	scan();
	assert_int_equal(check("0000:03:00.0", true, 0, &used), -1);
	assert_string_equal(err.code, "group");
	assert_string_equal(err.message, "IOMMU group 7 is not viable: 0000:03:00.1 is being "
					 "unbound and waits for its user");
	inventory_free(&inventory);
}

static void test_every_reason_is_told(void **state)
{
	unsigned int used;

	(void)state;
	machine_add("0000:03:00.0", "e1000e", 7);
	machine_add("0000:03:00.1", "e1000e", 7);
	tree_link("/sys/devices/pci0000:00/0000:03:00.0/virtfn0", "../0000:03:10.0");
	tree_file("/sys/devices/pci0000:00/0000:03:00.0/boot_vga", "1\n");
	scan();
	assert_int_equal(check("0000:03:00.0", true, 0, &used), -1);
	assert_non_null(strstr(err.message, "virtual function"));
	assert_non_null(strstr(err.message, "boot display"));
	assert_non_null(strstr(err.message, "not viable"));
	/* --force names exactly what it overrides: the others still hold. */
	assert_int_equal(check("0000:03:00.0", true,
			       REASON_BIT(USAGE_GROUP) | REASON_BIT(USAGE_LIVE_VFS), &used),
			 -1);
	assert_string_equal(err.code, "boot-vga");
	assert_null(strstr(err.message, "virtual function"));
	assert_int_equal(check("0000:03:00.0", true,
			       REASON_BIT(USAGE_GROUP) | REASON_BIT(USAGE_LIVE_VFS) |
				       REASON_BIT(USAGE_BOOT_VGA) | REASON_BIT(USAGE_MOUNTED),
			       &used),
			 0);
	assert_int_equal(used, REASON_BIT(USAGE_GROUP) | REASON_BIT(USAGE_LIVE_VFS) |
				       REASON_BIT(USAGE_BOOT_VGA)); /* not what did not apply */
	inventory_free(&inventory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_force_words),
		cmocka_unit_test(test_force_refuses_other_words),
		tree_test(test_free_device_passes),
		tree_test(test_group_must_be_viable),
		tree_test(test_locked_members_count),
		tree_test(test_one_that_stays),
		tree_test(test_leaving_members_count),
		tree_test(test_every_reason_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
