/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IOMMU groups: what goes to user space together, and why.
 */
#include "host/group.h"
#include "rules/catalogue.h"
#include "rules/iommu_option.h"
#include "rules/look.h"

#define GROUPS "Documentation/driver-api/vfio.rst of the kernel"

static struct device *member(const struct rule_run *run, size_t i)
{
	return iommu_group_member(run->facts->machine, run->group, i);
}

/* A member that VFIO has, or NULL. */
static const struct device *vfio_member(const struct rule_run *run)
{
	const struct device *dev;

	for (size_t i = 0; (dev = member(run, i)); i++)
		if (device_is_vfio(dev))
			return dev;
	return NULL;
}

static const char *driver_file(const struct rule_run *run, const struct device *dev)
{
	return arena_printf(run->arena, "/sys/bus/%s/devices/%s/driver", dev->bus, dev->address);
}

/* What `vfioctl bind --group` is to be told. */
static const char *whole_group(const struct rule_run *run, const struct device *dev)
{
	return arena_printf(run->arena, "%s%s", look_owner(run), dev->address);
}

static void not_viable(struct rule_run *run)
{
	const struct device *bound = vfio_member(run), *dev;

	for (size_t i = 0; bound && (dev = member(run, i)); i++)
		if (!group_member_is_free(dev))
			rule_fires(run, whole_group(run, bound), driver_file(run, dev), "%s has %s",
				   dev->address, dev->driver ? dev->driver : "no answer");
}

/* Functions that are not asked about, but go with one that is. */
static void companion(struct rule_run *run)
{
	const struct device *dev;

	if (vfio_member(run))
		return;
	for (size_t i = 0; (dev = member(run, i)); i++)
		if (dev->driver && !group_member_is_free(dev) &&
		    !rule_is_asked(run->facts, dev->address) && look_same_slot(dev, run->device))
			rule_fires(run, whole_group(run, run->device), driver_file(run, dev),
				   "%s has %s, and is a function of the same device", dev->address,
				   dev->driver);
}

/* PCI Express functions have this attribute, asleep too; nothing is read from it. */
static bool is_express(const struct device *dev)
{
	return path_exists("%s/current_link_speed", dev->syspath);
}

/*
 * A bridge of the group with a member right below it. A bridge is a member because what is below
 * cannot be told apart: on a conventional bus for nobody says who he is there, else because
 * the port has no ACS.
 */
static const struct device *bridge_of_group(const struct rule_run *run, bool express)
{
	const struct device *bridge, *dev;

	for (size_t i = 0; (bridge = member(run, i)); i++)
		for (size_t k = 0; device_is_bridge(bridge) && (dev = member(run, k)); k++)
			if (look_bridge_above(run->facts, dev) == bridge &&
			    is_express(dev) == express)
				return bridge;
	return NULL;
}

/* Functions of the group that are no bridges, each device counted once. */
static size_t count_slots(const struct rule_run *run)
{
	const struct device *dev, *other;
	size_t count = 0, k;

	for (size_t i = 0; (dev = member(run, i)); i++) {
		if (device_is_bridge(dev))
			continue;
		for (k = 0; k < i && (other = member(run, k)); k++)
			if (!device_is_bridge(other) && look_same_slot(dev, other))
				break;
		count += k == i;
	}
	return count;
}

static void judge_bridge(struct rule_run *run, const struct device *bridge)
{
	size_t slots = count_slots(run);

	if (bridge && slots > 1)
		rule_fires(run, bridge->address, look_path(run, "devices"),
			   "%zu devices below or beside %s", slots, bridge->address);
}

static void shared_through_bridge(struct rule_run *run)
{
	judge_bridge(run, bridge_of_group(run, false));
}

static void acs_missing(struct rule_run *run)
{
	judge_bridge(run, bridge_of_group(run, true));
}

/* What the whole host was booted with is told by iommu-passthrough. */
static void type_identity(struct rule_run *run)
{
	char type[32];

	if (run->device->iommu == IOMMU_PHYSICAL && !iommu_option_passthrough(run) &&
	    look_read(run, type, sizeof(type), "type") && streq(type, "identity"))
		rule_fires(run, NULL, look_path(run, "type"), "identity");
}

const struct rule rules_group[] = {
	{.id = "group-not-viable",
	 .severity = RULE_ERROR,
	 .scope = RULE_GROUP,
	 .title = "A member of the group has a driver of the host",
	 .consequence = "While it has, user space gets none of the group's devices (EPERM).",
	 .remedy = "vfioctl bind --group {what}",
	 .is_command = true,
	 .reference = GROUPS,
	 .blocks = PURPOSE_ANY,
	 .stage = STAGE_BIND,
	 .check = not_viable},
	{.id = "companion-function",
	 .severity = RULE_WARNING,
	 .scope = RULE_GROUP,
	 .title = "Another function of the device goes with it",
	 .consequence = "The host has to give up that function, too.",
	 .remedy = "vfioctl bind --group {what}",
	 .is_command = true,
	 .reference = GROUPS,
	 .check = companion},
	{.id = "group-shared-through-bridge",
	 .severity = RULE_WARNING,
	 .scope = RULE_GROUP,
	 .title = "Devices share a group because they share a conventional bus",
	 .consequence = "They can only be handed out together.",
	 .remedy = "Put one of the cards below {what} into another slot",
	 .reference = GROUPS,
	 .check = shared_through_bridge},
	{.id = "acs-missing",
	 .severity = RULE_WARNING,
	 .scope = RULE_GROUP,
	 .title = "Devices share a group because a port does not keep them apart",
	 .consequence = "They can only be handed out together: one could reach another past the "
			"IOMMU.",
	 .remedy = "Switch ACS on for {what} in the firmware's setup, or use a slot below another "
		   "port",
	 .reference = "Documentation/PCI/pci-iov-howto.rst, config_acs of kernel-parameters.txt",
	 .check = acs_missing},
	{.id = "group-type-identity",
	 .severity = RULE_INFO,
	 .scope = RULE_GROUP,
	 .title = "While the host has the group, the IOMMU lets all its accesses pass",
	 .consequence = "The device reaches all memory until VFIO opens it.",
	 .remedy = "echo DMA > /sys/kernel/iommu_groups/{group}/type while no driver has its "
		   "members",
	 .reference = "Documentation/ABI/testing/sysfs-kernel-iommu_groups of the kernel",
	 .check = type_identity},
	{0},
};
