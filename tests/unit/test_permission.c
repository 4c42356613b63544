/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who may open a file, and how much memory a user may lock. */
#include <errno.h>

#include "host/memlock.h"
#include "host/permission.h"
#include "tests/unit/tree.h"

static void test_account(void **state)
{
	scoped_arena struct arena *arena = arena_new(1 << 20);
	struct account account;
	struct error err = {0};
	gid_t gid;

	(void)state;
	tree_file("/etc/passwd", "root:x:0:0::/:/bin/sh\ntester:x:1000:1001::/:/bin/sh\n"
				 "1000:x:5:5::/:/bin/sh\n");
	tree_file("/etc/group",
		  "vmm:x:36:x,tester\ntest:x:37:testers\ntester:x:1001:\nlast:x:9:tester");
	assert_int_equal(account_user(&account, arena, "tester", &err), 0);
	assert_int_equal(account.uid, 1000);
	assert_int_equal(account.n_groups, 3);
	assert_true(account_is_in(&account, 1001));
	assert_true(account_is_in(&account, 36));
	assert_true(account_is_in(&account, 9));
	assert_false(account_is_in(&account, 37));
	/* A name goes before a number. */
	assert_int_equal(account_user(&account, arena, "1000", &err), 0);
	assert_int_equal(account.uid, 5);
	assert_int_equal(account_user(&account, arena, "77", &err), 0);
	assert_null(account.name);
	assert_int_equal(account.n_groups, 0);
	assert_int_equal(account_user(&account, arena, "absent", &err), -1);
	assert_int_equal(err.status, STATUS_USAGE);
	assert_int_equal(account_group(&gid, "vmm", &err), 0);
	assert_int_equal(gid, 36);
	assert_int_equal(account_group(&gid, "absent", &err), -1);
	assert_string_equal(account_user_name(arena, 1000), "tester");
	assert_string_equal(account_group_name(arena, 36), "vmm");
	assert_string_equal(account_group_name(arena, 4), "4");
}

static void test_many_groups(void **state)
{
	scoped_arena struct arena *arena = arena_new(1 << 20);
	struct account account;
	char text[8192] = "";

	(void)state;
	for (int i = 0; i < 200; i++)
		append(text, sizeof(text), "g%d:x:%d:u\n", i, 100 + i);
	tree_file("/etc/passwd", "u:x:1:2::/:/bin/sh\n");
	tree_file("/etc/group", text);
	assert_int_equal(account_user(&account, arena, "u", NULL), 0);
	assert_int_equal(account.n_groups, 201);
	assert_true(account_is_in(&account, 299));
}

/* --- lists -------------------------------------------------------------------------------- */

#define NONE ((id_t)-1)

static bool may(uid_t uid, gid_t gid, gid_t gid2, const struct path_acl_entry *list, size_t count)
{
	const gid_t groups[] = {gid, gid2};
	const struct account account = {.uid = uid, .gid = gid, .groups = groups, .n_groups = 2};
	const struct stat st = {.st_uid = 10, .st_gid = 20};

	return permission_in_list(&account, &st, list, count, R_OK | W_OK);
}

static void test_mode(void **state)
{
	const struct path_acl_entry list[] = {
		{PATH_ACL_OWNER, NONE, 0},
		{PATH_ACL_OWNING_GROUP, NONE, R_OK | W_OK},
		{PATH_ACL_OTHERS, NONE, R_OK},
	};

	(void)state;
	assert_true(may(0, 1, 1, list, 3));
	assert_false(may(10, 20, 20, list, 3)); /* the owner is not asked as a group */
	assert_true(may(11, 1, 20, list, 3));
	assert_false(may(11, 1, 2, list, 3));
}

static void test_list(void **state)
{
	const struct path_acl_entry list[] = {
		{PATH_ACL_OWNER, NONE, R_OK | W_OK},
		{PATH_ACL_USER, 11, R_OK | W_OK},
		{PATH_ACL_USER, 12, R_OK},
		{PATH_ACL_OWNING_GROUP, NONE, 0},
		{PATH_ACL_GROUP, 21, R_OK | W_OK},
		{PATH_ACL_MASK, NONE, R_OK | W_OK},
		{PATH_ACL_OTHERS, NONE, R_OK | W_OK},
	};
	struct path_acl_entry masked[ARRAY_SIZE(list)];

	(void)state;
	assert_true(may(10, 1, 1, list, 7));
	assert_true(may(11, 20, 20, list, 7));
	assert_false(may(12, 21, 21, list, 7)); /* a user's entry ends the search */
	assert_true(may(13, 20, 21, list, 7));  /* one of the groups is enough */
	assert_false(may(13, 20, 1, list, 7));  /* in a group, so not one of the others */
	assert_true(may(13, 1, 1, list, 7));
	memcpy(masked, list, sizeof(list));
	masked[5].permissions = R_OK;
	assert_true(may(10, 1, 1, masked, 7));
	assert_false(may(11, 1, 1, masked, 7));
	assert_false(may(13, 21, 21, masked, 7));
	assert_true(may(13, 1, 1, masked, 7)); /* the mask is not for others */
}

