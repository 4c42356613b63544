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
void group_explain_refusal(struct group_refusal *ret, const char *syspath, const char *module)
{
	static const char owned[] = "another process owns its IOMMU group";
	enum answer remaps = host_interrupt_remapping();
	char unsafe[8] = "";

	*ret = (struct group_refusal){.cause = ""};
	ret->by_member = group_blocker(ret->cause, sizeof(ret->cause), syspath);
	if (ret->by_member) {
		append(ret->remedy, sizeof(ret->remedy),
		       "`vfioctl bind --group %s` takes the whole group.", base_name(syspath));
		return;
	}
	path_read(unsafe, sizeof(unsafe), "/sys/module/%s/parameters/allow_unsafe_interrupts",
		  module);
	if (remaps == ANSWER_YES || *unsafe == 'Y') {
		append(ret->cause, sizeof(ret->cause), "%s", owned);
		append(ret->remedy, sizeof(ret->remedy), "`vfioctl show %s` names who can be seen.",
		       base_name(syspath));
		return;
	}
	append(ret->cause, sizeof(ret->cause),
	       "the platform does not keep its interrupts apart: interrupt remapping is off, and "
	       "allow_unsafe_interrupts of %s is not set%s%s",
	       module, remaps == ANSWER_UNKNOWN ? "; or " : "",
	       remaps == ANSWER_UNKNOWN ? owned : "");
	append(ret->remedy, sizeof(ret->remedy),
	       "Turn interrupt remapping on; the parameter is for machines whose guests are "
	       "trusted.");
}
