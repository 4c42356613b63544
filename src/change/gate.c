/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/gate.h"

#include <stdio.h>

#include "host/group.h"
#include "host/holder.h"

static int find_reason(const char *name)
{
	for (int i = 0; i < USAGE_REASON_COUNT; i++)
		if (streq(usage_reasons[i].name, name))
			return i;
	return -1;
}

static int unknown_reason(const char *word, struct error *err)
{
	char names[384] = "";

	for (int i = 0; i < USAGE_REASON_COUNT; i++)
		append(names, sizeof(names), "%s%s", i ? ", " : "", usage_reasons[i].name);
	error_set(err, STATUS_USAGE, 0, "bad-option", NULL, "--force: there is no reason '%s'",
		  word);
	return error_remedy(err, "Reasons are: %s.", names);
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

/* What is against taking one device: gathered as text until all reasons are known. */
struct objections {
	const struct gate *gate;
	unsigned int overridden;
	size_t count;
	enum usage_reason first;
	char text[900];
	char remedy[400];
};

static void object(struct objections *all, enum usage_reason reason, const char *evidence,
		   const char *remedy)
{
	if (all->gate->forced & REASON_BIT(reason)) {
		all->overridden |= REASON_BIT(reason);
		return;
	}
	if (all->count++ == 0)
		all->first = reason;
	append(all->text, sizeof(all->text), "%s%s", all->count > 1 ? "; " : "", evidence);
	if (!strstr(all->remedy, remedy))
		append(all->remedy, sizeof(all->remedy), "%s%s", *all->remedy ? " " : "", remedy);
}

/* Bound members that the command leaves where they are keep user space out of the group. */
static void check_viability(struct objections *all, const struct device *dev)
{
	const struct gate *gate = all->gate;
	char members[512] = "", evidence[640];
	const struct device *member;
	size_t blocking = 0;

	for (size_t i = 0; (member = iommu_group_member(gate->inventory, dev->iommu_group, i));
	     i++) {
		if (member == dev || group_member_is_free(member) ||
		    gate->is_moving(gate->arg, member))
			continue;
		append(members, sizeof(members), "%s%s is bound to %s", blocking++ ? ", " : "",
		       member->address, member->driver);
	}
	if (!blocking)
		return;
	snprintf(evidence, sizeof(evidence), "IOMMU group %d is not viable: %s", dev->iommu_group,
		 members);
	object(all, USAGE_GROUP, evidence,
	       blocking == 1 ? "Bind it too (--group) or unbind it."
			     : "Bind them too (--group) or unbind them.");
}

/* While user space owns the group, the kernel lets no native driver have a member. */
static void check_group_users(struct objections *all, const struct device *dev)
{
	const struct device *member;

	for (size_t i = 0; (member = iommu_group_member(all->gate->inventory, dev->iommu_group, i));
	     i++) {
		scoped_holders struct holders holders = {0};
		char evidence[256];

		if (member == dev || !device_is_vfio(member))
			continue;
		if (holders_of_device(&holders, member, NULL) < 0 || holders.hidden) {
			object(all, USAGE_UNSEEN, "who uses the others of its group cannot be seen",
			       "Run it as root and outside of containers.");
			continue;
		}
		if (holders.count == 0)
			continue;
		snprintf(evidence, sizeof(evidence),
			 "%s of the same IOMMU group %d is used by pid %d (%s)", member->address,
			 dev->iommu_group, (int)holders.list[0].pid, holders.list[0].command);
		object(all, USAGE_GROUP, evidence, "Stop that process first.");
	}
}

static int refuse(const struct objections *all, const struct device *dev, struct error *err)
{
	error_set(err, STATUS_REFUSED, 0, usage_reasons[all->first].name, dev->address, "%s",
		  all->text);
	return error_remedy(err, "%s", all->remedy);
}

int gate_check(const struct gate *gate, const struct device *dev, struct usages *usages,
	       unsigned int *ret_used, struct error *err)
{
	struct objections all = {.gate = gate};

	if (usage_of_device(usages, dev, true, err) < 0)
		return -1;
	for (size_t i = 0; i < usages->count; i++)
		object(&all, usages->list[i].reason, usages->list[i].evidence,
		       usages->list[i].remedy);
	if (gate->to_vfio)
		check_viability(&all, dev);
	else
		check_group_users(&all, dev);
	if (all.count)
		return refuse(&all, dev, err);
	*ret_used = all.overridden;
	return 0;
}
