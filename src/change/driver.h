/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which driver hands a device to user space: the most specific VFIO variant that this kernel has
 * for it, else vfio-pci.
 */
#pragma once

#include "change/bystander.h"

struct driver_choice {
	const char *driver; /* "vfio-pci"; a prediction until driver_make_ready() */
	const char *module; /* that provides it; NULL: it is registered already */
	const char *why;    /* one sentence for people */
	bool is_variant;    /* chosen because it is made for the device, not by name */
};

/*
 * The last choice: of many functions of one kind, such as the VFs of one PF, only the first has to
 * look through modules. Starts zeroed, and lives no longer than arena and devices.
 */
struct driver_memo {
	const char *modalias;
	struct driver_choice choice;
};

/*
 * Chooses for a device on the pci bus. wanted is "auto" or the name of a driver. Strings go to
 * arena. memo may be NULL. 0, or -1 (STATUS_UNSUPPORTED: this kernel has no VFIO driver for it).
 */
int driver_choose(struct driver_choice *ret, struct arena *arena, const struct device *dev,
		  const char *wanted, struct driver_memo *memo, struct error *err);

/*
 * Loads the module if need be, waiting at most timeout_ms, and finds out under which name its
 * driver is registered: choice->driver is then true. It is refused when others than those that
 * scope says are moving would be bound by that. A variant that cannot be loaded makes room for
 * vfio-pci, and choice->why says so. With timeout_ms 0 nothing is loaded, only looked whether it
 * could be. 0, or -1; err must not be NULL.
 */
int driver_make_ready(struct driver_choice *choice, struct arena *arena, const struct device *dev,
		      const struct bystander_scope *scope, int64_t timeout_ms, struct error *err);

/*
 * Loads the modules that are made for the device and may be loaded, unless the driver of that name
 * is there already; NULL: any. Nothing with timeout_ms 0. 0, also when there is no such module,
 * or -1.
 */
int driver_make_native_ready(struct arena *arena, const struct device *dev, const char *driver,
			     const struct bystander_scope *scope, int64_t timeout_ms,
			     struct error *err);
