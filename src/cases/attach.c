/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cases of ATTACH and DETACH: moving a device from one address space to another, what is refused,
 * and devices that share an IOMMU group or an address space.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/path.h"
#include "check/case.h"
#include "kernel/vfio_backend.h"

static bool make_ioas(struct case_run *run, const struct vfio_device *dev, uint32_t *ret)
{
	return case_expect(run, "make another address space", 0,
			   iommufd_ioas_alloc(dev->context, ret));
}

/* One page table serves a physical device; an emulated one goes to the IOAS itself. */
static bool is_emulated(const struct case_run *run)
{
	return run->device->iommu == IOMMU_EMULATED;
}

/* --- one device ------------------------------------------------------------------------- */

/* The device has an id in the iommufd, too, but that is no address space. */
static void attach_to_itself(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	uint32_t pt_id;

	if (!case_bind(run, &dev))
		return;
	pt_id = dev.devid;
	case_expect(run, "ATTACH to the device itself", is_emulated(run) ? -ENOENT : -EINVAL,
		    vfio_cdev_attach(dev.fd, &pt_id));
}

static void attach_moves(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	uint32_t pt_id;

	if (!case_attach(run, &dev) || !make_ioas(run, &dev, &pt_id))
		return;
	if (case_expect(run, "ATTACH to it", 0, vfio_cdev_attach(dev.fd, &pt_id)))
		case_expect(run, "destroy the first address space", 0,
			    iommufd_destroy(dev.context, dev.ioas));
}

static void attach_again(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	uint32_t pt_id;

	if (!case_attach(run, &dev))
		return;
	pt_id = dev.ioas;
	if (case_expect(run, "ATTACH again", 0, vfio_cdev_attach(dev.fd, &pt_id)))
		case_check(run, "look at the page table", pt_id == dev.pt_id,
			   "the second ATTACH gave another page table, %u instead of %u", pt_id,
			   dev.pt_id);
}

static void failed_move_changes_nothing(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	uint32_t pt_id = UINT32_MAX;

	if (!case_attach(run, &dev))
		return;
	if (case_expect(run, "ATTACH to an id that is none", -ENOENT,
			vfio_cdev_attach(dev.fd, &pt_id)))
		case_expect(run, "destroy the address space", -EBUSY,
			    iommufd_destroy(dev.context, dev.ioas));
}

static void malformed_is_refused(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	uint32_t pt_id;

	if (!case_bind(run, &dev) || !make_ioas(run, &dev, &pt_id))
		return;
	if (case_expect(run, "DETACH that is too short", -EINVAL,
			vfio_cdev_detach_as(dev.fd, VFIO_DETACH_MIN - 4, 0)) &&
	    case_expect(run, "DETACH with an unknown flag", -EINVAL,
			vfio_cdev_detach_as(dev.fd, VFIO_DETACH_MIN, 2)) &&
	    case_expect(run, "ATTACH that is too short", -EINVAL,
			vfio_cdev_attach_as(dev.fd, VFIO_ATTACH_MIN - 4, 0, &pt_id)))
		case_expect(run, "ATTACH with an unknown flag", -EINVAL,
			    vfio_cdev_attach_as(dev.fd, VFIO_ATTACH_MIN, 2, &pt_id));
}

static void attach_to_page_table(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	uint32_t ioas, hwpt = 0, pt_id;

	if (!case_bind(run, &dev) || !make_ioas(run, &dev, &ioas))
		return;
	if (!case_expect(run, "HWPT_ALLOC", 0,
			 iommufd_hwpt_alloc(dev.context, dev.devid, ioas, 0, &hwpt)))
		return;
	pt_id = hwpt;
	if (!case_expect(run, "ATTACH to it", 0, vfio_cdev_attach(dev.fd, &pt_id)))
		return;
	if (case_expect(run, "destroy it", -EBUSY, iommufd_destroy(dev.context, hwpt)))
		case_check(run, "look at the page table", pt_id == hwpt,
			   "ATTACH to page table %u says that it is %u", hwpt, pt_id);
}

/* --- beside a reset --------------------------------------------------------------------- */

#define RACE_MS 1500

/* Resets the device over and over, in a thread. */
struct resetter {
	int device;
	atomic_bool stop;
	unsigned int done;
};

