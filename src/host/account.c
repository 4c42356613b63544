/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/account.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>

#include "base/path.h"

#define PASSWD "/etc/passwd"
#define GROUPS "/etc/group"

/* MAX_GROUPS is what the kernel takes of a process: who is in more gets the first of them. */
enum { FILE_MAX = 64 << 20, MAX_GROUPS = 65536 };

/* What matters of an entry of either file. */
struct entry {
	char *name;
	id_t id;
	gid_t gid;     /* passwd: login group */
	char *members; /* group: names between commas */
};

/* --- the files of a captured tree --------------------------------------------------------- */

static bool parse_entry(struct entry *ret, char *line, bool is_group)
{
	char *fields[4], *rest = line;
	uint64_t id, gid = NO_GROUP;

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		fields[i] = strsep(&rest, ":");
		if (!fields[i])
			return false;
	}
	if (parse_number(fields[2], 10, NO_USER, &id) < 0 ||
	    (!is_group && parse_number(fields[3], 10, NO_GROUP, &gid) < 0))
		return false;
	*ret = (struct entry){
		.name = fields[0],
		.id = (id_t)id,
		.gid = (gid_t)gid,
		.members = is_group ? fields[3] : NULL,
	};
	return true;
}

/* Calls found for the entries of a file, in order, until it returns true: then that is returned. */
static bool each_entry(bool is_group, bool (*found)(void *arg, const struct entry *entry),
		       void *arg)
{
	scoped_free char *text = NULL;
	char *rest, *line;
	struct entry entry;

	if (!path_is_file("%s", is_group ? GROUPS : PASSWD) ||
	    path_read_all(&text, FILE_MAX, "%s", is_group ? GROUPS : PASSWD) < 0)
		return false;
	rest = text;
	while ((line = strsep(&rest, "\n")))
		if (parse_entry(&entry, line, is_group) && found(arg, &entry))
			return true;
	return false;
}

/* The entry of that name or, without one, of that number. */
struct wanted {
	struct arena *arena; /* NULL: the name found is not wanted */
	const char *name;
	id_t id;
	gid_t gid;
	const char *found_name;
};

static bool is_wanted(void *arg, const struct entry *entry)
{
	struct wanted *wanted = arg;

	if (wanted->name ? !streq(wanted->name, entry->name) : wanted->id != entry->id)
		return false;
	wanted->id = entry->id;
	wanted->gid = entry->gid;
	if (wanted->arena)
		wanted->found_name = arena_strdup(wanted->arena, entry->name);
	return true;
}

struct membership {
	const char *name;
	gid_t *groups;
	size_t count, size;
};

static bool is_member(const char *members, const char *name)
{
	for (size_t n; *members; members += n + (members[n] == ',')) {
		n = strcspn(members, ",");
		if (n == strlen(name) && strncmp(members, name, n) == 0)
			return true;
	}
	return false;
}

static bool add_membership(void *arg, const struct entry *entry)
{
	struct membership *membership = arg;

	if (is_member(entry->members, membership->name) && membership->count < membership->size)
		membership->groups[membership->count++] = entry->id;
	return false;
}

/* --- this machine, by NSS ----------------------------------------------------------------- */

static bool live_user(struct wanted *wanted)
{
	const struct passwd *entry = wanted->name ? getpwnam(wanted->name) : getpwuid(wanted->id);

	if (!entry)
		return false;
	wanted->id = entry->pw_uid;
	wanted->gid = entry->pw_gid;
	if (wanted->arena)
		wanted->found_name = arena_strdup(wanted->arena, entry->pw_name);
	return true;
}

static bool live_group(struct wanted *wanted)
{
	const struct group *entry = wanted->name ? getgrnam(wanted->name) : getgrgid(wanted->id);

	if (!entry)
		return false;
	wanted->id = entry->gr_gid;
	if (wanted->arena)
		wanted->found_name = arena_strdup(wanted->arena, entry->gr_name);
	return true;
}

/* --- either ------------------------------------------------------------------------------- */

