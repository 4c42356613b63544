/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cases of hot reset about who may: a reset of the bus or slot takes all functions there along, so
 * the kernel wants to see that the caller owns each. Through the cdev it looks whether they are
 * bound to the caller's iommufd, or in a group of which a member is; a device of a group has to
 * show the groups of all.
 */
#include <errno.h>

#include "base/path.h"
#include "cases/reset.h"
#include "kernel/config_space.h"
#include "kernel/vfio_backend.h"

/* What a case wants to know of a bus with the device and, maybe, one other on it. */
struct bus {
	bool owned, by_devid;
	uint32_t id, peer_id;
};

/* Only what the user named may be reset. */
static bool may_be_reset(struct case_run *run, const struct vfio_hot_reset *info,
			 const struct vfio_reset_member *own, const struct vfio_reset_member *other)
{
	char name[VFIO_MEMBER_NAME_SIZE];

	for (size_t i = 0; i < info->count; i++) {
		if (&info->members[i] == own || &info->members[i] == other)
			continue;
		vfio_reset_member_name(name, &info->members[i]);
		return case_skip(run, "a reset of its bus takes along %s too", name);
	}
	return true;
}

/* Skips the case unless a reset of the bus is about the device and peer (may be NULL) alone. */
static bool ask_bus(struct case_run *run, const struct vfio_device *dev, const struct device *peer,
		    struct bus *ret)
{
	const struct vfio_reset_member *own, *other = NULL;
	struct vfio_hot_reset info;
	bool good;

	if (!case_ask_members(run, dev, &info))
		return false;
	own = vfio_hot_reset_member(&info, run->device->address);
	if (peer)
		other = vfio_hot_reset_member(&info, peer->address);
	if (peer && !other)
		good = case_skip(run, "%s is not on its bus", peer->address);
	else
		good = may_be_reset(run, &info, own, other) &&
		       case_check(run, "look for the device itself", own,
				  "the device is not among those that its own reset takes along");
	if (good)
		*ret = (struct bus){.owned = info.owned,
				    .by_devid = info.by_devid,
				    .id = own->id,
				    .peer_id = other ? other->id : 0};
	free(info.members);
	return good;
}

/* --- through the cdev --------------------------------------------------------------------- */

static bool is_owned(struct case_run *run, const struct bus *bus)
{
	return case_check(run, "look whether all are owned", bus->owned,
			  "the kernel does not say that all are owned");
}

static void lone_function_is_reset(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	struct bus bus;

	if (case_bind(run, &dev) && ask_bus(run, &dev, NULL, &bus) && is_owned(run, &bus))
		case_expect(run, "PCI_HOT_RESET", 0, vfio_hot_reset(dev.fd, NULL, 0));
}

static void group_owns_the_other(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	struct bus bus;

	if (!case_bind(run, &dev) || !ask_bus(run, &dev, case_peer(run, CASE_SIBLING), &bus))
		return;
	if (!case_check(run, "look at the other's id", bus.peer_id == VFIO_DEVID_OWNED,
			"the other one, not bound, has id %u instead of 0", bus.peer_id) ||
	    !is_owned(run, &bus))
		return;
	case_expect(run, "PCI_HOT_RESET", 0, vfio_hot_reset(dev.fd, NULL, 0));
}

/* Both functions' configuration space, before and after. */
struct pair {
	const char *syspaths[2];
	struct config_space spaces[2];
};

static bool read_pair(struct case_run *run, struct pair *pair, const char *what)
{
	for (size_t i = 0; i < ARRAY_SIZE(pair->spaces); i++)
		if (!case_expect(run, what, 0,
				 config_space_read(&pair->spaces[i], pair->syspaths[i])))
			return false;
	return true;
}

static void check_pair(struct case_run *run, const struct pair *before, const struct pair *after)
{
	char text[256] = "";
	size_t different = 0;

	for (size_t i = 0; i < ARRAY_SIZE(before->spaces); i++)
		different += config_space_compare(text, sizeof(text), &before->spaces[i],
						  &after->spaces[i]);
	case_check(run, "compare", different == 0, "not restored: %s", text);
}

static void reset_pair(struct case_run *run, const struct vfio_device *dev,
		       const struct device *peer)
{
	struct pair before = {.syspaths = {run->device->syspath, peer->syspath}}, after = before;

	if (!read_pair(run, &before, "read configuration space before"))
		return;
	if (!case_expect(run, "PCI_HOT_RESET", 0, vfio_hot_reset(dev->fd, NULL, 0)))
		return;
	if (read_pair(run, &after, "read configuration space after"))
		check_pair(run, &before, &after);
}

static void both_are_restored(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE, other = VFIO_DEVICE_NONE;
	const struct device *peer = case_peer(run, CASE_SIBLING);
	struct case_nodes nodes;
	struct bus bus;

	if (!case_bind(run, &dev) || !case_open_peer(run, peer, &nodes, &other) ||
	    !case_expect(run, "bind the other one to the same iommufd", 0,
			 vfio_cdev_bind(other.fd, dev.context, &other.devid)) ||
	    !ask_bus(run, &dev, peer, &bus) || !is_owned(run, &bus))
		return;
	if (case_check(run, "look at both ids", bus.id == dev.devid && bus.peer_id == other.devid,
		       "the kernel says ids %u and %u, BIND gave %u and %u", bus.id, bus.peer_id,
		       dev.devid, other.devid))
		reset_pair(run, &dev, peer);
}

