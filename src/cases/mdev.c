/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cases of emulated devices (mdevs): what they share with others, and what they cannot have.
 *
 * Their DMA goes through their parent's driver, which looks every address up. So there is no IOMMU
 * before them and no page table for them: they are attached to an address space itself. Their group
 * is one that VFIO made up for each.
 */
#include <errno.h>
#include <stdio.h>

#include "base/path.h"
#include "cases/writer.h"
#include "check/case.h"
#include "check/case_mdev_own.h"
#include "kernel/vfio_backend.h"

/* How long a removal must have been kept waiting to count as blocked, and may take once free. */
#define BLOCKED_MS 1500
#define FREED_MS   20000

/* More devices than this are not created to find out what comes after the last. */
#define MANY 256

static void answers_without_iommu(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	struct vfio_info info;

	if (!case_bind(run, &dev))
		return;
	if (case_check(run, "look for an IOMMU", !path_exists("%s/iommu", run->device->syspath),
		       "there is one before the device"))
		case_expect(run, "GET_INFO", 0, vfio_device_info(dev.fd, &info));
}

static void attached_to_ioas(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;

	if (case_attach(run, &dev))
		case_check(run, "look at the id", dev.pt_id == dev.ioas,
			   "ATTACH to %u answered %u: a page table was made", dev.ioas, dev.pt_id);
}

static void attached_to_nothing_else(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	uint32_t pt_id;

	if (!case_bind(run, &dev))
		return;
	pt_id = UINT32_MAX;
	if (!case_expect(run, "ATTACH to an id that is none", -ENOENT,
			 vfio_cdev_attach(dev.fd, &pt_id)))
		return;
	pt_id = dev.devid;
	case_expect(run, "ATTACH to its own device id", -ENOENT, vfio_cdev_attach(dev.fd, &pt_id));
}

/* A named device that has page tables, on this way; NULL when none is named. */
static const struct device *physical_peer(const struct case_run *run)
{
	for (size_t i = 0; i < run->n_named; i++)
		if (run->named[i].iommu == IOMMU_PHYSICAL && (run->named[i].modes & MODE_CDEV))
			return &run->named[i];
	return NULL;
}

/* Makes a page table for the peer in the iommufd of dev. */
static bool make_page_table(struct case_run *run, const struct device *peer,
			    struct case_nodes *nodes, struct vfio_device *dev,
			    struct vfio_device *ret_peer, uint32_t *ret_hwpt)
{
	uint32_t ioas;

	return case_open_peer(run, peer, nodes, ret_peer) &&
	       case_expect(run, "bind the peer", 0,
			   vfio_cdev_bind(ret_peer->fd, dev->context, &ret_peer->devid)) &&
	       case_expect(run, "make an address space", 0,
			   iommufd_ioas_alloc(dev->context, &ioas)) &&
	       case_expect(run, "make a page table for the peer", 0,
			   iommufd_hwpt_alloc(dev->context, ret_peer->devid, ioas, 0, ret_hwpt));
}

static void attached_to_no_page_table(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE, other = VFIO_DEVICE_NONE;
	const struct device *peer = physical_peer(run);
	struct case_nodes nodes;
	uint32_t hwpt;

	if (!peer) {
		case_skip(run, "no device with an IOMMU before it is named with it");
		return;
	}
	if (case_bind(run, &dev) && make_page_table(run, peer, &nodes, &dev, &other, &hwpt))
		case_expect(run, "ATTACH to the page table", -ENOENT,
			    vfio_cdev_attach(dev.fd, &hwpt));
}

static void moves_and_detaches(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	uint32_t pt_id, other = 0;

	if (!case_attach(run, &dev) || !case_expect(run, "make another address space", 0,
						    iommufd_ioas_alloc(dev.context, &other)))
		return;
	pt_id = other;
	if (!case_expect(run, "ATTACH to the other", 0, vfio_cdev_attach(dev.fd, &pt_id)) ||
	    !case_check(run, "look at the id", pt_id == other, "ATTACH to %u answered %u", other,
			pt_id) ||
	    !case_expect(run, "destroy the first", 0, iommufd_destroy(dev.context, dev.ioas)) ||
	    !case_expect(run, "destroy the other", -EBUSY, iommufd_destroy(dev.context, other)))
		return;
	if (case_expect(run, "DETACH", 0, vfio_cdev_detach(dev.fd)) &&
	    case_expect(run, "DETACH again", 0, vfio_cdev_detach(dev.fd)))
		case_expect(run, "destroy the other", 0, iommufd_destroy(dev.context, other));
}

static void has_no_hardware(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	uint32_t type;

	if (case_bind(run, &dev))
		case_expect(run, "GET_HW_INFO", -ENOENT,
			    iommufd_hw_info(dev.context, dev.devid, &type));
}

/* --- the group -------------------------------------------------------------------------- */

static bool group_says(struct case_run *run, const char *group, const char *attribute,
		       const char *owed)
{
	char value[64] = "";

	path_read(value, sizeof(value), "/sys/kernel/iommu_groups/%s/%s", group, attribute);
	return case_check(run, attribute, streq(value, owed),
			  "%s of IOMMU group %s is '%s' instead of '%s'", attribute, group, value,
			  owed);
}

