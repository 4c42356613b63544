/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One file per device below /run/vfioctl/devices. What identifies the device is readable under any
 * driver: ids and the path of bridges that leads to it. The boot id is there because sysfs state
 * dies with the boot and /run need not.
 */
#include "change/binding.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "base/document.h"
#include "base/path.h"
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

static void read_boot_id(char *buf, size_t size)
{
	if (path_read(buf, size, "/proc/sys/kernel/random/boot_id") < 0)
		*buf = '\0';
}

/* "8086:10d3:8086:a01f": what stays the same whichever driver is bound. */
static void describe_identity(char *buf, size_t size, const struct device *dev)
{
	snprintf(buf, size, "%04x:%04x:%04x:%04x", (unsigned int)dev->vendor_id,
		 (unsigned int)dev->device_id, (unsigned int)dev->subvendor_id,
		 (unsigned int)dev->subdevice_id);
}

static bool is_same_device(const struct document *doc, const struct device *dev)
{
	char boot_id[64], identity[64];

	read_boot_id(boot_id, sizeof(boot_id));
	describe_identity(identity, sizeof(identity), dev);
	return streq_null(document_string(doc, "boot_id"), boot_id) &&
	       streq_null(document_string(doc, "identity"), identity) &&
	       streq_null(document_string(doc, "syspath"), dev->syspath);
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
	if (!is_same_device(doc, dev))
		return 0;
	*ret = take_ptr(doc);
	return 1;
}

static int fill_record(struct document *doc, const struct device *dev)
{
	char boot_id[64], identity[64];

	read_boot_id(boot_id, sizeof(boot_id));
	describe_identity(identity, sizeof(identity), dev);
	if (document_set_string(doc, "boot_id", boot_id) < 0 ||
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

int binding_save(const struct device *dev, struct error *err)
{
	scoped_document struct document *older = NULL;

	/* Only a native driver is news: a device that lost its driver half-way is still ours. */
	if (device_is_vfio(dev) || !dev->driver) {
		int r = load_record(&older, dev, err);

		if (r != 0)
			return r < 0 ? -1 : 0;
	}
	return write_record(dev, err);
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
