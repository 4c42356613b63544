/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/group.h"

#include <stdio.h>

#include "base/path.h"
#include "host/mode.h"
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

/* iommu_device_claim_dma_owner() and iommufd_device_bind() in the kernel have these reasons. */
const char *group_refusal(char *buf, size_t size, const char *syspath, const char *module)
{
	enum answer remaps = host_interrupt_remapping();
	char unsafe[8] = "";

	if (group_blocker(buf, size, syspath))
		return "Bind that one too (--group), or unbind it.";
	*buf = '\0';
	path_read(unsafe, sizeof(unsafe), "/sys/module/%s/parameters/allow_unsafe_interrupts",
		  module);
	if (remaps == ANSWER_YES || *unsafe == 'Y') {
		append(buf, size, "another process owns its IOMMU group");
		return "`vfioctl show` names who can be seen.";
	}
	append(buf, size,
	       "the platform does not keep its interrupts apart: interrupt remapping is off, and "
	       "allow_unsafe_interrupts of %s is not set",
	       module);
	if (remaps == ANSWER_UNKNOWN)
		append(buf, size, "; or another process owns its IOMMU group");
	return "Turn interrupt remapping on; the parameter is for machines whose guests are "
	       "trusted.";
}

struct device *iommu_group_member(const struct inventory *inventory, int64_t group, size_t i)
{
	for (size_t k = 0; group >= 0 && k < inventory->count; k++)
		if (inventory->devices[k].iommu_group == group && i-- == 0)
			return &inventory->devices[k];
	return NULL;
}
