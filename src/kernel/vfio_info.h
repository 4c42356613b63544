/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All that an open device tells of itself: flags, regions, interrupts, features, each with the
 * capabilities behind it.
 *
 * What cannot be foreseen is kept by number: capabilities, features, types and flags that a newer
 * kernel has and this program does not know. Lists lie in the arena that is given. Failures are
 * -errno, -EPROTO when the kernel contradicts itself and -ENOMEM when the arena is full.
 */
#pragma once

#include "base/arena.h"
#include "kernel/chain.h"

/* A number, or the bit of a set, that has a name. Tables end with a row without one. */
struct vfio_name {
	uint64_t number;
	const char *name;
};

/* The name of the number, or NULL. */
const char *vfio_name_of(const struct vfio_name *table, uint64_t number);

/* Sets: a bit for each of these. */
extern const struct vfio_name vfio_device_flags[];    /* "reset", "pci", ... */
extern const struct vfio_name vfio_atomic_widths[];   /* "32", "64", "128" */
extern const struct vfio_name vfio_region_flags[];    /* "read", "write", "mmap" */
extern const struct vfio_name vfio_irq_flags[];       /* "eventfd", "maskable", ... */
extern const struct vfio_name vfio_migration_names[]; /* "stop-copy", "p2p", "pre-copy" */

/* A capability of a device or region. */
struct vfio_capability {
	unsigned int id, version;
	const char *name; /* "sparse-mmap"; NULL: not known here */
};

struct vfio_capabilities {
	const struct vfio_capability *list;
	size_t count;
};

/* The device as a whole. */
struct vfio_description {
	uint32_t flags; /* bits of vfio_device_flags */
	unsigned int n_regions, n_irqs;
	struct vfio_capabilities capabilities;
	uint32_t atomic_widths; /* atomic operations that the way to memory completes */
};
int vfio_describe(int device, struct arena *arena, struct vfio_description *ret);

/* A part of a region that may be mapped. */
struct vfio_area {
	uint64_t offset, size; /* bytes, in the region */
};

struct vfio_region_description {
	unsigned int index;
	uint32_t flags;  /* bits of vfio_region_flags */
	uint64_t size;   /* bytes; 0: the device does not have it */
	uint64_t offset; /* in the device's file */
	struct vfio_capabilities capabilities;
	bool has_type;
	uint32_t type, subtype;
	const struct vfio_area *areas; /* where only parts may be mapped */
	size_t n_areas;
};
/* -EINVAL for an index that the device has not. */
int vfio_describe_region(int device, unsigned int index, struct arena *arena,
			 struct vfio_region_description *ret);

/* "bar0", "config", "igd-opregion"; NULL where the region has no name. */
const char *vfio_region_name(const struct vfio_description *device,
			     const struct vfio_region_description *region);

struct vfio_irq_description {
	unsigned int index;
	uint32_t flags; /* bits of vfio_irq_flags */
	uint32_t count; /* vectors; 0: the device does not have it */
};
/* -EINVAL for an index that the device has not. */
int vfio_describe_irq(int device, unsigned int index, struct vfio_irq_description *ret);

/* "msix"; NULL where the interrupt has no name. */
const char *vfio_irq_name(const struct vfio_description *device, unsigned int index);

/* A feature, and whether it can be asked for and set. */
struct vfio_feature {
	unsigned int id;
	const char *name; /* "migration"; NULL: not known here */
	bool can_get, can_set;
};

/* Ids from here on are not known here; they are asked for all the same, as far as the limit. */
#define VFIO_FEATURES_KNOWN 14U
#define VFIO_FEATURES_LIMIT 32U

/* Asks only whether, and does nothing else. A feature that is not there is no failure. */
int vfio_feature_probe(int device, unsigned int id, struct vfio_feature *ret);

/*
 * Readers of what the kernel answered. Functions of their own for the tests.
 */
int vfio_parse_device(const struct vfio_answer *answer, struct arena *arena,
		      struct vfio_description *ret);
int vfio_parse_region(const struct vfio_answer *answer, struct arena *arena,
		      struct vfio_region_description *ret);
