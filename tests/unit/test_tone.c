/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Colour in what only a machine with devices to change prints: verdicts.
 */
#include "change/recover.h"
#include "cli/commands.h"
#include "cli/reset_output.h"
#include "cli/test_record.h"
#include "tests/unit/field.h"
#include "tests/unit/tree.h"

static enum tone tone_of(const struct record_type *type, const char *key, const void *record)
{
	const struct field *field = field_find(type, key);

	assert_non_null(field);
	return field->tone ? field->tone(record) : TONE_PLAIN;
}

static void test_change(void **state)
{
	const struct record_type *type = cmd_bind.columns;
	struct device before = {.address = "0000:01:00.0", .driver = "e1000e"};
	struct device after = {.is_vfio = true, .driver = "vfio-pci", .iommu = IOMMU_PHYSICAL};
	struct change_result result = {.before = &before, .after = &after};

	(void)state;
	assert_int_equal(tone_of(type, "address", &result), TONE_PLAIN);
	assert_int_equal(tone_of(type, "driver", &result), TONE_GOOD);
	assert_int_equal(tone_of(cmd_sriov.columns, "driver", &result), TONE_GOOD);
	after.iommu = IOMMU_NONE;
	assert_int_equal(tone_of(type, "driver", &result), TONE_TROUBLE);
	result.after = &before;
	assert_int_equal(tone_of(type, "driver", &result), TONE_PLAIN);
	result.error.code = "not-bound";
	assert_int_equal(tone_of(type, "address", &result), TONE_TROUBLE);
}

static void test_reset(void **state)
{
	const struct record_type *type = cmd_reset.columns;
	struct reset_result result = {.done = true, .restored = 1};

	(void)state;
	assert_int_equal(tone_of(type, "reset", &result), TONE_GOOD);
	assert_int_equal(tone_of(type, "restored", &result), TONE_GOOD);
	result.restored = 0;
	assert_int_equal(tone_of(type, "restored", &result), TONE_TROUBLE);
	result.done = false;
	result.restored = -1;
	assert_int_equal(tone_of(type, "reset", &result), TONE_TROUBLE);
	assert_int_equal(tone_of(type, "restored", &result), TONE_PLAIN);
}

static void test_recovery(void **state)
{
	static const enum tone wanted[] = {
		[RECOVERY_DONE] = TONE_GOOD,        [RECOVERY_PLANNED] = TONE_PLAIN,
		[RECOVERY_WAITS] = TONE_WARNING,    [RECOVERY_GONE] = TONE_WARNING,
		[RECOVERY_REPLACED] = TONE_WARNING, [RECOVERY_FAILED] = TONE_TROUBLE,
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		struct recovery_item item = {.state = (enum recovery_state)i};

		assert_int_equal(tone_of(cmd_recover.columns, "state", &item), wanted[i]);
	}
}

/* What test_print_text() prints of a passed, a failed and a skipped case. The caller frees it. */
static char *printed(const char *color, size_t count)
{
	static const struct test_case test = {.id = "X01", .title = "It works"};
	struct case_result results[] = {
		{.test = &test, .path = CASE_HOST, .outcome = {.status = CASE_PASS}},
		{.test = &test, .path = CASE_HOST, .outcome = {.status = CASE_SKIP}},
		{.test = &test, .path = CASE_HOST, .outcome = {.status = CASE_FAIL}},
	};
	struct test_report report = {.results = {.list = results, .count = count},
				     .counts = {[CASE_PASS] = 1, [CASE_FAIL] = count == 3}};
	struct options opts = {.color = color};
	FILE *terminal = stdout;
	struct error err;
	char *text = NULL;
	size_t size;
	int r;

	stdout = open_memstream(&text, &size);
	r = test_print_text(&opts, &report, &err);
	fclose(stdout);
	stdout = terminal;
	assert_int_equal(r, 0);
	return text;
}

static void test_results(void **state)
{
	scoped_free char *bad = printed("always", 3), *good = printed("always", 2),
			 *plain = printed("never", 3);

	(void)state;
	assert_non_null(strstr(bad, "\033[32mpass"));
	assert_non_null(strstr(bad, "\033[31mfail"));
	assert_non_null(strstr(bad, "\033[2mskip"));
	assert_non_null(strstr(bad, "1 passed, \033[31m1 failed\033[0m, 0 skipped\n"));
	assert_non_null(strstr(good, "1 passed, 0 failed, 0 skipped\n"));
	assert_null(strchr(plain, '\033'));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_change),
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_recovery),
		cmocka_unit_test(test_results),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
