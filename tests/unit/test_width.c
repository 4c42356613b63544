/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <locale.h>

#include "cli/width.h"
#include "tests/unit/tree.h"

static void assert_wrapped(const char *text, size_t columns, const char *wanted)
{
	scoped_free char *lines = width_wrap(text, columns);

	assert_non_null(lines);
	assert_string_equal(lines, wanted);
}

static void test_measured(void **state)
{
	size_t width;

	(void)state;
	assert_int_equal(width_of(""), 0);
	assert_int_equal(width_of("vfio-pci"), 8);
	assert_int_equal(width_of("Gerät"), 5);
	assert_int_equal(width_of("設備"), 4);
	assert_int_equal(width_of("a\xff"), 5); /* \xff */
	assert_int_equal(width_bytes("設備", 3, &width), strlen("設"));
	assert_int_equal(width, 2);
}

static void test_broken_at_blanks(void **state)
{
	(void)state;
	assert_wrapped("", 10, "");
	assert_wrapped("one two", 10, "one two");
	assert_wrapped("one two three", 7, "one two\nthree");
	assert_wrapped("one two three", 8, "one two\nthree");
	assert_wrapped("one two three", 12, "one two\nthree");
	assert_wrapped("one   two", 5, "one\ntwo");
	assert_wrapped("ends ", 4, "ends");
}

static void test_long_words_are_broken(void **state)
{
	(void)state;
	assert_wrapped("/dev/vfio/16 ok", 5, "/dev/\nvfio/\n16 ok");
	assert_wrapped("a /dev/vfio", 6, "a\n/dev/v\nfio");
	assert_wrapped("設備", 3, "設\n備");
	/* Wider than there is room: a character a line, and an end. */
	assert_wrapped("設備", 1, "設\n備");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_measured),
		cmocka_unit_test(test_broken_at_blanks),
		cmocka_unit_test(test_long_words_are_broken),
	};

	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
