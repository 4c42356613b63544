/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/group.h"

#include <stdio.h>

#include "base/path.h"
#include "host/vfio_driver.h"

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

bool group_blocker(char *buf, size_t size, const char *syspath)
{
	scoped_dir DIR *dir = path_opendir("%s/iommu_group/devices", syspath);
	const char *name;
	char driver[64];

	while (dir && (name = path_next(dir))) {
		if (path_link_name(driver, sizeof(driver), "%s/iommu_group/devices/%s/driver",
				   syspath, name) < 0 ||
		    vfio_holds("%s/iommu_group/devices/%s", syspath, name) ||
		    group_allows_driver(driver))
			continue;
		snprintf(buf, size, "%s of the same IOMMU group has the host's driver %s", name,
			 driver);
		return true;
	}
	return false;
}

struct device *iommu_group_member(const struct inventory *inventory, int64_t group, size_t i)
{
	for (size_t k = 0; group >= 0 && k < inventory->count; k++)
		if (inventory->devices[k].iommu_group == group && i-- == 0)
			return &inventory->devices[k];
	return NULL;
}
