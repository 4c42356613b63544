/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cases of iommufd with a device: what it tells of the IOMMU, the kinds of page tables, and how
 * pinned memory is counted and limited.
 */
#include <errno.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "base/path.h"
#include "cases/rights.h"
#include "check/case.h"
#include "kernel/vfio_backend.h"

/* --- what the IOMMU is ------------------------------------------------------------------ */

#define ROOM   256U
#define POISON 0xa5

/*
 * The kinds that belong to the names that drivers give to IOMMUs in sysfs. Where a kernel may be
 * older than what it could tell, or built without, it may also tell nothing.
 */
static const struct {
	const char *prefix;
	uint32_t type;
	bool always;
} kinds[] = {
	{"dmar", IOMMUFD_INTEL_VTD, true},
	{"smmu3.", IOMMUFD_ARM_SMMUV3, false},
	{"ivhd", IOMMUFD_AMD, false},
	{"virtio", IOMMUFD_NO_HW, true},
};

static bool is_kind(const struct device *dev, uint32_t type)
{
	char name[64];

	if (path_link_name(name, sizeof(name), "%s/iommu", dev->syspath) < 0)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (startswith(name, kinds[i].prefix))
			return type == kinds[i].type || (type == IOMMUFD_NO_HW && !kinds[i].always);
	return true;
}

static bool is_zero(const uint8_t *from, const uint8_t *to)
{
	while (from < to)
		if (*from++)
			return false;
	return true;
}

static void hardware_is_told(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	uint8_t data[ROOM];
	uint32_t none = 0, length = ROOM, type = 0;

	memset(data, POISON, sizeof(data));
	if (!case_bind(run, &dev) ||
	    !case_expect(run, "GET_HW_INFO without room", 0,
			 iommufd_hardware_registers(dev.context, dev.devid, NULL, &none, &type)) ||
	    !case_expect(run, "GET_HW_INFO", 0,
			 iommufd_hardware_registers(dev.context, dev.devid, data, &length, &type)))
		return;
	if (case_check(run, "compare the lengths", none == length && length < ROOM,
		       "the kernel has %u bytes, or %u when it is given no room", length, none) &&
	    case_check(run, "look behind the end", is_zero(data + length, data + ROOM),
		       "what the kernel does not know is not zero") &&
	    case_check(run, "look whether it tells anything",
		       (length == 0) == (type == IOMMUFD_NO_HW),
		       "kind %u of IOMMU comes with %u bytes", type, length))
		case_check(run, "compare the kind with sysfs", is_kind(run->device, type),
			   "kind %u is not what sysfs has", type);
}

#define NO_KIND 0xffffU

/*
 * A kernel that takes a kind answers when asked for whichever it is. An IOMMU that tells nothing
 * does so whatever is asked for.
 */
static void other_hardware_is_refused(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	uint32_t type = 0;
	int r;

	if (!case_bind(run, &dev) ||
	    !case_expect(run, "GET_HW_INFO", 0, iommufd_hw_info(dev.context, dev.devid, &type)))
		return;
	r = iommufd_hardware_as(dev.context, dev.devid, IOMMUFD_NO_HW);
	case_expect(run, "GET_HW_INFO of a kind that is none",
		    type == IOMMUFD_NO_HW && r == 0 ? 0 : -EOPNOTSUPP,
		    iommufd_hardware_as(dev.context, dev.devid, NO_KIND));
}

/* --- kinds of page tables --------------------------------------------------------------- */

/* A bound device with an address space that it is not attached to, and what its IOMMU can. */
static bool look_at_hardware(struct case_run *run, struct vfio_device *dev,
			     struct iommufd_hardware *ret)
{
	return case_bind(run, dev) &&
	       case_expect(run, "GET_HW_INFO", 0,
			   iommufd_hardware(dev->context, dev->devid, ret)) &&
	       case_expect(run, "make an address space", 0,
			   iommufd_ioas_alloc(dev->context, &dev->ioas));
}

