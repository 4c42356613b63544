/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What `vfioctl show --probe` makes of a device's answers, and what it says when there are none.
 * The questions themselves are proved in the lab.
 */
#include <errno.h>

#include "check/probe.h"
#include "cli/probe_record.h"
#include "tests/unit/field.h"
#include "tests/unit/tree.h"

/* field_text() of the field with that key. */
static const char *text_of(const struct record_type *type, const void *record, const char *key)
{
	static char text[1024];
	const struct field *field = field_find(type, key);
	scoped_free char *got = field ? field_text(field, record) : NULL;

	assert_non_null(got);
	snprintf(text, sizeof(text), "%s", got);
	return text;
}

#define expect_text(record, key, expected)                                                         \
	assert_string_equal(text_of(&probe_record_type, (record), (key)), (expected))

/* The i-th record of a list; NULL after the last. */
static const void *item_of(const struct probe *probe, const char *key, size_t i)
{
	const struct field *field = field_find(&probe_record_type, key);
	struct value item;

	assert_non_null(field);
	item = field->item(probe, i);
	return item.known ? item.record : NULL;
}

static void what_has_no_name_is_told_by_number(void **state)
{
	static const struct vfio_capability unknown = {.id = 77, .version = 1};
	const struct vfio_region_description region = {
		.index = 12, .flags = 1 << 9, .capabilities = {.list = &unknown, .count = 1}};
	struct probe probe = {.path = CASE_CDEV,
			      .iommu = {.from_kernel = true, .hardware = {.type = 99}},
			      .device = {.flags = 1U << 31 | 1},
			      .migration = 1 << 1 | 1ULL << 63,
			      .regions = &region,
			      .n_regions = 1};

	(void)state;
	expect_text(&probe, "iommu_type", "unknown");
	expect_text(&probe, "iommu_type_number", "99");
	expect_text(&probe, "device_flags", "reset,bit-31");
	expect_text(&probe, "migration_flags", "p2p,bit-63");
	assert_string_equal(
		text_of(&probe_region_record, item_of(&probe, "regions", 0), "capabilities"),
		"id-77");
	assert_string_equal(text_of(&probe_region_record, item_of(&probe, "regions", 0), "flags"),
			    "bit-9");
	assert_string_equal(text_of(&probe_region_record, item_of(&probe, "regions", 0), "name"),
			    "-");
	assert_null(item_of(&probe, "regions", 1));
}

static void what_was_not_learnt_is_no_answer(void **state)
{
	static const char *const keys[] = {"iommu_type", "iommu_type_number", "iommu_source",
					   "nesting",    "pasid_bits",        "iova_alignment",
					   "migrates",   "hot_reset",         "mappings_left"};
	struct probe probe = {
		.path = CASE_GROUP,
		.iommu = {.nesting = ANSWER_UNKNOWN},
		.space = {.alignment = -1, .mappings_left = -1},
		.migrates = ANSWER_UNKNOWN,
		.reset = {.possible = ANSWER_UNKNOWN},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		expect_text(&probe, keys[i], "-");
	assert_null(item_of(&probe, "iommu_capabilities", 0));
}

/* Capabilities that iommufd tells are not claimed to be missing where only sysfs spoke. */
static void sysfs_tells_registers_alone(void **state)
{
	struct probe probe = {
		.path = CASE_GROUP,
		.iommu = {.from_sysfs = true,
			  .hardware = {.type = IOMMUFD_INTEL_VTD},
			  .traits = {{"nesting", false, 1}, {"address-bits", true, 48}},
			  .n_traits = 2}};
	const void *item = item_of(&probe, "iommu_capabilities", 0);

	(void)state;
	expect_text(&probe, "iommu_source", "sysfs");
	expect_text(&probe, "iommu_type", "intel-vtd");
	expect_text(&probe, "pasid_bits", "-");
	assert_string_equal(text_of(&probe_trait_record, item, "name"), "nesting");
	assert_string_equal(text_of(&probe_trait_record, item, "supported"), "yes");
	assert_string_equal(text_of(&probe_trait_record, item, "value"), "-");
	item = item_of(&probe, "iommu_capabilities", 1);
	assert_string_equal(text_of(&probe_trait_record, item, "supported"), "-");
	assert_string_equal(text_of(&probe_trait_record, item, "value"), "48");
	assert_null(item_of(&probe, "iommu_capabilities", 2));
}

static void iommufd_tells_of_every_kind(void **state)
{
	struct probe probe = {.path = CASE_CDEV,
			      .iommu = {.from_kernel = true,
					.hardware = {.max_pasid_log2 = 20,
						     .capabilities = IOMMUFD_CAN_TRACK_DIRTY |
								     IOMMUFD_CAN_PASID_PRIV |
								     IOMMUFD_CANNOT_ATS}}};
	static const struct {
		const char *name, *supported;
	} expected[] = {{"dirty-tracking", "yes"},
			{"pasid-execute", "no"},
			{"pasid-privileged", "yes"},
			{"ats", "no"}};

	(void)state;
	expect_text(&probe, "pasid_bits", "20");
	expect_text(&probe, "iommu_type", "none");
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		const void *item = item_of(&probe, "iommu_capabilities", i);

		assert_string_equal(text_of(&probe_trait_record, item, "name"), expected[i].name);
		assert_string_equal(text_of(&probe_trait_record, item, "supported"),
				    expected[i].supported);
	}
	/* Without PASIDs these say nothing, and silence about ATS is no promise of it. */
	probe.iommu.hardware.max_pasid_log2 = 0;
	probe.iommu.hardware.capabilities = 0;
	assert_non_null(item_of(&probe, "iommu_capabilities", 0));
	assert_null(item_of(&probe, "iommu_capabilities", 1));
}

