/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cases of the device's own memory in an address space, so that other devices can reach it: mapped
 * like any memory of the process, or as a dma-buf, which is taken back when the device's memory
 * goes away for a while.
 */
#include <errno.h>
#include <sys/mman.h>

#include "check/case.h"
#include "kernel/vfio_backend.h"

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

/* A BAR with a page that can be mapped; skips the case when there is none. */
static bool find_memory(struct case_run *run, const struct vfio_device *dev,
			unsigned int *ret_index, struct vfio_region *ret)
{
	for (unsigned int i = 0; i < VFIO_REGION_ROM; i++)
		if (vfio_device_region(dev->fd, i, ret) >= 0 && ret->mappable &&
		    ret->size >= page_size()) {
			*ret_index = i;
			return case_expect(run, "turn the device's memory on", 0,
					   vfio_device_command(dev->fd, 0, VFIO_COMMAND_MEMORY));
		}
	return case_skip(run, "the device has no memory that can be mapped");
}

/* --- as memory of the process ----------------------------------------------------------- */

/* The vfio module's container takes such pages; iommufd wants a dma-buf. */
static int owed_for_bar(const struct case_run *run)
{
	bool legacy = run->host->container.provider == KERNEL_CONTAINER_LEGACY;

	return run->path == CASE_GROUP && legacy ? 0 : -EFAULT;
}

static void bar_is_mapped(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	struct vfio_region region;
	unsigned int index;
	uint64_t iova;
	void *memory;

	if (!case_attach(run, &dev) || !find_memory(run, &dev, &index, &region))
		return;
	memory = mmap(NULL, page_size(), PROT_READ | PROT_WRITE, MAP_SHARED, dev.fd,
		      (off_t)region.offset);
	if (!case_expect(run, "map device memory into the process", 0,
			 memory == MAP_FAILED ? -errno : 0))
		return;
	case_expect(run, "map it into the address space", owed_for_bar(run),
		    dev.ops->map(&dev, memory, page_size(), &iova));
	munmap(memory, page_size());
}

/* --- as dma-buf ------------------------------------------------------------------------- */

/* A bound device whose driver shares its memory. */
static bool can_share(struct case_run *run, const struct vfio_device *dev)
{
	int r = vfio_device_feature(dev->fd, VFIO_FEATURE_DMA_BUF,
				    VFIO_FEATURE_GET | VFIO_FEATURE_PROBE, NULL, 0);

	if (r == -ENOTTY)
		return case_skip(run, "this kernel does not share device memory as dma-buf");
	if (r == -EOPNOTSUPP)
		return case_skip(run, "the device's driver does not share its memory");
	return case_expect(run, "look for the feature", 0, r);
}

/* An attached device, and a page of its memory as a dma-buf that the caller closes. */
static bool share_page(struct case_run *run, struct vfio_device *dev, int *ret)
{
	struct vfio_region region;
	unsigned int index;

	if (!case_attach(run, dev) || !can_share(run, dev) ||
	    !find_memory(run, dev, &index, &region))
		return false;
	*ret = vfio_device_dma_buf(dev->fd, index, 0, page_size());
	return case_expect(run, "share device memory", 0, *ret);
}

static bool map_shared(struct case_run *run, const struct vfio_device *dev, const char *what,
		       int owed, int buffer, uint64_t *ret_iova)
{
	return case_expect(
		run, what, owed,
		iommufd_map_file(dev->context, dev->ioas, buffer, 0, page_size(), ret_iova));
}

static bool unmap(struct case_run *run, struct vfio_device *dev, uint64_t iova)
{
	return case_expect(run, "unmap it", 0, dev->ops->unmap(dev, iova, page_size()));
}

static void shared_is_mapped(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	scoped_fd int buffer = -1;
	uint64_t iova = 0;

	if (share_page(run, &dev, &buffer) && map_shared(run, &dev, "map it", 0, buffer, &iova) &&
	    unmap(run, &dev, iova))
		map_shared(run, &dev, "map it again", 0, buffer, &iova);
}

