/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>

#include "change/access.h"
#include "host/account.h"

static int parse_mode(mode_t *ret, const char *text, struct error *err)
{
	uint64_t mode;

	if (parse_number(text, 8, 07777, &mode) < 0 || mode & 07111)
		return error_set(err, STATUS_USAGE, EINVAL, "bad-mode", NULL,
				 "--node-mode wants an octal mode without x, such as 0660, not "
				 "'%s'",
				 text);
	if (mode & 0007) {
		error_set(err, STATUS_USAGE, EINVAL, "bad-mode", NULL,
			  "--node-mode %s would give the device, which can write to memory, to "
			  "everybody",
			  text);
		return error_remedy(err, "Give it to a group: --owner USER:GROUP --node-mode 0660");
	}
	if ((mode & 0600) != 0600 || (mode & 0060) == 0020)
		return error_set(err, STATUS_USAGE, EINVAL, "bad-mode", NULL,
				 "--node-mode %s would not let %s use the device: 0600, 0640 or "
				 "0660 do",
				 text, (mode & 0600) != 0600 ? "its owner" : "the group");
	*ret = (mode_t)mode;
	return 0;
}

static int parse_owner(struct access *ret, struct arena *arena, const char *user, const char *group,
		       struct error *err)
{
	struct account account;

	if (!*user)
		return error_set(err, STATUS_USAGE, EINVAL, "no-user", NULL,
				 "--owner wants USER or USER:GROUP");
	if (account_user(&account, arena, user, err) < 0)
		return -1;
	*ret = (struct access){.uid = account.uid, .mode = group ? 0660 : 0600};
	if (group && *group)
		return account_group(&ret->gid, group, err);
	if (group && account.gid == NO_GROUP)
		return error_set(err, STATUS_USAGE, EINVAL, "no-group", user,
				 "this number is no user's, so it has no login group");
	ret->gid = group ? account.gid : 0;
	return 0;
}

int access_parse(struct access *ret, const char *owner, const char *mode, struct error *err)
{
	scoped_arena struct arena *arena = arena_new(1 << 20);
	const char *colon = strchr(owner, ':');
	struct access access;
	char user[256];

	if (!arena)
		return error_out_of_memory(err);
	snprintf(user, sizeof(user), "%.*s", (int)(colon ? colon - owner : (int)strlen(owner)),
		 owner);
	if (parse_owner(&access, arena, user, colon ? colon + 1 : NULL, err) < 0 ||
	    (mode && parse_mode(&access.mode, mode, err) < 0))
		return -1;
	*ret = access;
	return 0;
}
