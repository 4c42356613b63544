/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why the kernel gives a group to nobody: what sysfs says for each of the reasons. */
#include "base/util.h"
#include "host/group.h"
#include "tests/unit/tree.h"

#define DEVICE "/sys/devices/pci0000:00/0000:01:00.0"
#define UNSAFE "/sys/module/iommufd/parameters/allow_unsafe_interrupts"

static struct group_refusal refusal;

static void explain(void)
{
	group_explain_refusal(&refusal, DEVICE, "iommufd");
}

static void chip(const char *name)
{
	tree_file("/sys/kernel/irq/1/chip_name", name);
}

static void a_member_with_a_driver_of_the_host(void **state)
{
	(void)state;
	chip("IO-APIC\n");
	tree_link(DEVICE "/iommu_group/devices/0000:01:00.1/driver",
		  "../../../../bus/pci/drivers/e1000e");
	explain();
	assert_true(refusal.by_member);
	assert_string_equal(refusal.remedy,
			    "`vfioctl bind --group 0000:01:00.0` takes the whole group.");
	assert_string_equal(refusal.cause,
			    "0000:01:00.1 of the same IOMMU group has the host's driver e1000e");
}

static void interrupts_that_are_not_kept_apart(void **state)
{
	(void)state;
	chip("IO-APIC\n");
	explain();
	assert_non_null(strstr(refusal.remedy, "interrupt remapping"));
	assert_non_null(strstr(refusal.cause, "allow_unsafe_interrupts of iommufd is not set"));
	assert_null(strstr(refusal.cause, "another process"));
	tree_file(UNSAFE, "N\n");
	explain();
	assert_non_null(strstr(refusal.cause, "allow_unsafe_interrupts of iommufd is not set"));
}

static void another_owner(void **state)
{
	(void)state;
	chip("IR-IO-APIC\n");
	explain();
	assert_non_null(strstr(refusal.remedy, "vfioctl show 0000:01:00.0"));
	assert_string_equal(refusal.cause, "another process owns its IOMMU group");
	assert_false(refusal.by_member);
	chip("IO-APIC\n");
	tree_file(UNSAFE, "Y\n");
	explain();
	assert_string_equal(refusal.cause, "another process owns its IOMMU group");
}

/* Beyond x86 chips are not named after it. */
static void where_nothing_tells_both_may_be_so(void **state)
{
	(void)state;
	chip("GICv3\n");
	explain();
	assert_non_null(
		strstr(refusal.cause, "is not set; or another process owns its IOMMU group"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(a_member_with_a_driver_of_the_host),
		tree_test(interrupts_that_are_not_kept_apart),
		tree_test(another_owner),
		tree_test(where_nothing_tells_both_may_be_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