static void group_is_made_up(struct case_run *run)
{
	const char *group = base_name(run->target.group);

	if (!case_check(run, "look at the group's node", !startswith(group, "noiommu-"),
			"%s is a node of devices without an IOMMU", run->target.group))
		return;
	if (group_says(run, group, "name", "vfio-noiommu"))
		group_says(run, group, "type", "unknown");
}

/* --- what the device shows -------------------------------------------------------------- */

/* Which pictures the drivers of emulated displays have. */
static const struct {
	const char *driver;
	int region, dmabuf; /* what probing for one is answered */
} displays[] = {
	{"mdpy", 0, -EINVAL}, {"mbochs", -EINVAL, 0}, {"mtty", -ENOTTY, -ENOTTY}, /* no display */
};

/* The picture lies in a region that is as large. */
static void check_plane(struct case_run *run, int device)
{
	struct vfio_plane plane = {0};
	struct vfio_region region = {0};

	if (!case_expect(run, "ask for the picture", 0, vfio_device_plane_region(device, &plane)) ||
	    !case_expect(run, "ask for its region", 0,
			 vfio_device_region(device, plane.region, &region)))
		return;
	case_check(run, "compare their sizes",
		   plane.size > 0 && (uint64_t)plane.height * plane.stride <= plane.size &&
			   plane.size <= region.size,
		   "%u lines of %u bytes are told to take %u bytes of a region of %llu",
		   plane.height, plane.stride, plane.size, (unsigned long long)region.size);
}

static void picture_is_told(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	size_t i = 0;

	while (i < ARRAY_SIZE(displays) && !streq_null(run->device->driver, displays[i].driver))
		i++;
	if (i == ARRAY_SIZE(displays)) {
		case_skip(run, "what the display of a %s is like is not known here",
			  run->device->driver);
		return;
	}
	if (!case_bind(run, &dev) ||
	    !case_expect(run, "probe for a picture as dma-buf", displays[i].dmabuf,
			 vfio_device_plane(dev.fd, false)) ||
	    !case_expect(run, "probe for a picture in a region", displays[i].region,
			 vfio_device_plane(dev.fd, true)))
		return;
	if (displays[i].region == 0)
		check_plane(run, dev.fd);
}

/* --- creation and removal --------------------------------------------------------------- */

/* Removes what is left of a device that this case created. */
static void remove_own(struct case_mdev *own)
{
	if (*own->uuid)
		case_mdev_remove(own->uuid);
}
#define scoped_own __attribute__((cleanup(remove_own)))

static bool has_room(struct case_run *run)
{
	int available = case_mdev_available(run->device);

	if (available > 0 && available <= MANY)
		return true;
	return case_skip(run, available <= 0 ? "the parent has no more devices of this type"
					     : "the parent has too many devices of this type");
}

/* Opens the device as far as it then cannot be removed. */
static bool open_own(struct case_run *run, const struct case_mdev *own, struct case_nodes *nodes,
		     struct vfio_device *dev)
{
	if (!case_open_peer(run, &own->device, nodes, dev))
		return false;
	return run->path == CASE_CDEV || case_expect(run, "bind it", 0, dev->ops->bind(dev));
}

static void removal_waits(struct case_run *run)
{
	scoped_own struct case_mdev own = {.uuid = ""};
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	scoped_writer struct case_writer writer = CASE_WRITER_NONE;
	struct case_nodes nodes;

	if (!has_room(run) ||
	    !case_expect(run, "create a device beside it", 0,
			 case_mdev_create(&own, run->device, 0)) ||
	    !open_own(run, &own, &nodes, &dev) ||
	    !case_expect(run, "start to remove it", 0,
			 case_write_start(&writer, "1", "%s/remove", own.syspath)) ||
	    !case_expect(run, "remove it while it is open", -ETIMEDOUT,
			 case_write_end(&writer, BLOCKED_MS)))
		return;
	vfio_close(&dev);
	if (case_expect(run, "remove it after it was closed", 0, case_write_end(&writer, FREED_MS)))
		case_check(run, "look for it", !path_exists("%s", own.syspath),
			   "it is still there");
}

static bool bad_names_are_refused(struct case_run *run)
{
	static const char *const names[] = {
		"83b8f4f2-509f-382f-3c1e",                /* too short */
		"83b8f4f2-509f-382f-3c1e-e6bfe0fa100x",   /* not hexadecimal */
		"83b8f4f2-509f-382f-3c1e-e6bfe0fa100100", /* too long */
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!case_expect(run, "create a device under what is no UUID", -EINVAL,
				 case_mdev_create_as(run->device, names[i])))
			return false;
	return true;
}

/*
 * Who counts the parent's devices? When the kernel's mdev core does, all types have the same number
 * left; a driver that counts for itself refuses one too many with an error of its own.
 */
