/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who uses the other members of a group, in captured trees. */
#include "host/usage.h"
#include "tests/unit/machine.h"

#define FIRST  "0000:03:00.0"
#define SECOND "0000:03:00.1"
#define PLACE  "/sys/devices/pci0000:00/" SECOND

static struct inventory inventory;
static struct usages usages;

/* The machine with FIRST and SECOND in group 7, and SECOND with a VFIO driver. */
static void make_machine(void)
{
	machine_add(FIRST, "vfio-pci", 7);
	machine_add(SECOND, "vfio-pci", 7);
	machine_add_child(SECOND, "vfio-dev", "vfio1");
	tree_file(PLACE "/vfio-dev/vfio1/dev", "511:1\n");
	tree_file("/sys/dev/char/511:1/uevent", "DEVNAME=vfio/devices/vfio1\n");
	tree_file(PLACE "/enable", "0\n");
}

static void make_holder(const char *target)
{
	tree_file("/proc/90/comm", "dd\n");
	tree_file("/proc/90/maps", "");
	tree_link("/proc/90/fd/3", target);
}

/* Looks for users of FIRST's group. */
static void look(void)
{
	struct error err = {0};

	usages_free(&usages);
	inventory_free(&inventory);
	if (inventory_scan(&inventory, 0, &err) < 0 ||
	    usage_of_group(&usages, &inventory, inventory_find(&inventory, FIRST), &err) < 0)
		fail_msg("%s", err.message);
}

static int forget(void **state)
{
	usages_free(&usages);
	inventory_free(&inventory);
	return tree_teardown(state);
}

static void assert_only(enum usage_reason reason, const char *evidence)
{
	assert_int_equal(usages.count, 1);
	assert_int_equal(usages.list[0].reason, reason);
	assert_string_equal(usages.list[0].evidence, evidence);
	assert_true(*usages.list[0].remedy);
}

static void idle_members_are_free(void **state)
{
	(void)state;
	make_machine();
	make_holder("/dev/vfio/devices/vfio2");
	look();
	assert_int_equal(usages.count, 0);
}

static void the_device_itself_is_not_asked_about(void **state)
{
	(void)state;
	make_machine();
	machine_add_child(FIRST, "vfio-dev", "vfio0");
	tree_file("/sys/devices/pci0000:00/" FIRST "/vfio-dev/vfio0/dev", "511:0\n");
	tree_file("/sys/dev/char/511:0/uevent", "DEVNAME=vfio/devices/vfio0\n");
	tree_file("/sys/devices/pci0000:00/" FIRST "/enable", "1\n");
	make_holder("/dev/vfio/devices/vfio0");
	look();
	assert_int_equal(usages.count, 0);
}

static void an_open_member_counts(void **state)
{
	(void)state;
	make_machine();
	make_holder("/dev/vfio/devices/vfio1");
	look();
	assert_only(USAGE_GROUP, SECOND " of the same IOMMU group 7 is in use: pid 90 (dd) has "
					"/dev/vfio/devices/vfio1 open (fd 3)");
}

static void an_enabled_member_counts(void **state)
{
	(void)state;
	make_machine();
	tree_file(PLACE "/enable", "1\n");
	look();
	assert_only(USAGE_GROUP, SECOND " of the same IOMMU group 7 is in use by something that "
					"cannot be seen from here");
}

/* The host's own driver enables its device, too, and has nothing to do with VFIO. */
static void a_member_of_the_host_does_not_count(void **state)
{
	(void)state;
	machine_add(FIRST, "vfio-pci", 7);
	machine_add(SECOND, "e1000e", 7);
	tree_file(PLACE "/enable", "1\n");
	look();
	assert_int_equal(usages.count, 0);
}

/* An unbind that waits for the user has taken vfio-dev and the driver's link away already. */
static void a_member_that_is_being_unbound_counts(void **state)
{
	(void)state;
	machine_add(FIRST, "vfio-pci", 7);
	machine_add(SECOND, "vfio-pci", 7);
	unlink(tree_path(PLACE "/driver"));
	look();
	assert_int_equal(usages.count, 0);
	make_holder("anon_inode:[vfio-device]");
	tree_file("/proc/90/fdinfo/3", "vfio-device-syspath: " PLACE "\n");
	look();
	assert_only(USAGE_GROUP, SECOND " of the same IOMMU group 7 is in use: pid 90 (dd) has "
					"anon_inode:[vfio-device] open (fd 3)");
}

static void a_member_that_does_not_answer_counts(void **state)
{
	(void)state;
	make_machine();
	unlink(tree_path(PLACE "/driver_override"));
	tree_fifo(PLACE "/driver_override");
	look();
	assert_only(USAGE_GROUP,
		    SECOND " of the same IOMMU group 7 does not answer: somebody holds its lock");
	/* Its user, where one can be seen. */
	make_holder("/dev/vfio/devices/vfio1");
	look();
	assert_int_equal(usages.count, 1);
	assert_non_null(strstr(usages.list[0].evidence, "is in use: pid 90 (dd)"));
}

/* Whether a member is enabled is the second witness; without both it is not known. */
static void a_member_that_shows_nothing_is_unseen(void **state)
{
	(void)state;
	make_machine();
	tree_file("/proc/90/comm", "dd\n");
	tree_fifo("/proc/90/maps"); /* a process that cannot be looked at */
	look();
	assert_int_equal(usages.count, 0);
	unlink(tree_path(PLACE "/enable"));
	look();
	assert_only(USAGE_UNSEEN,
		    "whether " SECOND " of the same IOMMU group 7 is in use cannot be seen");
}

static void a_device_without_group_has_no_members(void **state)
{
	(void)state;
	machine_add(FIRST, "vfio-pci", -1);
	machine_add(SECOND, NULL, -1);
	look();
	assert_int_equal(usages.count, 0);
}

#define group_test(f) cmocka_unit_test_setup_teardown(f, tree_setup, forget)

int main(void)
{
	const struct CMUnitTest tests[] = {
		group_test(idle_members_are_free),
		group_test(the_device_itself_is_not_asked_about),
		group_test(an_open_member_counts),
		group_test(an_enabled_member_counts),
		group_test(a_member_of_the_host_does_not_count),
		group_test(a_member_that_is_being_unbound_counts),
		group_test(a_member_that_does_not_answer_counts),
		group_test(a_member_that_shows_nothing_is_unseen),
		group_test(a_device_without_group_has_no_members),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
