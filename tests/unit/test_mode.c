/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/mode.h"
#include "tests/unit/tree.h"

static void with_devices(const char *regions)
{
	char text[256];

	snprintf(text, sizeof(text), "Character devices:\n  1 mem\n%s\nBlock devices:\n259 vfio\n",
		 regions);
	tree_file("/proc/devices", text);
	tree_file("/sys/class/vfio/x", "");
}

static void check_ways(const char *regions, enum answer group, enum answer cdev)
{
	struct host_ways ways;

	with_devices(regions);
	host_ways_read(&ways);
	assert_true(ways.vfio_running);
	assert_false(ways.from_module);
	assert_int_equal(ways.group, group);
	assert_int_equal(ways.cdev, cdev);
}

/* Regions are compared as whole words, and only character devices count. */
static void test_running_kernel(void **state)
{
	(void)state;
	check_ways("510 vfio\n511 vfio-dev\n", ANSWER_YES, ANSWER_YES);
	check_ways("510 vfio\n", ANSWER_YES, ANSWER_NO);
	check_ways("511 vfio-dev\n", ANSWER_NO, ANSWER_YES);
	check_ways("", ANSWER_NO, ANSWER_NO);
	check_ways("  5 vfio-dev2\n  6 xvfio\n", ANSWER_NO, ANSWER_NO);
}

static void test_nothing_at_all(void **state)
{
	struct host_ways ways;

	(void)state;
	host_ways_read(&ways);
	assert_false(ways.vfio_running);
	assert_false(ways.from_module);
	assert_int_equal(ways.group, ANSWER_UNKNOWN);
	assert_int_equal(ways.cdev, ANSWER_UNKNOWN);
	assert_int_equal(ways.noiommu_enabled, ANSWER_UNKNOWN);
}

static void test_noiommu_parameter(void **state)
{
	struct host_ways ways;

	(void)state;
	with_devices("510 vfio\n");
	tree_file("/sys/module/vfio/parameters/enable_unsafe_noiommu_mode", "N\n");
	host_ways_read(&ways);
	assert_int_equal(ways.noiommu, ANSWER_YES);
	assert_int_equal(ways.noiommu_enabled, ANSWER_NO);
	tree_file("/sys/module/vfio/parameters/enable_unsafe_noiommu_mode", "Y\n");
	host_ways_read(&ways);
	assert_int_equal(ways.noiommu_enabled, ANSWER_YES);
}

static void test_offers(void **state)
{
	static const struct {
		const char *what;
		struct device dev;
		enum answer group, cdev, noiommu;
		unsigned int offer;
	} cases[] = {
		{"both",
		 {.iommu = IOMMU_PHYSICAL},
		 ANSWER_YES,
		 ANSWER_YES,
		 ANSWER_NO,
		 MODE_CDEV | MODE_GROUP},
		{"group", {.iommu = IOMMU_PHYSICAL}, ANSWER_YES, ANSWER_NO, ANSWER_NO, MODE_GROUP},
		{"cdev", {.iommu = IOMMU_PHYSICAL}, ANSWER_NO, ANSWER_YES, ANSWER_NO, MODE_CDEV},
		{"unknown",
		 {.iommu = IOMMU_PHYSICAL},
		 ANSWER_UNKNOWN,
		 ANSWER_UNKNOWN,
		 ANSWER_UNKNOWN,
		 0},
		{"no IOMMU", {.iommu = IOMMU_NONE}, ANSWER_YES, ANSWER_YES, ANSWER_NO, 0},
		{"noiommu", {.iommu = IOMMU_NONE}, ANSWER_YES, ANSWER_YES, ANSWER_YES, MODE_GROUP},
		{"bridge",
		 {.iommu = IOMMU_PHYSICAL, .class_id = 0x060400},
		 ANSWER_YES,
		 ANSWER_YES,
		 ANSWER_NO,
		 0},
		{"host bridge",
		 {.iommu = IOMMU_PHYSICAL, .class_id = 0x060000},
		 ANSWER_YES,
		 ANSWER_YES,
		 ANSWER_NO,
		 MODE_CDEV | MODE_GROUP},
		{"locked",
		 {.iommu = IOMMU_PHYSICAL, .state = DEVICE_LOCKED},
		 ANSWER_YES,
		 ANSWER_YES,
		 ANSWER_NO,
		 0},
		{"bound already",
		 {.iommu = IOMMU_PHYSICAL, .modes = MODE_GROUP},
		 ANSWER_YES,
		 ANSWER_YES,
		 ANSWER_NO,
		 MODE_GROUP},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct host_ways ways = {.group = cases[i].group,
					 .cdev = cases[i].cdev,
					 .noiommu_enabled = cases[i].noiommu};

		if (host_ways_offer(&ways, &cases[i].dev) != cases[i].offer)
			fail_msg("%s: %x", cases[i].what, host_ways_offer(&ways, &cases[i].dev));
	}
}

