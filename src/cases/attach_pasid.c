/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cases of PASIDs: address spaces of their own for parts of a device, such as its queues, which the
 * device marks with a number in each access.
 */
#include <errno.h>

#include "check/case.h"
#include "kernel/vfio_backend.h"

#define A_PASID       1U
#define ANOTHER_PASID 2U

/*
 * What ATTACH of a PASID says at the very least. Asked with an id that is none: -ENOENT where all
 * know the request, -EOPNOTSUPP when the device's driver does not, -EINVAL before Linux 6.15.
 */
static int ask_for_pasid(const struct vfio_device *dev)
{
	uint32_t pt_id = UINT32_MAX;

	return vfio_cdev_attach_pasid(dev->fd, A_PASID, &pt_id);
}

static bool make_ioas(struct case_run *run, const struct vfio_device *dev, uint32_t *ret)
{
	return case_expect(run, "make an address space", 0, iommufd_ioas_alloc(dev->context, ret));
}

/* The page table that the kernel makes for an IOAS is never one for PASIDs. */
static void pasid_wants_page_table(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	uint32_t pt_id;
	int known;

	if (!case_bind(run, &dev) || !make_ioas(run, &dev, &pt_id))
		return;
	known = ask_for_pasid(&dev);
	case_expect(run, "ATTACH a PASID to it", known == -ENOENT ? -EINVAL : known,
		    vfio_cdev_attach_pasid(dev.fd, A_PASID, &pt_id));
}

static bool has_pasids(struct case_run *run, const struct vfio_device *dev)
{
	struct iommufd_hardware hardware = {0};

	if (!case_expect(run, "GET_HW_INFO", 0,
			 iommufd_hardware(dev->context, dev->devid, &hardware)))
		return false;
	if (ask_for_pasid(dev) != -ENOENT)
		return case_skip(run, "the kernel, or the device's driver, attaches no PASIDs");
	if (hardware.max_pasid_log2 == 0)
		return case_skip(run, "the device or the IOMMU before it has no PASIDs");
	return true;
}

static bool make_page_tables(struct case_run *run, const struct vfio_device *dev, uint32_t ret[2])
{
	uint32_t ioas;

	if (!make_ioas(run, dev, &ioas))
		return false;
	for (int i = 0; i < 2; i++)
		if (!case_expect(run, "HWPT_ALLOC for PASIDs", 0,
				 iommufd_hwpt_alloc(dev->context, dev->devid, ioas,
						    IOMMUFD_HWPT_PASID, &ret[i])))
			return false;
	return true;
}

static bool attach_pasid(struct case_run *run, const struct vfio_device *dev, const char *what,
			 uint32_t pt_id)
{
	return case_expect(run, what, 0, vfio_cdev_attach_pasid(dev->fd, A_PASID, &pt_id));
}

static void pasid_has_address_space(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	uint32_t tables[2], pt_id;

	if (!case_bind(run, &dev) || !has_pasids(run, &dev) || !make_page_tables(run, &dev, tables))
		return;
	pt_id = tables[0];
	if (!case_expect(run, "ATTACH the device", 0, vfio_cdev_attach(dev.fd, &pt_id)) ||
	    !attach_pasid(run, &dev, "ATTACH a PASID", tables[1]) ||
	    !attach_pasid(run, &dev, "ATTACH it to the other page table", tables[0]))
		return;
	if (case_expect(run, "DETACH a PASID that is not attached", 0,
			vfio_cdev_detach_pasid(dev.fd, ANOTHER_PASID)) &&
	    case_expect(run, "DETACH the PASID", 0, vfio_cdev_detach_pasid(dev.fd, A_PASID)))
		case_expect(run, "destroy the page table that it left", 0,
			    iommufd_destroy(dev.context, tables[1]));
}

const struct test_case cases_attach_pasid[] = {
	{.id = "A20",
	 .statement = "FU2",
	 .title = "A PASID is not attached to a plain address space",
	 .promise = "It takes a page table that was made for PASIDs, where there are any.",
	 .paths = CASE_CDEV,
	 .after = {"C05"},
	 .run = pasid_wants_page_table},
	{.id = "A21",
	 .statement = "FU2",
	 .title = "A PASID of the device has an address space of its own",
	 .promise = "It is attached, moved and detached as the device is.",
	 .paths = CASE_CDEV,
	 .needs = CASE_NEEDS_PHYSICAL,
	 .after = {"A01"},
	 .run = pasid_has_address_space},
	{.id = NULL},
};
