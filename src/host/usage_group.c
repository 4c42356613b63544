/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who uses the others of an IOMMU group: those that a VFIO driver holds, or whose unbind from it
 * waits for their user.
 */
#include <errno.h>
#include <stdio.h>

#include "base/path.h"
#include "host/group.h"
#include "host/holder.h"
#include "host/usage_internal.h"

struct members {
	const struct device **list;
	struct holder_target *targets; /* of each */
	size_t count;
};

static void free_members(struct members *members)
{
	free(members->list);
	free(members->targets);
}

#define scoped_members __attribute__((cleanup(free_members)))

static int find_members(struct members *ret, const struct inventory *inventory,
			const struct device *dev)
{
	const struct device *member;

	ret->list = calloc(inventory->count + 1, sizeof(*ret->list));
	ret->targets = calloc(inventory->count + 1, sizeof(*ret->targets));
	if (!ret->list || !ret->targets)
		return -ENOMEM;
	for (size_t i = 0; (member = iommu_group_member(inventory, dev->iommu_group, i)); i++) {
		if (streq(member->address, dev->address) || !member->syspath ||
		    !device_may_be_held(member))
			continue;
		holder_target_vfio(&ret->targets[ret->count], member->syspath);
		ret->list[ret->count++] = member;
	}
	return 0;
}

/* The first process that has the i-th member, or NULL. */
static const struct holder *find_holder(const struct holders *holders, size_t i)
{
	for (size_t k = 0; k < holders->count; k++)
		if (holders->list[k].target == i)
			return &holders->list[k];
	return NULL;
}

static void judge_member(struct look *look, const struct device *member,
			 const struct holder *holder, bool hidden)
{
	char who[128], text[192];
	int64_t enabled;
	int r;

	snprintf(who, sizeof(who), "%.80s of the same IOMMU group %d", member->address,
		 member->iommu_group);
	if (holder) {
		holder_text(text, sizeof(text), holder);
		usage_add(look, USAGE_GROUP, "Stop that process first.", "%s is in use: %s", who,
			  text);
		return;
	}
	if (member->state == DEVICE_LOCKED) {
		snprintf(text, sizeof(text), "`vfioctl show %.80s` names who can be seen.",
			 member->address);
		usage_add(look, USAGE_GROUP, text, "%s does not answer: somebody holds its lock",
			  who);
		return;
	}
	if (!device_is_vfio(member))
		return;
	/* Enabled while it is open, and only then; devices that are not physical do not tell. */
	r = path_read_number(&enabled, "%s/enable", member->syspath);
	if (r == 0 && enabled > 0)
		usage_add(look, USAGE_GROUP, "Stop the virtual machine or container that has it.",
			  "%s is in use by something that cannot be seen from here", who);
	else if (r < 0 && hidden)
		usage_add(look, USAGE_UNSEEN, NULL, "whether %s is in use cannot be seen", who);
}

static int look_at_members(struct look *look, const struct members *members, struct error *err)
{
	scoped_holders struct holders holders = {0};

	if (members->count == 0)
		return 0;
	if (holders_find(&holders, members->targets, members->count, err) < 0)
		return -1;
	for (size_t i = 0; i < members->count; i++)
		judge_member(look, members->list[i], find_holder(&holders, i),
			     holders.hidden || holders.unlisted);
	return 0;
}

int usage_of_group(struct usages *ret, const struct inventory *inventory, const struct device *dev,
		   struct error *err)
{
	scoped_arena struct arena *arena = arena_new(1 << 20);
	struct survey *survey = arena ? survey_new(arena, &dev, 1) : NULL;
	scoped_members struct members members = {0};

	if (!survey || find_members(&members, inventory, dev) < 0)
		return error_errno(err, ENOMEM, "out-of-memory", dev->address, "looking");
	if (look_at_members(survey->looks, &members, err) < 0)
		return -1;
	return usage_hand_over(ret, survey->looks, err);
}
