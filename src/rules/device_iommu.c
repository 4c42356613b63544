/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the IOMMU before a device, and the firmware, ask of its user.
 */
#include "host/iommu.h"
#include "rules/catalogue.h"
#include "rules/look.h"

/* Of the device's group; NULL and count 0 where there are none. */
static size_t read_regions(struct rule_run *run, const struct iommu_reserved **ret)
{
	int n = 0;

	*ret = NULL;
	if (run->device->iommu != IOMMU_PHYSICAL || !run->device->syspath)
		return 0;
	n = iommu_reserved_read(ret, run->arena, run->device->syspath);
	if (n < 0)
		rule_unknown(run, look_path(run, "iommu_group/reserved_regions"), "%s",
			     rule_errno_text(n));
	return n < 0 ? 0 : (size_t)n;
}

static void fire_region(struct rule_run *run, const struct iommu_reserved *region)
{
	rule_fires(run, NULL,
		   arena_printf(run->arena, "/sys/kernel/iommu_groups/%d/reserved_regions",
				run->device->iommu_group),
		   "0x%llx-0x%llx %s", (unsigned long long)region->first,
		   (unsigned long long)region->last, region->type);
}

/* Where the memory of nearly every guest lies; below are areas that are no memory on a PC. */
static bool is_in_guest_memory(const struct iommu_reserved *region)
{
	enum { FIRST = 1 << 20 };
	const uint64_t last = (UINT64_C(2) << 30) - 1;

	return region->first <= last && region->last >= FIRST;
}

/* A guest on s390 asks which addresses the device takes, and keeps to them. */
static bool guest_asks(const struct device *dev)
{
	return dev->iommu_instance && streq_null(host_iommu_kind(dev->iommu_instance), "s390");
}

/* ARM's window for MSIs is where QEMU keeps no memory. */
static void region_conflict(struct rule_run *run)
{
	const struct iommu_reserved *regions;
	size_t n = guest_asks(run->device) ? 0 : read_regions(run, &regions);

	for (size_t i = 0; i < n; i++)
		if (streq(regions[i].type, "reserved") && is_in_guest_memory(&regions[i]))
			fire_region(run, &regions[i]);
}

static void direct_region(struct rule_run *run)
{
	const struct iommu_reserved *regions;
	size_t n = read_regions(run, &regions);

	for (size_t i = 0; i < n; i++)
		if (streq(regions[i].type, "direct"))
			fire_region(run, &regions[i]);
}

/* The nearest directory upwards that the device tree describes; "" when there is none. */
static void find_node(char *buf, size_t size, const char *syspath)
{
	snprintf(buf, size, "%s", syspath);
	for (char *slash; (slash = strrchr(buf, '/')) && slash > buf; *slash = '\0')
		if (path_exists("%s/of_node", buf))
			return;
	*buf = '\0';
}

/* Elsewhere than on ARM all accesses of devices are coherent. */
static void coherency_missing(struct rule_run *run)
{
	char iommu[64], node[PATH_MAX];

	if (!run->device->syspath ||
	    path_link_name(iommu, sizeof(iommu), "%s/iommu", run->device->syspath) < 0 ||
	    !startswith(iommu, "smmu"))
		return;
	find_node(node, sizeof(node), run->device->syspath);
	if (!*node)
		rule_unknown(run, run->device->syspath, "ACPI's _CCA does not show");
	else if (!path_exists("%s/of_node/dma-coherent", node))
		rule_fires(run, NULL, arena_printf(run->arena, "%s/of_node/dma-coherent", node),
			   "it is not there");
}

const struct rule rules_device_iommu[] = {
	{.id = "coherency-missing",
	 .severity = RULE_ERROR,
	 .scope = RULE_DEVICE,
	 .title = "The device's accesses are not coherent with the caches",
	 .consequence = "VFIO refuses such a device with EINVAL.",
	 .remedy = "Use a slot below a host bridge whose device tree node has dma-coherent",
	 .reference = "Documentation/driver-api/vfio.rst of the kernel",
	 .blocks = PURPOSE_ANY,
	 .stage = STAGE_FIRMWARE,
	 .check = coherency_missing},
	{.id = "reserved-region-conflict",
	 .severity = RULE_WARNING,
	 .scope = RULE_DEVICE,
	 .title = "Addresses where guests have memory are reserved",
	 .consequence = "Mapping a guest's memory there fails with EINVAL or EADDRINUSE.",
	 .remedy = "Have the guest's memory elsewhere, or move {device} to another slot",
	 .reference = "Documentation/ABI/testing/sysfs-kernel-iommu_groups of the kernel",
	 .check = region_conflict},
	{.id = "rmrr-direct-region",
	 .severity = RULE_ERROR,
	 .scope = RULE_DEVICE,
	 .title = "The firmware uses the device while the system runs",
	 .consequence = "The IOMMU driver refuses to hand it out (EPERM, RMRR or unity map).",
	 .remedy = "Switch the firmware's use of {device} off in its setup (shared memory, "
		   "management of storage)",
	 .reference = "Documentation/arch/x86/iommu.rst of the kernel",
	 .blocks = PURPOSE_ANY,
	 .stage = STAGE_FIRMWARE,
	 .check = direct_region},
	{0},
};