static struct permission check(uid_t uid, const char *path)
{
	static struct arena *arena;
	const struct account account = {.uid = uid, .gid = NO_GROUP};
	struct permission permission;

	arena_free(arena);
	arena = arena_new(1 << 20);
	permission_check(&permission, arena, &account, path);
	return permission;
}

static void test_files(void **state)
{
	struct permission permission;

	(void)state;
	tree_file("/dev/vfio/16", "");
	assert_int_equal(chmod(tree_path("/dev/vfio/16"), 0600), 0);
	assert_int_equal(check(getuid(), "/dev/vfio/16").may, ANSWER_YES);
	permission = check(getuid() + 1000, "/dev/vfio/16");
	assert_int_equal(permission.may, ANSWER_NO);
	assert_int_equal(permission.errnum, EACCES);
	assert_non_null(strstr(permission.cause, "mode 0600"));
	assert_int_equal(chmod(tree_path("/dev/vfio/16"), 0666), 0);
	assert_int_equal(check(getuid() + 1000, "/dev/vfio/16").may, ANSWER_YES);
	assert_int_equal(chmod(tree_path("/dev/vfio"), 0700), 0);
	permission = check(getuid() + 1000, "/dev/vfio/16");
	assert_int_equal(permission.may, ANSWER_NO);
	assert_non_null(strstr(permission.cause, "/dev/vfio cannot be entered"));
	permission = check(0, "/dev/vfio/17");
	assert_int_equal(permission.may, ANSWER_NO);
	assert_int_equal(permission.errnum, ENOENT);
}

/* A real list, of a file in the temporary directory, where its file system keeps lists. */
static void test_real_list(void **state)
{
	struct path_acl_entry list[8];
	char file[8192];
	uid_t uid = getuid() + 1000;
	int r;

	(void)state;
	tree_file("/dev/iommu", "");
	assert_int_equal(chmod(tree_path("/dev/iommu"), 0600), 0);
	assert_int_equal(path_acl_read(list, 8, "/dev/iommu"), 3);
	assert_int_equal(path_acl_read(list, 2, "/dev/iommu"), -EOVERFLOW);
	assert_int_equal(path_acl_read(list, 8, "/dev/absent"), -ENOENT);
	assert_int_equal(path_acl_set(PATH_ACL_USER, uid, R_OK | W_OK, "/dev/iommu"), -EXDEV);
	assert_int_equal(check(uid, "/dev/iommu").may, ANSWER_NO);

	snprintf(file, sizeof(file), "%s", tree_path("/dev/iommu"));
	assert_int_equal(path_set_root("/"), 0);
	r = path_acl_set(PATH_ACL_USER, uid, R_OK | W_OK, "%s", file);
	assert_int_equal(path_set_root(tree_root), 0);
	if (r == -EOPNOTSUPP)
		skip();
	assert_int_equal(r, 0);
	assert_int_equal(path_acl_read(list, 8, "/dev/iommu"), 5);
	assert_int_equal(check(uid, "/dev/iommu").may, ANSWER_YES);
	assert_int_equal(check(uid + 1, "/dev/iommu").may, ANSWER_NO);

	assert_int_equal(path_set_root("/"), 0);
	assert_int_equal(path_acl_set(PATH_ACL_GROUP, 77, R_OK | W_OK, "%s", file), 0);
	assert_int_equal(path_acl_set(PATH_ACL_USER, uid, 0, "%s", file), 0);
	assert_int_equal(path_acl_read(list, 8, "%s", file), 5);
	assert_int_equal(path_acl_set(PATH_ACL_GROUP, 77, 0, "%s", file), 0);
	assert_int_equal(path_acl_set(PATH_ACL_GROUP, 77, 0, "%s", file), 0);
	assert_int_equal(path_acl_read(list, 8, "%s", file), 3);
	assert_int_equal(path_set_root(tree_root), 0);
	assert_int_equal(check(uid, "/dev/iommu").may, ANSWER_NO);
	assert_non_null(strstr(check(uid, "/dev/iommu").cause, "mode 0600"));
}

/* Where there are no lists the mode counts: /proc is such a file system. */
static void test_no_lists(void **state)
{
	struct path_acl_entry list[8];

	(void)state;
	assert_int_equal(path_set_root("/"), 0);
	assert_int_equal(path_acl_read(list, 8, "/proc/version"), 3);
	assert_int_equal(list[0].permissions, R_OK);
	assert_int_equal(path_acl_set(PATH_ACL_USER, 1, R_OK, "/proc/version"), -EOPNOTSUPP);
	assert_int_equal(path_set_root(tree_root), 0);
}

