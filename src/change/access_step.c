/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How it is done. The record is written before the node is: who finds a claim that was never made
 * good, after this was killed, lets go of it all the same.
 */
#include <errno.h>
#include <stdio.h>

#include "base/path.h"
#include "change/access_internal.h"
#include "host/account.h"

enum { MAX_ENTRIES = 64 };

/* The nodes of a device, as access_text() has it. */
#define AS_MADE "0:0 0600"

/* --- owner -------------------------------------------------------------------------------- */

/* The cdev as it is called now: the kernel counts up each time that a device is bound. */
static bool find_cdev(char *buf, size_t size, const struct device *dev)
{
	scoped_dir DIR *dir =
		path_opendir("/sys/bus/%s/devices/%s/vfio-dev", dev->bus, dev->address);
	const char *name = dir ? path_next(dir) : NULL;

	return name && snprintf(buf, size, "/dev/vfio/devices/%s", name) > 0;
}

static bool has_claim(const struct device *dev, const struct claim *claim)
{
	scoped_document struct document *doc = access_record_load(dev);

	return claim_value(doc, claim) != NULL;
}

static int cannot_own(int r, const struct device *dev, const char *node, struct error *err)
{
	return error_errno(err, r, "own", dev->address, "cannot give %s to its owner", node);
}

static int own(const struct device *dev, const char *node, const struct access *access,
	       struct error *err)
{
	struct claim claim = claim_own(node);
	struct access before;
	bool is_given;
	char text[64];
	struct stat st;
	int r = path_stat(&st, "%s", node);

	/* Which nodes there are depends on the kernel; the wait has seen to those that must be. */
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return cannot_own(r, dev, node, err);
	before = (struct access){.uid = st.st_uid, .gid = st.st_gid, .mode = st.st_mode & 07777};
	is_given = before.uid == access->uid && before.gid == access->gid &&
		   before.mode == access->mode;
	/* Given by our own rule, the moment it appeared: before that it was as the kernel makes it.
	 */
	if (!claim_of_others(dev, &claim, text, sizeof(text)))
		snprintf(text, sizeof(text), "%s", is_given ? AS_MADE : access_text(&before).text);
	/* What it was first is what it shall be at the end. */
	if (!has_claim(dev, &claim) && claim_note(dev, &claim, text, err) < 0)
		return -1;
	if (is_given)
		return 0;
	r = path_own(access->uid, access->gid, access->mode, "%s", node);
	return r < 0 ? cannot_own(r, dev, node, err) : 0;
}

static int disown(const struct device *dev, const char *node, const struct access *before,
		  struct error *err)
{
	struct claim claim = claim_own(node);
	int r;

	if (claim_note(dev, &claim, NULL, err) < 0)
		return -1;
	if (claim_of_others(dev, &claim, NULL, 0))
		return 0;
	r = path_own(before->uid, before->gid, before->mode, "%s", node);
	return r < 0 && r != -ENOENT ? cannot_own(r, dev, node, err) : 0;
}

static int run_own(const struct step *step, struct error *err)
{
	const struct device *dev = step->dev;
	struct access access;
	char cdev[300];

	if (!access_from_text(&access, step->value))
		return error_set(err, STATUS_FAILED, EINVAL, "own", dev->address,
				 "'%s' is no owner", step->value ? step->value : "");
	if (step->back)
		return disown(dev, step->path, &access, err);
	if (step->path && !startswith(step->path, "/dev/vfio/devices/"))
		return own(dev, step->path, &access, err);
	return find_cdev(cdev, sizeof(cdev), dev) ? own(dev, cdev, &access, err) : 0;
}

/* --- access control list ------------------------------------------------------------------ */

struct entry {
	enum path_acl_kind kind;
	id_t id;
	char who[64]; /* "user:1000" */
};

/* "user:1000:rw", or "group:36" without the permissions. */
static bool parse_entry(struct entry *ret, const char *text)
{
	char kind[8];
	unsigned int id;

	if (!text || sscanf(text, "%7[a-z]:%u", kind, &id) != 2)
		return false;
	*ret = (struct entry){
		.kind = streq(kind, "user") ? PATH_ACL_USER : PATH_ACL_GROUP,
		.id = id,
	};
	snprintf(ret->who, sizeof(ret->who), "%s:%u", kind, id);
	return true;
}

/* What the list gives by that entry; -1 when it has none. */
static int listed(const struct entry *entry, const char *node)
{
	struct path_acl_entry list[MAX_ENTRIES];
	ssize_t count = path_acl_read(list, MAX_ENTRIES, "%s", node);

	for (ssize_t i = 0; i < count; i++)
		if (list[i].kind == entry->kind && list[i].id == entry->id)
			return list[i].permissions;
	return -1;
}

static bool is_listed(const struct entry *entry, const char *node)
{
	int permissions = listed(entry, node);

	return permissions >= 0 && (permissions & (R_OK | W_OK)) == (R_OK | W_OK);
}

