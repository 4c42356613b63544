/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which driver a device has and which one it may have: what a change moves from and to, and what
 * bind saves so that restore can bring it back.
 */
#pragma once

#include "base/error.h"
#include "host/device.h"

struct binding {
	const char *driver;   /* NULL: none */
	const char *override; /* driver_override, NULL: none */
	bool any_driver;      /* as a target: whatever the kernel's own choice is */
	bool needs_one;       /* with any_driver: but there must be one */
	bool absent;          /* a VF that does not exist */
	int64_t vfs;          /* of a PF: how many VFs it has; gone with its driver */
	bool autoprobe_off;   /* of a PF: no driver probes VFs that appear */
};

/* The binding that the device has now; strings belong to the device. */
struct binding binding_of(const struct device *dev);

/*
 * Records the binding of dev as it is now, durably, for restore. Keeps an older record of the same
 * device unless a native driver has it: that one tells what it had before, and so it does while the
 * device is half_way; *ret_kept says whether there was one. 0, or -1.
 */
int binding_save(const struct device *dev, bool half_way, bool *ret_kept, struct error *err);

/*
 * The recorded binding of dev; strings go to arena. 1 when there is one, 0 when there is none or it
 * is from another boot or of another device at the same address, -1 on error.
 */
int binding_load(struct binding *ret, struct arena *arena, const struct device *dev,
		 struct error *err);

/* True when there is a record of this boot, and it is of another device at the same address. */
bool binding_is_stale(const struct device *dev);

/* Drops the record; a missing one is fine. */
void binding_forget(const struct device *dev);
