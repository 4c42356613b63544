/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cases of the way through the device's own node: open, BIND to an iommufd, ATTACH to an address
 * space; and that this way and the one through the group exclude each other.
 */
#include <errno.h>
#include <sys/mman.h>

#include "base/path.h"
#include "check/case.h"
#include "kernel/vfio_backend.h"

static void opens_often(struct case_run *run)
{
	scoped_vfio struct vfio_device first = VFIO_DEVICE_NONE, second = VFIO_DEVICE_NONE;

	if (case_open(run, &first))
		case_open(run, &second);
}

static void info_before_bind(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	struct vfio_info info;

	if (!case_open(run, &dev))
		return;
	if (case_expect(run, "GET_INFO", -EINVAL, vfio_device_info(dev.fd, &info)))
		case_expect(run, "an unknown request", -EINVAL, vfio_device_unknown(dev.fd));
}

static int result_of(ssize_t n)
{
	return n < 0 ? -errno : 0;
}

static int try_mmap(int fd)
{
	void *memory = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);

	if (memory == MAP_FAILED)
		return -errno;
	munmap(memory, 4096);
	return 0;
}

static void access_before_bind(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	char byte = 0;

	if (!case_open(run, &dev))
		return;
	if (!case_expect(run, "read", -EINVAL, result_of(pread(dev.fd, &byte, 1, 0))))
		return;
	if (!case_expect(run, "write", -EINVAL, result_of(pwrite(dev.fd, &byte, 1, 0))))
		return;
	case_expect(run, "mmap", -EINVAL, try_mmap(dev.fd));
}

static void attach_before_bind(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;

	if (!case_open(run, &dev))
		return;
	if (case_expect(run, "ATTACH", -EINVAL, dev.ops->attach(&dev)))
		case_expect(run, "DETACH", -EINVAL, dev.ops->detach(&dev));
}

static void bind_wants_iommufd(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	scoped_fd int null = path_open(O_RDWR, "/dev/null");
	uint32_t devid;

	if (!case_open(run, &dev) || !case_expect(run, "open /dev/null", 0, null))
		return;
	if (case_expect(run, "BIND to no file", -EINVAL, vfio_cdev_bind(dev.fd, -1, &devid)))
		case_expect(run, "BIND to /dev/null", -EBADFD,
			    vfio_cdev_bind(dev.fd, null, &devid));
}

static void bind_works(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	struct vfio_info info;

	if (!case_bind(run, &dev))
		return;
	if (!case_check(run, "look at the device id", dev.devid > 0, "BIND gave no device id"))
		return;
	case_expect(run, "GET_INFO", 0, vfio_device_info(dev.fd, &info));
}

static void bind_once(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;

	if (case_bind(run, &dev))
		case_expect(run, "BIND again", -EINVAL, dev.ops->bind(&dev));
}

/* A physical device is attached to a hardware page table of its own, an emulated one to the IOAS.
 */
static void attach_works(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;

	if (!case_attach(run, &dev))
		return;
	if (run->device->iommu == IOMMU_EMULATED)
		case_check(run, "look at the page table", dev.pt_id == dev.ioas,
			   "an emulated device was given a page table");
	else
		case_check(run, "look at the page table", dev.pt_id != dev.ioas,
			   "ATTACH did not name the page table it made");
}

static void attach_unknown(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	uint32_t pt_id = UINT32_MAX;

	if (case_bind(run, &dev))
		case_expect(run, "ATTACH to an id that is none", -ENOENT,
			    vfio_cdev_attach(dev.fd, &pt_id));
}

static void address_space_busy(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;

	if (!case_attach(run, &dev))
		return;
	if (dev.pt_id != dev.ioas && !case_expect(run, "destroy the page table", -EBUSY,
						  iommufd_destroy(dev.context, dev.pt_id)))
		return;
	case_expect(run, "destroy the address space", -EBUSY,
		    iommufd_destroy(dev.context, dev.ioas));
}

static void detach_works(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;

	if (!case_attach(run, &dev))
		return;
	if (!case_expect(run, "DETACH", 0, dev.ops->detach(&dev)))
		return;
	/* The page table was made for the device, and went with it. */
	if (dev.pt_id != dev.ioas && !case_expect(run, "destroy the page table", -ENOENT,
						  iommufd_destroy(dev.context, dev.pt_id)))
		return;
	case_expect(run, "destroy the address space", 0, iommufd_destroy(dev.context, dev.ioas));
}

static void detach_unattached(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;

	if (case_bind(run, &dev))
		case_expect(run, "DETACH", 0, dev.ops->detach(&dev));
}

static void close_detaches(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;

	if (!case_attach(run, &dev))
		return;
	close_fd(&dev.fd);
	case_expect(run, "destroy the address space", 0, iommufd_destroy(dev.context, dev.ioas));
}

static void closed_id_is_gone(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;

	if (!case_bind(run, &dev))
		return;
	close_fd(&dev.fd);
	case_expect(run, "destroy the closed device", -ENOENT,
		    iommufd_destroy(dev.context, dev.devid));
}

/* --- group and cdev --------------------------------------------------------------------- */

static void group_keeps_cdev_out(struct case_run *run)
{
	scoped_fd int group = vfio_group_open(run->target.group);
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;

	if (!case_expect(run, "open the group", 0, group) || !case_open(run, &dev))
		return;
	if (!case_expect(run, "BIND beside the open group", -EBUSY, dev.ops->bind(&dev)))
		return;
	close_fd(&group);
	case_expect(run, "BIND after it was closed", 0, dev.ops->bind(&dev));
}

static void open_cdev_lets_group_in(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	scoped_fd int group = -1;

	if (!case_open(run, &dev))
		return;
	group = vfio_group_open(run->target.group);
	case_expect(run, "open the group", 0, group);
}