static int no_lists(const struct device *dev, const char *node, const char *why, struct error *err)
{
	error_set(err, STATUS_UNSUPPORTED, EOPNOTSUPP, "no-acl", dev->address,
		  "the file system of %s keeps no access control lists, and %s", node, why);
	return error_remedy(err, "Give it to a group that the user is in: --owner USER:GROUP");
}

/* Without lists the node, which all devices share, goes to the group; never away from another. */
static int give_to_group(const struct device *dev, const char *node, struct error *err)
{
	scoped_arena struct arena *arena = arena_new(1 << 20);
	struct account account;
	struct access access;
	struct stat st;

	if (!arena || !access_load(&access, dev) ||
	    account_of(&account, arena, access.uid, NULL) < 0)
		return error_out_of_memory(err);
	if (access.gid == 0 || (access.mode & 0060) != 0060)
		return no_lists(dev, node, "no group was named that could have it", err);
	if (!account_is_in(&account, access.gid))
		return no_lists(dev, node, "the user is not in that group", err);
	if (path_stat(&st, "%s", node) == 0 && st.st_gid != 0 && st.st_gid != access.gid)
		return no_lists(dev, node, "it belongs to another group", err);
	return own(dev, node,
		   &(struct access){
			   .uid = st.st_uid, .gid = access.gid, .mode = (st.st_mode & 0777) | 0060},
		   err);
}

static int list(const struct device *dev, const char *node, const struct entry *entry,
		struct error *err)
{
	struct claim claim = claim_acl(node, entry->who);
	bool counted = claim_of_others(dev, &claim, NULL, 0);
	int r;

	/* Somebody else's entry stays when we go; ours, for whichever device, is counted. */
	if (is_listed(entry, node) && !counted)
		return 0;
	if (claim_note(dev, &claim, "given", err) < 0)
		return -1;
	if (is_listed(entry, node))
		return 0;
	r = path_acl_set(entry->kind, entry->id, R_OK | W_OK, "%s", node);
	if (r == -EOPNOTSUPP) {
		claim_note(dev, &claim, NULL, NULL);
		return give_to_group(dev, node, err);
	}
	if (r < 0)
		return error_errno(err, r, "acl", dev->address, "cannot let %s open %s", entry->who,
				   node);
	return 0;
}

static int unlist(const struct device *dev, const char *node, const struct entry *entry,
		  struct error *err)
{
	struct claim claim = claim_acl(node, entry->who);
	int r;

	if (claim_note(dev, &claim, NULL, err) < 0)
		return -1;
	if (claim_of_others(dev, &claim, NULL, 0) || listed(entry, node) < 0)
		return 0;
	r = path_acl_set(entry->kind, entry->id, 0, "%s", node);
	if (r < 0 && r != -ENOENT)
		return error_errno(err, r, "acl", dev->address, "cannot take %s from %s", node,
				   entry->who);
	return 0;
}

static int run_acl(const struct step *step, struct error *err)
{
	struct entry entry;

	if (!parse_entry(&entry, step->value))
		return error_set(err, STATUS_FAILED, EINVAL, "acl", step->dev->address,
				 "'%s' is no entry", step->value ? step->value : "");
	return step->back ? unlist(step->dev, step->path, &entry, err)
			  : list(step->dev, step->path, &entry, err);
}

/* --- rule --------------------------------------------------------------------------------- */

static int write_rule(const char *path, const char *text)
{
	int r = path_mkdir(0755, "/run/udev");

	if (r == 0)
		r = path_mkdir(0755, "/run/udev/rules.d");
	return r < 0 ? r : path_replace(text, strlen(text), 0644, "%s", path);
}

static int run_rule(const struct step *step, struct error *err)
{
	scoped_arena struct arena *arena = arena_new(1 << 16);
	struct access access;
	const char *text = NULL;
	int r;

	if (step->back) {
		r = path_unlink("%s", step->path);
		/* What somebody else has put there is no rule of ours. */
		r = r == -ENOENT || r == -EISDIR ? 0 : r;
	} else {
		if (arena && access_from_text(&access, step->value))
			text = access_rule_text(arena, step->dev, &access);
		r = text ? write_rule(step->path, text) : -ENOMEM;
	}
	if (r < 0)
		return error_errno(err, r, "rule", step->dev->address, "cannot %s udev's rule %s",
				   step->back ? "remove" : "write", step->path);
	return 0;
}

int access_step(const struct step *step, struct error *err)
{
	switch (step->kind) {
	case STEP_OWN:
		return run_own(step, err);
	case STEP_ACL:
		return run_acl(step, err);
	case STEP_RULE:
		return run_rule(step, err);
	default:
		return error_set(err, STATUS_FAILED, EINVAL, "step", step->dev->address,
				 "this is no step of access");
	}
}
