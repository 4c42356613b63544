/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cases of BIND that are not about one device alone: with others of its group or of another, where
 * the host stands in the way, and by a user who has the nodes and no other rights.
 */
#include <errno.h>
#include <grp.h>

#include "base/path.h"
#include "check/case.h"
#include "check/case_binding.h"
#include "host/group.h"
#include "kernel/vfio_backend.h"

/* --- two devices ------------------------------------------------------------------------ */

/* Two devices on the way of the run, the first of them bound; closed by drop_pair(). */
struct pair {
	struct vfio_device first, second;
	struct case_nodes nodes;
};
#define PAIR_NONE   ((struct pair){.first = VFIO_DEVICE_NONE, .second = VFIO_DEVICE_NONE})
#define scoped_pair __attribute__((cleanup(drop_pair)))

static void drop_pair(struct pair *pair)
{
	vfio_close(&pair->second);
	vfio_close(&pair->first);
}

static bool open_pair(struct case_run *run, struct pair *pair, enum case_relation relation)
{
	return case_bind(run, &pair->first) &&
	       case_open_peer(run, case_peer(run, relation), &pair->nodes, &pair->second);
}

static int bind_second(struct pair *pair, int iommufd)
{
	return vfio_cdev_bind(pair->second.fd, iommufd, &pair->second.devid);
}

static void two_groups_share_iommufd(struct case_run *run)
{
	scoped_pair struct pair pair = PAIR_NONE;

	if (!open_pair(run, &pair, CASE_STRANGER) ||
	    !case_expect(run, "BIND it to the same iommufd", 0,
			 bind_second(&pair, pair.first.context)))
		return;
	case_check(run, "compare their ids", pair.first.devid != pair.second.devid,
		   "both devices have id %u", pair.first.devid);
}

static void group_shares_iommufd(struct case_run *run)
{
	scoped_pair struct pair pair = PAIR_NONE;

	if (open_pair(run, &pair, CASE_SIBLING))
		case_expect(run, "BIND it to the same iommufd", 0,
			    bind_second(&pair, pair.first.context));
}

static void group_has_one_owner(struct case_run *run)
{
	scoped_pair struct pair pair = PAIR_NONE;

	if (open_pair(run, &pair, CASE_SIBLING))
		case_expect(run, "BIND it to another iommufd", -EPERM,
			    bind_second(&pair, pair.second.context));
}

/* --- what stands in the way ------------------------------------------------------------- */

/* Gives a member of the group to the host; false when no driver of the host's takes it. */
static bool give_to_host(struct case_run *run, const struct device *member)
{
	char driver[64];
	int r = case_rebind(member, NULL);

	if (r == -ENODEV)
		return case_skip(run, "no loaded driver of the host takes %s", member->address);
	if (!case_expect(run, "give the other member to the host", 0, r))
		return false;
	case_driver_of(driver, sizeof(driver), member->syspath);
	if (group_allows_driver(driver) || path_exists("%s/vfio-dev", member->syspath))
		return case_skip(run, "%s went to %s, which leaves the group to user space",
				 member->address, driver);
	return true;
}

static void host_keeps_group(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;

	if (give_to_host(run, case_peer(run, CASE_SIBLING)) && case_open(run, &dev))
		case_expect(run, "bind beside the host's driver", -EPERM, dev.ops->bind(&dev));
}

/* BIND with the switch on or off. */
static bool bind_with_switch(struct case_run *run, const char *what, const char *value, int owed)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;

	return case_expect(run, "set allow_unsafe_interrupts", 0,
			   path_write(value, "/sys/module/%s/parameters/allow_unsafe_interrupts",
				      case_owner_module(run))) &&
	       case_open(run, &dev) && case_expect(run, what, owed, dev.ops->bind(&dev));
}

static void interrupts_must_be_kept_apart(struct case_run *run)
{
	if (bind_with_switch(run, "bind with safe interrupts alone", "N", -EPERM))
		bind_with_switch(run, "bind with unsafe ones allowed", "Y", 0);
}

/* --- a user without rights -------------------------------------------------------------- */

#define NOBODY 65534

/* Nodes of the way of this run that a user opens; NULL ends them. */
static void nodes_of(const struct case_run *run, const char *ret[3])
{
	bool cdev = run->path == CASE_CDEV;

	ret[0] = cdev ? run->target.cdev : run->target.group;
	ret[1] = cdev ? "/dev/iommu" : run->target.container;
	ret[2] = NULL;
}

