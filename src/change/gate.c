/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/gate.h"

#include <stdio.h>

#include "host/group.h"
#include "host/holder.h"
#include "host/refusal.h"

static int find_reason(const char *name)
{
	for (int i = 0; i < USAGE_REASON_COUNT; i++)
		if (streq(usage_reasons[i].name, name))
			return i;
	return -1;
}

static int unknown_reason(const char *word, struct error *err)
{
	char names[384];

	error_set(err, STATUS_USAGE, 0, "bad-option", NULL, "--force: there is no reason '%s'",
		  word);
	return error_remedy(
		err, "Reasons are: %s.",
		usage_reason_names(names, sizeof(names), REASON_BIT(USAGE_REASON_COUNT) - 1));
}

int gate_parse_force(unsigned int *ret, const char *text, struct error *err)
{
	scoped_free char *copy = text ? strdup(text) : NULL;
	char *word, *rest = copy;
	unsigned int forced = 0;

	while ((word = strsep(&rest, ","))) {
		int reason = find_reason(word);

		if (reason < 0)
			return unknown_reason(word, err);
		forced |= REASON_BIT(reason);
	}
	*ret = forced;
	return 0;
}

/* Members that the command leaves where they are, and that keep user space out of the group. */
struct blockers {
	char members[512];
	size_t bound;   /* to a driver of the host */
	size_t waiting; /* locked, or in an unbind that waits for who has it open */
	size_t asked;   /* the command is about them, too, and must leave them where they are */
};

static void note_blocker(struct blockers *blockers, const struct device *member)
{
	append(blockers->members, sizeof(blockers->members), "%s%s ",
	       *blockers->members ? ", " : "", member->address);
	if (!device_may_be_held(member)) {
		blockers->bound++;
		append(blockers->members, sizeof(blockers->members), "is bound to %s",
		       member->driver);
		return;
	}
	blockers->waiting++;
	append(blockers->members, sizeof(blockers->members), "%s",
	       member->state == DEVICE_LOCKED ? "does not answer, somebody holds its lock"
					      : "is being unbound and waits for its user");
}

static void append_remedy(char *remedy, size_t size, const struct blockers *blockers)
{
	if (blockers->asked == blockers->bound + blockers->waiting) {
		append(remedy, size, "That is refused for a reason of its own.");
		return;
	}
	if (blockers->bound)
		append(remedy, size,
		       blockers->bound == 1 ? "Bind it too (--group) or unbind it."
					    : "Bind them too (--group) or unbind them.");
	if (blockers->waiting)
		append(remedy, size,
		       "%sStop whoever has it open; `vfioctl show` names who can be seen.",
		       blockers->bound ? " " : "");
}

static void check_viability(struct refusal *refusal, const struct gate *gate,
			    const struct device *dev)
{
	struct blockers blockers = {.bound = 0};
	const struct device *member;
	char evidence[640], remedy[160] = "";

	for (size_t i = 0; (member = iommu_group_member(gate->inventory, dev->iommu_group, i)); i++)
		if (member != dev && !group_member_is_free(member) &&
		    !gate->is_moving(gate->arg, member)) {
			note_blocker(&blockers, member);
			blockers.asked += gate->is_asked && gate->is_asked(gate->arg, member);
		}
	if (blockers.bound + blockers.waiting == 0)
		return;
	append_remedy(remedy, sizeof(remedy), &blockers);
	snprintf(evidence, sizeof(evidence), "IOMMU group %d is not viable: %s", dev->iommu_group,
		 blockers.members);
	refusal_add(refusal, USAGE_GROUP, evidence, remedy);
}

/* While user space owns the group, the kernel lets no native driver have a member. */
static int check_group_users(struct refusal *refusal, const struct gate *gate,
			     const struct device *dev, struct error *err)
{
	scoped_usages struct usages users = {0};

	if (usage_of_group(&users, gate->inventory, dev, err) < 0)
		return -1;
	refusal_add_all(refusal, &users);
	return 0;
}

int gate_check(const struct gate *gate, const struct device *dev, const struct usages *usages,
	       unsigned int *ret_used, struct error *err)
{
	struct refusal refusal = {.forced = gate->forced};

	refusal_add_all(&refusal, usages);
	if (gate->to_vfio)
		check_viability(&refusal, gate, dev);
	else if (!gate->stays && check_group_users(&refusal, gate, dev, err) < 0)
		return -1;
	if (refusal_error(&refusal, dev, err) < 0)
		return -1;
	*ret_used = refusal.overridden;
	return 0;
}
