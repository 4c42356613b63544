/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What sysfs tells of the IOMMU before a device, without opening anything.
 */
#pragma once

#include "base/arena.h"

/* Addresses that a group may not use, or that are mapped as they are; both ends included. */
struct iommu_reserved {
	uint64_t first, last;
	const char *type; /* "direct", "direct-relaxable", "reserved", "msi" */
};

/*
 * The reserved regions of the group that has the device: a list in the arena. Groups without a real
 * IOMMU have none. Returns how many, -ENOENT without a group, or another -errno.
 */
int iommu_reserved_read(const struct iommu_reserved **ret, struct arena *arena,
			const char *syspath);

/* Whose IOMMU it is, as far as sysfs shows its registers. */
enum iommu_make { IOMMU_INTEL, IOMMU_AMD };

struct iommu_registers {
	enum iommu_make make;
	uint64_t first, second; /* Intel: cap and ecap; AMD: efr and efr2 */
};

/* The registers of the IOMMU before the device; -ENOENT when there is none, or none that shows. */
int iommu_registers_read(struct iommu_registers *ret, const char *syspath);
