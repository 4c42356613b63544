/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The algorithm is that of acl(5): the first class that fits decides, except that of several groups
 * one that grants is enough.
 */
#include "host/permission.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

enum { MAX_ENTRIES = 64, ALL = R_OK | W_OK | X_OK };

static int mask_of(const struct path_acl_entry *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (list[i].kind == PATH_ACL_MASK)
			return list[i].permissions;
	return ALL;
}

static int permissions_of(const struct path_acl_entry *list, size_t count, enum path_acl_kind kind)
{
	for (size_t i = 0; i < count; i++)
		if (list[i].kind == kind)
			return list[i].permissions;
	return 0;
}

static bool grants(int permissions, int wanted)
{
	return (permissions & wanted) == wanted;
}

/* True when the entry is about a group that the user is in. */
static bool is_group_of(const struct account *account, const struct stat *st,
			const struct path_acl_entry *entry)
{
	if (entry->kind == PATH_ACL_OWNING_GROUP)
		return account_is_in(account, st->st_gid);
	return entry->kind == PATH_ACL_GROUP && account_is_in(account, entry->id);
}

bool permission_in_list(const struct account *account, const struct stat *st,
			const struct path_acl_entry *list, size_t count, int wanted)
{
	int mask = mask_of(list, count);
	bool in_group = false;

	if (account->uid == 0)
		return true;
	if (account->uid == st->st_uid)
		return grants(permissions_of(list, count, PATH_ACL_OWNER), wanted);
	for (size_t i = 0; i < count; i++)
		if (list[i].kind == PATH_ACL_USER && list[i].id == account->uid)
			return grants(list[i].permissions & mask, wanted);
	for (size_t i = 0; i < count; i++) {
		if (!is_group_of(account, st, &list[i]))
			continue;
		if (grants(list[i].permissions & mask, wanted))
			return true;
		in_group = true;
	}
	return !in_group && grants(permissions_of(list, count, PATH_ACL_OTHERS), wanted);
}

/* 1 when the user may, 0 when not, or -errno. */
static int may(const struct account *account, struct stat *st, const char *path, int wanted)
{
	struct path_acl_entry list[MAX_ENTRIES];
	ssize_t count;
	int r = path_stat(st, "%s", path);

	if (r < 0)
		return r;
	count = path_acl_read(list, MAX_ENTRIES, "%s", path);
	if (count < 0)
		return (int)count;
	return permission_in_list(account, st, list, (size_t)count, wanted);
}

const char *permission_text(struct arena *arena, const struct stat *st)
{
	return arena_printf(arena, "owner %s, group %s, mode %04o",
			    account_user_name(arena, st->st_uid),
			    account_group_name(arena, st->st_gid), st->st_mode & 07777U);
}

static struct permission refused(const char *cause)
{
	return (struct permission){.may = ANSWER_NO, .errnum = EACCES, .cause = cause};
}

static struct permission failed(struct arena *arena, int r, const char *path)
{
	if (r == -ENOENT)
		return (struct permission){
			.may = ANSWER_NO, .errnum = ENOENT, .cause = "there is no such file"};
	return (struct permission){
		.may = ANSWER_UNKNOWN,
		.errnum = -r,
		.cause = arena_printf(arena, "cannot look at %s: %s", path, errno_name(r)),
	};
}

void permission_check(struct permission *ret, struct arena *arena, const struct account *account,
		      const char *path)
{
	struct stat st;
	int r;

	for (const char *end = strchr(path + 1, '/'); end; end = strchr(end + 1, '/')) {
		char directory[PATH_MAX];

		snprintf(directory, sizeof(directory), "%.*s", (int)(end - path), path);
		r = may(account, &st, directory, X_OK);
		if (r > 0)
			continue;
		*ret = r < 0 ? failed(arena, r, directory)
			     : refused(arena_printf(arena, "%s cannot be entered: %s", directory,
						    permission_text(arena, &st)));
		return;
	}
	r = may(account, &st, path, R_OK | W_OK);
	if (r < 0)
		*ret = failed(arena, r, path);
	else if (r == 0)
		*ret = refused(permission_text(arena, &st));
	else
		*ret = (struct permission){.may = ANSWER_YES};
}