static void *reset_until_stopped(void *arg)
{
	struct resetter *resetter = arg;

	while (!atomic_load(&resetter->stop))
		if (vfio_device_reset(resetter->device) >= 0)
			resetter->done++;
	return NULL;
}

/* Attaches and detaches meanwhile; the first answer that is not owed, or how many ATTACHes. */
static int attach_meanwhile(const struct vfio_device *dev)
{
	int64_t until = now_ms() + RACE_MS;
	int count = 0, r = 0;

	while (now_ms() < until) {
		uint32_t pt_id = dev->ioas;

		r = vfio_cdev_attach(dev->fd, &pt_id);
		if (r < 0 && r != -EBUSY)
			return r;
		r = vfio_cdev_detach(dev->fd);
		if (r < 0)
			return r;
		count++;
	}
	return count;
}

static bool race(struct case_run *run, const struct vfio_device *dev, int *ret)
{
	struct resetter resetter = {.device = dev->fd};
	pthread_t thread;
	int r = pthread_create(&thread, NULL, reset_until_stopped, &resetter);

	if (!case_expect(run, "start a thread that resets the device", 0, -r))
		return false;
	*ret = attach_meanwhile(dev);
	atomic_store(&resetter.stop, true);
	pthread_join(thread, NULL);
	return case_check(run, "count the resets", resetter.done > 0,
			  "the device was not reset even once meanwhile");
}

/* Since Linux 7.0 a device that may have translations of its own (ATS) is kept out meanwhile. */
static void attach_beside_reset(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	struct vfio_info info = {0};
	int meanwhile = 0;

	if (!case_attach(run, &dev))
		return;
	if (!case_expect(run, "GET_INFO", 0, vfio_device_info(dev.fd, &info)))
		return;
	if (!info.resettable) {
		case_skip(run, "the function has no reset");
		return;
	}
	if (!race(run, &dev, &meanwhile) ||
	    !case_expect(run, "ATTACH after the resets", 0, dev.ops->attach(&dev)))
		return;
	case_check(run, "look at what ATTACH said meanwhile", meanwhile > 0,
		   "ATTACH or DETACH beside a reset: expected ok or EBUSY, got %s",
		   case_result_name(meanwhile));
}

/* --- two devices ------------------------------------------------------------------------ */

/* Opens another named device and binds it to the iommufd of the first. */
static bool join(struct case_run *run, const struct vfio_device *dev, enum case_relation relation,
		 struct case_nodes *nodes, struct vfio_device *ret)
{
	if (!case_open_peer(run, case_peer(run, relation), nodes, ret))
		return false;
	return case_expect(run, "bind it to the same iommufd", 0,
			   vfio_cdev_bind(ret->fd, dev->context, &ret->devid));
}

static void group_is_in_one_place(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE, sibling = VFIO_DEVICE_NONE;
	struct case_nodes nodes;
	uint32_t pt_id;

	if (!case_attach(run, &dev) || !join(run, &dev, CASE_SIBLING, &nodes, &sibling) ||
	    !make_ioas(run, &dev, &pt_id))
		return;
	case_expect(run, "ATTACH the sibling to it", -EINVAL, vfio_cdev_attach(sibling.fd, &pt_id));
}

static void group_moves_together(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE, sibling = VFIO_DEVICE_NONE;
	struct case_nodes nodes;
	uint32_t pt_id;

	if (!case_attach(run, &dev) || !join(run, &dev, CASE_SIBLING, &nodes, &sibling))
		return;
	pt_id = dev.ioas;
	if (!case_expect(run, "ATTACH the sibling, too", 0, vfio_cdev_attach(sibling.fd, &pt_id)) ||
	    !make_ioas(run, &dev, &pt_id) ||
	    !case_expect(run, "ATTACH the device to it", 0, vfio_cdev_attach(dev.fd, &pt_id)))
		return;
	case_expect(run, "destroy the first address space", 0,
		    iommufd_destroy(dev.context, dev.ioas));
}

/* Whether both are behind the same IOMMU. Those without one have none in common, either. */
static bool same_iommu(const struct device *a, const struct device *b)
{
	char of_a[64] = "", of_b[64] = "";

	(void)path_link_name(of_a, sizeof(of_a), "%s/iommu", a->syspath);
	(void)path_link_name(of_b, sizeof(of_b), "%s/iommu", b->syspath);
	return streq(of_a, of_b);
}

