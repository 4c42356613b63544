/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IOMMU groups: the devices that can only be handed out together.
 *
 * A group is viable for user space when every member is unbound or bound to a driver that leaves
 * DMA ownership alone (driver_managed_dma in the kernel): all VFIO drivers, pcieport, pci-stub.
 * shpchp is not among them. One that does not answer counts as bound to the host: its driver is
 * being changed, and what has it until that ends is not known.
 */
#pragma once

#include "host/inventory.h"

/* True when dev, as it is now, does not keep its group from being viable. */
bool group_member_is_free(const struct device *dev);

/* True for a driver that a member may keep while its group is handed out. */
bool group_allows_driver(const char *driver);

/*
 * Names the member that keeps the group of the device with that directory with the host, and its
 * driver, as it is now. False when there is none.
 */
bool group_blocker(char *buf, size_t size, const char *syspath);

struct group_refusal {
	char cause[256];
	char remedy[160]; /* one sentence */
	bool by_member;   /* another member has a driver of the host */
};

/*
 * Why the kernel gave the group of the device with that directory, which has an IOMMU, to nobody
 * (EPERM), as far as it can be told now. module is the one that was asked for it, "iommufd" or
 * "vfio_iommu_type1".
 */
void group_explain_refusal(struct group_refusal *ret, const char *syspath, const char *module);

/* The i-th member of the group in the inventory, or NULL at the end. Groups below 0 are empty. */
struct device *iommu_group_member(const struct inventory *inventory, int64_t group, size_t i);