static bool track_dirty(struct case_run *run, const struct vfio_device *dev, uint32_t hwpt)
{
	uint32_t pt_id = hwpt;

	return case_expect(run, "ATTACH to it", 0, vfio_cdev_attach(dev->fd, &pt_id)) &&
	       case_expect(run, "note written pages", 0,
			   iommufd_track_dirty(dev->context, hwpt, true)) &&
	       case_expect(run, "note them no more", 0,
			   iommufd_track_dirty(dev->context, hwpt, false));
}

static void dirty_as_told(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	struct iommufd_hardware hardware = {0};
	uint32_t hwpt = 0;
	bool can;

	if (!look_at_hardware(run, &dev, &hardware))
		return;
	can = hardware.capabilities & IOMMUFD_CAN_TRACK_DIRTY;
	if (case_expect(run, "HWPT_ALLOC for dirty tracking", can ? 0 : -EOPNOTSUPP,
			iommufd_hwpt_alloc(dev.context, dev.devid, dev.ioas, IOMMUFD_HWPT_DIRTY,
					   &hwpt)) &&
	    can)
		track_dirty(run, &dev, hwpt);
}

/* Bits of VT-d's extended capability register, which comes third. */
enum { VTD_ECAP = 16, VTD_ECAP_NEST = 26, VTD_ECAP_SMTS = 43 };

/*
 * Whether the registers say that one page table can be nested in another. Where they do, or where
 * it is not known how they would, it is still up to the IOMMU's driver, and its options.
 */
static bool may_nest(const struct iommufd_hardware *hardware)
{
	uint64_t ecap;

	memcpy(&ecap, hardware->data + VTD_ECAP, sizeof(ecap));
	if (hardware->type == IOMMUFD_INTEL_VTD)
		return (ecap >> VTD_ECAP_NEST & 1) && (ecap >> VTD_ECAP_SMTS & 1);
	return hardware->type != IOMMUFD_NO_HW;
}

static void nesting_as_told(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	struct iommufd_hardware hardware = {0};
	uint32_t hwpt = 0, pt_id;
	int r;

	if (!look_at_hardware(run, &dev, &hardware))
		return;
	r = iommufd_hwpt_alloc(dev.context, dev.devid, dev.ioas, IOMMUFD_HWPT_NEST_PARENT, &hwpt);
	if (!may_nest(&hardware)) {
		case_expect(run, "HWPT_ALLOC to nest others in", -EOPNOTSUPP, r);
		return;
	}
	if (r == -EOPNOTSUPP) {
		case_skip(run, "the IOMMU may be able to nest page tables, and its driver does "
			       "not let it");
		return;
	}
	pt_id = hwpt;
	if (case_expect(run, "HWPT_ALLOC to nest others in", 0, r))
		case_expect(run, "ATTACH to it", 0, vfio_cdev_attach(dev.fd, &pt_id));
}

/* --- limits ----------------------------------------------------------------------------- */

static bool set_mode(struct case_run *run, const char *what, int owed, int fd, uint64_t mode)
{
	return case_expect(run, what, owed, iommufd_set_rlimit_mode(fd, mode));
}

static void counting_is_chosen_first(struct case_run *run)
{
	scoped_fd int fd = iommufd_open();
	scoped_fd int later = iommufd_open();
	uint32_t ioas;

	if (!case_expect(run, "open /dev/iommu", 0, fd) ||
	    !case_expect(run, "open it again", 0, later) ||
	    !set_mode(run, "count against the process", 0, fd, 1) ||
	    !set_mode(run, "count in a way that is none", -EINVAL, fd, 2) ||
	    !case_expect(run, "make an address space", 0, iommufd_ioas_alloc(fd, &ioas)) ||
	    !set_mode(run, "count differently from now on", -EBUSY, fd, 0))
		return;
	if (case_expect(run, "give up all capabilities", 0, drop_capabilities(ALL_CAPABILITIES)))
		set_mode(run, "count against the process", -EPERM, later, 1);
}

#define MEMORY_SIZE 65536

/* From here on nothing more may be pinned. */
static bool limit_memory(struct case_run *run)
{
	struct rlimit limit = {0};
	int r = getrlimit(RLIMIT_MEMLOCK, &limit);

	limit.rlim_cur = 0;
	if (r == 0)
		r = setrlimit(RLIMIT_MEMLOCK, &limit);
	return case_expect(run, "set the limit of locked memory to 0", 0, r < 0 ? -errno : 0) &&
	       case_expect(run, "give up all capabilities", 0, drop_capabilities(ALL_CAPABILITIES));
}

