/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cases of hot reset that reset nothing: what the kernel tells of the functions that share a bus,
 * and what it refuses.
 */
#include <errno.h>

#include "cases/reset.h"
#include "kernel/vfio_backend.h"

/* --- asking what a reset takes along ------------------------------------------------------ */

bool case_skip_unresettable(struct case_run *run)
{
	return case_skip(run, "the bus of this function cannot be reset");
}

bool case_ask_members(struct case_run *run, const struct vfio_device *dev,
		      struct vfio_hot_reset *ret)
{
	int r = vfio_hot_reset_info(dev->fd, ret);

	if (r == -ENODEV)
		return case_skip_unresettable(run);
	return case_expect(run, "GET_PCI_HOT_RESET_INFO", 0, r);
}

static void members_are_counted(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	uint32_t count = 0;
	int r;

	if (!case_bind(run, &dev))
		return;
	r = vfio_hot_reset_count(dev.fd, &count);
	if (r == -ENODEV) {
		case_skip_unresettable(run);
		return;
	}
	if (case_expect(run, "GET_PCI_HOT_RESET_INFO without room", -ENOSPC, r))
		case_check(run, "look at the count", count > 0,
			   "no function is counted, not even this one");
}

/* The id that the kernel owes for the device itself. */
static uint32_t own_id(const struct case_run *run, const struct vfio_device *dev)
{
	return run->path == CASE_CDEV ? dev->devid : (uint32_t)run->device->iommu_group;
}

static void check_members(struct case_run *run, const struct vfio_device *dev,
			  const struct vfio_hot_reset *info)
{
	const struct vfio_reset_member *own = vfio_hot_reset_member(info, run->device->address);

	if (!case_check(run, "look for the device itself", own,
			"the device is not among the %zu functions of its own reset", info->count))
		return;
	if (!case_check(run, "look at its id", own->id == own_id(run, dev),
			"the device has id %u there instead of %u", own->id, own_id(run, dev)))
		return;
	case_check(run, "look how members are named", info->by_devid == (run->path == CASE_CDEV),
		   info->by_devid ? "a device of a group sees device ids"
				  : "a bound cdev sees no device ids");
}

static void members_are_named(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	struct vfio_hot_reset info;

	if (!case_bind(run, &dev) || !case_ask_members(run, &dev, &info))
		return;
	check_members(run, &dev, &info);
	free(info.members);
}

/* --- through the cdev --------------------------------------------------------------------- */

static void info_before_bind(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	uint32_t count;

	if (case_open(run, &dev))
		case_expect(run, "GET_PCI_HOT_RESET_INFO", -EINVAL,
			    vfio_hot_reset_count(dev.fd, &count));
}

static void groups_are_not_wanted(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;

	if (case_bind(run, &dev))
		case_expect(run, "PCI_HOT_RESET with a file", -EINVAL,
			    vfio_hot_reset(dev.fd, &dev.context, 1));
}

/* --- through the group -------------------------------------------------------------------- */

static void groups_are_wanted(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;

	if (case_bind(run, &dev))
		case_expect(run, "PCI_HOT_RESET without a group", -EINVAL,
			    vfio_hot_reset(dev.fd, NULL, 0));
}

/* The number of no open file. */
static int closed_descriptor(void)
{
	scoped_fd int fd = dup(0);

	return fd;
}

static int reset_with_closed(const struct vfio_device *dev)
{
	int closed = closed_descriptor();

	return vfio_hot_reset(dev->fd, &closed, 1);
}

/* As many times the same group as there are functions, and once more. */
static int reset_with_too_many(const struct vfio_device *dev, size_t count)
{
	scoped_free int *groups = calloc(count + 1, sizeof(*groups));

	for (size_t i = 0; groups && i <= count; i++)
		groups[i] = dev->group;
	return groups ? vfio_hot_reset(dev->fd, groups, count + 1) : -ENOMEM;
}

/* While the group is open, the cdev opens too, but is not bound. */
static bool refuses_cdev(struct case_run *run, const struct vfio_device *dev)
{
	scoped_fd int cdev = -1;

	if (!run->target.cdev)
		return true;
	cdev = vfio_cdev_open(run->target.cdev);
	return case_expect(run, "open the cdev", 0, cdev) &&
	       case_expect(run, "PCI_HOT_RESET with the cdev", -EINVAL,
			   vfio_hot_reset(dev->fd, &cdev, 1));
}

static void only_groups_count(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	struct vfio_hot_reset info;

	if (!case_bind(run, &dev) || !case_ask_members(run, &dev, &info))
		return;
	free(info.members);
	if (!case_expect(run, "PCI_HOT_RESET with the device", -EINVAL,
			 vfio_hot_reset(dev.fd, &dev.fd, 1)) ||
	    !refuses_cdev(run, &dev) ||
	    !case_expect(run, "PCI_HOT_RESET with a closed file", -EBADF, reset_with_closed(&dev)))
		return;
	case_expect(run, "PCI_HOT_RESET with too many groups", -EINVAL,
		    reset_with_too_many(&dev, info.count));
}

