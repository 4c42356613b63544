/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The decision whether a device may be taken from its driver: who uses it (host/usage.h), whether
 * its group can be handed out, and what --force overrides.
 */
#pragma once

#include "host/inventory.h"
#include "host/usage.h"

/*
 * Parses the argument of --force, reasons separated by commas. 0, or -1 with STATUS_USAGE that
 * lists the reasons there are. NULL is the empty set.
 */
int gate_parse_force(unsigned int *ret, const char *text, struct error *err);

struct gate {
	const struct inventory *inventory;
	/* True for a device that the same command takes along. */
	bool (*is_moving)(const void *arg, const struct device *dev);
	/* True for one that the same command is about, taken along or not; NULL: for none. */
	bool (*is_asked)(const void *arg, const struct device *dev);
	const void *arg;
	unsigned int forced; /* reasons overridden by --force */
	bool to_vfio;        /* the group must be viable afterwards */
	bool stays;          /* it keeps its driver: its group does not matter */
};

/*
 * 0 when dev may be taken from its driver, or be reset below it, -1 with STATUS_REFUSED and every
 * reason otherwise. *ret_used is the set of reasons that --force overrode. usages are those of dev,
 * from usage_of_devices() with claims, which are to be kept until the driver is gone.
 */
int gate_check(const struct gate *gate, const struct device *dev, const struct usages *usages,
	       unsigned int *ret_used, struct error *err);