/* Without a device in the address space nothing is pinned yet, and ATTACH has to. */
static void limit_holds_later(struct case_run *run, struct vfio_device *dev, void *memory)
{
	uint64_t iova;

	if (case_expect(run, "DETACH", 0, dev->ops->detach(dev)) &&
	    case_expect(run, "map without a device", 0,
			dev->ops->map(dev, memory, MEMORY_SIZE, &iova)))
		case_expect(run, "attach beyond the limit", -ENOMEM, dev->ops->attach(dev));
}

static void map_beyond_limit(struct case_run *run, struct vfio_device *dev, void *memory)
{
	uint64_t iova;

	if (!case_attach(run, dev) ||
	    !case_expect(run, "map", 0, dev->ops->map(dev, memory, MEMORY_SIZE, &iova)) ||
	    !case_expect(run, "unmap", 0, dev->ops->unmap(dev, iova, MEMORY_SIZE)) ||
	    !limit_memory(run) ||
	    !case_expect(run, "map beyond the limit", -ENOMEM,
			 dev->ops->map(dev, memory, MEMORY_SIZE, &iova)))
		return;
	if (run->path == CASE_CDEV)
		limit_holds_later(run, dev, memory);
}

static void limit_holds(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	void *memory =
		mmap(NULL, MEMORY_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (!case_expect(run, "get memory", 0, memory == MAP_FAILED ? -errno : 0))
		return;
	map_beyond_limit(run, &dev, memory);
	vfio_close(&dev);
	munmap(memory, MEMORY_SIZE);
}

const struct test_case cases_iommufd[] = {
	{.id = "I06",
	 .statement = "IOM",
	 .title = "How pinned memory is counted is chosen first",
	 .promise = "The way of counting is not changed once there is something to count.",
	 .paths = CASE_HOST,
	 .needs = CASE_NEEDS_IOMMUFD | CASE_NEEDS_ROOT,
	 .after = {"E03"},
	 .run = counting_is_chosen_first},
	{.id = "I01",
	 .statement = "FU1",
	 .title = "The kernel tells what kind of IOMMU the device has",
	 .promise = "GET_HW_INFO names the kind, and how many bytes it has of its registers.",
	 .paths = CASE_CDEV,
	 .needs = CASE_NEEDS_PHYSICAL,
	 .after = {"C05"},
	 .run = hardware_is_told},
	{.id = "I03",
	 .statement = "FU1",
	 .title = "No IOMMU is told of that the device has not",
	 .promise = "Registers are asked for by their kind, or not at all.",
	 .paths = CASE_CDEV,
	 .needs = CASE_NEEDS_PHYSICAL,
	 .after = {"C05"},
	 .run = other_hardware_is_refused},
	{.id = "I04",
	 .statement = "FU1",
	 .title = "Written pages are noted exactly where that is said",
	 .promise = "A page table for dirty tracking is made where GET_HW_INFO tells of it.",
	 .paths = CASE_CDEV,
	 .needs = CASE_NEEDS_PHYSICAL,
	 .after = {"C05"},
	 .run = dirty_as_told},
	{.id = "I05",
	 .statement = "FU1",
	 .title = "Page tables are nested only where the IOMMU can",
	 .promise = "A page table to nest others in is refused without the hardware for it.",
	 .paths = CASE_CDEV,
	 .needs = CASE_NEEDS_PHYSICAL,
	 .after = {"C05"},
	 .run = nesting_as_told},
	{.id = "I07",
	 .statement = "IOM",
	 .title = "Memory is mapped up to the limit, and no further",
	 .promise = "Who may not lock memory without limit meets it when memory is pinned.",
	 .paths = CASE_CDEV | CASE_GROUP,
	 .needs = CASE_NEEDS_PHYSICAL,
	 .after = {"C05", "G04"},
	 .run = limit_holds},
	{.id = NULL},
};
