/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One file per device below /run/vfioctl/devices. */
#include "change/binding.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "base/document.h"
#include "base/path.h"
#include "change/identity.h"
#include "change/lock.h"

#define RECORDS STATE_DIRECTORY "/devices"

struct binding binding_of(const struct device *dev)
{
	return (struct binding){.driver = dev->driver, .override = dev->driver_override};
}

static int record_path(char path[static PATH_MAX], const struct device *dev)
{
	int n = snprintf(path, PATH_MAX, RECORDS "/%s.json", dev->address);

	return n < 0 || n >= PATH_MAX ? -ENAMETOOLONG : 0;
}

/* 1 with a record of this very device, 0 without, -1 on error. */
static int load_record(struct document **ret, const struct device *dev, struct error *err)
{
	scoped_document struct document *doc = NULL;
	char path[PATH_MAX];
	int r = record_path(path, dev);

	if (r == 0)
		r = document_load(&doc, path);
	if (r == -ENOENT)
		return 0;
	if (r < 0) {
		error_errno(err, r, "saved-state", dev->address, "cannot read %s", path);
		return error_remedy(err, "Remove that file if it is damaged.");
	}
	if (!identity_is_this_boot(doc) || !identity_matches(document_string(doc, "identity"),
							     document_string(doc, "syspath"), dev))
		return 0;
	*ret = take_ptr(doc);
	return 1;
}

static int fill_record(struct document *doc, const struct device *dev)
{
	scoped_arena struct arena *arena = arena_new(4096);
	const char *identity = arena ? identity_of(arena, dev) : NULL;

	if (!identity || identity_set_boot(doc) < 0 ||
	    document_set_string(doc, "identity", identity) < 0 ||
	    document_set_string(doc, "syspath", dev->syspath) < 0 ||
	    document_set_string(doc, "driver", dev->driver) < 0 ||
	    document_set_string(doc, "driver_override", dev->driver_override) < 0)
		return -ENOMEM;
	return 0;
}

static int write_record(const struct device *dev, struct error *err)
{
	scoped_document struct document *doc = document_new();
	char path[PATH_MAX];
	int r = record_path(path, dev);

	if (r == 0)
		r = doc ? fill_record(doc, dev) : -ENOMEM;
	if (r == 0)
		r = path_mkdir(0755, RECORDS);
	if (r == 0)
		r = document_save(doc, path);
	if (r < 0)
		return error_errno(err, r, "saved-state", dev->address,
				   "cannot record its driver in %s", path);
	return 0;
}

int binding_save(const struct device *dev, bool half_way, bool *ret_kept, struct error *err)
{
	scoped_document struct document *older = NULL;
	int r = 0;

	/* Only a native driver is news: a device that lost its driver half-way is still ours. */
	if (half_way || device_is_vfio(dev) || !dev->driver)
		r = load_record(&older, dev, err);
	if (r < 0)
		return -1;
	*ret_kept = r > 0;
	return r > 0 ? 0 : write_record(dev, err);
}

int binding_load(struct binding *ret, struct arena *arena, const struct device *dev,
		 struct error *err)
{
	scoped_document struct document *doc = NULL;
	int r = load_record(&doc, dev, err);

	if (r <= 0)
		return r;
	*ret = (struct binding){
		.driver = arena_strdup(arena, document_string(doc, "driver")),
		.override = arena_strdup(arena, document_string(doc, "driver_override")),
	};
	return 1;
}

void binding_forget(const struct device *dev)
{
	char path[PATH_MAX];

	if (record_path(path, dev) == 0)
		path_unlink("%s", path);
}
