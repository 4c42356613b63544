/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "host/iommu.h"
#include "tests/unit/tree.h"

#define DEVICE  "/sys/devices/pci0000:00/0000:03:00.0"
#define REGIONS DEVICE "/iommu_group/reserved_regions"

static struct arena *arena;

static int setup(void **state)
{
	arena = arena_new(1 << 16);
	return arena ? tree_setup(state) : -1;
}

static int teardown(void **state)
{
	arena_free(arena);
	return tree_teardown(state);
}

static void reserved_regions_are_read(void **state)
{
	const struct iommu_reserved *list;

	(void)state;
	tree_file(REGIONS, "0x0000000008000000 0x00000000080fffff msi\n"
			   "0x0000000100000000 0xffffffffffffffff direct-relaxable\n");
	assert_int_equal(iommu_reserved_read(&list, arena, DEVICE), 2);
	assert_int_equal(list[0].first, 0x8000000);
	assert_int_equal(list[0].last, 0x80fffff);
	assert_string_equal(list[0].type, "msi");
	assert_true(list[1].last == UINT64_MAX);
	assert_string_equal(list[1].type, "direct-relaxable");
}

static void a_group_without_an_iommu_has_no_regions(void **state)
{
	const struct iommu_reserved *list;

	(void)state;
	assert_int_equal(iommu_reserved_read(&list, arena, DEVICE), -ENOENT);
	tree_file(REGIONS, "");
	assert_int_equal(iommu_reserved_read(&list, arena, DEVICE), 0);
}

static void other_text_is_refused(void **state)
{
	static const char *const texts[] = {"0x1 0x2\n",           "0x1 y msi\n",
					    "x 0x1 msi\n",         "-1 0x2 msi\n",
					    "0x1 0x2 msi\n\x7f\n", "0x11111111111111111 0x2 msi\n"};
	const struct iommu_reserved *list;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		tree_file(REGIONS, texts[i]);
		assert_int_equal(iommu_reserved_read(&list, arena, DEVICE), -EPROTO);
	}
}

static void many_short_lines_find_room(void **state)
{
	const struct iommu_reserved *list;
	char text[PATH_ATTR_MAX] = "";

	(void)state;
	while (append(text, sizeof(text) - 6, "1 2 x\n"))
		;
	*strrchr(text, '\n') = '\0';
	tree_file(REGIONS, text);
	assert_true(iommu_reserved_read(&list, arena, DEVICE) > 600);
}

static void intel_tells_cap_and_ecap(void **state)
{
	struct iommu_registers registers;

	(void)state;
	assert_int_equal(iommu_registers_read(&registers, DEVICE), -ENOENT);
	tree_file(DEVICE "/iommu/intel-iommu/cap", "d2008c222f0686\n");
	tree_file(DEVICE "/iommu/intel-iommu/ecap", "f00f4e\n");
	assert_int_equal(iommu_registers_read(&registers, DEVICE), 0);
	assert_int_equal(registers.make, IOMMU_INTEL);
	assert_true(registers.first == 0xd2008c222f0686);
	assert_int_equal(registers.second, 0xf00f4e);
	tree_file(DEVICE "/iommu/intel-iommu/ecap", "");
	assert_int_equal(iommu_registers_read(&registers, DEVICE), -EPROTO);
}

static void amd_tells_efr_and_newer_kernels_efr2(void **state)
{
	struct iommu_registers registers;

	(void)state;
	tree_file(DEVICE "/iommu/amd-iommu/features", "22294a5a:10\n");
	assert_int_equal(iommu_registers_read(&registers, DEVICE), 0);
	assert_int_equal(registers.make, IOMMU_AMD);
	assert_int_equal(registers.first, 0x22294a5a);
	assert_int_equal(registers.second, 0x10);
	tree_file(DEVICE "/iommu/amd-iommu/features", "22294a5a\n");
	assert_int_equal(iommu_registers_read(&registers, DEVICE), 0);
	assert_int_equal(registers.second, 0);
	tree_file(DEVICE "/iommu/amd-iommu/features", "22294a5a:\n");
	assert_int_equal(iommu_registers_read(&registers, DEVICE), -EPROTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(reserved_regions_are_read, setup, teardown),
		cmocka_unit_test_setup_teardown(a_group_without_an_iommu_has_no_regions, setup,
						teardown),
		cmocka_unit_test_setup_teardown(other_text_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(many_short_lines_find_room, setup, teardown),
		cmocka_unit_test_setup_teardown(intel_tells_cap_and_ecap, setup, teardown),
		cmocka_unit_test_setup_teardown(amd_tells_efr_and_newer_kernels_efr2, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
