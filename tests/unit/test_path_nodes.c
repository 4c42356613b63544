/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Nodes of captured trees: empty files there, and devices in a list beside them.
 */
#include "base/path_nodes.h"

#include <stdlib.h>
#include <sys/sysmacros.h>

#include "tests/unit/tree.h"

/* The list is read when the tree becomes the root. */
static void with_list(const char *text)
{
	tree_file(PATH_NODES, text);
	assert_int_equal(path_set_root(tree_root), 0);
}

static void expect(const char *path, mode_t mode, unsigned int uid, unsigned int gid, dev_t number)
{
	struct stat st;

	assert_int_equal(path_stat(&st, "%s", path), 0);
	assert_int_equal(st.st_mode, mode);
	assert_int_equal(st.st_uid, uid);
	assert_int_equal(st.st_gid, gid);
	assert_int_equal(st.st_rdev, number);
}

static void expect_plain(const char *path)
{
	struct stat st;

	assert_int_equal(path_stat(&st, "%s", path), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_int_equal(st.st_uid, geteuid());
}

static void test_type_owner_and_number(void **state)
{
	(void)state;
	tree_file("/dev/vfio/7", "");
	tree_file("/dev/sda", "");
	tree_file("/dev/null", "");
	tree_file("/etc/file", "x");
	with_list("20600 1000 36 511:7 /dev/vfio/7\n"
		  "60660 0 6 259:1048575 /dev/sda\n"
		  "100640 107 64055 0:0 /etc/file\n");
	assert_true(path_nodes_any());
	expect("/dev/vfio/7", S_IFCHR | 0600, 1000, 36, makedev(511, 7));
	expect("/dev/sda", S_IFBLK | 0660, 0, 6, makedev(259, 1048575));
	expect("/etc/file", S_IFREG | 0640, 107, 64055, 0);
	assert_true(path_is_file("/etc/file"));
	assert_false(path_is_file("/dev/sda"));
	expect_plain("/dev/null");
}

/* The list has names without links in them; who looks may come through one, also out of the root.
 */
static void test_links_lead_to_the_node(void **state)
{
	struct stat st;

	(void)state;
	tree_file("/dev/nvme0", "");
	tree_link("/dev/disk", "nvme0");
	tree_link("/dev/out", "../../../../../../dev/nvme0");
	tree_link("/top", "/dev");
	with_list("20600 0 0 250:0 /dev/nvme0\n60600 0 0 1:1 /dev/disk\n");
	expect("/dev/disk", S_IFCHR | 0600, 0, 0, makedev(250, 0));
	expect("/dev/out", S_IFCHR | 0600, 0, 0, makedev(250, 0));
	expect("/top/nvme0", S_IFCHR | 0600, 0, 0, makedev(250, 0));
	assert_int_equal(path_lstat(&st, "/dev/out"), 0);
	assert_true(S_ISLNK(st.st_mode));
}

static void test_lines_that_say_nothing(void **state)
{
	static const char *const lines[] = {
		"",
		"\n\n",
		"# a comment /dev/x\n",
		"20600 0 0 1 /dev/x\n",
		"20600 0 0 1:3\n",
		"20600 0 0 1:3 dev/x\n",
		"u20600 0 0 1:3 /dev/x\n",
		"20600 0 0 1:3 /dev/xy\n",
		"20600 0 0 1:3 /dev/x/y\n",
		"20600 0 0 1:3 /dev/x \n",
	};

	(void)state;
	tree_file("/dev/x", "");
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		with_list(lines[i]);
		expect_plain("/dev/x");
	}
	/* One that is good is not lost among them; the last has no newline. */
	with_list("bad\n\n20600 0 0 9 /dev/x\n20600 0 0 1:3 /dev/x");
	expect("/dev/x", S_IFCHR | 0600, 0, 0, makedev(1, 3));
}

static void test_a_list_that_is_no_file(void **state)
{
	(void)state;
	tree_file("/dev/x", "");
	with_list("20600 0 0 1:3 /dev/x\n");
	assert_true(path_nodes_any());
	assert_int_equal(remove(tree_path(PATH_NODES)), 0);
	tree_fifo(PATH_NODES);
	assert_int_equal(path_set_root(tree_root), 0);
	assert_false(path_nodes_any());
	expect_plain("/dev/x");
	assert_int_equal(remove(tree_path(PATH_NODES)), 0);
	tree_dir(PATH_NODES);
	assert_int_equal(path_set_root(tree_root), 0);
	assert_false(path_nodes_any());
}

/* A link there is followed inside of the root only: the file that it names outside is not. */
static void test_a_list_behind_a_link(void **state)
{
	char outside[300];

	(void)state;
	tree_file("/dev/x", "");
	tree_file("/list", "20600 0 0 1:3 /dev/x\n");
	snprintf(outside, sizeof(outside), "%s/list", tree_root);
	tree_link(PATH_NODES, outside);
	assert_int_equal(path_set_root(tree_root), 0);
	assert_false(path_nodes_any());
	assert_int_equal(remove(tree_path(PATH_NODES)), 0);
	tree_link(PATH_NODES, "/list");
	assert_int_equal(path_set_root(tree_root), 0);
	assert_true(path_nodes_any());
}

static void test_the_live_machine_has_none(void **state)
{
	(void)state;
	tree_file("/dev/null", "");
	with_list("20600 5 5 1:9 /dev/null\n");
	assert_int_equal(path_set_root("/"), 0);
	assert_false(path_nodes_any());
}

static void test_a_line_is_read_as_it_was_written(void **state)
{
	static const struct {
		const char *path;
		struct stat st;
	} nodes[] = {
		{"/dev/vfio/12", {.st_mode = S_IFCHR | 0600, .st_uid = 64055, .st_gid = 108}},
		{"/dev/sd a", {.st_mode = S_IFBLK | 01777}},
		{"/dev/pipe", {.st_mode = S_IFIFO | 0644}},
	};
	char text[512] = "", line[128];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(nodes); i++) {
		struct stat st = nodes[i].st;

		st.st_rdev = makedev(500 + (unsigned int)i, 70000);
		tree_file(nodes[i].path, "");
		assert_true(path_nodes_line(line, sizeof(line), &st, nodes[i].path));
		append(text, sizeof(text), "%s", line);
	}
	with_list(text);
	for (size_t i = 0; i < ARRAY_SIZE(nodes); i++)
		expect(nodes[i].path, nodes[i].st.st_mode, nodes[i].st.st_uid, nodes[i].st.st_gid,
		       makedev(500 + (unsigned int)i, 70000));
}

static void test_a_line_that_does_not_fit(void **state)
{
	static const char whole[] = "20600 1 2 3:4 /dev/x\n";
	struct stat st = {.st_mode = S_IFCHR | 0600, .st_uid = 1, .st_gid = 2};
	char line[64];

	(void)state;
	st.st_rdev = makedev(3, 4);
	assert_true(path_nodes_line(line, sizeof(whole), &st, "/dev/x"));
	assert_string_equal(line, whole);
	assert_false(path_nodes_line(line, sizeof(whole) - 1, &st, "/dev/x"));
	assert_false(path_nodes_line(line, sizeof(line), &st, "/dev/x\n20600 0 0 1:3 /dev/y"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(test_type_owner_and_number),
		tree_test(test_links_lead_to_the_node),
		tree_test(test_lines_that_say_nothing),
		tree_test(test_a_list_that_is_no_file),
		tree_test(test_a_list_behind_a_link),
		tree_test(test_the_live_machine_has_none),
		tree_test(test_a_line_is_read_as_it_was_written),
		tree_test(test_a_line_that_does_not_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
