/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading what a kernel says of a device and its regions, hostile answers included.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

#include "kernel/abi.h"
#include "kernel/vfio_info.h"

static struct arena *arena;

static int make_arena(void **state)
{
	(void)state;
	arena = arena_new(1 << 16);
	return arena ? 0 : -1;
}

static int free_arena(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

/* --- a region --------------------------------------------------------------------------- */

/* A region with all that is known, a capability that is not, and one that lies unaligned. */
struct region_answer {
	struct k_region_info info;
	struct k_cap unknown;
	uint32_t unknown_value;
	struct k_region_sparse sparse;
	struct k_region_area areas[2];
	struct k_region_type type;
	struct k_cap mappable;
} __attribute__((packed));

#define AT(member) offsetof(struct region_answer, member)

static struct region_answer good_region(void)
{
	return (struct region_answer){
		.info = {.argsz = sizeof(struct region_answer),
			 .flags = K_REGION_READ | K_REGION_MMAP | K_REGION_CAPS,
			 .index = 9,
			 .cap_offset = AT(unknown),
			 .size = 0x4000,
			 .offset = 9ULL << 40},
		.unknown = {.id = 77, .version = 3, .next = AT(sparse)},
		.sparse = {.cap = {.id = K_REGION_CAP_SPARSE, .version = 1, .next = AT(type)},
			   .count = 2},
		.areas = {{0, 0x1000}, {0x3000, 0x1000}},
		.type = {.cap = {.id = K_REGION_CAP_TYPE, .version = 1, .next = AT(mappable)},
			 .type = 1U << 31 | 0x8086,
			 .subtype = 1},
		.mappable = {.id = K_REGION_CAP_MSIX_MAPPABLE, .version = 1},
	};
}

static int parse_region(struct region_answer *answer, size_t size,
			struct vfio_region_description *ret)
{
	const struct vfio_answer all = {.data = answer, .size = size};

	return vfio_parse_region(&all, arena, ret);
}

static void a_region_is_read(void **state)
{
	struct region_answer answer = good_region();
	const struct vfio_description pci = {.flags = K_DEVICE_FLAG_PCI};
	struct vfio_region_description region;

	(void)state;
	assert_int_equal(parse_region(&answer, sizeof(answer), &region), 0);
	assert_int_equal(region.index, 9);
	assert_int_equal(region.flags, K_REGION_READ | K_REGION_MMAP);
	assert_int_equal(region.size, 0x4000);
	assert_true(region.offset == 9ULL << 40);
	assert_int_equal(region.capabilities.count, 4);
	assert_int_equal(region.capabilities.list[0].id, 77);
	assert_int_equal(region.capabilities.list[0].version, 3);
	assert_null(region.capabilities.list[0].name);
	assert_string_equal(region.capabilities.list[1].name, "sparse-mmap");
	assert_string_equal(region.capabilities.list[3].name, "msix-mappable");
	assert_int_equal(region.n_areas, 2);
	assert_int_equal(region.areas[1].offset, 0x3000);
	assert_int_equal(region.areas[1].size, 0x1000);
	assert_true(region.has_type);
	assert_int_equal(region.subtype, 1);
	assert_string_equal(vfio_region_name(&pci, &region), "igd-opregion");
	region.subtype = 99;
	assert_null(vfio_region_name(&pci, &region));
}

static void a_plain_region_is_read(void **state)
{
	struct region_answer answer = good_region();
	const struct vfio_description pci = {.flags = K_DEVICE_FLAG_PCI}, other = {.flags = 0};
	struct vfio_region_description region;

	(void)state;
	/* Without the flag there are no capabilities, whatever the offset says. */
	answer.info.flags = K_REGION_READ | K_REGION_WRITE;
	answer.info.index = 7;
	assert_int_equal(parse_region(&answer, sizeof(answer.info), &region), 0);
	assert_int_equal(region.capabilities.count, 0);
	assert_int_equal(region.n_areas, 0);
	assert_false(region.has_type);
	assert_string_equal(vfio_region_name(&pci, &region), "config");
	assert_null(vfio_region_name(&other, &region));
}

static void every_cut_answer_is_refused_or_read_as_far_as_it_goes(void **state)
{
	struct region_answer answer = good_region();
	struct vfio_region_description region;

	(void)state;
	for (size_t size = 0; size < sizeof(answer); size++) {
		/* On the heap, so that the sanitizer sees a read behind the end. */
		struct region_answer *cut = malloc(size ? size : 1);
		const struct vfio_answer all = {.data = cut, .size = size};
		int r;

		assert_non_null(cut);
		memcpy(cut, &answer, size);
		r = vfio_parse_region(&all, arena, &region);
		if (size < sizeof(answer.info))
			assert_int_equal(r, -EPROTO);
		else if (r == 0)
			assert_true(region.capabilities.count < 4);
		else
			assert_int_equal(r, -EPROTO);
		free(cut);
	}
}

static void lies_about_areas_are_refused(void **state)
{
	static const uint32_t lies[] = {6, 1U << 28, UINT32_MAX};
	struct region_answer answer;
	struct vfio_region_description region = {.index = 17};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
		answer = good_region();
		answer.sparse.count = lies[i];
		assert_int_equal(parse_region(&answer, sizeof(answer), &region), -EPROTO);
	}
	assert_int_equal(region.index, 17);
	answer.sparse.count = 0;
	assert_int_equal(parse_region(&answer, sizeof(answer), &region), 0);
	assert_int_equal(region.n_areas, 0);
}