/* A /dev that only this process sees, with nothing in it but these nodes, which are the user's. */
static bool own_nodes(struct case_run *run, const char *const nodes[], uid_t user)
{
	struct stat st[3];
	int r = 0;

	for (size_t i = 0; nodes[i]; i++)
		if (!case_expect(run, "look at the node", 0, path_stat(&st[i], "%s", nodes[i])))
			return false;
	if (!case_expect(run, "get a /dev of our own", 0, path_cover("/dev")))
		return false;
	r = path_mkdir(0755, "/dev/vfio");
	if (r >= 0)
		r = path_mkdir(0755, "/dev/vfio/devices");
	for (size_t i = 0; nodes[i] && r >= 0; i++)
		r = path_make_node(st[i].st_rdev, user, "%s", nodes[i]);
	return case_expect(run, "give the nodes to the user", 0, r);
}

static int become(uid_t user)
{
	if (setgroups(0, NULL) < 0 || setresgid(user, user, user) < 0 ||
	    setresuid(user, user, user) < 0)
		return -errno;
	return 0;
}

static bool has_no_capability(void)
{
	scoped_free char *status = NULL;

	return path_read_all(&status, 65536, "/proc/self/status") >= 0 &&
	       strstr(status, "CapEff:\t0000000000000000");
}

static void owner_of_nodes_may_bind(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	const char *nodes[3];

	nodes_of(run, nodes);
	if (!own_nodes(run, nodes, NOBODY) ||
	    !case_expect(run, "become the user", 0, become(NOBODY)) ||
	    !case_check(run, "look at what else the user may", has_no_capability(),
			"the user still has capabilities"))
		return;
	if (run->target.noiommu)
		case_expect(run, "open without CAP_SYS_RAWIO", -EPERM,
			    vfio_open(&dev, &run->target,
				      run->path == CASE_CDEV ? VFIO_CDEV : VFIO_GROUP));
	else
		case_bind(run, &dev);
}

#define BOTH (CASE_CDEV | CASE_GROUP)

const struct test_case cases_bind_pair[] = {
	{.id = "C21",
	 .statement = "CL7",
	 .title = "Devices of several groups share an iommufd",
	 .promise = "Each device has an id of its own in the iommufd.",
	 .class = CASE_NEIGHBOURS,
	 .paths = CASE_CDEV,
	 .needs = CASE_NEEDS_STRANGER,
	 .after = {"C05"},
	 .run = two_groups_share_iommufd},
	{.id = "C22",
	 .statement = "CL7",
	 .title = "The devices of a group share an iommufd",
	 .promise = "Who owns the group may bind all its devices.",
	 .class = CASE_NEIGHBOURS,
	 .paths = CASE_CDEV,
	 .needs = CASE_NEEDS_SIBLING,
	 .after = {"C05"},
	 .run = group_shares_iommufd},
	{.id = "C23",
	 .statement = "CL7",
	 .title = "A group has one owner",
	 .promise = "While a device of the group is bound, others are not for another iommufd.",
	 .class = CASE_NEIGHBOURS,
	 .paths = CASE_CDEV,
	 .needs = CASE_NEEDS_SIBLING,
	 .after = {"C05"},
	 .run = group_has_one_owner},
	{.id = "C24",
	 .statement = "CL7",
	 .title = "The host's driver in the group keeps others out",
	 .promise = "A device is not bound while the host does DMA with one of its group.",
	 .class = CASE_NEIGHBOURS,
	 .paths = BOTH,
	 .needs = CASE_NEEDS_PCI | CASE_NEEDS_SIBLING,
	 .after = {"C05", "G04"},
	 .run = host_keeps_group},
	{.id = "C25",
	 .statement = "CL7",
	 .title = "Interrupts that are not kept apart must be allowed",
	 .promise = "Without interrupt remapping a device wants allow_unsafe_interrupts.",
	 .class = CASE_LAB,
	 .paths = BOTH,
	 .needs = CASE_NEEDS_PCI | CASE_NEEDS_PHYSICAL | CASE_NEEDS_NO_REMAP | CASE_NEEDS_ROOT,
	 .run = interrupts_must_be_kept_apart},
	{.id = "C28",
	 .statement = "CL1",
	 .title = "Who owns the nodes needs no other rights",
	 .promise = "A user to whom the nodes were given gets the device, without capabilities.",
	 .paths = BOTH,
	 .needs = CASE_NEEDS_ROOT,
	 .after = {"C05", "G04"},
	 .run = owner_of_nodes_may_bind},
	{.id = NULL},
};
