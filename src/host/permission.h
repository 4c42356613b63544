/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether a user who is not running this program may open a file: judged by owner, groups, mode and
 * access control list, of the file and of the directories that lead to it. Capabilities count for
 * root only.
 */
#pragma once

#include "base/path.h"
#include "host/account.h"
#include "host/mode.h"

struct permission {
	enum answer may;
	int errnum;        /* ENOENT: there is no such file; else EACCES, or why it is not known */
	const char *cause; /* "owner root, group root, mode 0600"; NULL when the user may */
};

/* The list of a file decides: whether it gives all of wanted (R_OK, W_OK, X_OK). */
bool permission_in_list(const struct account *account, const struct stat *st,
			const struct path_acl_entry *list, size_t count, int wanted);

/* Whether account may open the file to read and write it. Strings are in arena. */
void permission_check(struct permission *ret, struct arena *arena, const struct account *account,
		      const char *path);

/* "owner root, group kvm, mode 0660", in arena. */
const char *permission_text(struct arena *arena, const struct stat *st);
