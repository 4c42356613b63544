/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which driver hands a device to user space: the most specific VFIO variant that this kernel has
 * for it, else vfio-pci.
 */
#pragma once

#include "base/error.h"
#include "host/device.h"

struct driver_choice {
	const char *driver; /* "vfio-pci"; a prediction until driver_make_ready() */
	const char *module; /* that provides it; NULL: it is registered already */
	const char *why;    /* one sentence for people */
};

/*
 * Chooses for a device on the pci bus. wanted is "auto" or the name of a driver. Strings go to
 * arena. 0, or -1 (STATUS_UNSUPPORTED: this kernel has no VFIO driver for it).
 */
int driver_choose(struct driver_choice *ret, struct arena *arena, const struct device *dev,
		  const char *wanted, struct error *err);

/*
 * Loads the module if need be, waiting at most timeout_ms, and finds out under which name its
 * driver is registered: choice->driver is then true. With timeout_ms 0 nothing is loaded, only
 * looked whether it could be. 0, or -1.
 */
int driver_make_ready(struct driver_choice *choice, struct arena *arena, const struct device *dev,
		      int64_t timeout_ms, struct error *err);
