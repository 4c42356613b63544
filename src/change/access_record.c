/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "base/path.h"
#include "change/access_internal.h"
#include "change/identity.h"
#include "change/lock.h"
#include "change/record.h"

#define RECORDS    STATE_DIRECTORY "/access"
#define UNFINISHED "unfinished"

struct document *access_record_load(const struct device *dev)
{
	struct document *doc = NULL;

	return record_load(&doc, RECORDS, dev) > 0 ? doc : NULL;
}

struct document *access_record_load_stale(const struct device *dev)
{
	struct document *doc = NULL;

	return record_load_stale(&doc, RECORDS, dev) > 0 ? doc : NULL;
}

int access_record_save(const struct document *doc, const struct device *dev, struct error *err)
{
	int r = record_save(doc, RECORDS, dev);

	return r < 0 ? error_errno(err, r, "saved-state", dev->address,
				   "cannot record to whom it is given in %s", RECORDS)
		     : 0;
}

void access_forget(const struct device *dev)
{
	record_forget(RECORDS, dev);
}

/* --- to whom ------------------------------------------------------------------------------ */

struct key {
	char text[32];
};

static struct key key_of(const char *prefix, const char *name)
{
	struct key key;

	snprintf(key.text, sizeof(key.text), "%s%s", prefix, name);
	return key;
}

bool access_record_read(struct access *ret, const struct document *doc, const char *prefix)
{
	int64_t uid = document_number(doc, key_of(prefix, "uid").text, -1);

	if (uid < 0)
		return false;
	*ret = (struct access){
		.uid = (uid_t)uid,
		.gid = (gid_t)document_number(doc, key_of(prefix, "gid").text, 0),
		.mode = (mode_t)document_number(doc, key_of(prefix, "mode").text, 0600),
	};
	return true;
}

int access_record_write(struct document *doc, const char *prefix, const struct access *access)
{
	if (!access)
		return document_set_number(doc, key_of(prefix, "uid").text, -1);
	if (document_set_number(doc, key_of(prefix, "uid").text, access->uid) < 0 ||
	    document_set_number(doc, key_of(prefix, "gid").text, access->gid) < 0)
		return -ENOMEM;
	return document_set_number(doc, key_of(prefix, "mode").text, access->mode);
}

bool access_load(struct access *ret, const struct device *dev)
{
	scoped_document struct document *doc = access_record_load(dev);
	struct access access;

	if (!doc || !access_record_read(&access, doc, ""))
		return false;
	if (ret)
		*ret = access;
	return true;
}

/* What was noted of nodes stays true: an older record is changed, not replaced. */
int access_save(const struct device *dev, const struct access *access, struct error *err)
{
	scoped_document struct document *doc = access_record_load(dev);
	struct access earlier;
	/* To whom it was given half-way, or for a while, it was not given before. */
	bool half_way = doc && document_number(doc, UNFINISHED, 0);
	bool had = doc && access_record_read(&earlier, doc, half_way ? "earlier_" : "");

	if (!doc)
		doc = record_new(dev);
	if (!doc)
		return error_out_of_memory(err);
	if (access_record_write(doc, "earlier_", had ? &earlier : NULL) < 0 ||
	    access_record_write(doc, "", access) < 0 || document_set_number(doc, UNFINISHED, 1) < 0)
		return error_out_of_memory(err);
	return access_record_save(doc, dev, err);
}

bool access_is_unfinished(const struct device *dev)
{
	scoped_document struct document *doc = access_record_load(dev);

	return doc && document_number(doc, UNFINISHED, 0);
}

bool access_is_stale(const struct device *dev)
{
	scoped_document struct document *doc = access_record_load_stale(dev);

	return doc != NULL;
}

void access_settle(const struct device *dev)
{
	scoped_document struct document *doc = access_record_load(dev);

	if (doc && document_set_number(doc, UNFINISHED, 0) == 0)
		access_record_save(doc, dev, NULL);
}

/* --- claims ------------------------------------------------------------------------------- */

struct claim claim_own(const char *node)
{
	struct claim claim;

	snprintf(claim.text, sizeof(claim.text), "own %s", node);
	return claim;
}

struct claim claim_acl(const char *node, const char *entry)
{
	struct claim claim;

	snprintf(claim.text, sizeof(claim.text), "acl %s %s", node, entry);
	return claim;
}

int claim_note(const struct device *dev, const struct claim *claim, const char *value,
	       struct error *err)
{
	scoped_document struct document *doc = access_record_load(dev);

	/* Without a record nothing was given. */
	if (!doc || streq_null(document_string(doc, claim->text), value))
		return 0;
	if (document_set_string(doc, claim->text, value) < 0)
		return error_out_of_memory(err);
	return access_record_save(doc, dev, err);
}

/* The next record of this boot that is not of dev; *ret_address is whose. */
static struct document *next_other(DIR *dir, const struct device *dev, char *address, size_t size)
{
	const char *name;

	while ((name = path_next(dir))) {
		scoped_document struct document *doc = NULL;
		const char *end = strstr(name, ".json");
		char path[PATH_MAX];

		if (*name == '.' || !end || end[strlen(".json")])
			continue;
		snprintf(address, size, "%.*s", (int)(end - name), name);
		snprintf(path, sizeof(path), RECORDS "/%s", name);
		if (!streq(address, dev->address) && document_load(&doc, path) == 0 &&
		    identity_is_this_boot(doc))
			return take_ptr(doc);
	}
	return NULL;
}

bool claim_of_others(const struct device *dev, const struct claim *claim, char *buf, size_t size)
{
	scoped_dir DIR *dir = path_opendir(RECORDS);
	bool found = false;

	while (dir && !found) {
		char address[NAME_MAX + 1];
		scoped_document struct document *doc =
			next_other(dir, dev, address, sizeof(address));
		const char *value = claim_value(doc, claim);

		if (!doc)
			break;
		found = value != NULL;
		if (value && buf)
			snprintf(buf, size, "%s", value);
	}
	return found;
}

bool claim_find_owner(const struct device *dev, const char *node, struct access *ret,
		      char *ret_address, size_t size)
{
	scoped_dir DIR *dir = path_opendir(RECORDS);
	struct claim claim = claim_own(node);

	for (;;) {
		scoped_document struct document *doc =
			dir ? next_other(dir, dev, ret_address, size) : NULL;

		if (!doc)
			return false;
		if (claim_value(doc, &claim) && access_record_read(ret, doc, ""))
			return true;
	}
}
