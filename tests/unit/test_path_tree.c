/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Making a tree. In each test there is a directory "outside" beside it, in which nothing may
 * change.
 */
/* What is tested has two names in common with the helpers. */
#define tree_file make_file
#define tree_link make_link
#include "tests/unit/tree.h"
#undef tree_file
#undef tree_link

#include <errno.h>
#include <limits.h>

#include "base/path_tree.h"

static char top[300], outside[300];

static int setup(void **state)
{
	if (tree_setup(state) < 0)
		return -1;
	snprintf(top, sizeof(top), "%s/tree", tree_root);
	snprintf(outside, sizeof(outside), "%s/outside", tree_root);
	make_file("/outside/file", "old");
	return tree_begin(top);
}

static int teardown(void **state)
{
	tree_remove(top);
	return tree_teardown(state);
}

#define making_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

/* What is in the tree now; path_read() works in a root one above it. */
static void expect(const char *path, const char *expected)
{
	char text[256];

	assert_true(path_read(text, sizeof(text), "/tree%s", path) >= 0);
	assert_string_equal(text, expected);
}

static void expect_mode(const char *path, mode_t mode)
{
	struct stat st;

	assert_int_equal(path_lstat(&st, "/tree%s", path), 0);
	assert_int_equal(st.st_mode, mode);
}

static void expect_link(const char *path, const char *target)
{
	char text[256];

	assert_true(path_readlink(text, sizeof(text), "/tree%s", path) > 0);
	assert_string_equal(text, target);
}

static size_t count_entries(const char *path)
{
	scoped_dir DIR *dir = path_opendir("%s", path);
	size_t n = 0;

	assert_non_null(dir);
	while (path_next(dir))
		n++;
	return n;
}

static void expect_outside_untouched(void)
{
	char text[16];

	assert_int_equal(path_read(text, sizeof(text), "/outside/file"), 3);
	assert_string_equal(text, "old");
	assert_int_equal(count_entries("/outside"), 1);
}

static void test_what_is_there_already(void **state)
{
	(void)state;
	assert_int_equal(tree_begin(top), -EEXIST);
	assert_int_equal(tree_directory(top, "/a/b/c"), 0);
	assert_int_equal(tree_directory(top, "/a/b"), 0);
	assert_int_equal(tree_directory(top, "/"), 0);
	expect_mode("/a/b/c", S_IFDIR | 0755);

	assert_int_equal(tree_file(top, "/a/f", "one", 3, 0644), 0);
	assert_int_equal(tree_file(top, "/a/f", "two\0x", 5, 0600), 0);
	expect("/a/f", "two");
	expect_mode("/a/f", S_IFREG | 0600);
	assert_int_equal(tree_placeholder(top, "/a/f", 0644), 0);
	expect("/a/f", "two");
	expect_mode("/a/f", S_IFREG | 0600);
	assert_int_equal(tree_link(top, "/a/f", "b"), 0);
	expect("/a/f", "two");

	assert_int_equal(tree_link(top, "/l", "a/b"), 0);
	assert_int_equal(tree_link(top, "/l", "elsewhere"), 0);
	expect_link("/l", "a/b");
	/* A file takes the place of a link, and of no directory. */
	assert_int_equal(tree_file(top, "/l", "x", 1, 0644), 0);
	expect("/l", "x");
	assert_true(tree_file(top, "/a/b", "x", 1, 0644) < 0);
	expect_mode("/a/b", S_IFDIR | 0755);
}

static void test_modes_are_as_asked_whatever_the_umask(void **state)
{
	mode_t before = umask(0077);

	(void)state;
	assert_int_equal(tree_file(top, "/f", "x", 1, 0644), 0);
	assert_int_equal(tree_placeholder(top, "/p", S_IFCHR | 0666), 0);
	assert_int_equal(tree_append(top, "/log", "x"), 0);
	assert_int_equal(tree_file(top, "/unreadable", "", 0, 0), 0);
	umask(before);
	expect_mode("/f", S_IFREG | 0644);
	expect_mode("/p", S_IFREG | 0666);
	expect_mode("/log", S_IFREG | 0644);
	expect_mode("/unreadable", S_IFREG);
	assert_int_equal(path_open(O_RDONLY, "/tree/unreadable"), -EACCES);
	assert_int_equal(tree_directory_unreadable(top, "/d/fd"), 0);
	expect_mode("/d/fd", S_IFDIR | 0300);
	assert_null(path_opendir("/tree/d/fd"));
}

static void test_append(void **state)
{
	(void)state;
	assert_int_equal(tree_append(top, "/a/list", "one\n"), 0);
	assert_int_equal(tree_append(top, "/a/list", "two\n"), 0);
	expect("/a/list", "one\ntwo");
}

/* The ways to write through a link, by a path below it or in its place. */
static int by_file(const char *path)
{
	return tree_file(top, path, "new", 3, 0644);
}

static int by_placeholder(const char *path)
{
	return tree_placeholder(top, path, 0644);
}

static int by_append(const char *path)
{
	return tree_append(top, path, "new");
}

static int by_link(const char *path)
{
	return tree_link(top, path, "new");
}

static int by_directory(const char *path)
{
	return tree_directory(top, path);
}

static int by_unreadable(const char *path)
{
	return tree_directory_unreadable(top, path);
}

