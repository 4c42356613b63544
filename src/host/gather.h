/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads one device.
 */
#pragma once

#include "host/device.h"

/* The VFIO device of some physical or mediated device. */
struct vfio_entry {
	const char *device; /* name of the device on its bus */
	const char *bus;
	const char *syspath;
	const char *name; /* "vfio0": entry in /sys/class/vfio-dev; NULL before Linux 6.1 */
};

/*
 * Fills ret (address and bus already set) from the device's directory. This may block on a device
 * whose lock is held, so only the reader processes of host/inventory.c call it.
 * entry is its VFIO device, or NULL. needs is a set of NEED_* (host/inventory.h). Strings go to
 * arena. ret->state becomes DEVICE_GONE when the directory is not there any more.
 */
void gather_device(struct device *ret, struct arena *arena, const struct vfio_entry *entry,
		   unsigned int needs);

/*
 * The same for a device that gather_device() has filled in before, and was not asked for what needs
 * says: only that is read.
 */
void gather_more(struct device *ret, struct arena *arena, unsigned int needs);

/*
 * Fills in what can be told of a device that does not answer: its directory, IOMMU and group, which
 * are links that no lock guards. Others have to know whose group it is in.
 */
void gather_locked(struct device *ret, struct arena *arena);