static void areas_of_all_regions_are_one_list(void **state)
{
	static const struct vfio_area first[] = {{0, 4096}, {8192, 4096}}, second[] = {{16, 32}};
	const struct vfio_region_description regions[] = {
		{.index = 0, .areas = first, .n_areas = 2},
		{.index = 1},
		{.index = 4, .areas = second, .n_areas = 1},
	};
	struct probe probe = {.regions = regions, .n_regions = ARRAY_SIZE(regions)};
	static const char *const expected[] = {"0", "0", "4"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++)
		assert_string_equal(
			text_of(&probe_area_record, item_of(&probe, "region_areas", i), "region"),
			expected[i]);
	assert_string_equal(
		text_of(&probe_area_record, item_of(&probe, "region_areas", 2), "offset"), "0x10");
	assert_null(item_of(&probe, "region_areas", 3));
}

static void the_last_address_of_all_is_an_address(void **state)
{
	static const struct iova_range all = {0, UINT64_MAX};
	struct probe probe = {.space = {.ranges = &all, .n_ranges = 1}};

	(void)state;
	assert_string_equal(text_of(&probe_range_record, item_of(&probe, "iova_ranges", 0), "last"),
			    "0xffffffffffffffff");
}

static void no_limit_and_a_limit_of_nothing_differ(void **state)
{
	struct probe probe = {.memory = {.soft = -1, .hard = -1}};

	(void)state;
	expect_text(&probe, "memlock_limited", "no");
	expect_text(&probe, "memlock_soft", "-");
	probe.memory.soft = 0;
	expect_text(&probe, "memlock_limited", "yes");
	expect_text(&probe, "memlock_soft", "0 B");
}

static void failures_beyond_the_room_are_dropped(void **state)
{
	struct probe probe = {.n_failures = 0};
	struct probe_run run = {.probe = &probe};

	(void)state;
	for (int i = 0; i < 100; i++)
		probe_fail(&run, "a feature", -EIO);
	assert_int_equal(probe.n_failures, ARRAY_SIZE(probe.failures));
	assert_string_equal(
		text_of(&probe_failure_record, item_of(&probe, "unanswered", 0), "errno"), "EIO");
}

/* In a captured tree no node is opened, which must be told as a failure to open. */
static void a_device_that_cannot_be_opened_is_an_error(void **state)
{
	const struct device dev = {.address = "0000:03:00.0",
				   .syspath = "/sys/devices/pci0000:00/0000:03:00.0",
				   .modes = MODE_GROUP};
	const struct case_host host = {.container = {.provider = KERNEL_CONTAINER_LEGACY}};
	scoped_arena struct arena *arena = arena_new(1 << 16);
	const struct probe *probe = NULL;
	struct error err = {.code = NULL};

	(void)state;
	tree_link("/sys/devices/pci0000:00/0000:03:00.0/iommu_group",
		  "../../../kernel/iommu_groups/7");
	tree_dir("/sys/class");
	tree_dir("/sys/class/vfio");
	tree_dir("/sys/class/vfio/7");
	assert_int_equal(probe_device(&probe, arena, &host, &dev, 10000, &err), -1);
	assert_null(probe);
	assert_int_equal(err.status, STATUS_FAILED);
	assert_string_equal(err.code, "cannot-open");
	assert_string_equal(err.device, "0000:03:00.0");
	assert_non_null(strstr(err.message, "cannot open it"));
	assert_non_null(strstr(err.message, "EXDEV"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_has_no_name_is_told_by_number),
		cmocka_unit_test(what_was_not_learnt_is_no_answer),
		cmocka_unit_test(sysfs_tells_registers_alone),
		cmocka_unit_test(iommufd_tells_of_every_kind),
		cmocka_unit_test(areas_of_all_regions_are_one_list),
		cmocka_unit_test(the_last_address_of_all_is_an_address),
		cmocka_unit_test(no_limit_and_a_limit_of_nothing_differ),
		cmocka_unit_test(failures_beyond_the_room_are_dropped),
		tree_test(a_device_that_cannot_be_opened_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
