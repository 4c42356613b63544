/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rule names numbers: udevd reads it at any time, and user names may come from the network.
 *
 * The cdev has the device above it in sysfs, so that KERNELS and ATTRS find it, all of them at the
 * same ancestor. A group has nothing above it: there the device is looked up by its name.
 */
#include <stdio.h>

#include "change/access_internal.h"

#define RULES "/run/udev/rules.d"

struct access_text access_text(const struct access *access)
{
	struct access_text ret;

	snprintf(ret.text, sizeof(ret.text), "%u:%u %04o", access->uid, access->gid,
		 access->mode & 07777U);
	return ret;
}

bool access_from_text(struct access *ret, const char *text)
{
	unsigned int uid, gid, mode;
	int end = 0;

	if (!text || sscanf(text, "%u:%u %o%n", &uid, &gid, &mode, &end) != 3 || text[end])
		return false;
	*ret = (struct access){.uid = uid, .gid = gid, .mode = mode};
	return true;
}

/* Behind all that distributions and administrators have, which 99 and the name see to. */
const char *access_rule_path(struct arena *arena, const struct device *dev)
{
	return arena_printf(arena, RULES "/99-vfioctl-%s.rules", dev->address);
}

struct ids {
	char text[512];
};

/* How each id is asked for: ATTRS{vendor} or ATTR{[pci/0000:03:00.0]vendor}. */
static struct ids match_ids(const struct device *dev, const char *before, const char *after)
{
	const struct {
		const char *name;
		int64_t id;
	} all[] = {
		{"vendor", dev->vendor_id},
		{"device", dev->device_id},
		{"subsystem_vendor", dev->subvendor_id},
		{"subsystem_device", dev->subdevice_id},
	};
	struct ids ids = {""};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		if (all[i].id >= 0)
			append(ids.text, sizeof(ids.text), "%s%s%s==\"0x%04x\", ", before,
			       all[i].name, after, (unsigned int)all[i].id);
	return ids;
}

/* Only devices with an IOMMU are given away, so the entry is the number of the group. */
static const char *group_line(struct arena *arena, const struct device *dev, const char *owner)
{
	char before[300];

	if (dev->iommu_group < 0)
		return "";
	snprintf(before, sizeof(before), "ATTR{[%s/%s]", dev->bus, dev->address);
	return arena_printf(arena,
			    "SUBSYSTEM==\"vfio\", KERNEL==\"%d\", "
			    "TEST==\"/sys/kernel/iommu_groups/%d/devices/%s\", %s%s\n",
			    dev->iommu_group, dev->iommu_group, dev->address,
			    match_ids(dev, before, "}").text, owner);
}

const char *access_rule_text(struct arena *arena, const struct device *dev,
			     const struct access *access)
{
	const char *owner = arena_printf(arena, "OWNER=\"%u\", GROUP=\"%u\", MODE=\"%04o\"",
					 access->uid, access->gid, access->mode & 07777U);
	const char *group = owner ? group_line(arena, dev, owner) : NULL;

	if (!group)
		return NULL;
	return arena_printf(arena,
			    "# By `vfioctl bind --owner`; `vfioctl restore %s` removes it.\n"
			    "SUBSYSTEM==\"vfio-dev\", KERNELS==\"%s\", %s%s\n%s",
			    dev->address, dev->address, match_ids(dev, "ATTRS{", "}").text, owner,
			    group);
}
