/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All devices of this machine that vfioctl speaks of, gathered without ever hanging.
 */
#pragma once

#include "base/error.h"
#include "host/device.h"

/* What to gather beyond the record's own attributes. */
enum {
	NEED_NAMES = 1 << 0,   /* vendor, device and class names from the hwdb */
	NEED_DETAIL = 1 << 1,  /* struct device_detail */
	NEED_OFFER = 1 << 2,   /* would_offer */
	NEED_RESET = 1 << 4,   /* reset_set */
	NEED_LOGICAL = 1 << 5, /* logical_names */
	NEED_USAGE = 1 << 3,   /* usage: not by a scan, but by usage_of_inventory() */
};

struct inventory {
	struct arena *arena;    /* owns every record */
	struct device *devices; /* sorted by bus (pci first) and address */
	size_t count;
	struct device **by_address, **by_group; /* the same, for finding them; NULL: not made */
};

/*
 * Every PCI function, and every device of another bus that a VFIO driver holds.
 * needs is a set of NEED_*. A machine without PCI gives an empty inventory; one without sysfs is an
 * error (STATUS_UNSUPPORTED). The caller frees *ret with inventory_free().
 */
int inventory_scan(struct inventory *ret, unsigned int needs, struct error *err);

/* Only the named devices (sysfs names, as device_resolve() gives them), in that order. */
int inventory_scan_only(struct inventory *ret, unsigned int needs, const char *const *addresses,
			size_t count, struct error *err);

/*
 * More of the named devices of an inventory, in that order: their records as they are in known, and
 * what needs says beside. Those that did not answer are not asked again. known must outlive *ret.
 */
int inventory_scan_more(struct inventory *ret, const struct inventory *known, unsigned int needs,
			const char *const *addresses, size_t count, struct error *err);

/* Drops the devices that are not wanted: pointers to others, too, are void then. */
void inventory_keep(struct inventory *inventory,
		    bool (*is_wanted)(const void *arg, const struct device *dev), const void *arg);

void inventory_free(struct inventory *inventory);
#define scoped_inventory __attribute__((cleanup(inventory_free)))

/* The device with that sysfs name, or NULL. */
struct device *inventory_find(const struct inventory *inventory, const char *address);

/* How long one device may take to answer before it is reported as locked. */
#define DEVICE_DEADLINE_MS 2000
