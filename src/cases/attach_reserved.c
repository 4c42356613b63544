/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cases of addresses that the platform reserves, above all those where interrupts arrive: an access
 * of the device's to one of these does not reach memory, whatever is mapped there.
 *
 * Which these are is in reserved_regions of the group.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>

#include "base/path.h"
#include "check/case.h"
#include "kernel/vfio_backend.h"

#define MAX_RANGES 64

/* A region of the group's that no mapping may touch. */
static bool parse_reserved(const char *line, struct iova_range *ret)
{
	unsigned long long first, last;
	char type[32];

	if (sscanf(line, "%llx %llx %31s", &first, &last, type) != 3)
		return false;
	*ret = (struct iova_range){first, last};
	/* The kernel may hand these out: they are mapped one to one only for the driver's start. */
	return !streq(type, "direct-relaxable");
}

/* Reads at most size of them; returns how many, or -errno. */
static int read_reserved(const struct case_run *run, struct iova_range *ret, int size)
{
	char text[PATH_ATTR_MAX];
	char *line, *rest = text;
	ssize_t n = path_read(text, sizeof(text), "%s/iommu_group/reserved_regions",
			      run->device->syspath);
	int count = 0;

	if (n < 0)
		return (int)n;
	while (count < size && (line = strsep(&rest, "\n")))
		count += parse_reserved(line, &ret[count]);
	return count;
}

/* The first reserved region; skips the case when there is none. */
static bool find_reserved(struct case_run *run, struct iova_range *ret)
{
	int count = read_reserved(run, ret, 1);

	if (count == 0)
		return case_skip(run, "the platform reserves no addresses for this group");
	return case_expect(run, "read the reserved addresses", 0, count);
}

/* --- what is allowed -------------------------------------------------------------------- */

static bool check_reserved(struct case_run *run, const struct iova_range *reserved,
			   const struct iova_range *allowed, int count)
{
	for (int i = 0; i < count; i++)
		if (!case_check(run, "compare allowed and reserved addresses",
				reserved->last < allowed[i].first ||
					reserved->first > allowed[i].last,
				"0x%llx is reserved, and still allowed for mappings",
				(unsigned long long)reserved->first))
			return false;
	return true;
}

/* Before a device is attached there is no restriction. */
static bool all_is_allowed(struct case_run *run, struct vfio_device *dev)
{
	struct iova_range range = {0};
	uint64_t alignment = 0;
	int count;

	if (!case_expect(run, "make an address space", 0,
			 iommufd_ioas_alloc(dev->context, &dev->ioas)))
		return false;
	count = iommufd_iova_ranges(dev->context, dev->ioas, &range, 1, &alignment);
	return case_expect(run, "ask for the allowed addresses", 0, count) &&
	       case_check(run, "look whether all are",
			  count == 1 && range.first == 0 && range.last == UINT64_MAX &&
				  alignment == 1,
			  "an address space without a device allows 0x%llx to 0x%llx in %d "
			  "ranges, aligned to %llu",
			  (unsigned long long)range.first, (unsigned long long)range.last, count,
			  (unsigned long long)alignment);
}

static bool is_aligned(struct case_run *run, const struct vfio_device *dev)
{
	struct iova_range range;
	uint64_t alignment = 0;

	return case_expect(run, "ask for the alignment", 0,
			   iommufd_iova_ranges(dev->context, dev->ioas, &range, 1, &alignment)) &&
	       case_check(run, "look at it",
			  alignment > 1 && alignment <= (uint64_t)sysconf(_SC_PAGESIZE),
			  "an attached device wants addresses aligned to %llu",
			  (unsigned long long)alignment);
}

static void reserved_is_left_out(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	struct iova_range allowed[MAX_RANGES], reserved[MAX_RANGES];
	bool cdev = run->path == CASE_CDEV;
	int count, n_reserved;

	if (!case_bind(run, &dev) || (cdev && !all_is_allowed(run, &dev)) ||
	    !case_expect(run, "attach", 0, dev.ops->attach(&dev)) ||
	    (cdev && !is_aligned(run, &dev)))
		return;
	n_reserved = read_reserved(run, reserved, MAX_RANGES);
	count = dev.ops->iova_ranges(&dev, allowed, MAX_RANGES);
	if (!case_expect(run, "read the reserved addresses", 0, n_reserved) ||
	    !case_expect(run, "ask for the allowed ones", 0, count))
		return;
	for (int i = 0; i < n_reserved; i++)
		if (!check_reserved(run, &reserved[i], allowed,
				    count < MAX_RANGES ? count : MAX_RANGES))
			return;
	if (n_reserved == 0)
		case_skip(run, "the platform reserves no addresses for this group");
}

/* --- what is there already -------------------------------------------------------------- */

static bool map_reserved(struct case_run *run, struct vfio_device *dev, void *memory)
{
	struct iova_range reserved;
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	if (!find_reserved(run, &reserved) || !case_bind(run, dev))
		return false;
	return case_expect(run, "make an address space", 0,
			   iommufd_ioas_alloc(dev->context, &dev->ioas)) &&
	       case_expect(run, "map a page at a reserved address", 0,
			   iommufd_map_at(dev->context, dev->ioas, memory, page,
					  reserved.first & ~(uint64_t)(page - 1)));
}

static void mapped_reserved_is_refused(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *memory = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED) {
		case_expect(run, "get memory", 0, -errno);
		return;
	}
	if (map_reserved(run, &dev, memory))
		case_expect(run, "ATTACH", -EADDRINUSE, dev.ops->attach(&dev));
	vfio_close(&dev);
	munmap(memory, page);
}

static void promised_reserved_is_refused(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	struct iova_range reserved;

	if (!find_reserved(run, &reserved) || !case_bind(run, &dev))
		return;
	if (case_expect(run, "make an address space", 0,
			iommufd_ioas_alloc(dev.context, &dev.ioas)) &&
	    case_expect(run, "allow the reserved addresses alone", 0,
			iommufd_allow(dev.context, dev.ioas, &reserved, 1)))
		case_expect(run, "ATTACH", -EADDRINUSE, dev.ops->attach(&dev));
}

const struct test_case cases_attach_reserved[] = {
	{.id = "A16",
	 .statement = "CL8",
	 .basic = true,
	 .title = "Addresses that the platform reserves cannot be mapped",
	 .promise = "What the group's reserved_regions show is not among the allowed addresses.",
	 .paths = CASE_CDEV | CASE_GROUP,
	 .needs = CASE_NEEDS_PHYSICAL,
	 .after = {"C05", "G04"},
	 .run = reserved_is_left_out},
	{.id = "A14",
	 .statement = "CL8",
	 .title = "It is not attached over a mapped reserved address",
	 .promise = "ATTACH does not make a mapping worthless that is there.",
	 .paths = CASE_CDEV,
	 .needs = CASE_NEEDS_PHYSICAL,
	 .after = {"A01"},
	 .run = mapped_reserved_is_refused},
	{.id = "A15",
	 .statement = "CL8",
	 .title = "It is not attached over a promised reserved one",
	 .promise = "ATTACH does not take away what ALLOW_IOVAS has set.",
	 .paths = CASE_CDEV,
	 .needs = CASE_NEEDS_PHYSICAL,
	 .after = {"A01"},
	 .run = promised_reserved_is_refused},
	{.id = NULL},
};