static bool find_user(struct wanted *wanted)
{
	return path_is_live() ? live_user(wanted) : each_entry(false, is_wanted, wanted);
}

static bool find_group(struct wanted *wanted)
{
	return path_is_live() ? live_group(wanted) : each_entry(true, is_wanted, wanted);
}

/* Fills groups[size]; returns how many there are, which may be more than size. */
static size_t list_groups(const char *name, gid_t gid, gid_t *groups, size_t size)
{
	struct membership membership = {.name = name, .groups = groups, .size = size};
	int count = (int)size;

	if (path_is_live()) {
		getgrouplist(name, gid, groups, &count);
		return (size_t)count;
	}
	if (size)
		groups[membership.count++] = gid;
	each_entry(true, add_membership, &membership);
	/* Full: there may be more. */
	return membership.count == size ? size * 2 + 1 : membership.count;
}

static int fill_groups(struct account *account, struct arena *arena, struct error *err)
{
	for (size_t size = 64;; size *= 2) {
		gid_t *groups = arena_alloc(arena, size * sizeof(*groups));
		size_t count;

		if (!groups)
			return error_out_of_memory(err);
		count = list_groups(account->name, account->gid, groups, size);
		if (count > size && size < MAX_GROUPS)
			continue;
		account->groups = groups;
		account->n_groups = count < size ? count : size;
		return 0;
	}
}

static int fill_account(struct account *ret, struct arena *arena, struct wanted *wanted, bool found,
			struct error *err)
{
	struct account account = {
		.name = found ? wanted->found_name : NULL,
		.uid = wanted->id,
		.gid = found ? wanted->gid : NO_GROUP,
	};

	if (found && !account.name)
		return error_out_of_memory(err);
	if (found && fill_groups(&account, arena, err) < 0)
		return -1;
	*ret = account;
	return 0;
}

int account_of(struct account *ret, struct arena *arena, uid_t uid, struct error *err)
{
	struct wanted wanted = {.arena = arena, .id = uid};
	bool found = find_user(&wanted);

	return fill_account(ret, arena, &wanted, found, err);
}

static int unknown(const char *what, const char *word, const char *file, struct error *err)
{
	error_set(err, STATUS_USAGE, 0, what, word, "there is no such %s", what + strlen("no-"));
	return error_remedy(err, "`getent %s` lists those that there are.", file);
}

/* A name goes before a number, as with chown(1). */
int account_user(struct account *ret, struct arena *arena, const char *word, struct error *err)
{
	struct wanted wanted = {.arena = arena, .name = word};
	uint64_t number;

	if (find_user(&wanted))
		return fill_account(ret, arena, &wanted, true, err);
	if (parse_number(word, 10, NO_USER - 1, &number) < 0)
		return unknown("no-user", word, "passwd", err);
	return account_of(ret, arena, (uid_t)number, err);
}

int account_group(gid_t *ret, const char *word, struct error *err)
{
	struct wanted wanted = {.name = word};
	uint64_t number;

	if (find_group(&wanted)) {
		*ret = wanted.id;
		return 0;
	}
	if (parse_number(word, 10, NO_GROUP - 1, &number) < 0)
		return unknown("no-group", word, "group", err);
	*ret = (gid_t)number;
	return 0;
}

const char *account_user_name(struct arena *arena, uid_t uid)
{
	struct wanted wanted = {.arena = arena, .id = uid};

	return find_user(&wanted) ? wanted.found_name
				  : arena_printf(arena, "%u", (unsigned int)uid);
}

const char *account_group_name(struct arena *arena, gid_t gid)
{
	struct wanted wanted = {.arena = arena, .id = gid};

	return find_group(&wanted) ? wanted.found_name
				   : arena_printf(arena, "%u", (unsigned int)gid);
}

const char *account_word(struct arena *arena, const struct account *account)
{
	if (account->name)
		return account->name;
	return account->uid == 0 ? "root" : arena_printf(arena, "%u", account->uid);
}

bool account_is_in(const struct account *account, gid_t gid)
{
	for (size_t i = 0; i < account->n_groups; i++)
		if (account->groups[i] == gid)
			return true;
	return false;
}
