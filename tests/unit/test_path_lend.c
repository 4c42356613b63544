/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a library that opens files by their names outside of the root is given of a captured tree.
 */
#include <errno.h>

#include "base/path.h"
#include "tests/unit/tree.h"

static char text[PATH_MAX];

static void lends(const char *path, const char *real)
{
	assert_int_equal(path_lend(text, sizeof(text), "%s", path), 0);
	assert_string_equal(text, tree_path(real));
}

static void test_names_have_no_link_in_them(void **state)
{
	(void)state;
	tree_file("/usr/lib/modules/6/x", "");
	tree_link("/lib", "/usr/lib");
	tree_link("/up", "../../../../usr/lib");
	tree_link("/out", "/etc/passwd");
	lends("/lib/modules/6/x", "/usr/lib/modules/6/x");
	lends("/up/modules/6", "/usr/lib/modules/6");
	lends("/../../usr", "/usr");
	assert_int_equal(path_lend(text, sizeof(text), "/out"), -ENOENT);
	assert_int_equal(path_lend(text, sizeof(text), "/missing"), -ENOENT);
	path_set_root("/");
	assert_int_equal(path_lend(text, sizeof(text), "/missing"), 0);
	assert_string_equal(text, "/missing");
}

static bool may_lend(const char *path)
{
	return path_may_lend(tree_path(path));
}

static void test_files_that_are_not_what_the_tree_means(void **state)
{
	char outside[600];

	(void)state;
	tree_file("/d/file", "");
	tree_link("/d/near", "file");
	tree_link("/d/out", "/etc/passwd");
	tree_link("/d/far", "../../../../../../../../../etc/passwd");
	tree_link("/d/absolute", "/d/file");
	tree_fifo("/d/fifo");
	tree_link("/d/to-fifo", "fifo");
	tree_link("/d/loop", "loop");
	tree_link("/d/node", "/dev/null");
	assert_true(may_lend("/d/file"));
	assert_true(may_lend("/d/near"));
	assert_true(may_lend("/d/missing"));
	assert_true(may_lend("/d/loop")); /* nobody finds anything */
	assert_false(may_lend("/d/out"));
	assert_false(may_lend("/d/far"));
	assert_false(may_lend("/d/absolute"));
	assert_false(may_lend("/d/fifo"));
	assert_false(may_lend("/d/to-fifo"));
	assert_false(may_lend("/d/node"));
	assert_false(may_lend("/d"));
	/* The tree has the file that the link means, the library would take that of this machine.
	 */
	tree_file("/etc/passwd", "");
	assert_false(may_lend("/d/out"));
	assert_false(path_may_lend("/etc/passwd"));
	snprintf(outside, sizeof(outside), "%s/d/../../../../../../../../etc/passwd", tree_root);
	assert_false(path_may_lend(outside));
	snprintf(outside, sizeof(outside), "%sbeside", tree_root);
	assert_false(path_may_lend(outside));
	path_set_root("/");
	assert_true(path_may_lend("/etc/passwd"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(test_names_have_no_link_in_them),
		tree_test(test_files_that_are_not_what_the_tree_means),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