static int (*const ways[])(const char *) = {by_file, by_placeholder, by_append,
					    by_link, by_directory,   by_unreadable};

/* Nor to another place in the tree, which is "d". */
static void test_no_link_is_followed(void **state)
{
	static const char *const links[] = {"../outside", "/outside", "out2", "d"};
	static const char *const paths[] = {"/out/new",        "/out/file",
					    "/out/new/deeper", "/out/directory/new",
					    "/../outside/new", "/d/../../outside/new"};

	(void)state;
	assert_int_equal(tree_link(top, "/out2", outside), 0);
	assert_int_equal(tree_directory(top, "/d/directory"), 0);
	for (size_t l = 0; l < ARRAY_SIZE(links); l++) {
		char link[sizeof(top) + 8];

		snprintf(link, sizeof(link), "%s/out", top);
		unlink(link);
		assert_int_equal(tree_link(top, "/out", links[l]), 0);
		for (size_t i = 0; i < ARRAY_SIZE(ways) * ARRAY_SIZE(paths); i++) {
			assert_true(ways[i % ARRAY_SIZE(ways)](paths[i / ARRAY_SIZE(ways)]) < 0);
			expect_outside_untouched();
		}
		expect_link("/out", links[l]);
		assert_int_equal(count_entries("/tree/d"), 1);
		assert_int_equal(count_entries("/tree/d/directory"), 0);
	}
}

/* A link in the last place: made anew as a file, or left alone; never what it leads to. */
static void test_a_link_is_not_written_through(void **state)
{
	(void)state;
	assert_int_equal(tree_link(top, "/l", "../outside/file"), 0);
	assert_int_equal(by_placeholder("/l"), 0);
	assert_true(by_append("/l") < 0);
	assert_true(by_unreadable("/l") < 0);
	assert_true(by_directory("/l/x") < 0);
	expect_link("/l", "../outside/file");
	expect_outside_untouched();
	assert_int_equal(by_file("/l"), 0);
	expect("/l", "new");
	expect_outside_untouched();
}

static void test_a_fifo_is_replaced_and_not_waited_for(void **state)
{
	(void)state;
	tree_fifo("/tree/pipe");
	assert_int_equal(tree_placeholder(top, "/pipe", 0644), 0);
	expect_mode("/pipe", S_IFIFO | 0644);
	assert_int_equal(tree_file(top, "/pipe", "new", 3, 0644), 0);
	expect("/pipe", "new");
}

/* The last one, one that leads there, and one below a directory that has to be made. */
static void test_names_that_are_too_long(void **state)
{
	static const char *const formats[] = {"/%s", "/%s/f", "/new/%s/f"};
	char name[NAME_MAX + 2] = "", path[sizeof(name) + 16];

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	for (size_t i = 0; i < ARRAY_SIZE(ways) * ARRAY_SIZE(formats); i++) {
		const char *format = formats[i / ARRAY_SIZE(ways)];

		snprintf(path, sizeof(path), format, name);
		assert_int_equal(ways[i % ARRAY_SIZE(ways)](path), -ENAMETOOLONG);
	}
	assert_int_equal(count_entries("/tree/new"), 0);
}

/* Links in it are taken away, and not what they lead to. */
static void test_remove(void **state)
{
	(void)state;
	assert_int_equal(tree_file(top, "/a/b/f", "x", 1, 0), 0);
	assert_int_equal(tree_directory_unreadable(top, "/a/closed"), 0);
	assert_int_equal(tree_file(top, "/a/closed/f", "x", 1, 0644), 0);
	assert_int_equal(tree_link(top, "/a/out", "../../outside"), 0);
	assert_int_equal(tree_link(top, "/a/up", ".."), 0);
	tree_fifo("/tree/a/pipe");
	tree_remove(top);
	assert_false(path_exists("/tree"));
	expect_outside_untouched();
}

static void test_a_name_that_is_free(void **state)
{
	static const struct {
		const char *name;
		int expected;
	} names[] = {
		{"missing", 1}, {"empty", 1},    {"outside", 0},        {"outside/file", 0},
		{"link", 0},    {"dangling", 0}, {"missing/deeper", 1},
	};
	char path[300];

	(void)state;
	tree_dir("/empty");
	make_link("/link", "empty");
	make_link("/dangling", "nowhere");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", tree_root, names[i].name);
		assert_int_equal(tree_is_free(path), names[i].expected);
	}
}

static void test_publish(void **state)
{
	char path[300];

	(void)state;
	tree_dir("/empty");
	assert_int_equal(tree_file(top, "/f", "x", 1, 0644), 0);
	assert_true(tree_publish(top, outside) < 0);
	expect_outside_untouched();
	expect("/f", "x");
	snprintf(path, sizeof(path), "%s/empty", tree_root);
	assert_int_equal(tree_publish(top, path), 0);
	assert_true(path_is_file("/empty/f"));
	assert_false(path_exists("/tree"));
	assert_int_equal(tree_publish(top, path), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		making_test(test_what_is_there_already),
		making_test(test_modes_are_as_asked_whatever_the_umask),
		making_test(test_append),
		making_test(test_no_link_is_followed),
		making_test(test_a_link_is_not_written_through),
		making_test(test_a_fifo_is_replaced_and_not_waited_for),
		making_test(test_names_that_are_too_long),
		making_test(test_remove),
		making_test(test_a_name_that_is_free),
		making_test(test_publish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