static void offsets_that_lead_nowhere_end_the_chain(void **state)
{
	static const uint32_t nowhere[] = {sizeof(struct region_answer) - 7,
					   sizeof(struct region_answer), UINT32_MAX - 3,
					   UINT32_MAX};
	struct region_answer answer;
	struct vfio_region_description region;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(nowhere); i++) {
		answer = good_region();
		answer.unknown.next = nowhere[i];
		assert_int_equal(parse_region(&answer, sizeof(answer), &region), 0);
		assert_int_equal(region.capabilities.count, 1);
		answer.info.cap_offset = nowhere[i];
		assert_int_equal(parse_region(&answer, sizeof(answer), &region), 0);
		assert_int_equal(region.capabilities.count, 0);
	}
}

static void a_circle_ends(void **state)
{
	struct region_answer answer = good_region();
	struct vfio_region_description region;

	(void)state;
	answer.mappable.next = AT(unknown);
	assert_int_equal(parse_region(&answer, sizeof(answer), &region), 0);
	assert_int_equal(region.capabilities.count, sizeof(answer) / sizeof(struct k_cap));
	answer.unknown.next = AT(unknown);
	assert_int_equal(parse_region(&answer, sizeof(answer), &region), 0);
	assert_false(region.has_type);
}

static void a_full_arena_is_told(void **state)
{
	struct region_answer answer = good_region();
	struct vfio_region_description region = {.index = 17};

	(void)state;
	while (arena_alloc(arena, 16))
		;
	assert_int_equal(parse_region(&answer, sizeof(answer), &region), -ENOMEM);
	assert_int_equal(region.index, 17);
}

/* --- the device ------------------------------------------------------------------------- */

struct device_answer {
	struct k_device_info info;
	struct k_cap zpci;
	uint32_t zpci_value;
	struct k_device_atomic atomic;
} __attribute__((packed));

static struct device_answer good_device(void)
{
	return (struct device_answer){
		.info = {.argsz = sizeof(struct device_answer),
			 .flags = 1 << 0 | K_DEVICE_FLAG_PCI | K_DEVICE_FLAG_CAPS | 1 << 30,
			 .regions = 9,
			 .irqs = 5,
			 .cap_offset = offsetof(struct device_answer, zpci)},
		.zpci = {.id = 1, .version = 2, .next = offsetof(struct device_answer, atomic)},
		.atomic = {.cap = {.id = K_DEVICE_CAP_ATOMIC, .version = 1}, .widths = 3},
	};
}

