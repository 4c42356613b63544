/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cases of group and cdev: which of them there are, each against the other, and what the device of
 * a group has that a bound cdev has not. The cases that everybody wants to see are in cdev.c and
 * group.c.
 */
#include <errno.h>

#include "base/path.h"
#include "check/case.h"
#include "kernel/vfio_backend.h"

/* --- which there are -------------------------------------------------------------------- */

static bool is_node(const char *path)
{
	struct stat st;

	return path && path_stat(&st, "%s", path) == 0 && S_ISCHR(st.st_mode);
}

/* Devices without an IOMMU have a cdev where the kernel can translate for them (7.3). */
static void both_ways_lead_to_it(struct case_run *run)
{
	bool has_cdev = !run->target.noiommu || run->host->iommufd.noiommu_cdev == 1;

	if (!case_check(run, "look for the node of its group", is_node(run->target.group),
			"the device has no group node, although groups are built"))
		return;
	case_check(run, "look for the node of its own", is_node(run->target.cdev) == has_cdev,
		   has_cdev ? "the device has no cdev, although cdevs are built"
			    : "the device has a cdev and no IOMMU, on a kernel that has no such");
}

static void cdev_without_groups(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	struct vfio_info info;

	if (!case_check(run, "look for groups",
			!path_exists("/sys/class/vfio") && !run->target.group,
			"there are groups, although none are built"))
		return;
	if (case_bind(run, &dev))
		case_expect(run, "GET_INFO", 0, vfio_device_info(dev.fd, &info));
}

static void group_without_cdevs(struct case_run *run)
{
	const char *name = run->device->vfio_name;

	if (!case_check(run, "look for the device", path_exists("/sys/class/vfio-dev/%s", name),
			"/sys/class/vfio-dev has no %s", name))
		return;
	case_check(run, "look for its number", !path_exists("/sys/class/vfio-dev/%s/dev", name),
		   "%s has the number of a cdev, although none are built", name);
}

/* --- one keeps the other out ------------------------------------------------------------ */

/* As group_keeps_cdev_out(), with a group that was not only opened. */
static void used_group_lets_cdev_go(struct case_run *run)
{
	scoped_vfio struct vfio_device group = VFIO_DEVICE_NONE, cdev = VFIO_DEVICE_NONE;

	if (!case_expect(run, "open the group", 0, vfio_open(&group, &run->target, VFIO_GROUP)) ||
	    !case_expect(run, "take the device from it", 0, group.ops->bind(&group)) ||
	    !case_open(run, &cdev) ||
	    !case_expect(run, "BIND beside it", -EBUSY, cdev.ops->bind(&cdev)))
		return;
	vfio_close(&group);
	case_expect(run, "BIND after the group was closed", 0, cdev.ops->bind(&cdev));
}

static void used_cdev_lets_group_go(struct case_run *run)
{
	scoped_vfio struct vfio_device group = VFIO_DEVICE_NONE, cdev = VFIO_DEVICE_NONE;

	if (!case_attach(run, &cdev) || !case_expect(run, "open the group beside it", -EBUSY,
						     vfio_open(&group, &run->target, VFIO_GROUP)))
		return;
	vfio_close(&cdev);
	if (case_expect(run, "open the group after closing it", 0,
			vfio_open(&group, &run->target, VFIO_GROUP)))
		case_expect(run, "take the device from it", 0, group.ops->bind(&group));
}

static void sibling_keeps_group_out(struct case_run *run)
{
	scoped_vfio struct vfio_device other = VFIO_DEVICE_NONE;
	struct case_nodes nodes;
	scoped_fd int group = -1;

	if (!case_open_peer(run, case_peer(run, CASE_SIBLING), &nodes, &other) ||
	    !case_expect(run, "BIND it", 0, other.ops->bind(&other)))
		return;
	group = vfio_group_open(run->target.group);
	case_expect(run, "open the group of both", -EBUSY, group);
}

/* Where there is no group to stand in the way, BIND may be refused, and never for that reason. */
static void nothing_is_busy_without_groups(struct case_run *run)
{
	scoped_vfio struct vfio_device first = VFIO_DEVICE_NONE, second = VFIO_DEVICE_NONE;

	if (!case_bind(run, &first) || !case_open(run, &second) ||
	    !case_expect(run, "BIND a second open", -EINVAL, second.ops->bind(&second)))
		return;
	vfio_close(&first);
	case_expect(run, "BIND after the first was closed", 0, second.ops->bind(&second));
}

