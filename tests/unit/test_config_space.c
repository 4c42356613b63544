/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/config_space.h"

#include <errno.h>

#include "tests/unit/tree.h"

#define FUNCTION "/sys/devices/pci0000:00/0000:00:01.0"

static void put(struct config_space *space, size_t offset, size_t width, uint32_t value)
{
	for (size_t i = 0; i < width; i++)
		space->bytes[offset + i] = (uint8_t)(value >> 8 * i);
}

/* 8086:10d3 with PCI Express at 0x40, MSI at 0x90, MSI-X at 0xa0, ATS at 0x100. */
static struct config_space endpoint(void)
{
	struct config_space space = {.size = CONFIG_SPACE_SIZE};

	put(&space, 0x00, 4, 0x10d38086);
	put(&space, 0x04, 4, 0x00100006);
	put(&space, 0x10, 4, 0xfe000000);
	put(&space, 0x34, 1, 0x40);
	put(&space, 0x3c, 1, 0x0b);
	put(&space, 0x40, 4, 0x00029010); /* version 2, endpoint, next 0x90 */
	put(&space, 0x48, 2, 0x2810);
	put(&space, 0x50, 2, 0x0040);
	put(&space, 0x68, 2, 0x0009);
	put(&space, 0x90, 4, 0x0080a005);
	put(&space, 0xa0, 4, 0x00040011);
	put(&space, 0x100, 4, 0x0001000f);
	put(&space, 0x106, 2, 0x8000);
	return space;
}

/* What is told when some bits of one word flip. */
static const char *flipped(size_t offset, size_t width, uint32_t bits)
{
	static char text[256];
	struct config_space before = endpoint(), after = before;
	uint32_t value = 0;
	size_t count;

	for (size_t i = 0; i < width; i++)
		value |= (uint32_t)before.bytes[offset + i] << 8 * i;
	put(&after, offset, width, value ^ bits);
	*text = '\0';
	count = config_space_compare(text, sizeof(text), &before, &after);
	assert_int_equal(count, *text ? 1 : 0);
	return text;
}

static void test_differences_are_named(void **state)
{
	(void)state;
	assert_string_equal(flipped(0x04, 2, 0x0006), "command was 0x0006, is 0x0000");
	assert_string_equal(flipped(0x10, 4, 0xfe000000), "BAR 0 was 0xfe000000, is 0x00000000");
	assert_string_equal(flipped(0x3c, 1, 0x04), "interrupt line was 0x0b, is 0x0f");
	assert_string_equal(flipped(0x92, 2, 0x0001), "MSI control was 0x0000, is 0x0001");
	assert_string_equal(flipped(0xa2, 2, 0x8000), "MSI-X control was 0x0000, is 0x8000");
	assert_string_equal(flipped(0x48, 2, 0x0010), "device control was 0x2810, is 0x2800");
	assert_string_equal(flipped(0x50, 2, 0x0040), "link control was 0x0040, is 0x0000");
	assert_string_equal(flipped(0x68, 2, 0x0009), "device control 2 was 0x0009, is 0x0000");
	assert_string_equal(flipped(0x106, 2, 0x8000), "address translation was 0x8000, is 0x0000");
}

/* Status bits, read-only bits and the bit that starts a reset. */
static void test_what_may_differ(void **state)
{
	(void)state;
	assert_string_equal(flipped(0x06, 2, 0x2000), "");
	assert_string_equal(flipped(0x0f, 1, 0x80), "");
	assert_string_equal(flipped(0x48, 2, 0x8000), "");
	assert_string_equal(flipped(0x4a, 2, 0x000f), "");
	assert_string_equal(flipped(0x92, 2, 0x0080), "");
	assert_string_equal(flipped(0xa2, 2, 0x0001), "");
	assert_string_equal(flipped(0x200, 4, 0xffffffff), "");
}

static void test_all_differences_are_counted(void **state)
{
	struct config_space before = endpoint(), after = before;
	char text[256] = "";

	(void)state;
	put(&after, 0x04, 2, 0);
	put(&after, 0x10, 4, 0);
	assert_int_equal(config_space_compare(text, sizeof(text), &before, &after), 2);
	assert_string_equal(text,
			    "command was 0x0006, is 0x0000; BAR 0 was 0xfe000000, is 0x00000000");
}

/* Words that this function does not have: their places hold something else. */
static void test_words_that_are_not_there(void **state)
{
	struct config_space before = endpoint(), after;
	char text[256] = "";

	(void)state;
	put(&before, 0x40, 4, 0x00919010); /* version 1, inside of the root complex */
	after = before;
	put(&after, 0x50, 2, 0);
	put(&after, 0x68, 2, 0);
	assert_int_equal(config_space_compare(text, sizeof(text), &before, &after), 0);
	put(&before, 0x06, 2, 0); /* no capabilities at all */
	after = before;
	put(&after, 0x48, 2, 0);
	assert_int_equal(config_space_compare(text, sizeof(text), &before, &after), 0);
	before = endpoint();
	before.size = after.size = 64;
	after = before;
	put(&after, 0x48, 2, 0);
	put(&after, 0x106, 2, 0);
	assert_int_equal(config_space_compare(text, sizeof(text), &before, &after), 0);
}