static int parse_device(struct device_answer *answer, size_t size, struct vfio_description *ret)
{
	const struct vfio_answer all = {.data = answer, .size = size};

	return vfio_parse_device(&all, arena, ret);
}

static void a_device_is_read(void **state)
{
	struct device_answer answer = good_device();
	struct vfio_description device;

	(void)state;
	assert_int_equal(parse_device(&answer, sizeof(answer), &device), 0);
	/* A flag that is not known here stays. */
	assert_int_equal(device.flags, 1 << 0 | K_DEVICE_FLAG_PCI | 1 << 30);
	assert_int_equal(device.n_regions, 9);
	assert_int_equal(device.n_irqs, 5);
	assert_int_equal(device.capabilities.count, 2);
	assert_string_equal(device.capabilities.list[0].name, "zpci-base");
	assert_string_equal(device.capabilities.list[1].name, "pci-atomic-completion");
	assert_int_equal(device.atomic_widths, 3);
}

static void a_cut_device_is_refused(void **state)
{
	struct device_answer answer = good_device();
	struct vfio_description device = {.n_irqs = 17};

	(void)state;
	assert_int_equal(parse_device(&answer, sizeof(answer.info) - 1, &device), -EPROTO);
	assert_int_equal(parse_device(&answer, sizeof(answer) - 1, &device), -EPROTO);
	assert_int_equal(device.n_irqs, 17);
}

/* --- names and questions ---------------------------------------------------------------- */

static void interrupts_have_names_by_bus(void **state)
{
	const struct vfio_description pci = {.flags = K_DEVICE_FLAG_PCI};
	const struct vfio_description ccw = {.flags = K_DEVICE_FLAG_CCW};
	const struct vfio_description platform = {.flags = 1 << 2};

	(void)state;
	assert_string_equal(vfio_irq_name(&pci, 2), "msix");
	assert_null(vfio_irq_name(&pci, 5));
	assert_string_equal(vfio_irq_name(&ccw, 0), "io");
	assert_null(vfio_irq_name(&platform, 0));
}

static void what_is_no_device_has_no_answer(void **state)
{
	struct vfio_region_description region;
	struct vfio_irq_description irq;
	struct vfio_description device;
	struct vfio_feature feature;

	(void)state;
	assert_int_equal(vfio_describe(-1, arena, &device), -EBADF);
	assert_int_equal(vfio_describe_region(-1, 0, arena, &region), -EBADF);
	assert_int_equal(vfio_describe_irq(-1, 0, &irq), -EBADF);
	assert_int_equal(vfio_feature_probe(-1, 1, &feature), -EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_region_is_read, make_arena, free_arena),
		cmocka_unit_test_setup_teardown(a_plain_region_is_read, make_arena, free_arena),
		cmocka_unit_test_setup_teardown(
			every_cut_answer_is_refused_or_read_as_far_as_it_goes, make_arena,
			free_arena),
		cmocka_unit_test_setup_teardown(lies_about_areas_are_refused, make_arena,
						free_arena),
		cmocka_unit_test_setup_teardown(offsets_that_lead_nowhere_end_the_chain, make_arena,
						free_arena),
		cmocka_unit_test_setup_teardown(a_circle_ends, make_arena, free_arena),
		cmocka_unit_test_setup_teardown(a_full_arena_is_told, make_arena, free_arena),
		cmocka_unit_test_setup_teardown(a_device_is_read, make_arena, free_arena),
		cmocka_unit_test_setup_teardown(a_cut_device_is_refused, make_arena, free_arena),
		cmocka_unit_test(interrupts_have_names_by_bus),
		cmocka_unit_test_setup_teardown(what_is_no_device_has_no_answer, make_arena,
						free_arena),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