/* --- locked memory ------------------------------------------------------------------------ */

static struct memlock memlock(void)
{
	static struct arena *arena;
	static const gid_t groups[] = {1001, 36};
	const struct account account = {
		.name = "tester", .uid = 1000, .gid = 1001, .groups = groups, .n_groups = 2};
	struct memlock memlock;

	arena_free(arena);
	arena = arena_new(1 << 20);
	memlock_of(&memlock, arena, &account);
	return memlock;
}

static void limits_are(const char *text)
{
	tree_file("/etc/group", "tester:x:1001:\nvmm:x:36:tester\nother:x:37:\n");
	tree_file("/etc/security/limits.conf", text);
}

static void test_no_limit_configured(void **state)
{
	(void)state;
	assert_int_equal(memlock().soft, -1);
	assert_null(memlock().source);
	limits_are("# tester - memlock 64\ntester - nofile 64\nother - memlock 64\n"
		   "@other - memlock 64\n% - memlock 1\ntester - memlock\ntester hard memlock x\n"
		   "2000: - memlock 1\n:999 - memlock 1\n@38:40 - memlock 1\n");
	assert_null(memlock().source);
}

static void test_limit_domains(void **state)
{
	static const char *const domains[] = {"tester",   "@vmm", "*",      "1000:", ":1000",
					      "900:1000", "@36:", "@30:40", "@:1001"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(domains); i++) {
		char text[64];

		snprintf(text, sizeof(text), "%s - memlock 64 # KiB\n", domains[i]);
		limits_are(text);
		assert_int_equal(memlock().soft, 65536);
		assert_int_equal(memlock().hard, 65536);
		assert_string_equal(memlock().source, "/etc/security/limits.conf");
	}
}

static void test_limit_precedence(void **state)
{
	(void)state;
	limits_are("tester soft memlock 1\n@vmm soft memlock 2\n* - memlock unlimited\n");
	assert_int_equal(memlock().soft, 1024);
	assert_true(memlock().hard == MEMLOCK_UNLIMITED);
	/* Of lines about the same people the last one holds, and files go by their names. */
	tree_file("/etc/security/limits.d/20-b.conf", "@vmm - memlock 4\n");
	tree_file("/etc/security/limits.d/10-a.conf", "@vmm - memlock 8\n");
	tree_file("/etc/security/limits.d/30-c.off", "@vmm - memlock 16\n");
	limits_are("* - memlock 2\n");
	assert_int_equal(memlock().soft, 4096);
	assert_string_equal(memlock().source, "/etc/security/limits.d/20-b.conf");
	/* The hard limit holds for the soft one. */
	limits_are("tester hard memlock 3\n");
	assert_int_equal(memlock().soft, 3072);
}

static void test_systemd(void **state)
{
	static const struct {
		const char *setting;
		int64_t soft, hard;
	} settings[] = {
		{"DefaultLimitMEMLOCK=16M", 16 << 20, 16 << 20},
		{" DefaultLimitMEMLOCK = 1K:2G ", 1024, 2LL << 30},
		{"DefaultLimitMEMLOCK=infinity", MEMLOCK_UNLIMITED, MEMLOCK_UNLIMITED},
		{"DefaultLimitMEMLOCK=12", 12, 12},
		{"#DefaultLimitMEMLOCK=12", -1, -1},
		{"DefaultLimitMEMLOCK=x", -1, -1},
		{"DefaultLimitMEMLOCK=8MM", -1, -1},
		{"DefaultLimitMEMLOCK=99999999999999999999", -1, -1},
		{"DefaultLimitMEMLOCK=9999999999P", -1, -1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		char text[128];

		snprintf(text, sizeof(text), "[Manager]\n%s\n", settings[i].setting);
		tree_file("/etc/systemd/system.conf", text);
		assert_true(memlock().soft == settings[i].soft);
		assert_true(memlock().hard == settings[i].hard);
	}
	tree_file("/usr/lib/systemd/system.conf.d/x.conf", "DefaultLimitMEMLOCK=7\n");
	assert_int_equal(memlock().soft, 7);
	tree_file("/etc/systemd/system.conf.d/a.conf", "DefaultLimitMEMLOCK=9\n");
	assert_int_equal(memlock().soft, 9);
	/* A line for the user's sessions says more. */
	limits_are("tester - memlock 64\n");
	assert_int_equal(memlock().soft, 65536);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(test_account),       tree_test(test_many_groups),
		tree_test(test_mode),          tree_test(test_list),
		tree_test(test_files),         tree_test(test_real_list),
		tree_test(test_no_lists),      tree_test(test_no_limit_configured),
		tree_test(test_limit_domains), tree_test(test_limit_precedence),
		tree_test(test_systemd),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
