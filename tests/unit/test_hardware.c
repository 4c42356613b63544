/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Registers of an IOMMU, decoded.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kernel/hardware.h"

static struct hardware_trait traits[HARDWARE_TRAITS];
static size_t n_traits;

static void decode(const struct iommufd_hardware *hardware)
{
	n_traits = hardware_traits(hardware, traits);
}

/* The trait of that name; the test fails without it. */
static const struct hardware_trait *trait(const char *name)
{
	for (size_t i = 0; i < n_traits; i++)
		if (streq(traits[i].name, name))
			return &traits[i];
	fail_msg("there is no %s", name);
	return NULL;
}

static bool has(const char *name)
{
	for (size_t i = 0; i < n_traits; i++)
		if (streq(traits[i].name, name))
			return true;
	return false;
}

static void intel_by_its_two_registers(void **state)
{
	/* As QEMU's, and what a server of today has: nesting, PASIDs of 20 bits, dirty tracking. */
	const uint64_t qemu = 0xf00f4e, server = qemu | 1ULL << 26 | 1ULL << 40 | 19ULL << 35 |
						 1ULL << 43 | 1ULL << 45 | 1ULL << 29 | 1ULL << 7;
	struct hardware_register registers[HARDWARE_REGISTERS];
	struct iommufd_hardware hardware;

	(void)state;
	hardware_from_registers(&hardware, IOMMUFD_INTEL_VTD, 0xd2008c222f0686, qemu);
	assert_int_equal(hardware_registers(&hardware, registers), 2);
	assert_string_equal(registers[0].name, "cap");
	assert_true(registers[0].value == 0xd2008c222f0686);
	assert_string_equal(registers[1].name, "ecap");
	decode(&hardware);
	assert_int_equal(trait("interrupt-remapping")->value, 1);
	assert_int_equal(trait("nesting")->value, 0);
	assert_int_equal(trait("snoop-control")->value, 0);
	assert_int_equal(trait("address-bits")->value, 48);
	assert_true(trait("address-bits")->is_number);
	assert_false(has("pasid-bits")); /* it has none */

	hardware_from_registers(&hardware, IOMMUFD_INTEL_VTD, 0xd2008c222f0686, server);
	decode(&hardware);
	assert_int_equal(trait("nesting")->value, 1);
	assert_int_equal(trait("scalable-mode")->value, 1);
	assert_int_equal(trait("second-stage-dirty")->value, 1);
	assert_int_equal(trait("page-request")->value, 1);
	assert_int_equal(trait("snoop-control")->value, 1);
	assert_int_equal(trait("pasid")->value, 1);
	assert_int_equal(trait("pasid-bits")->value, 20);
}

static void amd_by_its_two_registers(void **state)
{
	struct iommufd_hardware hardware;

	(void)state;
	hardware_from_registers(&hardware, IOMMUFD_AMD, 1 << 4 | 1 << 1 | 15ULL << 32, 0);
	decode(&hardware);
	assert_int_equal(trait("guest-translation")->value, 1);
	assert_int_equal(trait("page-request")->value, 1);
	assert_int_equal(trait("enhanced-page-request")->value, 0);
	assert_int_equal(trait("pasid-bits")->value, 16);
}

static void arm_by_registers_of_four_bytes(void **state)
{
	struct iommufd_hardware hardware = {.type = IOMMUFD_ARM_SMMUV3, .length = 40};
	struct hardware_register registers[HARDWARE_REGISTERS];
	const uint32_t words[10] = {1, 0, 2 << 2 | 1 << 19, 20 << 6 | 32, 0, 1 << 10, 0, 1 << 4,
				    7, 8};

	(void)state;
	memcpy(hardware.data, words, sizeof(words));
	assert_int_equal(hardware_registers(&hardware, registers), 9);
	assert_string_equal(registers[7].name, "aidr");
	assert_int_equal(registers[7].value, 8);
	decode(&hardware);
	assert_int_equal(trait("table-formats")->value, 2);
	assert_int_equal(trait("2-level-context-tables")->value, 1);
	assert_int_equal(trait("stream-id-bits")->value, 32);
	assert_int_equal(trait("pasid-bits")->value, 20);
	assert_int_equal(trait("range-invalidation")->value, 1);
	assert_int_equal(trait("4K-pages")->value, 1);
	assert_int_equal(trait("64K-pages")->value, 0);
	assert_int_equal(trait("repeat-invalidation-erratum")->value, 1);
}

