/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is noted of the files that were looked at: by a process that shall see what a snapshot
 * holds.
 */
#include "base/path_record.h"

#include <sys/wait.h>

#include "tests/unit/tree.h"

static struct arena *arena;

static int setup(void **state)
{
	arena = arena_new(1 << 20);
	return arena ? tree_setup(state) : -1;
}

static int teardown(void **state)
{
	path_record(NULL);
	arena_free(arena);
	return tree_teardown(state);
}

#define record_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

/* "LOOKED LISTED READ LENT" as a letter, a capital one where a link was followed, and the path. */
static void expect(const struct path_record *record, const char *expected)
{
	static const char letters[][4] = {"oltn", "OLTN"};
	char text[4096] = "";
	size_t count;
	scoped_free const struct path_seen **list = path_record_sorted(record, &count);

	assert_non_null(list);
	for (size_t i = 0; i < count; i++)
		append(text, sizeof(text), "%s%c %s", i ? "; " : "",
		       letters[list[i]->follows][list[i]->use], list[i]->path);
	assert_string_equal(text, expected);
}

static void test_each_is_there_once_by_its_stronger_use(void **state)
{
	static const struct {
		const char *path;
		enum path_use use;
		bool follows;
	} uses[] = {
		{"/b", PATH_LOOKED, true},  {"/b", PATH_READ, true},    {"/b", PATH_LOOKED, true},
		{"/c", PATH_READ, false},   {"/a", PATH_LISTED, true},  {"/a", PATH_LOOKED, true},
		{"/a", PATH_LISTED, true},  {"/a/x", PATH_LENT, true},  {"/a/x", PATH_READ, true},
		{"/d", PATH_LOOKED, false}, {"/d", PATH_LOOKED, false},
	};
	struct path_record *record = path_record_new(arena);

	(void)state;
	expect(record, "");
	for (size_t i = 0; i < ARRAY_SIZE(uses); i++)
		path_record_add(record, uses[i].path, uses[i].use, uses[i].follows);
	expect(record, "L /a; N /a/x; T /b; t /c; o /d");
	assert_int_equal(path_record_lost(record), 0);
}

/* A link and what it leads to are two files. */
static void test_followed_or_not_are_two(void **state)
{
	struct path_record *record = path_record_new(arena);

	(void)state;
	path_record_add(record, "/a", PATH_LOOKED, false);
	path_record_add(record, "/a", PATH_LOOKED, true);
	path_record_add(record, "/a", PATH_LOOKED, false);
	expect(record, "O /a; o /a");
}

static void test_what_has_no_room_is_counted(void **state)
{
	enum { LENGTH = 1000, TRIES = 20 };
	scoped_arena struct arena *small = arena_new(8192);
	struct path_record *record = path_record_new(small);
	char path[LENGTH + 1] = "";
	size_t kept = 0, count;
	scoped_free const struct path_seen **list = NULL;

	(void)state;
	assert_non_null(record);
	memset(path, 'x', LENGTH);
	for (int i = 0; i < TRIES; i++) {
		path[0] = (char)('a' + i);
		path_record_add(record, path, PATH_READ, true);
	}
	list = path_record_sorted(record, &count);
	for (kept = 0; kept < count; kept++)
		assert_int_equal(list[kept]->path[0], 'a' + (int)kept);
	assert_in_range(kept, 1, TRIES - 1);
	assert_int_equal(kept + path_record_lost(record), TRIES);
}

/* Of each function of base/path.h what it notes: the paths as they were asked for, not where links
 * led. */
static void test_what_base_path_notes(void **state)
{
	struct path_record *record = path_record_new(arena);
	char text[256], name[300];
	scoped_fd int dir = -1;
	scoped_dir DIR *listed = NULL;
	struct stat st;

	(void)state;
	tree_file("/real/vendor", "0x8086\n");
	tree_link("/real/driver", "../drivers/x");
	tree_link("/dev0", "real");
	tree_dir("/list");
	path_exists("/not/noted/yet");
	assert_int_equal(path_record(record), 0);
	assert_int_equal(path_read(text, sizeof(text), "/dev0/vendor"), 6);
	assert_true(path_readlink(text, sizeof(text), "/dev0") > 0);
	assert_true(path_read(text, sizeof(text), "/missing") < 0);
	assert_int_equal(path_stat(&st, "/dev0"), 0);
	listed = path_opendir("/list");
	assert_non_null(listed);
	assert_int_equal(path_outside(name, sizeof(name), "/lent"), 0);
	dir = path_open(O_PATH | O_DIRECTORY, "/dev0");
	assert_int_equal(path_read_at(text, sizeof(text), dir, "vendor"), 6);
	assert_true(path_link_name_at(text, sizeof(text), dir, "driver") > 0);
	assert_true(path_may_lend(tree_path("/elsewhere")));
	assert_false(path_may_lend("/etc/passwd"));
	expect(record,
	       "O /dev0; o /dev0; T /dev0/vendor; N /elsewhere; N /lent; L /list; T /missing; "
	       "o /real/driver; t /real/vendor");
	path_record(NULL);
	path_exists("/not/noted/any/more");
	expect(record,
	       "O /dev0; o /dev0; T /dev0/vendor; N /elsewhere; N /lent; L /list; T /missing; "
	       "o /real/driver; t /real/vendor");
}

/* Several at once, none lost: the readers of devices are processes. */
static void test_processes_add_to_one_record(void **state)
{
	enum { CHILDREN = 4, EACH = 5000 };
	scoped_arena struct arena *large = arena_new(8 << 20);
	struct path_record *record = path_record_new(large);
	scoped_free const struct path_seen **list = NULL;
	int start[2];
	size_t count;

	(void)state;
	assert_int_equal(pipe(start), 0);
	for (int child = 0; child < CHILDREN; child++) {
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid)
			continue;
		/* All wait for the end of the pipe. */
		close(start[1]);
		if (read(start[0], &count, 1) != 0)
			_exit(1);
		for (int i = 0; i < EACH; i++) {
			char path[64];

			snprintf(path, sizeof(path), "/%d/%04d", child, i);
			path_record_add(record, path, PATH_READ, true);
		}
		_exit(0);
	}
	close(start[0]);
	close(start[1]);
	for (int child = 0; child < CHILDREN; child++)
		assert_true(wait(NULL) > 0);
	list = path_record_sorted(record, &count);
	assert_int_equal(count, CHILDREN * EACH);
	assert_string_equal(list[0]->path, "/0/0000");
	assert_string_equal(list[count - 1]->path, "/3/4999");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		record_test(test_each_is_there_once_by_its_stronger_use),
		record_test(test_followed_or_not_are_two),
		record_test(test_what_has_no_room_is_counted),
		record_test(test_what_base_path_notes),
		record_test(test_processes_add_to_one_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