static int owed_when_full(const struct device *mdev)
{
	scoped_dir DIR *types = path_opendir("%s/mdev_type/..", mdev->syspath);
	int64_t left, all = case_mdev_available(mdev);
	const char *name;

	while (types && (name = path_next(types)))
		if (path_read_number(&left, "%s/mdev_type/../%s/available_instances", mdev->syspath,
				     name) >= 0 &&
		    left != all)
			return -ENOSPC;
	return -EUSERS;
}

/* Creates devices until none is left. */
static int fill_parent(const struct device *mdev, unsigned int *ret_count)
{
	struct case_mdev own;
	int r = 0;

	for (*ret_count = 0; r >= 0 && case_mdev_available(mdev) > 0; ++*ret_count)
		r = *ret_count < MANY ? case_mdev_create(&own, mdev, *ret_count) : -E2BIG;
	return r;
}

static void creation_is_refused(struct case_run *run)
{
	int owed = owed_when_full(run->device);
	unsigned int count = 0;
	struct case_mdev own;

	if (!has_room(run) || !bad_names_are_refused(run) ||
	    !case_expect(run, "create the device itself again", -EEXIST,
			 case_mdev_create_as(run->device, run->device->address)))
		return;
	if (case_expect(run, "create devices until none is left", 0,
			fill_parent(run->device, &count)))
		case_expect(run, "create one more", owed,
			    case_mdev_create(&own, run->device, count));
	case_mdev_remove_all(getppid());
}

#define BOTH (CASE_CDEV | CASE_GROUP)

const struct test_case cases_mdev[] = {
	{.id = "M01",
	 .statement = "PR1",
	 .title = "An emulated device is bound without an IOMMU",
	 .promise = "BIND gives it to an iommufd, and it answers.",
	 .paths = CASE_CDEV,
	 .needs = CASE_NEEDS_EMULATED,
	 .after = {"C04"},
	 .run = answers_without_iommu},
	{.id = "M02",
	 .statement = "PR1",
	 .title = "An emulated device attaches to the address space",
	 .promise = "No page table is made for it: the id stays that of the address space.",
	 .paths = CASE_CDEV,
	 .needs = CASE_NEEDS_EMULATED,
	 .after = {"C05"},
	 .run = attached_to_ioas},
	{.id = "M03",
	 .statement = "PR1",
	 .title = "It attaches to nothing but an address space",
	 .promise = "An id of any other kind does not exist for it.",
	 .paths = CASE_CDEV,
	 .needs = CASE_NEEDS_EMULATED,
	 .after = {"M02"},
	 .run = attached_to_nothing_else},
	{.id = "M10",
	 .statement = "PR1",
	 .class = CASE_NEIGHBOURS,
	 .title = "It does not attach to another's page table",
	 .promise = "A page table that the same iommufd has does not exist for it.",
	 .paths = CASE_CDEV,
	 .needs = CASE_NEEDS_EMULATED,
	 .after = {"M02"},
	 .run = attached_to_no_page_table},
	{.id = "M04",
	 .statement = "PR1",
	 .title = "It moves to another address space, and out of it",
	 .promise = "The first is free at once; DETACH frees the other, and does no harm again.",
	 .paths = CASE_CDEV,
	 .needs = CASE_NEEDS_EMULATED,
	 .after = {"M02"},
	 .run = moves_and_detaches},
	{.id = "I02",
	 .statement = "PR1",
	 .title = "An emulated device has no hardware to tell of",
	 .promise = "For GET_HW_INFO its id is none of a device.",
	 .paths = CASE_CDEV,
	 .needs = CASE_NEEDS_EMULATED,
	 .after = {"C05"},
	 .run = has_no_hardware},
	{.id = "M05",
	 .statement = "PR1",
	 .title = "An emulated device has a group that VFIO made up",
	 .promise = "It has a name and no kind of domain, and a node like any other group.",
	 .paths = CASE_GROUP,
	 .needs = CASE_NEEDS_EMULATED,
	 .run = group_is_made_up},
	{.id = "M08",
	 .statement = "PR1",
	 .title = "An emulated display tells what form it shows",
	 .promise = "In a region or as dma-buf, according to its driver; who has none says so.",
	 .paths = BOTH,
	 .needs = CASE_NEEDS_EMULATED,
	 .after = {"C05", "G04"},
	 .run = picture_is_told},
	{.id = "M06",
	 .statement = "PR1",
	 .class = CASE_LAB,
	 .title = "It is removed after its last user has gone",
	 .promise = "The removal waits while the device is open, and gets through then.",
	 .paths = BOTH,
	 .needs = CASE_NEEDS_EMULATED | CASE_NEEDS_ROOT,
	 .after = {"C04", "G04"},
	 .run = removal_waits},
	{.id = "M09",
	 .statement = "PR1",
	 .class = CASE_LAB,
	 .title = "An emulated device that cannot be is refused",
	 .promise = "A name that is none, one that is taken, one device too many: each has its "
		    "error.",
	 .paths = CASE_CDEV,
	 .needs = CASE_NEEDS_EMULATED | CASE_NEEDS_ROOT,
	 .run = creation_is_refused},
	{.id = NULL},
};
