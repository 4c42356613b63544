/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/render.h"
#include "tests/unit/tree.h"

static void expect(const char *text, size_t max, const char *clean)
{
	scoped_free char *out = scrub(text, max);

	assert_non_null(out);
	assert_string_equal(out, clean);
}

static void test_plain_text_stays(void **state)
{
	(void)state;
	expect("", 10, "");
	expect("Ethernet Controller X710 (rev 02)", 100, "Ethernet Controller X710 (rev 02)");
	expect("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", 100,
	       "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80");
}

static void test_control_bytes(void **state)
{
	(void)state;
	expect("\x1b[2Jx", 100, "?[2Jx");
	expect("a\tb\nc\rd\x7f", 100, "a?b?c?d?");
	expect("\x01", 100, "?");
	expect("\xc2\x9b"
	       "31m",
	       100, "?31m"); /* C1: the one-byte CSI as UTF-8 */
}

static void test_marks_that_turn_text(void **state)
{
	(void)state;
	expect("a\xe2\x80\xae"
	       "b",
	       100, "a?b");                          /* U+202E */
	expect("\xe2\x81\xa6", 100, "?");            /* U+2066 */
	expect("\xe2\x80\x8b", 100, "?");            /* U+200B */
	expect("\xef\xbb\xbf", 100, "?");            /* U+FEFF */
	expect("\xf3\xa0\x80\xa1", 100, "?");        /* U+E0021 */
	expect("\xe2\x80\xa8 \xd8\x9c", 100, "? ?"); /* U+2028, U+061C */
}

static void test_invalid_utf8(void **state)
{
	(void)state;
	expect("\xff\xfe", 100, "??");
	expect("a\xc3", 100, "a?");
	expect("\xc3(", 100, "?(");
	expect("\xe2\x82", 100, "??");
	expect("\x9b", 100, "?");                 /* C1 as a bare byte */
	expect("\xc0\xaf", 100, "??");            /* overlong */
	expect("\xed\xa0\x80", 100, "???");       /* a surrogate */
	expect("\xff\xc3\xa9", 100, "?\xc3\xa9"); /* what follows is fine again */
}

static void test_long_text_is_cut(void **state)
{
	(void)state;
	expect("abcdef", 6, "abcdef");
	expect("abcdefg", 6, "abcdef...");
	expect("abcde\xc3\xa9", 6, "abcde?..."); /* never half a character */
}

static void test_every_byte_and_pair(void **state)
{
	(void)state;
	for (unsigned int a = 1; a < 256; a++)
		for (unsigned int b = 0; b < 256; b++) {
			char text[] = {(char)a, (char)b, 0};
			scoped_free char *out = scrub(text, 10);

			for (const unsigned char *c = (unsigned char *)out; *c; c++) {
				assert_true(*c >= 0x20 && *c != 0x7f);
				/* What is left of C1 are continuation bytes behind a lead byte. */
				if (*c >= 0x80 && *c < 0xa0)
					assert_true(c > (unsigned char *)out && c[-1] >= 0xc3);
			}
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain_text_stays),
		cmocka_unit_test(test_control_bytes),
		cmocka_unit_test(test_marks_that_turn_text),
		cmocka_unit_test(test_invalid_utf8),
		cmocka_unit_test(test_long_text_is_cut),
		cmocka_unit_test(test_every_byte_and_pair),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