static void bound_cdev_keeps_group_out(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	scoped_fd int group = -1;

	if (!case_bind(run, &dev))
		return;
	group = vfio_group_open(run->target.group);
	if (!case_expect(run, "open the group of the bound device", -EBUSY, group))
		return;
	vfio_close(&dev);
	group = vfio_group_open(run->target.group);
	case_expect(run, "open the group after the device was closed", 0, group);
}

const struct test_case cases_cdev[] = {
	{.id = "C04",
	 .statement = "CL5",
	 .basic = true,
	 .title = "The device's node opens, also more than once",
	 .promise = "Opening the cdev takes nothing from anybody: any number may have it open.",
	 .paths = CASE_CDEV,
	 .run = opens_often},
	{.id = "C01",
	 .statement = "CL3",
	 .basic = true,
	 .title = "Before BIND the device tells nothing",
	 .promise = "Every request but BIND is refused on a device that is not bound.",
	 .paths = CASE_CDEV,
	 .after = {"C04"},
	 .run = info_before_bind},
	{.id = "C02",
	 .statement = "CL3",
	 .basic = true,
	 .title = "Before BIND nothing can be read, written or mapped",
	 .promise = "There is no access to a device that is not bound.",
	 .paths = CASE_CDEV,
	 .after = {"C04"},
	 .run = access_before_bind},
	{.id = "A02",
	 .statement = "CL3",
	 .basic = true,
	 .title = "Before BIND the device has no address space",
	 .promise = "ATTACH and DETACH are refused on a device that is not bound.",
	 .paths = CASE_CDEV,
	 .after = {"C04"},
	 .run = attach_before_bind},
	{.id = "C05",
	 .statement = "CL7",
	 .basic = true,
	 .title = "BIND gives the device to this process",
	 .promise = "BIND takes the IOMMU group, resets the function and makes it answer.",
	 .paths = CASE_CDEV,
	 .after = {"C04"},
	 .run = bind_works},
	{.id = "C11",
	 .statement = "CL7",
	 .basic = true,
	 .title = "BIND takes nothing but an iommufd",
	 .promise = "A device is bound to an open /dev/iommu or not at all.",
	 .paths = CASE_CDEV,
	 .after = {"C05"},
	 .run = bind_wants_iommufd},
	{.id = "C06",
	 .statement = "CL5",
	 .basic = true,
	 .title = "A bound device is not bound again",
	 .promise = "BIND works once for each open of the device.",
	 .paths = CASE_CDEV,
	 .after = {"C05"},
	 .run = bind_once},
	{.id = "A01",
	 .statement = "CL8",
	 .basic = true,
	 .title = "ATTACH puts the device into an address space",
	 .promise = "A bound device is attached to an IOAS and told what translates for it.",
	 .paths = CASE_CDEV,
	 .after = {"C05"},
	 .run = attach_works},
	{.id = "A03",
	 .statement = "CL8",
	 .basic = true,
	 .title = "ATTACH refuses an address space that does not exist",
	 .promise = "An unknown id is answered as such.",
	 .paths = CASE_CDEV,
	 .after = {"C05"},
	 .run = attach_unknown},
	{.id = "A05",
	 .statement = "CL8",
	 .basic = true,
	 .title = "An address space in use cannot be destroyed",
	 .promise = "What a device is attached to stays.",
	 .paths = CASE_CDEV,
	 .after = {"A01"},
	 .run = address_space_busy},
	{.id = "A06",
	 .statement = "CL9",
	 .basic = true,
	 .title = "DETACH takes the device out of the address space",
	 .promise = "After DETACH nothing of the address space is in use.",
	 .paths = CASE_CDEV,
	 .after = {"A01"},
	 .run = detach_works},
	{.id = "A07",
	 .statement = "CL9",
	 .basic = true,
	 .title = "DETACH of a device that is not attached does no harm",
	 .promise = "Detaching from nothing succeeds.",
	 .paths = CASE_CDEV,
	 .after = {"C05"},
	 .run = detach_unattached},
	{.id = "A18",
	 .statement = "CL9",
	 .basic = true,
	 .title = "Closing the device detaches it",
	 .promise = "A process that ends without DETACH leaves nothing attached.",
	 .paths = CASE_CDEV,
	 .after = {"A01"},
	 .run = close_detaches},
	{.id = "C29",
	 .statement = "CL1",
	 .basic = true,
	 .title = "A closed device's id means nothing any more",
	 .promise = "The id that BIND gave ends with the open device.",
	 .paths = CASE_CDEV,
	 .after = {"C05"},
	 .run = closed_id_is_gone},
	{.id = "X01",
	 .statement = "CL4",
	 .basic = true,
	 .title = "While the group is open, the cdev cannot be bound",
	 .promise = "Who has the group has all its devices; closing it frees them.",
	 .paths = CASE_CDEV,
	 .needs = CASE_NEEDS_BOTH,
	 .after = {"C05"},
	 .run = group_keeps_cdev_out},
	{.id = "X03",
	 .statement = "CL4",
	 .basic = true,
	 .title = "While the cdev is open but not bound, the group opens",
	 .promise = "Only BIND claims the device, not open.",
	 .paths = CASE_CDEV,
	 .needs = CASE_NEEDS_BOTH,
	 .after = {"C04"},
	 .run = open_cdev_lets_group_in},
	{.id = "X04",
	 .statement = "CL4",
	 .basic = true,
	 .title = "While the cdev is bound, the group cannot be opened",
	 .promise = "Who bound a device keeps its group from others; closing it lets them in.",
	 .paths = CASE_CDEV,
	 .needs = CASE_NEEDS_BOTH,
	 .after = {"C05"},
	 .run = bound_cdev_keeps_group_out},
	{.id = NULL},
};
