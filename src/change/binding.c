/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One file per device below /run/vfioctl/devices. */
#include "change/binding.h"

#include <errno.h>

#include "change/lock.h"
#include "change/record.h"

#define RECORDS STATE_DIRECTORY "/devices"

struct binding binding_of(const struct device *dev)
{
	return (struct binding){
		.driver = dev->driver, .override = dev->driver_override, .vfs = dev->n_vfs};
}

/* 1 with a record of this very device, 0 without, -1 on error. */
static int load_record(struct document **ret, const struct device *dev, struct error *err)
{
	int r = record_load(ret, RECORDS, dev);

	if (r >= 0)
		return r;
	error_errno(err, r, "saved-state", dev->address, "cannot read %s/%s.json", RECORDS,
		    dev->address);
	return error_remedy(err, r == -EACCES || r == -EPERM
					 ? "Changing devices needs root."
					 : "Remove that file if it is damaged.");
}

static int write_record(const struct device *dev, struct error *err)
{
	scoped_document struct document *doc = record_new(dev);
	int r = -ENOMEM;

	if (doc && document_set_string(doc, "driver", dev->driver) == 0 &&
	    document_set_string(doc, "driver_override", dev->driver_override) == 0 &&
	    document_set_number(doc, "vfs", dev->n_vfs) == 0)
		r = record_save(doc, RECORDS, dev);
	return r < 0 ? error_errno(err, r, "saved-state", dev->address,
				   "cannot record its driver in %s", RECORDS)
		     : 0;
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
		.vfs = document_number(doc, "vfs", 0),
	};
	return 1;
}

bool binding_is_stale(const struct device *dev)
{
	scoped_document struct document *doc = NULL;

	return record_load_stale(&doc, RECORDS, dev) > 0;
}

void binding_forget(const struct device *dev)
{
	record_forget(RECORDS, dev);
}