static bool unbind(struct case_run *run, const struct device *dev)
{
	char what[sizeof(((struct case_step *)0)->what)] = "";

	append(what, sizeof(what), "unbind %s", dev->address);
	return case_expect(run, what, 0,
			   path_write(dev->address, "%s/driver/unbind", dev->syspath));
}

static void driverless_is_not_owned(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	const struct device *peer = case_peer(run, CASE_SIBLING);
	struct bus bus;

	if (!unbind(run, peer) || !case_bind(run, &dev) || !ask_bus(run, &dev, peer, &bus))
		return;
	if (!case_check(run, "look at the other's id", bus.peer_id == VFIO_DEVID_NOT_OWNED,
			"the other one, without a driver, has id %u", bus.peer_id) ||
	    !case_check(run, "look whether all are owned", !bus.owned,
			"the kernel says that all are owned"))
		return;
	case_expect(run, "PCI_HOT_RESET", -EINVAL, vfio_hot_reset(dev.fd, NULL, 0));
}

/* --- through the group -------------------------------------------------------------------- */

static bool check_group_ids(struct case_run *run, const struct bus *bus, const struct device *peer)
{
	uint32_t group = (uint32_t)run->device->iommu_group;

	return case_check(run, "look at the flags", !bus->by_devid && !bus->owned,
			  "the kernel says that these are device ids, or who owns them") &&
	       case_check(run, "look at the ids",
			  bus->id == group && (!peer || bus->peer_id == group),
			  "the kernel does not say that it is group %u", group);
}

static void reset_through_group(struct case_run *run, const struct device *peer)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	struct bus bus;

	if (case_bind(run, &dev) && ask_bus(run, &dev, peer, &bus) &&
	    check_group_ids(run, &bus, peer))
		case_expect(run, "PCI_HOT_RESET with the group", 0,
			    vfio_hot_reset(dev.fd, &dev.group, 1));
}

static void group_is_reset(struct case_run *run)
{
	reset_through_group(run, NULL);
}

static void group_with_both_is_reset(struct case_run *run)
{
	reset_through_group(run, case_peer(run, CASE_SIBLING));
}

const struct test_case cases_hot_reset[] = {
	{.id = "H03",
	 .statement = "PR2",
	 .title = "A function alone on its bus is reset with it",
	 .promise = "Who has bound all functions of a bus owns it, and resets it without further "
		    "proof.",
	 .paths = CASE_CDEV,
	 .needs = CASE_NEEDS_PCI,
	 .after = {"H02"},
	 .run = lone_function_is_reset},
	{.id = "H04",
	 .statement = "PR2",
	 .title = "The bus reset of a group needs one of its functions",
	 .promise = "A function that is not bound counts as owned with its group, which nobody "
		    "else can have.",
	 .class = CASE_NEIGHBOURS,
	 .paths = CASE_CDEV,
	 .needs = CASE_NEEDS_PCI | CASE_NEEDS_SIBLING,
	 .after = {"H02"},
	 .run = group_owns_the_other},
	{.id = "H05",
	 .statement = "PR2",
	 .title = "A bus reset restores both functions of the bus",
	 .promise = "With both bound to one iommufd, both are reset and have their configuration "
		    "back.",
	 .class = CASE_NEIGHBOURS,
	 .paths = CASE_CDEV,
	 .needs = CASE_NEEDS_PCI | CASE_NEEDS_SIBLING,
	 .after = {"H02"},
	 .run = both_are_restored},
	{.id = "H06",
	 .statement = "PR2",
	 .title = "A driverless function keeps its bus from a reset",
	 .promise = "What no VFIO driver holds is not owned, and is not reset with the others.",
	 .class = CASE_NEIGHBOURS,
	 .paths = CASE_CDEV,
	 .needs = CASE_NEEDS_PCI | CASE_NEEDS_SIBLING | CASE_NEEDS_ROOT,
	 .after = {"H02"},
	 .run = driverless_is_not_owned},
	{.id = "H09",
	 .statement = "PR2",
	 .title = "A group alone on its bus is reset with it",
	 .promise = "The functions are named by their groups, and who shows all groups resets "
		    "them.",
	 .paths = CASE_GROUP,
	 .needs = CASE_NEEDS_PCI,
	 .after = {"H02"},
	 .run = group_is_reset},
	{.id = "H14",
	 .statement = "PR2",
	 .title = "A group with all functions of a bus resets them",
	 .promise = "One group is proof enough for all functions that are in it.",
	 .class = CASE_NEIGHBOURS,
	 .paths = CASE_GROUP,
	 .needs = CASE_NEEDS_PCI | CASE_NEEDS_SIBLING,
	 .after = {"H02"},
	 .run = group_with_both_is_reset},
	{.id = NULL},
};
