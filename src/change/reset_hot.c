/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hot reset: all functions of a bus or slot, opened by this process so that VFIO resets them.
 *
 * Through the cdev all are bound to one iommufd, and that is proof of ownership; through groups
 * they share one container and the descriptors of the groups are the proof. A function that is open
 * is awake, so each one's configuration space can be looked at before and after.
 */
#include <errno.h>
#include <time.h>

#include "base/path.h"
#include "change/reset_internal.h"
#include "host/group.h"
#include "kernel/vfio_backend.h"

/* All members while they are open, in the order of the result's. */
struct opened {
	const struct reset_result *result;
	enum vfio_path path;
	struct vfio_device *devices;
	struct config_space *before;
	int *groups; /* descriptors, each group once */
	size_t n_groups;
};

static void close_all(struct opened *opened)
{
	for (size_t i = opened->result->n_members; opened->devices && i-- > 0;)
		vfio_close(&opened->devices[i]);
	free(opened->devices);
	free(opened->before);
	free(opened->groups);
}

static int make_room(struct opened *opened, const struct reset_result *result)
{
	size_t count = result->n_members;

	opened->result = result;
	opened->devices = calloc(count, sizeof(*opened->devices));
	opened->before = calloc(count, sizeof(*opened->before));
	opened->groups = calloc(count, sizeof(*opened->groups));
	for (size_t i = 0; opened->devices && i < count; i++)
		opened->devices[i] = VFIO_DEVICE_NONE;
	return opened->devices && opened->before && opened->groups ? 0 : -ENOMEM;
}

/* --- opening -------------------------------------------------------------------------------- */

static struct vfio_target target_of(const struct device *dev)
{
	return (struct vfio_target){
		.name = dev->address,
		.cdev = dev->cdev,
		.group = dev->group_node,
		.container = path_exists("/sys/class/misc/vfio") ? "/dev/vfio/vfio" : "/dev/iommu",
		.noiommu = dev->iommu == IOMMU_NONE,
	};
}

/* The cdev where all have one, for then one iommufd can own all, if there is any. */
static enum vfio_path choose_path(const struct reset_result *result)
{
	if (path_access(R_OK | W_OK, "/dev/iommu") < 0)
		return VFIO_GROUP;
	for (size_t i = 0; i < result->n_members; i++)
		if (!(result->members[i].dev->modes & MODE_CDEV))
			return VFIO_GROUP;
	return VFIO_CDEV;
}

/* The first one brings the iommufd, or the container with its IOMMU, that the others join. */
static int open_first(struct opened *opened, const struct vfio_target *target)
{
	struct vfio_device *first = &opened->devices[0];
	int r = vfio_open(first, target, opened->path);

	if (r >= 0)
		r = first->ops->bind(first);
	if (r >= 0 && opened->path == VFIO_GROUP)
		opened->groups[opened->n_groups++] = first->group;
	return r;
}

static int join_cdev(struct opened *opened, size_t i, const struct vfio_target *target)
{
	struct vfio_device *dev = &opened->devices[i];

	dev->fd = target->cdev ? vfio_cdev_open(target->cdev) : -ENODEV;
	return dev->fd < 0 ? dev->fd
			   : vfio_cdev_bind(dev->fd, opened->devices[0].context, &dev->devid);
}

/* The descriptor of an earlier member's group, which opens only once, or a new one. */
static int group_of(struct opened *opened, size_t i, const struct vfio_target *target)
{
	struct vfio_device *dev = &opened->devices[i];
	int r;

	for (size_t k = 0; k < i; k++)
		if (opened->devices[k].group >= 0 &&
		    streq_null(opened->result->members[k].dev->group_node, target->group))
			return opened->devices[k].group;
	dev->group = target->group ? vfio_group_open(target->group) : -ENODEV;
	if (dev->group < 0)
		return dev->group;
	r = vfio_group_set_container(dev->group, opened->devices[0].context);
	if (r < 0)
		return r;
	opened->groups[opened->n_groups++] = dev->group;
	return dev->group;
}

static int join_group(struct opened *opened, size_t i, const struct vfio_target *target)
{
	int group = group_of(opened, i, target);

	if (group < 0)
		return group;
	opened->devices[i].fd = vfio_group_get_device(group, target->name);
	return opened->devices[i].fd;
}

static int open_member(struct opened *opened, size_t i)
{
	struct vfio_target target = target_of(opened->result->members[i].dev);

	if (i == 0)
		return open_first(opened, &target);
	return (opened->path == VFIO_CDEV ? join_cdev : join_group)(opened, i, &target);
}

static const struct {
	int errnum;
	const char *cause, *remedy;
} causes[] = {
	{EBUSY, "another process has it, or its IOMMU group, open", "`vfioctl show` tells who."},
	{EACCES, "it is a virtual function, and its PF's VFIO driver wants a VF token",
	 "Restore the PF to its own driver first."},
	{ENODEV, "it has no node, or is gone", "`vfioctl show` tells which."},
};

/* Who has the group, or what speaks against it. */
static int explain_refusal(const struct opened *opened, const struct device *dev, struct error *err)
{
	bool legacy = opened->path == VFIO_GROUP && path_exists("/sys/module/vfio_iommu_type1");
	struct group_refusal refusal;

	group_explain_refusal(&refusal, dev->syspath, legacy ? "vfio_iommu_type1" : "iommufd");
	if (refusal.by_member)
		error_set(err, STATUS_REFUSED, EPERM, usage_reasons[USAGE_GROUP].name, dev->address,
			  "%s", refusal.cause);
	else
		error_set(err, STATUS_FAILED, EPERM, "open", dev->address,
			  "it cannot be opened: %s (EPERM)", refusal.cause);
	return error_remedy(err, "%s", refusal.remedy);
}

