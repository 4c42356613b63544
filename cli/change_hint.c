/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a person would do next, after a change.
 */
#include "cli/change_output.h"
#include "host/group.h"

/* Since Linux 5.7 a VF does not trust a PF that user space has; on the cdev since 6.17. */
static void tell_of_token(const struct change *change)
{
	const struct device *pf = change->results[0].before;

	if (change->results[0].to.vfs > 0 && device_is_vfio(pf))
		message_note("%s is with %s: who opens one of its VFs must know the VF token that "
			     "the user of the PF sets",
			     pf->address, pf->driver);
}

/* The first VF that VFIO has now, or NULL. */
static const struct device *find_given_vf(const struct change *change)
{
	for (size_t i = 1; i < change->count; i++)
		if (change->results[i].after && device_is_vfio(change->results[i].after))
			return change->results[i].after;
	return NULL;
}

static void suggest_for_vfs(const struct change *change, const char *pf)
{
	const struct device *vf = find_given_vf(change);

	tell_of_token(change);
	if (change->changed && vf)
		message_note("next: `vfioctl bind --owner USER %s` gives one to a user, `vfioctl "
			     "sriov %s 0` takes all away",
			     vf->address, pf);
}

/* Another member of its group that VFIO still has, or NULL. */
static const struct device *find_left(const struct change *change, const struct device *dev)
{
	const struct device *member;

	for (size_t i = 0; (member = iommu_group_member(&change->after, dev->iommu_group, i)); i++)
		if (member != dev && device_is_vfio(member))
			return member;
	return NULL;
}

/* Half of a group is of no use to anybody. */
static void suggest_for_group(const struct change *change)
{
	for (size_t i = 0; i < change->count; i++) {
		const struct device *dev = change->results[i].after;
		const struct device *left = dev && !device_is_vfio(dev) && dev->iommu_group >= 0
						    ? find_left(change, dev)
						    : NULL;

		if (left) {
			message_note("%s of the same IOMMU group %lld is still with %s: `vfioctl "
				     "restore --group %s` gives back all of it",
				     left->address, (long long)dev->iommu_group, left->driver,
				     dev->address);
			return;
		}
	}
}

/* What `vfioctl restore` is to be told to give back all that was bound. */
static void append_way_back(char *buf, size_t size, const struct change *change,
			    const struct options *opts)
{
	enum { FEW = 4 };
	bool is_one_group = opts->take_group && opts->n_args == 1;
	size_t count = is_one_group ? 1 : change->count;

	if (is_one_group)
		append(buf, size, " --group");
	for (size_t i = 0; i < count && count <= FEW; i++)
		append(buf, size, " %s", change->results[i].before->address);
	if (count > FEW)
		append(buf, size, "%s DEVICE...", opts->take_group ? " --group" : "");
}

/* Nodes are not all that a virtual machine wants: memory that may be locked is the other half. */
static void suggest_to_bind(const struct change *change, const struct options *opts)
{
	const char *address = change->results[0].before->address;
	char way_back[256] = "";

	append_way_back(way_back, sizeof(way_back), change, opts);
	message_note("next: `vfioctl test %s` tries it, `vfioctl restore%s` gives %s back", address,
		     way_back, change->count > 1 ? "them" : "it");
	/* "root:GROUP" names none of those who get it. */
	if (opts->owner && !startswith(opts->owner, "root"))
		message_note("`vfioctl doctor --for qemu --user %.*s %s` tells what the user lacks",
			     (int)strcspn(opts->owner, ":"), opts->owner, address);
}

void change_suggest(const struct change *change, const struct options *opts, enum change_kind kind)
{
	const char *address = change->count ? change->results[0].before->address : "";

	if (kind == CHANGE_SRIOV)
		suggest_for_vfs(change, address);
	if (!change->changed)
		message_note("nothing to do");
	else if (kind == CHANGE_RESTORE)
		suggest_for_group(change);
	else if (kind == CHANGE_BIND)
		suggest_to_bind(change, opts);
}
