/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <limits.h>
#include <sys/wait.h>

#include "tests/unit/tree.h"

static char text[256];

#define assert_reads(path, expected)                                                               \
	do {                                                                                       \
		assert_int_equal(path_read(text, sizeof(text), "%s", path), strlen(expected));     \
		assert_string_equal(text, expected);                                               \
	} while (0)

/* --- reading ------------------------------------------------------------------------------ */

static void test_read_drops_one_newline(void **state)
{
	char small[4];

	(void)state;
	tree_file("/a", "0x8086\n");
	tree_file("/b", "two\n\n");
	tree_file("/c", "");
	assert_reads("/a", "0x8086");
	assert_reads("/b", "two\n");
	assert_reads("/c", "");
	assert_int_equal(path_read(small, sizeof(small), "/a"), 3);
	assert_string_equal(small, "0x8");
	assert_int_equal(path_read(text, sizeof(text), "/missing"), -ENOENT);
}

static void test_read_all(void **state)
{
	char large[10000];
	scoped_free char *all = NULL;
	char *none = NULL;

	(void)state;
	memset(large, 'x', sizeof(large) - 1);
	large[sizeof(large) - 1] = '\0';
	tree_file("/large", large);
	tree_file("/empty", "");
	assert_int_equal(path_read_all(&all, sizeof(large), "/large"), 0);
	assert_string_equal(all, large);
	assert_int_equal(path_read_all(&none, 9998, "/large"), -EFBIG);
	assert_null(none);
	assert_int_equal(path_read_all(&none, 10, "/empty"), 0);
	assert_string_equal(none, "");
	free(none);
}

static void test_read_number(void **state)
{
	static const struct {
		const char *text;
		int r;
		int64_t value;
	} cases[] = {
		{"0\n", 0, 0},         {"12\n", 0, 12},
		{"-1\n", 0, -1},       {"0x1f\n", 0, 0x1f},
		{"", -EINVAL, 7},      {"x\n", -EINVAL, 7},
		{"1 2\n", -EINVAL, 7}, {"99999999999999999999\n", -ERANGE, 7},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int64_t value = 7;

		tree_file("/n", cases[i].text);
		assert_int_equal(path_read_number(&value, "/n"), cases[i].r);
		assert_int_equal(value, cases[i].value);
	}
}

static void test_links(void **state)
{
	char tiny[4];

	(void)state;
	tree_file("/sys/bus/pci/drivers/nvme/module", "");
	tree_link("/sys/devices/d/driver", "../../bus/pci/drivers/nvme");
	assert_true(path_readlink(text, sizeof(text), "/sys/devices/d/driver") > 0);
	assert_string_equal(text, "../../bus/pci/drivers/nvme");
	assert_int_equal(path_link_name(text, sizeof(text), "/sys/devices/d/driver"), 4);
	assert_string_equal(text, "nvme");
	assert_int_equal(path_link_name(tiny, sizeof(tiny), "/sys/devices/d/driver"),
			 -ENAMETOOLONG);
	assert_true(path_resolve(text, sizeof(text), "/sys/devices/d/driver") > 0);
	assert_string_equal(text, "/sys/bus/pci/drivers/nvme");
	assert_int_equal(path_readlink(text, sizeof(text), "/sys/bus/pci/drivers/nvme/module"),
			 -EINVAL);
	assert_int_equal(path_readlink(text, sizeof(text), "/missing"), -ENOENT);
}

static void test_directories(void **state)
{
	scoped_dir DIR *dir = NULL;
	int n = 0;

	(void)state;
	tree_file("/d/a", "");
	tree_file("/d/.b", "");
	dir = path_opendir("/d");
	assert_non_null(dir);
	for (const char *name; (name = path_next(dir)); n++)
		assert_true(streq(name, "a") || streq(name, ".b"));
	assert_int_equal(n, 2);
	assert_null(path_opendir("/d/a"));
	assert_int_equal(errno, ENOTDIR);
	assert_null(path_opendir("/missing"));
	assert_int_equal(errno, ENOENT);
}

