/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/path.h"
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
	return run->path == CASE_CDEV || run->device->iommu != IOMMU_NONE;
}

static bool is_pci(const struct case_run *run)
{
	return streq(run->device->bus, "pci");
}

static bool is_emulated(const struct case_run *run)
{
	return run->device->iommu == IOMMU_EMULATED;
}

static bool is_noiommu(const struct case_run *run)
{
	return run->device->iommu == IOMMU_NONE;
}

static bool has_sibling(const struct case_run *run)
{
	return case_peer(run, CASE_SIBLING);
}

static bool has_stranger(const struct case_run *run)
{
	return case_peer(run, CASE_STRANGER);
}

static bool has_pf(const struct case_run *run)
{
	return case_peer(run, CASE_PF);
}

static bool has_vf(const struct case_run *run)
{
	return case_peer(run, CASE_VF);
}

static bool has_host_pf(const struct case_run *run)
{
	return run->device->physfn && !path_exists("%s/physfn/vfio-dev", run->device->syspath);
}

static bool has_no_vfs(const struct case_run *run)
{
	return !path_exists("%s/virtfn0", run->device->syspath);
}

static bool can_have_vfs(const struct case_run *run)
{
	return path_exists("%s/sriov_totalvfs", run->device->syspath);
}

static bool has_kvm(const struct case_run *run)
{
	(void)run;
	return path_access(R_OK | W_OK, "/dev/kvm") == 0;
}

static bool is_root(const struct case_run *run)
{
	(void)run;
	return geteuid() == 0;
}

static bool has_no_groups(const struct case_run *run)
{
	return run->host->ways.group == ANSWER_NO;
}

static bool has_no_cdevs(const struct case_run *run)
{
	return run->host->ways.cdev == ANSWER_NO;
}

/* The two programming interfaces that have NVMe registers: with storage, and to administer alone.
 */
static bool is_nvme(const struct case_run *run)
{
	return run->device->class_id == 0x010802 || run->device->class_id == 0x010803;
}

static bool has_groups_and_cdevs(const struct case_run *run)
{
	return run->host->ways.group == ANSWER_YES && run->host->ways.cdev == ANSWER_YES;
}

static bool has_no_sriov(const struct case_run *run)
{
	const struct device_detail *detail = run->device->detail;

	return !run->device->physfn && detail && detail->sriov_total <= 0;
}

static bool does_not_remap(const struct case_run *run)
{
	(void)run;
	return host_interrupt_remapping() == ANSWER_NO;
}

static const struct {
	unsigned int need;
	const char *name; /* what must be so, in a word or two */
	bool (*holds)(const struct case_run *run);
	const char *otherwise;
} preconditions[] = {
	{CASE_NEEDS_VFIO, "vfio is loaded", has_vfio, "VFIO is not loaded"},
	{CASE_NEEDS_CONTAINER, "container", has_container, "nobody provides /dev/vfio/vfio"},
	{CASE_NEEDS_CONTAINER, "access to the container", may_ask_container,
	 "/dev/vfio/vfio cannot be opened"},
	{CASE_NEEDS_IOMMUFD, "iommufd", has_iommufd, "iommufd is not there"},
	{CASE_NEEDS_IOMMUFD, "access to /dev/iommu", may_open_iommufd,
	 "/dev/iommu cannot be opened"},
	{CASE_NEEDS_BOTH, "group and cdev", has_both_ways,
	 "the device is not offered both as cdev and in a group"},
	{CASE_NEEDS_BOTH, "access to group and cdev", may_use_both_ways,
	 "this user may not open both the cdev and the group"},
	{CASE_NEEDS_PHYSICAL, "IOMMU", is_physical, "there is no real IOMMU before the device"},
	{CASE_NEEDS_MAPPING, "mappings", can_map, "without an IOMMU, a group maps no memory"},
	{CASE_NEEDS_PCI, "PCI function", is_pci, "the device is not a PCI function"},
	{CASE_NEEDS_EMULATED, "emulated device", is_emulated, "the device is not an emulated one"},
	{CASE_NEEDS_NOIOMMU, "no IOMMU", is_noiommu, "there is an IOMMU before the device"},
	{CASE_NEEDS_SIBLING, "second device of the group", has_sibling,
	 "no other device of its IOMMU group is named with it"},
	{CASE_NEEDS_STRANGER, "device of another group", has_stranger,
	 "no device of another IOMMU group is named with it"},
	{CASE_NEEDS_PF, "VF with its PF", has_pf, "it is not a VF whose PF is named with it"},
	{CASE_NEEDS_VF, "PF with a VF", has_vf, "it is not a PF with a VF that is named with it"},
	{CASE_NEEDS_HOST_PF, "VF of a PF of the host's", has_host_pf,
	 "it is not a VF whose PF is without a VFIO driver"},
	{CASE_NEEDS_NO_VFS, "no VFs", has_no_vfs, "its VFs would go with its driver"},
	{CASE_NEEDS_SRIOV, "PF", can_have_vfs, "it is not a PF"},
	{CASE_NEEDS_KVM, "KVM", has_kvm, "there is no /dev/kvm that this user may open"},
	{CASE_NEEDS_ROOT, "root", is_root, "this takes root"},
	{CASE_NEEDS_NO_GROUP, "kernel without groups", has_no_groups, "this kernel has groups"},
	{CASE_NEEDS_NO_CDEV, "kernel without cdevs", has_no_cdevs, "this kernel has device cdevs"},
	{CASE_NEEDS_NVME, "NVMe controller", is_nvme, "the device is not an NVMe controller"},
	{CASE_NEEDS_DUAL, "kernel with groups and cdevs", has_groups_and_cdevs,
	 "this kernel has not both groups and device cdevs"},
	{CASE_NEEDS_NO_SRIOV, "function without SR-IOV", has_no_sriov, "it is a PF or a VF"},
	{CASE_NEEDS_NO_REMAP, "no interrupt remapping", does_not_remap,
	 "the platform remaps interrupts, or does not tell"},
};

const char *case_lacks(const struct case_run *run, unsigned int needs)
{
	for (size_t i = 0; i < ARRAY_SIZE(preconditions); i++)
		if ((needs & preconditions[i].need) && !preconditions[i].holds(run))
			return preconditions[i].otherwise;
	return NULL;
}

const char *case_precondition_name(unsigned int needs, size_t i)
{
	for (size_t k = 0; k < ARRAY_SIZE(preconditions); k++)
		if ((needs & preconditions[k].need) && i-- == 0)
			return preconditions[k].name;
	return NULL;
}
