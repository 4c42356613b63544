/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/group.h"

bool group_allows_driver(const char *driver)
{
	static const char *const managed[] = {"pcieport", "pci-stub"};

	for (size_t i = 0; i < ARRAY_SIZE(managed); i++)
		if (streq(driver, managed[i]))
			return true;
	return false;
}

bool group_member_is_free(const struct device *dev)
{
	if (dev->state == DEVICE_LOCKED)
		return false;
	return !dev->driver || device_is_vfio(dev) || group_allows_driver(dev->driver);
}

struct device *iommu_group_member(const struct inventory *inventory, int64_t group, size_t i)
{
	for (size_t k = 0; group >= 0 && k < inventory->count; k++)
		if (inventory->devices[k].iommu_group == group && i-- == 0)
			return &inventory->devices[k];
	return NULL;
}
