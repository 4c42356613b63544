/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/case.h"

static bool has_vfio(const struct case_run *run)
{
	return run->host->ways.vfio_running;
}

static bool has_container(const struct case_run *run)
{
	return run->host->container.provider != KERNEL_CONTAINER_NONE;
}

static bool may_ask_container(const struct case_run *run)
{
	return run->host->container.provider != KERNEL_CONTAINER_UNKNOWN;
}

static bool has_iommufd(const struct case_run *run)
{
	return run->host->iommufd.present;
}

static bool may_open_iommufd(const struct case_run *run)
{
	return run->host->iommufd.errnum == 0;
}

static bool has_both_ways(const struct case_run *run)
{
	return (run->device->modes & MODE_CDEV) && (run->device->modes & MODE_GROUP);
}

static bool may_use_both_ways(const struct case_run *run)
{
	const char *node;

	return case_way_access(run->device, CASE_CDEV, &node) == 0 &&
	       case_way_access(run->device, CASE_GROUP, &node) == 0;
}

static bool is_physical(const struct case_run *run)
{
	return run->device->iommu == IOMMU_PHYSICAL;
}

static bool can_map(const struct case_run *run)
{
	return run->path == CASE_CDEV || !run->target.noiommu;
}

static bool is_pci(const struct case_run *run)
{
	return streq(run->device->bus, "pci");
}

static const struct {
	unsigned int need;
	bool (*holds)(const struct case_run *run);
	const char *otherwise;
} preconditions[] = {
	{CASE_NEEDS_VFIO, has_vfio, "VFIO is not loaded"},
	{CASE_NEEDS_CONTAINER, has_container, "nobody provides /dev/vfio/vfio"},
	{CASE_NEEDS_CONTAINER, may_ask_container, "/dev/vfio/vfio cannot be opened"},
	{CASE_NEEDS_IOMMUFD, has_iommufd, "iommufd is not there"},
	{CASE_NEEDS_IOMMUFD, may_open_iommufd, "/dev/iommu cannot be opened"},
	{CASE_NEEDS_BOTH, has_both_ways, "the device is not offered both as cdev and in a group"},
	{CASE_NEEDS_BOTH, may_use_both_ways, "this user may not open both the cdev and the group"},
	{CASE_NEEDS_PHYSICAL, is_physical, "there is no real IOMMU before the device"},
	{CASE_NEEDS_MAPPING, can_map, "without an IOMMU, a group maps no memory"},
	{CASE_NEEDS_PCI, is_pci, "the device is not a PCI function"},
};

const char *case_lacks(const struct case_run *run, unsigned int needs)
{
	for (size_t i = 0; i < ARRAY_SIZE(preconditions); i++)
		if ((needs & preconditions[i].need) && !preconditions[i].holds(run))
			return preconditions[i].otherwise;
	return NULL;
}
