/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cases of the address space of a device without an IOMMU, which its cdev has since Linux 7.3.
 *
 * Nobody translates by it: it keeps memory where it is, and tells where, for who writes to the
 * device himself what it is to use.
 */
#include <errno.h>
#include <sys/mman.h>

#include "base/path.h"
#include "check/case.h"
#include "kernel/vfio_backend.h"

#define MEMORY_SIZE 65536
#define IOVA        0x1000000ULL

/* Where the memory is, as /proc tells it. */
static int physical_of(const void *memory, uint64_t *ret)
{
	scoped_fd int fd = path_open(O_RDONLY, "/proc/self/pagemap");
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), entry;
	ssize_t n;

	if (fd < 0)
		return fd;
	n = pread(fd, &entry, sizeof(entry), (off_t)((uintptr_t)memory / page * sizeof(entry)));
	if (n != (ssize_t)sizeof(entry))
		return n < 0 ? -errno : -EIO;
	/* Bits 0 to 54 are the number of the page; whether it is there at all is bit 63. */
	*ret = (entry & ((1ULL << 55) - 1)) * page;
	return entry >> 63 ? 0 : -ENOENT;
}

static bool ask_physical(struct case_run *run, const struct vfio_device *dev, uint64_t iova,
			 uint64_t *length, uint64_t *ret)
{
	return case_expect(run, "GET_PA", 0,
			   iommufd_noiommu_span(dev->context, dev->ioas, iova, length, ret));
}

/* The first page, the middle of it, and what is not mapped. */
static bool addresses_fit(struct case_run *run, const struct vfio_device *dev, uint64_t *ret)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t length = MEMORY_SIZE, rest = MEMORY_SIZE, inside = 0;

	if (!ask_physical(run, dev, IOVA, &length, ret) ||
	    !case_check(run, "look at the length", length >= page && length <= MEMORY_SIZE,
			"%llu bytes are told to lie together", (unsigned long long)length) ||
	    !ask_physical(run, dev, IOVA + page / 2, &rest, &inside))
		return false;
	return case_check(run, "compare with the middle of the page", inside == *ret + page / 2,
			  "0x%llx is not the middle of the page at 0x%llx",
			  (unsigned long long)inside, (unsigned long long)*ret) &&
	       case_expect(run, "GET_PA behind the mapping", -ENOENT,
			   iommufd_noiommu_pa(dev->context, dev->ioas, IOVA + MEMORY_SIZE, page,
					      &inside));
}

static void compare_physical(struct case_run *run, void *memory)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	uint64_t told = 0, known = 0;

	if (!case_attach(run, &dev) ||
	    !case_expect(run, "map", 0,
			 iommufd_map_at(dev.context, dev.ioas, memory, MEMORY_SIZE, IOVA)) ||
	    !addresses_fit(run, &dev, &told))
		return;
	if (case_expect(run, "ask /proc for the address", 0, physical_of(memory, &known)))
		case_check(run, "compare with /proc", told && told == known,
			   "GET_PA says 0x%llx, /proc says 0x%llx", (unsigned long long)told,
			   (unsigned long long)known);
}

static void memory_is_found(struct case_run *run)
{
	void *memory = mmap(NULL, MEMORY_SIZE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (!case_expect(run, "get memory", 0, memory == MAP_FAILED ? -errno : 0))
		return;
	compare_physical(run, memory);
	munmap(memory, MEMORY_SIZE);
}

static void has_no_hardware(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	uint32_t type, id = 0;

	if (!case_attach(run, &dev) ||
	    !case_expect(run, "GET_HW_INFO", -EOPNOTSUPP,
			 iommufd_hw_info(dev.context, dev.devid, &type)) ||
	    !case_expect(run, "make a page table to nest in", -EOPNOTSUPP,
			 iommufd_hwpt_alloc(dev.context, dev.devid, dev.ioas,
					    IOMMUFD_HWPT_NEST_PARENT, &id)) ||
	    !case_expect(
		    run, "make one that notes what is written", -EOPNOTSUPP,
		    iommufd_hwpt_alloc(dev.context, dev.devid, dev.ioas, IOMMUFD_HWPT_DIRTY, &id)))
		return;
	case_expect(run, "make a part of the IOMMU for a guest", -EOPNOTSUPP,
		    iommufd_viommu_alloc(dev.context, dev.devid, dev.pt_id, 1, &id));
}

static void translated_is_not_told(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	static char memory[MEMORY_SIZE] __attribute__((aligned(MEMORY_SIZE)));
	uint64_t physical, iova;

	if (run->host->iommufd.noiommu_cdev != 1) {
		case_skip(run, "this kernel has no address spaces that nobody translates by");
		return;
	}
	if (!case_attach(run, &dev) ||
	    !case_expect(run, "map", 0, dev.ops->map(&dev, memory, MEMORY_SIZE, &iova)))
		return;
	case_expect(run, "GET_PA", -EOPNOTSUPP,
		    iommufd_noiommu_pa(dev.context, dev.ioas, iova, MEMORY_SIZE, &physical));
}

#define NOIOMMU_ROOT (CASE_NEEDS_NOIOMMU | CASE_NEEDS_ROOT)

const struct test_case cases_noiommu_space[] = {
	{.id = "N05",
	 .statement = "FU5",
	 .title = "Its memory stays where it is told to be",
	 .promise = "GET_PA gives the physical address of what is mapped, and how far it goes on.",
	 .paths = CASE_CDEV,
	 .needs = NOIOMMU_ROOT,
	 .after = {"A01"},
	 .run = memory_is_found},
	{.id = "N06",
	 .statement = "FU5",
	 .title = "A device without an IOMMU has no hardware to tell of",
	 .promise =
		 "What belongs to an IOMMU is not supported: registers, nesting, dirty tracking.",
	 .paths = CASE_CDEV,
	 .needs = NOIOMMU_ROOT,
	 .after = {"A01"},
	 .run = has_no_hardware},
	{.id = "N07",
	 .statement = "FU5",
	 .title = "Where memory is for a device with an IOMMU is not told",
	 .promise = "GET_PA is for address spaces that nobody translates by.",
	 .paths = CASE_CDEV,
	 .needs = CASE_NEEDS_PHYSICAL | CASE_NEEDS_ROOT,
	 .after = {"A01"},
	 .run = translated_is_not_told},
	{.id = NULL},
};
