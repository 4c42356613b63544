/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/record.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "base/path.h"
#include "change/identity.h"

static int record_path(char path[static PATH_MAX], const char *directory, const struct device *dev)
{
	int n = snprintf(path, PATH_MAX, "%s/%s.json", directory, dev->address);

	return n < 0 || n >= PATH_MAX ? -ENAMETOOLONG : 0;
}

struct document *record_new(const struct device *dev)
{
	scoped_arena struct arena *arena = arena_new(4096);
	const char *identity = arena ? identity_of(arena, dev) : NULL;
	scoped_document struct document *doc = document_new();

	if (!doc || !identity || identity_set_boot(doc) < 0 ||
	    document_set_string(doc, "identity", identity) < 0 ||
	    document_set_string(doc, "syspath", dev->syspath) < 0)
		return NULL;
	return take_ptr(doc);
}

/* 1 with the record of this boot, whichever device it is of; 0 without; -errno. */
static int load(struct document **ret, const char *directory, const struct device *dev)
{
	scoped_document struct document *doc = NULL;
	char path[PATH_MAX];
	int r = record_path(path, directory, dev);

	if (r == 0)
		r = document_load(&doc, path);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	if (!identity_is_this_boot(doc))
		return 0;
	*ret = take_ptr(doc);
	return 1;
}

static bool is_of(const struct document *doc, const struct device *dev)
{
	return identity_matches(document_string(doc, "identity"), document_string(doc, "syspath"),
				dev);
}

int record_load(struct document **ret, const char *directory, const struct device *dev)
{
	scoped_document struct document *doc = NULL;
	int r = load(&doc, directory, dev);

	if (r <= 0 || !is_of(doc, dev))
		return r < 0 ? r : 0;
	*ret = take_ptr(doc);
	return 1;
}

int record_load_stale(struct document **ret, const char *directory, const struct device *dev)
{
	scoped_document struct document *doc = NULL;

	if (load(&doc, directory, dev) <= 0 || is_of(doc, dev))
		return 0;
	*ret = take_ptr(doc);
	return 1;
}

int record_save(const struct document *doc, const char *directory, const struct device *dev)
{
	char path[PATH_MAX];
	int r = record_path(path, directory, dev);

	if (r == 0)
		r = path_mkdir(0755, "%s", directory);
	return r < 0 ? r : document_save(doc, path);
}

void record_forget(const char *directory, const struct device *dev)
{
	char path[PATH_MAX];

	if (record_path(path, directory, dev) == 0)
		document_remove(path);
}