static void test_exists_and_stat(void **state)
{
	struct stat st;

	(void)state;
	tree_file("/file", "");
	tree_link("/dangling", "nowhere");
	tree_link("/link", "file");
	assert_true(path_exists("/file"));
	assert_true(path_exists("/dangling")); /* the link itself is there */
	assert_false(path_exists("/missing"));
	assert_int_equal(path_stat(&st, "/link"), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_int_equal(path_lstat(&st, "/link"), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(path_stat(&st, "/dangling"), -ENOENT);
	assert_int_equal(path_access(R_OK, "/file"), 0);
	assert_int_equal(path_access(R_OK, "/missing"), -ENOENT);
}

static void test_paths_too_long(void **state)
{
	char path[PATH_MAX + 10];

	(void)state;
	memset(path, 'x', sizeof(path) - 1);
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(path_read(text, sizeof(text), "%s", path), -ENAMETOOLONG);
	assert_false(path_exists("%s", path));
	assert_null(path_opendir("%s", path));
	assert_int_equal(errno, ENAMETOOLONG);
}

/* --- the root ----------------------------------------------------------------------------- */

static void test_links_do_not_lead_out(void **state)
{
	(void)state;
	tree_file("/etc/name", "inside\n");
	tree_link("/sys/absolute", "/etc/name");
	tree_link("/sys/climbing", "../../../../../../../../etc/name");
	tree_link("/sys/directory", "../../../../..");
	tree_link("/sys/outside", "/proc/self/status");
	assert_reads("/sys/absolute", "inside");
	assert_reads("/sys/climbing", "inside");
	assert_reads("/sys/directory/etc/name", "inside");
	assert_reads("/../../etc/name", "inside");
	assert_int_equal(path_read(text, sizeof(text), "/sys/outside"), -ENOENT);
	assert_int_equal(path_read(text, sizeof(text), "/etc/passwd"), -ENOENT);
	assert_true(path_resolve(text, sizeof(text), "/sys/climbing") > 0);
	assert_string_equal(text, "/etc/name");
}

static void test_loops_end(void **state)
{
	(void)state;
	tree_link("/a", "b");
	tree_link("/b", "a");
	assert_int_equal(path_read(text, sizeof(text), "/a"), -ELOOP);
	assert_int_equal(path_resolve(text, sizeof(text), "/a"), -ELOOP);
}

/* In all of the machine, a few of them at a time; the kernel then cannot tell about "..". */
static void rename_files_for_ever(void)
{
	char a[300], b[300];

	tree_file("/other/a", "");
	snprintf(a, sizeof(a), "%s/other/a", tree_root);
	snprintf(b, sizeof(b), "%s/other/b", tree_root);
	for (;;) {
		rename(a, b);
		rename(b, a);
	}
}

static void test_renames_elsewhere_make_no_difference(void **state)
{
	enum { READS = 50000 };
	pid_t renamer;
	int failed = 0;

	(void)state;
	tree_file("/devices/x/attribute", "here\n");
	tree_link("/bus/x", "../devices/x");
	renamer = fork();
	assert_true(renamer >= 0);
	if (renamer == 0)
		rename_files_for_ever();
	for (int i = 0; i < READS; i++)
		failed += path_read(text, sizeof(text), "/bus/x/attribute") < 0;
	kill(renamer, SIGKILL);
	waitpid(renamer, NULL, 0);
	assert_int_equal(failed, 0);
}

static void test_captured_trees_are_read_only(void **state)
{
	struct stat st;

	(void)state;
	tree_file("/attribute", "old\n");
	assert_false(path_is_live());
	assert_int_equal(path_write("new", "/attribute"), -EXDEV);
	assert_int_equal(path_replace("new", 3, 0600, "/attribute"), -EXDEV);
	assert_int_equal(path_create(0600, "/new"), -EXDEV);
	assert_int_equal(path_mkdir(0700, "/new"), -EXDEV);
	assert_int_equal(path_unlink("/attribute"), -EXDEV);
	assert_int_equal(path_cover("/"), -EXDEV);
	assert_int_equal(path_make_node(0, 0, "/new"), -EXDEV);
	assert_int_equal(path_own(0, 0, 0600, "/attribute"), -EXDEV);
	assert_int_equal(path_stat_magic(&st, "/attribute"), -EXDEV);
	assert_reads("/attribute", "old");
	assert_false(path_exists("/new"));
}

static void test_bad_root_keeps_the_old_one(void **state)
{
	(void)state;
	tree_file("/a", "here\n");
	assert_int_equal(path_set_root("/nonexistent/tree"), -ENOENT);
	assert_int_equal(path_set_root("/proc/version"), -ENOTDIR);
	assert_reads("/a", "here");
	assert_int_equal(path_outside(text, sizeof(text), "/a"), 0);
	assert_string_equal(text, tree_path("/a"));
}

static void test_outside_name(void **state)
{
	char tiny[4];

	(void)state;
	assert_int_equal(path_outside(text, sizeof(text), "/lib/%s", "modules"), 0);
	assert_string_equal(text, tree_path("/lib/modules"));
	assert_int_equal(path_outside(tiny, sizeof(tiny), "/lib"), -ENAMETOOLONG);
	path_set_root("/");
	assert_true(path_is_live());
	assert_int_equal(path_outside(text, sizeof(text), "/lib"), 0);
	assert_string_equal(text, "/lib");
}

/* --- writing, on this machine below the test's own directory --------------------------------- */

static void test_write_wants_an_existing_file(void **state)
{
	(void)state;
	tree_file("/attribute", "longer than that\n");
	path_set_root("/");
	assert_int_equal(path_write("new", "%s/missing", tree_root), -ENOENT);
	assert_int_equal(path_write("new", "%s/attribute", tree_root), 0);
	assert_true(path_read(text, sizeof(text), "%s/attribute", tree_root) > 0);
	assert_string_equal(text, "newger than that"); /* one write, nothing cut off: no O_TRUNC */
}

static void test_replace_does_not_follow_links(void **state)
{
	struct stat st;

	(void)state;
	tree_file("/victim", "untouched\n");
	tree_link("/state", "victim");
	path_set_root("/");
	assert_int_equal(path_replace("new", 3, 0600, "%s/state", tree_root), 0);
	assert_int_equal(path_lstat(&st, "%s/state", tree_root), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_size, 3);
	path_read(text, sizeof(text), "%s/victim", tree_root);
	assert_string_equal(text, "untouched");
	assert_int_equal(path_replace("", 0, 0600, "%s/no/directory", tree_root), -ENOENT);
}

/* Neither written nor deleted through, whoever has put it there. */
static void test_directories_that_are_links_are_refused(void **state)
{
	(void)state;
	tree_dir("/real");
	tree_file("/real/file", "untouched");
	tree_link("/planted", "real");
	path_set_root("/");
	assert_int_equal(path_replace("new", 3, 0600, "%s/planted/file", tree_root), -ENOTDIR);
	assert_int_equal(path_unlink("%s/planted/file", tree_root), -ENOTDIR);
	path_read(text, sizeof(text), "%s/real/file", tree_root);
	assert_string_equal(text, "untouched");
	assert_int_equal(path_unlink("%s/real/file", tree_root), 0);
}

static void test_replace_leaves_no_litter(void **state)
{
	scoped_dir DIR *dir = NULL;
	const char *name;

	(void)state;
	path_set_root("/");
	assert_int_equal(path_mkdir(0700, "%s/sub", tree_root), 0);
	assert_int_equal(path_replace("x", 1, 0600, "%s/sub", tree_root), -EISDIR);
	dir = path_opendir("%s", tree_root);
	while ((name = path_next(dir)))
		assert_string_equal(name, "sub");
}

static void test_create_refuses_links(void **state)
{
	scoped_fd int fd = -1;

	(void)state;
	tree_file("/victim", "");
	tree_link("/lock", "victim");
	path_set_root("/");
	assert_int_equal(path_create(0600, "%s/lock", tree_root), -ELOOP);
	fd = path_create(0600, "%s/new", tree_root);
	assert_true(fd >= 0);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
}

static void test_mkdir(void **state)
{
	(void)state;
	tree_dir("/real");
	tree_link("/planted", "real");
	path_set_root("/");
	assert_int_equal(path_mkdir(0700, "%s/new", tree_root), 0);
	assert_int_equal(path_mkdir(0700, "%s/new", tree_root), 0);
	assert_int_equal(path_mkdir(0700, "%s/planted", tree_root), -ENOTDIR);
	assert_int_equal(path_mkdir(0700, "%s/no/parent", tree_root), -ENOENT);
	assert_int_equal(path_unlink("%s/planted", tree_root), 0);
	assert_int_equal(path_unlink("%s/planted", tree_root), -ENOENT);
}

#define NO_NAMESPACES 1

/* 0 when /dev/null can be used through a node of our own where nothing else is seen any more. */
static int use_own_node(void)
{
	int r = path_cover(tree_root);
	struct stat null = {0};
	scoped_fd int fd = -1;

	if (r == -EPERM)
		return NO_NAMESPACES;
	if (r < 0 || path_exists("%s/file", tree_root) || path_stat(&null, "/dev/null") < 0)
		return 2;
	if (path_make_node(null.st_rdev, 12345, "%s/node", tree_root) < 0 ||
	    path_stat(&null, "%s/node", tree_root) < 0)
		return 3;
	if (null.st_uid != 12345 || (null.st_mode & 0777) != 0600)
		return 4;
	fd = path_open(O_RDWR, "%s/node", tree_root);
	return fd >= 0 && write(fd, "x", 1) == 1 ? 0 : 5;
}

static void test_cover_is_seen_by_nobody_else(void **state)
{
	int status = -1;
	pid_t pid;

	(void)state;
	if (geteuid() != 0)
		skip();
	tree_file("/file", "x");
	path_set_root("/");
	pid = fork();
	if (pid == 0)
		_exit(use_own_node());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == NO_NAMESPACES)
		skip();
	assert_int_equal(status, 0);
	assert_true(path_exists("%s/file", tree_root));
	assert_false(path_exists("%s/node", tree_root));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(test_read_drops_one_newline),
		tree_test(test_read_all),
		tree_test(test_read_number),
		tree_test(test_links),
		tree_test(test_directories),
		tree_test(test_exists_and_stat),
		tree_test(test_paths_too_long),
		tree_test(test_links_do_not_lead_out),
		tree_test(test_loops_end),
		tree_test(test_renames_elsewhere_make_no_difference),
		tree_test(test_captured_trees_are_read_only),
		tree_test(test_bad_root_keeps_the_old_one),
		tree_test(test_outside_name),
		tree_test(test_write_wants_an_existing_file),
		tree_test(test_replace_does_not_follow_links),
		tree_test(test_directories_that_are_links_are_refused),
		tree_test(test_replace_leaves_no_litter),
		tree_test(test_create_refuses_links),
		tree_test(test_mkdir),
		tree_test(test_cover_is_seen_by_nobody_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