/* --- the device of a group -------------------------------------------------------------- */

static void group_device_is_not_attached(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	uint32_t pt_id = 1;

	if (!case_bind(run, &dev))
		return;
	if (case_expect(run, "DETACH", -ENOTTY, vfio_cdev_detach(dev.fd)))
		case_expect(run, "ATTACH", -ENOTTY, vfio_cdev_attach(dev.fd, &pt_id));
}

static void group_gives_device_twice(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	scoped_fd int second = -1;
	struct vfio_info info;

	if (!case_bind(run, &dev))
		return;
	second = vfio_group_get_device(dev.group, run->target.name);
	if (!case_expect(run, "GET_DEVICE_FD again", 0, second))
		return;
	close_fd(&dev.fd);
	case_expect(run, "GET_INFO of the second", 0, vfio_device_info(second, &info));
}

#define BOTH (CASE_CDEV | CASE_GROUP)

const struct test_case cases_exclusive[] = {
	{.id = "E05",
	 .statement = "CL4",
	 .title = "The device has a node of its own and one of its group",
	 .promise = "A kernel with groups and cdevs offers both ways to every device.",
	 .paths = BOTH,
	 .needs = CASE_NEEDS_DUAL | CASE_NEEDS_IOMMUFD,
	 .run = both_ways_lead_to_it},
	{.id = "E06",
	 .statement = "CL10",
	 .title = "Without groups the cdev works",
	 .promise = "A kernel that was built without groups gives devices by their cdev.",
	 .paths = CASE_CDEV,
	 .needs = CASE_NEEDS_NO_GROUP,
	 .after = {"C05"},
	 .run = cdev_without_groups},
	{.id = "E07",
	 .statement = "CL10",
	 .title = "Without cdevs a device has no number",
	 .promise = "Where cdevs are not built, sysfs shows the device and no node for it.",
	 .paths = CASE_GROUP,
	 .needs = CASE_NEEDS_NO_CDEV,
	 .run = group_without_cdevs},
	{.id = "X02",
	 .statement = "CL4",
	 .title = "A group that was used lets the cdev go",
	 .promise = "The cdev is kept out while its group has the device open, no longer.",
	 .paths = CASE_CDEV,
	 .needs = CASE_NEEDS_BOTH,
	 .after = {"C05"},
	 .run = used_group_lets_cdev_go},
	{.id = "X05",
	 .statement = "CL4",
	 .title = "A bound cdev keeps the group out for all its members",
	 .promise = "While any device of it is bound by its cdev, the group does not open.",
	 .class = CASE_NEIGHBOURS,
	 .paths = CASE_CDEV,
	 .needs = CASE_NEEDS_BOTH | CASE_NEEDS_SIBLING,
	 .after = {"C05"},
	 .run = sibling_keeps_group_out},
	{.id = "X06",
	 .statement = "CL4",
	 .title = "A cdev that was used lets the group go",
	 .promise = "The group is kept out while a cdev of it is bound, no longer.",
	 .paths = CASE_CDEV,
	 .needs = CASE_NEEDS_BOTH,
	 .after = {"A01"},
	 .run = used_cdev_lets_group_go},
	{.id = "X10",
	 .statement = "CL10",
	 .title = "Without groups a device is never busy",
	 .promise = "Where there is no group to be open, BIND is not refused for it.",
	 .paths = CASE_CDEV,
	 .needs = CASE_NEEDS_NO_GROUP,
	 .after = {"C05"},
	 .run = nothing_is_busy_without_groups},
	{.id = "X08",
	 .statement = "CL8",
	 .title = "A device of the group is not attached like a cdev",
	 .promise = "ATTACH and DETACH are unknown to a device that came from a group.",
	 .paths = CASE_GROUP,
	 .after = {"G04"},
	 .run = group_device_is_not_attached},
	{.id = "X12",
	 .statement = "CL5",
	 .title = "The group gives its device more than once",
	 .promise = "Only the cdev is for one alone: a group may open its device again.",
	 .paths = CASE_GROUP,
	 .after = {"G04"},
	 .run = group_gives_device_twice},
	{.id = NULL},
};
