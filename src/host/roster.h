/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which devices there are: names only, from directory listings that no device lock can block.
 */
#pragma once

#include "base/arena.h"
#include "host/gather.h"

struct roster {
	struct arena *arena;        /* set by the caller; owns the rest */
	struct vfio_entry *entries; /* devices that a VFIO driver holds, sorted by name */
	size_t n_entries, room;
	const char **pci; /* names in /sys/bus/pci/devices, in order of address */
	size_t n_pci;
};

/* Fills the roster. 0 or -ENOMEM; a machine without PCI or VFIO has empty lists. */
int roster_read(struct roster *roster);

/* The VFIO device of the device with that name, or NULL. */
const struct vfio_entry *roster_find(const struct roster *roster, const char *device);

/* How many devices roster_read() would find at most: for the size of the arena. */
size_t roster_estimate(void);