static void registers_of_one_byte(void **state)
{
	struct iommufd_hardware hardware = {
		.type = IOMMUFD_TEGRA241, .length = 8, .data = {0, 0, 0, 0, 1, 7, 9}};

	(void)state;
	decode(&hardware);
	assert_int_equal(trait("command-queues-log2")->value, 7);
	assert_int_equal(trait("stream-id-replacements-log2")->value, 9);
}

static void what_the_kernel_did_not_tell_is_left_out(void **state)
{
	struct hardware_register registers[HARDWARE_REGISTERS];
	struct iommufd_hardware hardware;

	(void)state;
	hardware_from_registers(&hardware, IOMMUFD_INTEL_VTD, UINT64_MAX, UINT64_MAX);
	hardware.length = 23;
	assert_int_equal(hardware_registers(&hardware, registers), 1);
	decode(&hardware);
	assert_true(has("address-bits"));
	assert_false(has("nesting"));
	hardware.length = 0;
	assert_int_equal(hardware_registers(&hardware, registers), 0);
	decode(&hardware);
	assert_int_equal(n_traits, 0);
}

static void a_length_beyond_our_room_is_no_reason_to_read_there(void **state)
{
	struct hardware_register registers[HARDWARE_REGISTERS];
	struct iommufd_hardware hardware = {.type = IOMMUFD_AMD, .length = UINT32_MAX};

	(void)state;
	assert_int_equal(hardware_registers(&hardware, registers), 2);
}

static void there_is_room_for_every_kind(void **state)
{
	(void)state;
	for (uint32_t type = 0; type <= IOMMUFD_AMD; type++) {
		struct iommufd_hardware hardware = {.type = type, .length = sizeof(hardware.data)};
		struct hardware_register registers[HARDWARE_REGISTERS];

		/* All bits set: everything that can be told is told. */
		memset(hardware.data, 0xff, sizeof(hardware.data));
		assert_non_null(hardware_kind_name(type));
		assert_true(hardware_registers(&hardware, registers) < HARDWARE_REGISTERS);
		decode(&hardware);
		assert_true(n_traits < HARDWARE_TRAITS);
		for (size_t i = 0; i < n_traits; i++)
			assert_true(traits[i].is_number || traits[i].value == 1);
	}
}

static void a_kind_that_is_not_known_has_no_name(void **state)
{
	struct hardware_register registers[HARDWARE_REGISTERS];
	struct iommufd_hardware hardware = {.type = 99, .length = 64};

	(void)state;
	assert_null(hardware_kind_name(99));
	assert_string_equal(hardware_kind_name(IOMMUFD_NO_HW), "none");
	assert_int_equal(hardware_registers(&hardware, registers), 0);
	decode(&hardware);
	assert_int_equal(n_traits, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(intel_by_its_two_registers),
		cmocka_unit_test(amd_by_its_two_registers),
		cmocka_unit_test(arm_by_registers_of_four_bytes),
		cmocka_unit_test(registers_of_one_byte),
		cmocka_unit_test(what_the_kernel_did_not_tell_is_left_out),
		cmocka_unit_test(a_length_beyond_our_room_is_no_reason_to_read_there),
		cmocka_unit_test(there_is_room_for_every_kind),
		cmocka_unit_test(a_kind_that_is_not_known_has_no_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