static void groups_share_address_space(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE, other = VFIO_DEVICE_NONE;
	const struct device *stranger = case_peer(run, CASE_STRANGER);
	struct case_nodes nodes;
	uint32_t pt_id;

	if (!same_iommu(run->device, stranger)) {
		case_skip(run, "%s is behind another IOMMU", stranger->address);
		return;
	}
	if (!case_attach(run, &dev) || !join(run, &dev, CASE_STRANGER, &nodes, &other))
		return;
	pt_id = dev.ioas;
	if (case_expect(run, "ATTACH the other, too", 0, vfio_cdev_attach(other.fd, &pt_id)))
		case_check(run, "compare the page tables", pt_id == dev.pt_id,
			   "the same address space has page table %u for one device and %u for "
			   "the other",
			   dev.pt_id, pt_id);
}

const struct test_case cases_attach[] = {
	{.id = "A04",
	 .statement = "CL8",
	 .title = "ATTACH refuses an id that is no address space",
	 .promise = "A device is attached to address spaces and page tables, and to nothing else.",
	 .paths = CASE_CDEV,
	 .after = {"C05"},
	 .run = attach_to_itself},
	{.id = "A08",
	 .statement = "CL8",
	 .title = "A second ATTACH moves it to another address space",
	 .promise = "Nothing holds the address space that the device left.",
	 .paths = CASE_CDEV,
	 .after = {"A01"},
	 .run = attach_moves},
	{.id = "A09",
	 .statement = "CL8",
	 .title = "ATTACH to the address space it has changes nothing",
	 .promise = "The device keeps its page table.",
	 .paths = CASE_CDEV,
	 .after = {"A01"},
	 .run = attach_again},
	{.id = "A10",
	 .statement = "CL8",
	 .title = "An ATTACH that fails leaves the device where it was",
	 .promise = "A device is moved as a whole or not at all.",
	 .paths = CASE_CDEV,
	 .after = {"A01"},
	 .run = failed_move_changes_nothing},
	{.id = "A11",
	 .statement = "CL8",
	 .title = "A group is not attached to two address spaces",
	 .promise = "The IOMMU does not tell the devices of a group apart.",
	 .class = CASE_NEIGHBOURS,
	 .paths = CASE_CDEV,
	 .needs = CASE_NEEDS_SIBLING,
	 .after = {"A01"},
	 .run = group_is_in_one_place},
	{.id = "A12",
	 .statement = "CL8",
	 .title = "The others of its group move with a device",
	 .promise = "All attached devices of a group are in one address space.",
	 .class = CASE_NEIGHBOURS,
	 .paths = CASE_CDEV,
	 .needs = CASE_NEEDS_SIBLING,
	 .after = {"A01"},
	 .run = group_moves_together},
	{.id = "A13",
	 .statement = "CL8",
	 .title = "Two groups share an address space and page table",
	 .promise = "Devices behind one IOMMU are served by one page table.",
	 .class = CASE_NEIGHBOURS,
	 .paths = CASE_CDEV,
	 .needs = CASE_NEEDS_STRANGER,
	 .after = {"A01"},
	 .run = groups_share_address_space},
	{.id = "A19",
	 .statement = "CL8",
	 .title = "ATTACH and DETACH refuse what they do not know",
	 .promise = "A request that is too short, or has an unknown flag, has no effect.",
	 .paths = CASE_CDEV,
	 .after = {"C05"},
	 .run = malformed_is_refused},
	{.id = "A22",
	 .statement = "FU1",
	 .title = "It is attached to a page table made for it",
	 .promise = "HWPT_ALLOC makes a page table, and ATTACH takes it as it is.",
	 .paths = CASE_CDEV,
	 .needs = CASE_NEEDS_PHYSICAL,
	 .after = {"A01"},
	 .run = attach_to_page_table},
	{.id = "A23",
	 .statement = "CL8",
	 .title = "ATTACH and a reset do not get into each other's way",
	 .promise = "Beside a reset ATTACH works or says that it cannot now, and afterwards works.",
	 .paths = CASE_CDEV,
	 .after = {"A01"},
	 .run = attach_beside_reset},
	{.id = NULL},
};
