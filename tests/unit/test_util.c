/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>

#include "tests/unit/tree.h"

static void test_base_name(void **state)
{
	(void)state;
	assert_string_equal(base_name("/sys/bus/pci"), "pci");
	assert_string_equal(base_name("pci"), "pci");
	assert_string_equal(base_name("/sys/"), "");
}

static void test_append_cuts_with_a_mark(void **state)
{
	char buf[8] = "";

	(void)state;
	assert_true(append(buf, sizeof(buf), "%s", "abc"));
	assert_true(append(buf, sizeof(buf), "%d", 4567));
	assert_string_equal(buf, "abc4567");
	assert_false(append(buf, sizeof(buf), "x"));
	assert_string_equal(buf, "abc4...");
	assert_false(append(buf, sizeof(buf), "x"));
	assert_string_equal(buf, "abc4...");
}

static void test_parse_number(void **state)
{
	static const char *const bad[] = {"", " 1", "1 ", "+1", "-1", "1x", "x", "g", "f"};
	uint64_t n = 7;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(parse_number(bad[i], 10, UINT64_MAX, &n), -EINVAL);
	assert_int_equal(parse_number("256", 10, 255, &n), -ERANGE);
	assert_int_equal(parse_number("99999999999999999999", 10, UINT64_MAX, &n), -ERANGE);
	assert_int_equal(n, 7); /* untouched so far */
	assert_int_equal(parse_number("255", 10, 255, &n), 0);
	assert_int_equal(n, 255);
	assert_int_equal(parse_number("8086", 16, 0xffff, &n), 0);
	assert_int_equal(n, 0x8086);
	assert_int_equal(parse_number("FfFf", 16, 0xffff, &n), 0);
	assert_int_equal(n, 0xffff);
}

static void test_streq_null(void **state)
{
	char abc[] = "abc";

	(void)state;
	assert_true(streq_null(NULL, NULL));
	assert_true(streq_null("abc", abc));
	assert_false(streq_null(NULL, ""));
	assert_false(streq_null("", NULL));
}

static void test_startswith(void **state)
{
	(void)state;
	assert_string_equal(startswith("vfio-pci", "vfio-"), "pci");
	assert_null(startswith("vfi", "vfio"));
	assert_string_equal(startswith("x", ""), "x");
}

static void test_taken_things_are_not_released(void **state)
{
	char *taken_pointer;
	int taken;

	(void)state;
	{
		scoped_free char *text = strdup("kept");
		scoped_fd int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

		taken_pointer = take_ptr(text);
		taken = take_fd(&fd);
		assert_null(text);
		assert_int_equal(fd, -1);
	}
	assert_string_equal(taken_pointer, "kept");
	assert_true(fcntl(taken, F_GETFD) >= 0);
	free(taken_pointer);
	close(taken);
}

static void test_scope_closes_and_keeps_errno(void **state)
{
	int number;

	(void)state;
	errno = EBUSY;
	{
		scoped_fd int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
		scoped_fd int none = -1;

		number = fd;
		errno = EBUSY;
		(void)none;
	}
	assert_int_equal(errno, EBUSY);
	assert_int_equal(fcntl(number, F_GETFD), -1);
}

static void test_errno_name(void **state)
{
	(void)state;
	assert_string_equal(errno_name(EBUSY), "EBUSY");
	assert_string_equal(errno_name(-ENODEV), "ENODEV");
	assert_string_equal(errno_name(99999), "E?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_base_name),
		cmocka_unit_test(test_append_cuts_with_a_mark),
		cmocka_unit_test(test_parse_number),
		cmocka_unit_test(test_streq_null),
		cmocka_unit_test(test_startswith),
		cmocka_unit_test(test_taken_things_are_not_released),
		cmocka_unit_test(test_scope_closes_and_keeps_errno),
		cmocka_unit_test(test_errno_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
