/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Users and groups: of this machine by whatever NSS knows, of a captured tree by its /etc/passwd
 * and /etc/group.
 */
#pragma once

#include <sys/types.h>

#include "base/arena.h"
#include "base/error.h"

#define NO_USER  ((uid_t)-1)
#define NO_GROUP ((gid_t)-1)

struct account {
	const char *name; /* NULL: a number that has no name */
	uid_t uid;
	gid_t gid;           /* login group; NO_GROUP: not known */
	const gid_t *groups; /* all groups, the login group included */
	size_t n_groups;
};

/*
 * The user of that name or number, strings and lists in arena. A number needs no name: that user is
 * in no group then. 0, or -1 with STATUS_USAGE when there is no such user.
 */
int account_user(struct account *ret, struct arena *arena, const char *word, struct error *err);

/* The same for a user whose number is known. 0, or -1 when out of memory. */
int account_of(struct account *ret, struct arena *arena, uid_t uid, struct error *err);

/* The group of that name or number. 0, or -1 with STATUS_USAGE. */
int account_group(gid_t *ret, const char *word, struct error *err);

/* Names, or the number as text where there is none. NULL when the arena is full. */
const char *account_user_name(struct arena *arena, uid_t uid);
const char *account_group_name(struct arena *arena, gid_t gid);

/* How the user is called on a command line: the name, or the number. */
const char *account_word(struct arena *arena, const struct account *account);

bool account_is_in(const struct account *account, gid_t gid);
