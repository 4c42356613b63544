/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/module_index.h"
#include "tests/unit/tree.h"

#define HEADER "\xb0\x07\xf4\x57\x00\x02\x00\x01"

/* A root of one child, 'a', which has a prefix and two values. */
static const char whole[] = HEADER "\x20\x00\x00\x0c"
				   "aa\xc0\x00\x00\x12"
				   "bc\0"
				   "\0\0\0\2"
				   "\0\0\0\1one\0"
				   "\0\0\0\2two";

static void tree_bytes(const char *path, const char *data, size_t size)
{
	FILE *f = fopen(tree_path(path), "w");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, size, f), size);
	assert_int_equal(fclose(f), 0);
}

static bool is_whole(const char *data, size_t size)
{
	/* A copy of that size, so that the sanitizer sees what is read behind it. */
	char *copy = malloc(size ? size : 1);
	bool yes;

	memcpy(copy, data, size);
	yes = module_index_is_whole(copy, size);
	free(copy);
	return yes;
}

static void test_cut_short(void **state)
{
	(void)state;
	assert_true(is_whole(whole, sizeof(whole)));
	for (size_t size = 0; size < sizeof(whole); size++)
		assert_false(is_whole(whole, size));
}

static void test_changed(void **state)
{
	static const struct {
		size_t at;
		char byte;
	} changes[] = {
		{0, 0},     /* the magic number */
		{5, 3},     /* the version */
		{11, 0x7f}, /* the root is behind the end */
		{13, 'Z'},  /* children of none: from 'a' to 'Z' */
		{14,
		 0x20}, /* the child is one with other parts, of which some are behind the end */
		{17, 0x0c},  /* the child is the root */
		{24, '\xff'} /* more values than there are */
	};
	char data[sizeof(whole)];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		memcpy(data, whole, sizeof(whole));
		data[changes[i].at] = changes[i].byte;
		assert_false(is_whole(data, sizeof(data)));
	}
}

/* Each node has two children, which are one: a walk of it would take 2^24 steps. */
static void test_shared(void **state)
{
	enum { LEVELS = 24, NODE = 10 };
	char data[12 + LEVELS * NODE + 4] = HEADER "\x20\x00\x00\x0c";

	(void)state;
	for (int i = 0; i < LEVELS; i++) {
		char *node = data + 12 + i * NODE, next = (char)(12 + (i + 1) * NODE);
		const char text[NODE] = {'a', 'b', 0x20, 0, 0, next, 0x20, 0, 0, next};

		memcpy(node, text, NODE);
	}
	assert_false(is_whole(data, sizeof(data)));
}

/* 100,000 nodes, one below the other. */
static void test_deep(void **state)
{
	enum { LEVELS = 100000, NODE = 6 };
	size_t size = 12 + (size_t)LEVELS * NODE;
	char *data = calloc(size, 1);

	(void)state;
	memcpy(data, HEADER "\x20\x00\x00\x0c", 12);
	for (size_t i = 0; i < LEVELS; i++) {
		size_t next = i + 1 < LEVELS ? 12 + (i + 1) * NODE : 0;
		const char text[NODE] = {'a',
					 'a',
					 (char)(next ? 0x20 | next >> 24 : 0),
					 (char)(next >> 16),
					 (char)(next >> 8),
					 (char)next};

		memcpy(data + 12 + i * NODE, text, NODE);
	}
	assert_false(is_whole(data, size));
	/* The last ten of them are fine. */
	data[9] = (char)((12 + (LEVELS - 10) * (size_t)NODE) >> 16);
	data[10] = (char)((12 + (LEVELS - 10) * (size_t)NODE) >> 8);
	data[11] = (char)((12 + (LEVELS - 10) * (size_t)NODE));
	assert_true(is_whole(data, size));
	free(data);
}

static void test_files(void **state)
{
	char name[64] = "";

	(void)state;
	assert_true(module_indexes_are_whole("6.1.0", name, sizeof(name)));
	tree_bytes("/lib/modules/6.1.0/modules.alias.bin", whole, sizeof(whole));
	assert_true(module_indexes_are_whole("6.1.0", name, sizeof(name)));
	tree_bytes("/lib/modules/6.1.0/modules.alias.bin", whole, sizeof(whole) - 1);
	assert_false(module_indexes_are_whole("6.1.0", name, sizeof(name)));
	assert_string_equal(name, "/lib/modules/6.1.0/modules.alias.bin");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cut_short),
		cmocka_unit_test(test_changed),
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_deep),
		tree_test(test_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