static int explain_open(const struct opened *opened, const struct device *dev, int errnum,
			struct error *err)
{
	if (errnum == EPERM)
		return explain_refusal(opened, dev, err);
	for (size_t i = 0; i < ARRAY_SIZE(causes); i++) {
		if (causes[i].errnum != errnum)
			continue;
		error_set(err, STATUS_FAILED, errnum, "open", dev->address,
			  "it cannot be opened: %s (%s)", causes[i].cause, errno_name(errnum));
		return error_remedy(err, "%s", causes[i].remedy);
	}
	error_errno(err, errnum, "open", dev->address, "it cannot be opened");
	return error_remedy(err, "`vfioctl test %s` tries each step of it.", dev->address);
}

/* Nobody may have one of them: even a BIND that is refused takes from it what KVM knew of it. */
static int open_all(struct opened *opened, struct error *err)
{
	const struct reset_result *result = opened->result;
	int r;

	for (size_t i = 0; i < result->n_members; i++)
		if (reset_check_unopened(result->members[i].dev, err) < 0)
			return -1;
	opened->path = choose_path(result);
	for (size_t i = 0; i < result->n_members; i++) {
		r = open_member(opened, i);
		if (r < 0)
			return explain_open(opened, result->members[i].dev, -r, err);
	}
	return 0;
}

/* --- what the kernel is going to reset ------------------------------------------------------- */

static bool is_foreseen(const struct reset_result *result, const struct vfio_hot_reset *info,
			const struct vfio_reset_member *member)
{
	for (size_t i = 0; i < result->n_members; i++)
		if (vfio_hot_reset_member(info, result->members[i].dev->address) == member)
			return true;
	return false;
}

static int check_members(const struct reset_result *result, const struct vfio_hot_reset *info,
			 struct error *err)
{
	char name[VFIO_MEMBER_NAME_SIZE];

	for (size_t i = 0; i < info->count; i++) {
		const struct vfio_reset_member *member = &info->members[i];

		vfio_reset_member_name(name, member);
		if (!is_foreseen(result, info, member)) {
			error_set(err, STATUS_REFUSED, 0, "unforeseen", result->dev->address,
				  "the kernel would reset %s along with it, which is not below the "
				  "same bridge",
				  name);
			return error_remedy(err, "--scope function resets it alone.");
		}
		if (info->by_devid && member->id == VFIO_DEVID_NOT_OWNED) {
			error_set(err, STATUS_REFUSED, 0, "not-owned", result->dev->address,
				  "the kernel does not count %s as owned", name);
			return error_remedy(err, "`vfioctl show %s` tells who has it.", name);
		}
	}
	return 0;
}

static int ask_kernel(const struct opened *opened, struct error *err)
{
	const struct reset_result *result = opened->result;
	struct vfio_hot_reset info;
	int r = vfio_hot_reset_info(opened->devices[0].fd, &info);

	if (r == -ENODEV) {
		error_set(err, STATUS_UNSUPPORTED, ENODEV, "no-hot-reset", result->dev->address,
			  "the kernel does not reset its bus: the bridge or a function there "
			  "is known not to bear it");
		return error_remedy(err, "--scope function resets it alone, if it can be reset.");
	}
	if (r < 0) {
		error_errno(err, r, "reset", result->dev->address,
			    "the kernel does not tell what is reset with it");
		return error_remedy(err, "Try again a little later.");
	}
	r = check_members(result, &info, err);
	free(info.members);
	return r;
}

/* --- resetting ------------------------------------------------------------------------------ */

/* Locks that somebody else has for a moment are not waited for by the kernel. */
static int reset_bus(const struct opened *opened)
{
	enum { ATTEMPTS = 40 };
	const struct timespec pause = {.tv_nsec = 50 * 1000 * 1000};
	int r = -EAGAIN;

	for (int i = 0; i < ATTEMPTS && (r == -EAGAIN || r == -EBUSY); i++) {
		if (i > 0)
			nanosleep(&pause, NULL);
		r = vfio_hot_reset(opened->devices[0].fd, opened->groups, opened->n_groups);
	}
	return r;
}

static int explain_reset(const struct device *dev, int errnum, struct error *err)
{
	error_errno(err, errnum, "reset", dev->address, "its bus cannot be reset");
	if (errnum == ENOTTY)
		return error_remedy(err, "The link did not come back in time; the kernel log tells "
					 "more.");
	return error_remedy(err, "The kernel log may say why.");
}

static int look_at_all(struct opened *opened, struct error *err)
{
	for (size_t i = 0; i < opened->result->n_members; i++)
		if (reset_look(&opened->before[i], opened->result->members[i].dev, err) < 0)
			return -1;
	return 0;
}

static void judge_all(const struct opened *opened, struct reset_report *report)
{
	struct error worse;

	report->restored = true;
	for (size_t i = 0; i < opened->result->n_members; i++) {
		if (reset_judge(&opened->before[i], opened->result->members[i].dev, &worse) == 0)
			continue;
		report->restored = false;
		report->error = worse;
	}
}

static void reset_opened(struct opened *opened, struct reset_report *report)
{
	int64_t start = now_ms();
	int r = reset_bus(opened);

	report->duration_ms = now_ms() - start;
	report->done = r >= 0;
	if (r < 0)
		explain_reset(opened->result->dev, -r, &report->error);
	judge_all(opened, report);
}

void reset_hot(const struct reset_result *result, struct reset_report *report)
{
	struct opened opened = {0};

	if (make_room(&opened, result) < 0)
		error_out_of_memory(&report->error);
	else if (open_all(&opened, &report->error) == 0 &&
		 ask_kernel(&opened, &report->error) == 0 &&
		 look_at_all(&opened, &report->error) == 0)
		reset_opened(&opened, report);
	close_all(&opened);
}