static void test_host(void **state)
{
	scoped_arena struct arena *arena = arena_new(1 << 20);
	struct host_mode mode;

	(void)state;
	with_devices("510 vfio\n511 vfio-dev\n");
	tree_file("/proc/sys/kernel/osrelease", "6.12.0\n");
	tree_file("/sys/class/misc/vfio/dev", "10:196\n");
	tree_file("/dev/vfio/vfio", "");
	tree_file("/sys/class/iommu/dmar1/devices/0000:00:00.0", "");
	tree_file("/sys/class/iommu/dmar0/devices/0000:00:00.0", "");
	tree_file("/sys/class/iommu/dmar0/devices/0000:00:01.0", "");
	tree_file("/sys/class/iommu/smmu3.0x2b400000/devices/x", "");
	tree_file("/sys/class/iommu/novel/devices/x", "");
	tree_file("/sys/kernel/iommu_groups/0/type", "");
	tree_file("/sys/kernel/iommu_groups/1/type", "");
	tree_file("/sys/kernel/irq/1/chip_name", "IO-APIC\n");
	tree_file("/sys/module/vfio/initstate", "live\n");
	assert_int_equal(host_mode_read(&mode, arena, NULL), 0);
	assert_string_equal(mode.kernel, "6.12.0");
	assert_true(mode.container);
	assert_false(mode.iommufd_running);
	assert_string_equal(mode.container_node, "/dev/vfio/vfio");
	assert_null(mode.iommu_node);
	assert_int_equal(mode.iommu_groups, 2);
	assert_int_equal(mode.interrupt_remapping, ANSWER_NO);
	assert_int_equal(mode.n_iommus, 4);
	assert_string_equal(mode.iommus[0].name, "dmar0");
	assert_string_equal(mode.iommus[0].kind, "intel-vtd");
	assert_int_equal(mode.iommus[0].devices, 2);
	assert_string_equal(mode.iommus[3].kind, "arm-smmu-v3");
	assert_null(mode.iommus[2].kind);
	assert_string_equal(mode.modules[0].name, "vfio");
	assert_int_equal(mode.modules[0].state, MODULE_LOADED);
	tree_file("/sys/kernel/irq/2/chip_name", "IR-PCI-MSI-0000:00:01.0\n");
	assert_int_equal(host_mode_read(&mode, arena, NULL), 0);
	assert_int_equal(mode.interrupt_remapping, ANSWER_YES);
}

/* As on s390, where each function has an IOMMU of its own. */
static void test_many_iommus(void **state)
{
	enum { MANY = 300 };
	scoped_arena struct arena *arena = arena_new(1 << 20);
	struct host_mode mode;
	char path[64];

	(void)state;
	for (int i = 0; i < MANY; i++) {
		snprintf(path, sizeof(path), "/sys/class/iommu/s390-iommu.%08x/devices/x", i);
		tree_file(path, "");
	}
	assert_int_equal(host_mode_read(&mode, arena, NULL), 0);
	assert_int_equal(mode.n_iommus, MANY);
	assert_string_equal(mode.iommus[MANY - 1].name, "s390-iommu.0000012b");
	assert_string_equal(mode.iommus[MANY - 1].kind, "s390");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(test_running_kernel),
		tree_test(test_nothing_at_all),
		tree_test(test_noiommu_parameter),
		cmocka_unit_test(test_offers),
		tree_test(test_host),
		tree_test(test_many_iommus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
