/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "host/address.h"
#include "tests/unit/tree.h"

static void test_parse_and_format(void **state)
{
	static const struct {
		const char *text, *formatted;
	} cases[] = {
		{"0000:03:00.0", "0000:03:00.0"},   {"03:00.0", "0000:03:00.0"},
		{"0000:FE:1F.7", "0000:fe:1f.7"},   {"1:02:03.4", "0001:02:03.4"},
		{"10000:e1:00.0", "10000:e1:00.0"}, {"ffffffff:ff:1f.7", "ffffffff:ff:1f.7"},
		{"3:0.0", "0000:03:00.0"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pci_address address;
		char text[PCI_ADDRESS_SIZE];

		assert_int_equal(pci_address_parse(&address, cases[i].text), 0);
		pci_address_format(text, &address);
		assert_string_equal(text, cases[i].formatted);
	}
}

static void test_malformed(void **state)
{
	static const char *const bad[] = {
		"",
		"03",
		"03:00",
		"03:00.",
		"03:00.8",
		"03:20.0",
		"100:00.0",
		"0000:03:00.00",
		"0000:03:00.0 ",
		" 0000:03:00.0",
		"0000:03:0",
		"0000:03.0.0",
		"0000:03:00:0",
		"x:03:00.0",
		"0000:03:00.0:",
		":03:00.0",
		"0000::00.0",
		"123456789:03:00.0",
		"0000:03:00.-1",
		"0x00:03:00.0",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct pci_address address = {.bus = 7};

		assert_int_equal(pci_address_parse(&address, bad[i]), -EINVAL);
		assert_int_equal(address.bus, 7);
	}
}

static void test_order(void **state)
{
	static const char *const sorted[] = {
		"0000:00:01.0",
		"0000:00:01.1",
		"0000:00:02.0",
		"0000:09:00.0",
		"0000:0a:00.0",
		"0001:00:00.0",
		"10000:00:00.0",
		"83b8f4f2-509f-382f-3c1e-e6bfe0fa1001",
		"zz",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sorted); i++)
		for (size_t k = 0; k < ARRAY_SIZE(sorted); k++) {
			int order = device_name_compare(sorted[i], sorted[k]);

			assert_true(i < k ? order < 0 : i > k ? order > 0 : order == 0);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse_and_format),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
