/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "base/error.h"
#include "tests/unit/tree.h"

static void test_set_fills_all(void **state)
{
	struct error err = {.remedy = "old"};

	(void)state;
	assert_int_equal(error_set(&err, STATUS_REFUSED, -EBUSY, "in-use", "0000:03:00.0",
				   "pid %d has it", 812),
			 -1);
	assert_int_equal(err.status, STATUS_REFUSED);
	assert_int_equal(err.errnum, EBUSY);
	assert_string_equal(err.code, "in-use");
	assert_string_equal(err.device, "0000:03:00.0");
	assert_string_equal(err.message, "pid 812 has it");
	assert_string_equal(err.remedy, "");
	assert_int_equal(error_remedy(&err, "Stop %s.", "it"), -1);
	assert_string_equal(err.remedy, "Stop it.");
	assert_string_equal(err.message, "pid 812 has it");
}

static void test_nobody_wants_the_error(void **state)
{
	(void)state;
	assert_int_equal(error_set(NULL, STATUS_FAILED, 0, "x", NULL, "x"), -1);
	assert_int_equal(error_errno(NULL, EIO, "x", NULL, "x"), -1);
	assert_int_equal(error_remedy(NULL, "x"), -1);
}

static void test_no_device(void **state)
{
	struct error err;

	(void)state;
	error_set(&err, STATUS_USAGE, 0, "bad-option", NULL, "x");
	assert_string_equal(err.device, "");
}

static void test_errno_gives_text_and_status(void **state)
{
	struct error err;

	(void)state;
	error_errno(&err, -EBUSY, "bind", "d", "cannot bind");
	assert_int_equal(err.status, STATUS_FAILED);
	assert_int_equal(err.errnum, EBUSY);
	assert_string_equal(err.message, "cannot bind: Device or resource busy (EBUSY)");
	error_errno(&err, EACCES, "bind", "d", "cannot bind");
	assert_int_equal(err.status, STATUS_PERMISSION);
	error_errno(&err, -EPERM, "bind", "d", "cannot bind");
	assert_int_equal(err.status, STATUS_PERMISSION);
}

static void test_long_texts_are_cut(void **state)
{
	struct error err;
	char text[2000];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	error_errno(&err, EIO, "code", text, "%s", text);
	error_remedy(&err, "%s", text);
	assert_int_equal(strlen(err.device), sizeof(err.device) - 1);
	assert_int_equal(strlen(err.message), sizeof(err.message) - 1);
	assert_int_equal(strlen(err.remedy), sizeof(err.remedy) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set_fills_all),
		cmocka_unit_test(test_nobody_wants_the_error),
		cmocka_unit_test(test_no_device),
		cmocka_unit_test(test_errno_gives_text_and_status),
		cmocka_unit_test(test_long_texts_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
