/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cases of the way through the IOMMU group: open the group, put it into a container with an IOMMU,
 * and take the device from it.
 */
#include <errno.h>

#include "check/case.h"
#include "host/group.h"
#include "kernel/vfio_backend.h"

static int model_of(const struct case_run *run)
{
	return run->target.noiommu ? VFIO_NOIOMMU : VFIO_TYPE1V2;
}

static void group_is_viable(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	struct vfio_group_status status = {0};
	char blocker[256] = "a member of the group belongs to the host";

	if (!case_open(run, &dev))
		return;
	if (!case_expect(run, "GET_STATUS", 0, vfio_group_status(dev.group, &status)))
		return;
	if (!status.viable)
		group_blocker(blocker, sizeof(blocker), run->device->syspath);
	if (!case_check(run, "look whether the group is viable", status.viable, "%s", blocker))
		return;
	case_check(run, "look for a container", !status.has_container,
		   "a fresh group says that it has a container");
}

static void group_opens_once(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	scoped_fd int second = -1;

	if (!case_open(run, &dev))
		return;
	second = vfio_group_open(run->target.group);
	case_expect(run, "open the group again", -EBUSY, second);
}

static void device_needs_container(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;

	if (!case_open(run, &dev))
		return;
	dev.fd = vfio_group_get_device(dev.group, run->target.name);
	case_expect(run, "GET_DEVICE_FD", -EINVAL, dev.fd);
}

static void container_takes_group(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;

	if (!case_open(run, &dev))
		return;
	if (!case_expect(run, "SET_CONTAINER", 0, vfio_group_set_container(dev.group, dev.context)))
		return;
	if (!case_expect(run, "SET_IOMMU", 0, vfio_container_set_iommu(dev.context, model_of(run))))
		return;
	if (!case_expect(run, "SET_CONTAINER again", -EINVAL,
			 vfio_group_set_container(dev.group, dev.context)))
		return;
	case_expect(run, "UNSET_CONTAINER", 0, vfio_group_unset_container(dev.group));
}

static void group_gives_device(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	struct vfio_info info;

	if (!case_bind(run, &dev))
		return;
	case_expect(run, "GET_INFO", 0, vfio_device_info(dev.fd, &info));
}

static void group_knows_members(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	scoped_fd int other = -1;

	if (!case_bind(run, &dev))
		return;
	other = vfio_group_get_device(dev.group, "no-such-device");
	case_expect(run, "GET_DEVICE_FD of a device that is no member", -ENODEV, other);
}

/*
 * The vfio module's container counts the group's open devices; with iommufd each device holds its
 * address space itself, and the group may go.
 */
static void open_device_keeps_container(struct case_run *run)
{
	bool legacy = run->host->container.provider == KERNEL_CONTAINER_LEGACY;
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	struct vfio_info info;

	if (!case_bind(run, &dev))
		return;
	if (!case_expect(run, "UNSET_CONTAINER", legacy ? -EBUSY : 0,
			 vfio_group_unset_container(dev.group)))
		return;
	if (!case_expect(run, "GET_INFO", 0, vfio_device_info(dev.fd, &info)) || !legacy)
		return;
	case_expect(run, "UNSET_CONTAINER after closing the device", 0, dev.ops->detach(&dev));
}

static void group_device_is_not_bound(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	scoped_fd int iommufd = iommufd_open();
	int owed = run->host->ways.cdev == ANSWER_YES ? -EINVAL : -ENOTTY;
	uint32_t devid;

	if (!case_expect(run, "open /dev/iommu", 0, iommufd) || !case_bind(run, &dev))
		return;
	case_expect(run, "BIND", owed, vfio_cdev_bind(dev.fd, iommufd, &devid));
}

static void iommufd_is_container(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	uint32_t ioas;

	run->target.container = "/dev/iommu";
	if (!case_bind(run, &dev))
		return;
	if (!run->target.noiommu && !case_expect(run, "ask for its address space", 0,
						 iommufd_vfio_ioas(dev.context, &ioas)))
		return;
	case_expect(run, "let the group go", 0, dev.ops->detach(&dev));
}

const struct test_case cases_group[] = {
	{.id = "G01",
	 .statement = "GRP",
	 .basic = true,
	 .title = "The group opens and no driver of the host is in it",
	 .promise = "A group all of whose members are free or held by VFIO is viable.",
	 .paths = CASE_GROUP,
	 .run = group_is_viable},
	{.id = "X09",
	 .statement = "CL4",
	 .basic = true,
	 .title = "The group opens only once",
	 .promise = "One process at a time has a group.",
	 .paths = CASE_GROUP,
	 .after = {"G01"},
	 .run = group_opens_once},
	{.id = "G03",
	 .statement = "GRP",
	 .basic = true,
	 .title = "The group goes into a container, and out of it",
	 .promise = "A group is in one container at most.",
	 .paths = CASE_GROUP,
	 .after = {"G01"},
	 .run = container_takes_group},
	{.id = "G04",
	 .statement = "GRP",
	 .basic = true,
	 .title = "The group gives the device to this process",
	 .promise = "GET_DEVICE_FD resets the function and gives a device that answers.",
	 .paths = CASE_GROUP,
	 .after = {"G03"},
	 .run = group_gives_device},
	{.id = "G02",
	 .statement = "CL3",
	 .basic = true,
	 .title = "Without a container the group gives no device",
	 .promise = "There is no access to a device before its group has an IOMMU.",
	 .paths = CASE_GROUP,
	 .after = {"G04"},
	 .run = device_needs_container},
	{.id = "G05",
	 .statement = "GRP",
	 .basic = true,
	 .title = "The group gives its own devices only",
	 .promise = "A name that is no member of the group is answered as such.",
	 .paths = CASE_GROUP,
	 .after = {"G04"},
	 .run = group_knows_members},
	{.id = "G06",
	 .statement = "GRP",
	 .basic = true,
	 .title = "An open device does not lose its address space",
	 .promise =
		 "A group leaves its container after its last device, or the device stays usable.",
	 .paths = CASE_GROUP,
	 .after = {"G04"},
	 .run = open_device_keeps_container},
	{.id = "X07",
	 .statement = "CL7",
	 .basic = true,
	 .title = "A device of the group is not bound like a cdev",
	 .promise = "BIND is refused on a device that came from a group.",
	 .paths = CASE_GROUP,
	 .needs = CASE_NEEDS_IOMMUFD,
	 .after = {"G04"},
	 .run = group_device_is_not_bound},
	{.id = "X11",
	 .statement = "CL6",
	 .basic = true,
	 .title = "/dev/iommu stands in for the container",
	 .promise = "A group accepts an iommufd where it wants a container.",
	 .paths = CASE_GROUP,
	 .needs = CASE_NEEDS_IOMMUFD,
	 .after = {"G01"},
	 .run = iommufd_is_container},
	{.id = NULL},
};