/*
 * Whether what is mapped at iova is still there is told by the request for physical addresses, also
 * where it gives none: -EINVAL is said of what was taken back before anything else is. A process
 * that is not told (an older kernel, or no privilege) sees the rest of the case.
 */
static bool can_tell_revoked(const struct vfio_device *dev)
{
	uint64_t physical;

	return iommufd_noiommu_pa(dev->context, 0, 0, 0, &physical) == -EINVAL;
}

static bool is_taken_back(struct case_run *run, const struct vfio_device *dev, uint64_t iova)
{
	uint64_t physical;

	return !can_tell_revoked(dev) ||
	       case_expect(
		       run, "ask what is mapped", -EINVAL,
		       iommufd_noiommu_pa(dev->context, dev->ioas, iova, page_size(), &physical));
}

static bool is_there(struct case_run *run, const struct vfio_device *dev, uint64_t iova)
{
	bool physical_iommu = run->device->iommu == IOMMU_PHYSICAL;
	uint64_t physical;

	return !can_tell_revoked(dev) ||
	       case_expect(
		       run, "ask what is mapped", physical_iommu ? -EOPNOTSUPP : 0,
		       iommufd_noiommu_pa(dev->context, dev->ioas, iova, page_size(), &physical));
}

static bool is_resettable(struct case_run *run, const struct vfio_device *dev)
{
	struct vfio_info info = {0};

	if (!case_expect(run, "GET_INFO", 0, vfio_device_info(dev->fd, &info)))
		return false;
	return info.resettable || case_skip(run, "the function has no reset");
}

static bool turn_memory(struct case_run *run, const struct vfio_device *dev, bool on)
{
	return case_expect(run, on ? "turn the device's memory on" : "turn the device's memory off",
			   0,
			   vfio_device_command(dev->fd, on ? 0 : VFIO_COMMAND_MEMORY,
					       on ? VFIO_COMMAND_MEMORY : 0));
}

static void reset_takes_shared_back(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	scoped_fd int buffer = -1;
	uint64_t iova = 0;

	if (!share_page(run, &dev, &buffer) || !is_resettable(run, &dev) ||
	    !map_shared(run, &dev, "map it", 0, buffer, &iova) || !is_there(run, &dev, iova) ||
	    !case_expect(run, "RESET", 0, vfio_device_reset(dev.fd)) ||
	    !is_taken_back(run, &dev, iova) || !unmap(run, &dev, iova))
		return;
	if (turn_memory(run, &dev, false) &&
	    map_shared(run, &dev, "map it meanwhile", -ENODEV, buffer, &iova) &&
	    turn_memory(run, &dev, true))
		map_shared(run, &dev, "map it again", 0, buffer, &iova);
}

#define NEEDS (CASE_NEEDS_PCI | CASE_NEEDS_MAPPING)

const struct test_case cases_iommufd_memory[] = {
	{.id = "I08",
	 .statement = "FU4",
	 .title = "BARs are mapped by a container, not by iommufd",
	 .promise = "Pages that are no memory are taken by the vfio module's container alone.",
	 .paths = CASE_CDEV | CASE_GROUP,
	 .needs = NEEDS,
	 .after = {"C05", "G04"},
	 .run = bar_is_mapped},
	{.id = "I09",
	 .statement = "FU4",
	 .title = "Device memory is mapped as dma-buf",
	 .promise = "What the device shares is mapped into an address space, and unmapped.",
	 .paths = CASE_CDEV,
	 .needs = NEEDS,
	 .after = {"A01"},
	 .run = shared_is_mapped},
	{.id = "I10",
	 .statement = "FU4",
	 .title = "A reset takes shared device memory back",
	 .promise = "It is in no address space while it is off, and can be mapped anew when on.",
	 .paths = CASE_CDEV,
	 .needs = NEEDS,
	 .after = {"I09"},
	 .run = reset_takes_shared_back},
	{.id = NULL},
};
