/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The gate in front of the cases. They open, bind and reset the device, which would hurt anybody
 * who uses it: even a BIND that is refused takes from the device what KVM knew of it. So the other
 * members of its group must be free, too: the group way takes them all.
 */
#include <errno.h>
#include <stdio.h>

#include "base/path.h"
#include "check/case.h"
#include "host/holder.h"

/* Groups of more functions than this are not met in practice; what is beyond counts as in use. */
#define MAX_MEMBERS 64

struct members {
	char syspaths[MAX_MEMBERS][256];
	size_t count;
	bool more;
};

static void add_member(struct members *members, const char *syspath)
{
	if (members->count == MAX_MEMBERS) {
		members->more = true;
		return;
	}
	snprintf(members->syspaths[members->count++], sizeof(members->syspaths[0]), "%s", syspath);
}

/* The device itself first, then the others of its group that a VFIO driver holds. */
static void find_members(struct members *members, const struct device *dev)
{
	scoped_dir DIR *dir = path_opendir("%s/iommu_group/devices", dev->syspath);
	char path[256];
	const char *name;

	add_member(members, dev->syspath);
	while (dir && (name = path_next(dir))) {
		if (streq(name, dev->address) ||
		    path_resolve(path, sizeof(path), "%s/iommu_group/devices/%s", dev->syspath,
				 name) < 0)
			continue;
		if (path_exists("%s/vfio-dev", path))
			add_member(members, path);
	}
}

static int refuse(struct error *err, const struct device *dev, const char *member,
		  const char *evidence)
{
	const char *name = base_name(member);

	if (streq(name, dev->address))
		error_set(err, STATUS_REFUSED, 0, "in-use", dev->address, "in use: %s", evidence);
	else
		error_set(err, STATUS_REFUSED, 0, "in-use", dev->address,
			  "another member of its IOMMU group, %s, is in use: %s", name, evidence);
	return error_remedy(err, "Testing would reset it under its user. End that first.");
}

static int check_holders(const struct members *members, const struct device *dev,
			 struct holders *holders, struct error *err)
{
	struct holder_target targets[MAX_MEMBERS];
	char evidence[256] = "";

	for (size_t i = 0; i < members->count; i++)
		holder_target_vfio(&targets[i], members->syspaths[i]);
	if (holders_find(holders, targets, members->count, err) < 0)
		return -1;
	if (holders->count == 0)
		return 0;
	append(evidence, sizeof(evidence), "pid %d (%s) has %s open", (int)holders->list[0].pid,
	       holders->list[0].command, holders->list[0].path);
	return refuse(err, dev, members->syspaths[holders->list[0].target], evidence);
}

/*
 * A VFIO driver enables its function only while somebody uses it; this is seen even where the user
 * is not.
 */
static int check_enabled(const struct members *members, const struct device *dev,
			 const struct holders *holders, struct error *err)
{
	for (size_t i = 0; i < members->count; i++) {
		const char *syspath = members->syspaths[i];
		int64_t count;

		if (path_read_number(&count, "%s/enable", syspath) == 0) {
			if (count > 0)
				return refuse(err, dev, syspath,
					      "the function is enabled, by a process that cannot "
					      "be seen from here");
		} else if (holders->hidden) {
			error_set(err, STATUS_PERMISSION, 0, "unseen", base_name(syspath),
				  "%zu processes of other users could not be looked at, and one "
				  "may use the device",
				  holders->hidden);
			return error_remedy(err, "Run as root to see them.");
		}
	}
	return 0;
}

static int check_in_use(const struct device *dev, struct error *err)
{
	scoped_free struct members *members = calloc(1, sizeof(*members));
	scoped_holders struct holders holders = {0};

	if (!members)
		return error_errno(err, ENOMEM, "out-of-memory", NULL, "testing");
	find_members(members, dev);
	if (members->more)
		return refuse(err, dev, dev->syspath, "its group has too many members to look at");
	if (check_holders(members, dev, &holders, err) < 0)
		return -1;
	return check_enabled(members, dev, &holders, err);
}

int case_way_access(const struct device *dev, enum case_path path, const char **ret_node)
{
	const char *nodes[] = {
		path == CASE_CDEV ? dev->cdev : dev->group_node,
		path == CASE_GROUP && path_exists("/sys/class/misc/vfio") ? "/dev/vfio/vfio"
									  : "/dev/iommu",
	};

	for (size_t i = 0; i < ARRAY_SIZE(nodes); i++) {
		int r = nodes[i] ? path_access(R_OK | W_OK, "%s", nodes[i]) : -ENODEV;

		*ret_node = nodes[i];
		if (r < 0)
			return r;
	}
	return 0;
}

/* One way that this user may go is enough: cases of the other are skipped. */
static int check_access(const struct device *dev, struct error *err)
{
	const char *node = NULL;
	int r = -ENODEV;

	if (dev->modes & MODE_CDEV)
		r = case_way_access(dev, CASE_CDEV, &node);
	if (r < 0 && dev->modes & MODE_GROUP)
		r = case_way_access(dev, CASE_GROUP, &node);
	if (r >= 0)
		return 0;
	error_errno(err, r, "no-access", dev->address, "cannot open %s", node ? node : "any node");
	return error_remedy(err, "Run as root, or as a user to whom the nodes were given.");
}

int case_admit(const struct device *dev, struct error *err)
{
	if (dev->state == DEVICE_GONE)
		return error_set(err, STATUS_NO_DEVICE, 0, "no-such-device", dev->address,
				 "it vanished");
	if (dev->state == DEVICE_LOCKED)
		return error_set(err, STATUS_TIMEOUT, 0, "locked", dev->address,
				 "it does not answer: somebody holds its lock");
	if (!device_is_vfio(dev)) {
		error_set(err, STATUS_UNSUPPORTED, 0, "not-bound", dev->address,
			  "not bound to a VFIO driver");
		return error_remedy(err, "`vfioctl bind %s` binds it.", dev->address);
	}
	if (check_in_use(dev, err) < 0)
		return -1;
	return check_access(dev, err);
}