static void test_lists_that_are_circles(void **state)
{
	struct config_space before = endpoint(), after;
	char text[256] = "";

	(void)state;
	put(&before, 0x91, 1, 0x90);
	put(&before, 0x100, 4, 0x10010001);
	after = before;
	put(&after, 0xa2, 2, 0x8000);
	put(&after, 0x106, 2, 0);
	assert_int_equal(config_space_compare(text, sizeof(text), &before, &after), 0);
	put(&after, 0x04, 2, 0);
	assert_int_equal(config_space_compare(text, sizeof(text), &before, &after), 1);
}

static void test_who_answers(void **state)
{
	struct config_space space = endpoint();

	(void)state;
	assert_true(config_space_answers(&space, 0x8086, 0x10d3));
	assert_true(config_space_answers(&space, -1, -1));
	assert_false(config_space_answers(&space, 0x8086, 0x10d4));
	assert_false(config_space_answers(&space, 0x8087, 0x10d3));
	put(&space, 0, 4, UINT32_MAX); /* a virtual function */
	assert_true(config_space_answers(&space, -1, -1));
	assert_false(config_space_answers(&space, 0x8086, 0x10d3));
	put(&space, 4, 4, UINT32_MAX); /* nobody there */
	assert_false(config_space_answers(&space, -1, -1));
}

static void write_config(const struct config_space *space, size_t size)
{
	FILE *f = fopen(tree_path(FUNCTION "/config"), "w");

	assert_non_null(f);
	assert_int_equal(fwrite(space->bytes, 1, size, f), size);
	assert_int_equal(fclose(f), 0);
}

static void test_reading(void **state)
{
	static const size_t sizes[] = {64, 256, CONFIG_SPACE_SIZE};
	struct config_space space = endpoint(), read;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		write_config(&space, sizes[i]);
		assert_int_equal(config_space_read(&read, FUNCTION), 0);
		assert_int_equal(read.size, sizes[i]);
		assert_memory_equal(read.bytes, space.bytes, sizes[i]);
	}
	write_config(&space, 63);
	assert_int_equal(config_space_read(&read, FUNCTION), -EIO);
	assert_int_equal(config_space_read(&read, "/sys/devices/none"), -ENOENT);
}

static void test_who_is_silent(void **state)
{
	static const struct {
		const char *status, *power_state;
		enum silence dead, alive; /* with a space of all ones, and without */
	} rows[] = {
		{"active", "D0", SILENCE_LINK, SILENCE_NONE},
		{"active", "D3hot", SILENCE_LINK, SILENCE_NONE},
		{"active", "D3cold", SILENCE_POWER, SILENCE_POWER},
		{"unsupported", "unknown", SILENCE_LINK, SILENCE_NONE},
		{"unsupported", "D3cold", SILENCE_POWER, SILENCE_POWER},
		{"suspended", "D0", SILENCE_NONE, SILENCE_NONE},
		{"suspended", "D3hot", SILENCE_NONE, SILENCE_NONE},
		{"suspended", "D3cold", SILENCE_NONE, SILENCE_NONE},
		{"suspending", "D3cold", SILENCE_NONE, SILENCE_NONE},
		{"resuming", "D3cold", SILENCE_NONE, SILENCE_NONE},
		{"error", "D0", SILENCE_ERROR, SILENCE_ERROR},
		{"error", "D3cold", SILENCE_ERROR, SILENCE_ERROR},
	};
	struct config_space space = endpoint(), ones = {.size = CONFIG_SPACE_SIZE};

	(void)state;
	memset(ones.bytes, 0xff, sizeof(ones.bytes));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		tree_file(FUNCTION "/power/runtime_status", rows[i].status);
		tree_file(FUNCTION "/power_state", rows[i].power_state);
		write_config(&ones, 64);
		assert_int_equal(config_space_silence(FUNCTION), rows[i].dead);
		write_config(&space, 64);
		assert_int_equal(config_space_silence(FUNCTION), rows[i].alive);
	}
}

/* Of what is not there nothing is said; without runtime_status nothing sleeps. */
static void test_silence_without_files(void **state)
{
	(void)state;
	assert_int_equal(config_space_silence(FUNCTION), SILENCE_NONE);
	tree_file(FUNCTION "/power_state", "D3cold\n");
	assert_int_equal(config_space_silence(FUNCTION), SILENCE_POWER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_differences_are_named),
		cmocka_unit_test(test_what_may_differ),
		cmocka_unit_test(test_all_differences_are_counted),
		cmocka_unit_test(test_words_that_are_not_there),
		cmocka_unit_test(test_lists_that_are_circles),
		cmocka_unit_test(test_who_answers),
		tree_test(test_reading),
		tree_test(test_who_is_silent),
		tree_test(test_silence_without_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