/* --- on both ways ------------------------------------------------------------------------- */

static void root_bus_is_not_reset(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	bool group = run->path == CASE_GROUP;
	uint32_t count;

	if (!device_is_on_root_bus(run->device)) {
		case_skip(run, "the function is not on a root bus");
		return;
	}
	if (!case_bind(run, &dev))
		return;
	if (case_expect(run, "GET_PCI_HOT_RESET_INFO", -ENODEV,
			vfio_hot_reset_count(dev.fd, &count)))
		case_expect(run, "PCI_HOT_RESET", -ENODEV,
			    vfio_hot_reset(dev.fd, group ? &dev.group : NULL, group));
}

static void arguments_are_looked_at(struct case_run *run)
{
	enum { TOO_SHORT = 8, LONG_ENOUGH = 12 };
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	struct vfio_hot_reset info;

	if (!case_bind(run, &dev) || !case_ask_members(run, &dev, &info))
		return;
	free(info.members);
	if (!case_expect(run, "GET_PCI_HOT_RESET_INFO with flags", 0,
			 vfio_hot_reset_info_as(dev.fd, VFIO_HOT_RESET_ROOM, 1)) ||
	    !case_expect(run, "GET_PCI_HOT_RESET_INFO too short", -EINVAL,
			 vfio_hot_reset_info_as(dev.fd, TOO_SHORT, 0)) ||
	    !case_expect(run, "PCI_HOT_RESET too short", -EINVAL,
			 vfio_hot_reset_as(dev.fd, TOO_SHORT, 0)))
		return;
	case_expect(run, "PCI_HOT_RESET with flags", -EINVAL,
		    vfio_hot_reset_as(dev.fd, LONG_ENOUGH, 1));
}

#define BOTH (CASE_CDEV | CASE_GROUP)

const struct test_case cases_reset[] = {
	{.id = "H13",
	 .statement = "CL3",
	 .title = "Before BIND it does not tell what shares its bus",
	 .promise = "The functions of the bus are told to who has bound one of them.",
	 .paths = CASE_CDEV,
	 .needs = CASE_NEEDS_PCI,
	 .after = {"C04"},
	 .run = info_before_bind},
	{.id = "H01",
	 .statement = "PR2",
	 .basic = true,
	 .title = "The functions that share a bus reset are counted",
	 .promise = "Asked with too little room, the kernel says how many there are.",
	 .paths = BOTH,
	 .needs = CASE_NEEDS_PCI,
	 .after = {"C05", "G04"},
	 .run = members_are_counted},
	{.id = "H02",
	 .statement = "PR2",
	 .basic = true,
	 .title = "The functions that share a bus reset are named",
	 .promise = "The device is among them, by its device id (cdev) or its group's number.",
	 .paths = BOTH,
	 .needs = CASE_NEEDS_PCI,
	 .after = {"C05", "G04"},
	 .run = members_are_named},
	{.id = "H12",
	 .statement = "PR2",
	 .title = "Requests for a bus reset are held to their form",
	 .promise = "Short arguments and unknown flags are refused; what only comes out is not "
		    "looked at.",
	 .paths = BOTH,
	 .needs = CASE_NEEDS_PCI,
	 .after = {"H02"},
	 .run = arguments_are_looked_at},
	{.id = "H11",
	 .statement = "PR2",
	 .title = "A root bus cannot be reset",
	 .promise = "Where no bridge leads to the function, there is no bus reset.",
	 .paths = BOTH,
	 .needs = CASE_NEEDS_PCI,
	 .after = {"C05", "G04"},
	 .run = root_bus_is_not_reset},
	{.id = "H07",
	 .statement = "PR2",
	 .title = "A cdev's bus reset takes no groups",
	 .promise = "A device that was bound through its cdev is not reset by showing files.",
	 .paths = CASE_CDEV,
	 .needs = CASE_NEEDS_PCI,
	 .after = {"C05"},
	 .run = groups_are_not_wanted},
	{.id = "H08",
	 .statement = "PR2",
	 .title = "A group's bus reset takes groups",
	 .promise = "A device of a group is not reset without showing the group.",
	 .paths = CASE_GROUP,
	 .needs = CASE_NEEDS_PCI,
	 .after = {"G04"},
	 .run = groups_are_wanted},
	{.id = "H10",
	 .statement = "PR2",
	 .title = "A group's bus reset takes nothing but groups",
	 .promise = "Devices, closed files, and more groups than there are functions are refused.",
	 .paths = CASE_GROUP,
	 .needs = CASE_NEEDS_PCI,
	 .after = {"H02"},
	 .run = only_groups_count},
	{.id = NULL},
};
