/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "base/document.h"
#include "tests/unit/tree.h"

/* A file of this machine, in the directory that the tree would have. */
static const char *live_file(void)
{
	static char path[512];

	path_set_root("/");
	snprintf(path, sizeof(path), "%s/state.json", tree_root);
	return path;
}

static char told[1024];

static void note(const char *path, bool removed)
{
	append(told, sizeof(told), "%s %s\n", removed ? "removed" : "saved", path);
}

static void test_who_wants_to_know_is_told(void **state)
{
	const char *path = live_file();
	scoped_document struct document *doc = document_new();
	char wanted[2048];

	(void)state;
	document_tell(note);
	assert_int_equal(document_save(doc, path), 0);
	assert_int_equal(document_remove(path), 0);
	assert_int_equal(document_remove(path), -ENOENT);
	document_tell(NULL);
	assert_int_equal(document_save(doc, path), 0);
	snprintf(wanted, sizeof(wanted), "saved %s\nremoved %s\n", path, path);
	assert_string_equal(told, wanted);
}

static void test_round_trip(void **state)
{
	static const char *const strings[] = {"", "vfio-pci", "a \"quote\" and \\",
					      "tab\tnewline\n", "\xc3\xa9\xe2\x82\xac"};
	static const int64_t numbers[] = {0, -1, INT64_MAX, INT64_MIN};
	const char *path = live_file();
	struct document *doc = document_new();
	struct stat st;
	char key[8];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(strings); i++) {
		snprintf(key, sizeof(key), "s%zu", i);
		assert_int_equal(document_set_string(doc, key, strings[i]), 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		snprintf(key, sizeof(key), "n%zu", i);
		assert_int_equal(document_set_number(doc, key, numbers[i]), 0);
	}
	assert_int_equal(document_set_string(doc, "none", NULL), 0);
	assert_int_equal(document_save(doc, path), 0);
	document_free(doc);
	assert_int_equal(path_stat(&st, "%s", path), 0);
	assert_int_equal(st.st_mode & 07777, 0600);

	assert_int_equal(document_load(&doc, path), 0);
	for (size_t i = 0; i < ARRAY_SIZE(strings); i++) {
		snprintf(key, sizeof(key), "s%zu", i);
		assert_string_equal(document_string(doc, key), strings[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		snprintf(key, sizeof(key), "n%zu", i);
		assert_true(document_number(doc, key, 5) == numbers[i]);
	}
	assert_null(document_string(doc, "none"));
	document_free(doc);
}

static void test_wrong_kinds_are_missing(void **state)
{
	struct document *doc = document_new();

	(void)state;
	document_set_string(doc, "s", "1");
	document_set_number(doc, "n", 1);
	assert_null(document_string(doc, "n"));
	assert_null(document_string(doc, "unknown"));
	assert_int_equal(document_number(doc, "s", 7), 7);
	assert_int_equal(document_number(doc, "unknown", 7), 7);
	document_set_number(doc, "n", 2);
	assert_int_equal(document_number(doc, "n", 7), 2);
	document_free(doc);
	document_free(NULL);
}

static void test_bad_files(void **state)
{
	static const char *const bad[] = {"", "{", "[]", "null", "3", "{\"a\":", "nonsense"};
	struct document *doc = NULL;
	const size_t size = (4 << 20) + 1;
	char *large = malloc(size + 1);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		tree_file("/state", bad[i]);
		assert_int_equal(document_load(&doc, "/state"), -EBADMSG);
	}
	memset(large, ' ', size);
	large[size] = '\0';
	tree_file("/state", large);
	assert_int_equal(document_load(&doc, "/state"), -EFBIG);
	assert_int_equal(document_load(&doc, "/missing"), -ENOENT);
	assert_null(doc);
	free(large);
}

static void test_captured_trees_are_not_written(void **state)
{
	scoped_document struct document *doc = document_new();

	(void)state;
	assert_int_equal(document_save(doc, "/state"), -EXDEV);
	assert_false(path_exists("/state"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(test_who_wants_to_know_is_told),      tree_test(test_round_trip),
		cmocka_unit_test(test_wrong_kinds_are_missing), tree_test(test_bad_files),
		tree_test(test_captured_trees_are_not_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
