/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What hangs together: IOMMU groups and hot-reset sets, and the part of the machine that some
 * devices are bound up with.
 */
#include <errno.h>
#include <stdlib.h>

#include "host/group.h"
#include "host/reset_set.h"
#include "host/topology_internal.h"

const char *topology_handover_word(enum topology_handover handover)
{
	static const char *const words[] = {
		[HANDOVER_READY] = "ready",         [HANDOVER_BLOCKED] = "blocked",
		[HANDOVER_HOST] = "host",           [HANDOVER_UNBOUND] = "unbound",
		[HANDOVER_UNGUARDED] = "unguarded", [HANDOVER_BRIDGES] = "bridges",
	};

	return words[handover];
}

/* --- groups --------------------------------------------------------------------------------- */

/* What the members seen so far come to. */
struct verdict {
	bool vfio, unguarded, functions;
	const struct device *blocker;
};

static void look_at(struct verdict *verdict, const struct topology_node *node)
{
	const struct device *dev = &node->device;

	verdict->functions |= node->kind != TOPOLOGY_BRIDGE && node->kind != TOPOLOGY_HOST_BRIDGE;
	verdict->vfio |= device_is_vfio(dev);
	verdict->unguarded |= device_is_vfio(dev) && dev->iommu == IOMMU_NONE;
	if (!verdict->blocker && !group_member_is_free(dev))
		verdict->blocker = dev;
}

static enum topology_handover judge(const struct verdict *verdict)
{
	if (!verdict->functions)
		return HANDOVER_BRIDGES;
	if (verdict->blocker)
		return verdict->vfio ? HANDOVER_BLOCKED : HANDOVER_HOST;
	if (verdict->vfio)
		return verdict->unguarded ? HANDOVER_UNGUARDED : HANDOVER_READY;
	return HANDOVER_UNBOUND;
}

static void judge_group(struct topology_group *group)
{
	struct verdict verdict = {.vfio = false};

	for (size_t i = 0; i < group->count; i++) {
		look_at(&verdict, group->members[i]);
		if (!group->iommu_instance)
			group->iommu_instance = group->members[i]->device.iommu_instance;
	}
	group->blocker = verdict.blocker;
	group->handover = judge(&verdict);
}

/* By group, and members of one in the order of the tree: qsort() alone would not keep that. */
struct membership {
	struct topology_node *node;
	size_t place;
};

static int compare_memberships(const void *a, const void *b)
{
	const struct membership *left = a, *right = b;
	int x = left->node->device.iommu_group, y = right->node->device.iommu_group;

	if (x != y)
		return x < y ? -1 : 1;
	return left->place < right->place ? -1 : 1;
}

static void judge_alone(struct topology_node *node)
{
	struct verdict verdict = {.vfio = false};

	look_at(&verdict, node);
	node->handover = judge(&verdict);
}

static void join(struct topology_group *group, struct topology_node *node)
{
	node->group = group;
	node->handover = node->kind == TOPOLOGY_BRIDGE ? HANDOVER_BRIDGES : group->handover;
}

/* The memberships in order, cut into groups. */
static int cut_into_groups(struct topology *topology, const struct membership *list, size_t count,
			   struct arena *arena)
{
	struct topology_group *groups = arena_alloc(arena, (count + 1) * sizeof(*groups));
	struct topology_node **members = arena_alloc(arena, (count + 1) * sizeof(*members));

	topology->groups = arena_alloc(arena, (count + 1) * sizeof(*topology->groups));
	if (!groups || !members || !topology->groups)
		return -ENOMEM;
	for (size_t start = 0, end; start < count; start = end) {
		struct topology_group *group = &groups[topology->n_groups];

		topology->groups[topology->n_groups++] = group;
		group->number = list[start].node->device.iommu_group;
		group->members = members + start;
		for (end = start;
		     end < count && list[end].node->device.iommu_group == group->number; end++)
			members[end] = list[end].node;
		group->count = end - start;
		judge_group(group);
		for (size_t i = start; i < end; i++)
			join(group, list[i].node);
	}
	return 0;
}

int topology_find_groups(struct topology *topology, struct arena *arena)
{
	struct membership *list = arena_alloc(arena, (topology->count + 1) * sizeof(*list));
	size_t count = 0;

	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < topology->count; i++) {
		struct topology_node *node = topology->nodes[i];

		judge_alone(node);
		if (node->device.iommu_group >= 0)
			list[count++] = (struct membership){node, i};
	}
	qsort(list, count, sizeof(*list), compare_memberships);
	return cut_into_groups(topology, list, count, arena);
}

/* --- hot-reset sets --------------------------------------------------------------------------- */

static bool is_known(const struct topology *topology, const char *bridge)
{
	for (size_t i = topology->n_sets; i-- > 0;)
		if (streq(topology->sets[i]->bridge, bridge))
			return true;
	return false;
}

static bool is_in_set(const struct topology_node *first, const struct topology_node *node)
{
	return node == first || reset_set_has(&first->device, &node->device);
}

static struct topology_set *make_set(const struct topology *topology,
				     const struct topology_node *first, struct arena *arena)
{
	struct topology_set *set = arena_alloc(arena, sizeof(*set));
	size_t count = 0;

	for (size_t i = 0; i < topology->count; i++)
		count += is_in_set(first, topology->nodes[i]);
	if (!set || !(set->members = arena_alloc(arena, count * sizeof(*set->members))))
		return NULL;
	set->bridge = first->device.reset_set;
	for (size_t i = 0; i < topology->count; i++)
		if (is_in_set(first, topology->nodes[i]))
			set->members[set->count++] = topology->nodes[i];
	return set;
}

int topology_find_sets(struct topology *topology, struct arena *arena)
{
	topology->sets = arena_alloc(arena, (topology->count + 1) * sizeof(*topology->sets));
	if (!topology->sets)
		return -ENOMEM;
	for (size_t i = 0; i < topology->count; i++) {
		const struct topology_node *node = topology->nodes[i];

		if (!node->device.reset_set || is_known(topology, node->device.reset_set))
			continue;
		topology->sets[topology->n_sets] = make_set(topology, node, arena);
		if (!topology->sets[topology->n_sets++])
			return -ENOMEM;
	}
	return 0;
}

/* --- a part of it ----------------------------------------------------------------------------- */

static void keep(struct topology_node *node)
{
	for (; node; node = node->parent)
		node->kept = true;
}

/* All of them, when one is named. */
static void keep_bond(struct topology_node **members, size_t count)
{
	bool any = false;

	for (size_t i = 0; i < count; i++)
		any |= members[i]->named;
	for (size_t i = 0; any && i < count; i++)
		keep(members[i]);
}

static bool shows_a_function(struct topology_node **members, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (members[i]->kept && members[i]->kind != TOPOLOGY_BRIDGE)
			return true;
	return false;
}

/* A group of bridges alone is shown with one of them: the others are ports on the same way. */
static bool group_is_shown(const struct topology_group *group)
{
	bool any = false;

	for (size_t i = 0; i < group->count; i++)
		any |= group->members[i]->kept;
	return any && (group->handover == HANDOVER_BRIDGES ||
		       shows_a_function(group->members, group->count));
}

static void drop_nodes(struct topology *topology)
{
	size_t n = 0;

	for (size_t i = 0; i < topology->count; i++)
		if (topology->nodes[i]->kept)
			topology->nodes[n++] = topology->nodes[i];
	topology->count = n;
}

static void drop_bonds(struct topology *topology)
{
	size_t n = 0;

	for (size_t i = 0; i < topology->n_groups; i++)
		if (group_is_shown(topology->groups[i]))
			topology->groups[n++] = topology->groups[i];
	topology->n_groups = n;
	n = 0;
	for (size_t i = 0; i < topology->n_sets; i++)
		if (shows_a_function(topology->sets[i]->members, topology->sets[i]->count))
			topology->sets[n++] = topology->sets[i];
	topology->n_sets = n;
}

void topology_keep(struct topology *topology, const char *const *addresses, size_t count,
		   enum topology_along along)
{
	for (size_t i = 0; i < topology->count; i++) {
		struct topology_node *node = topology->nodes[i];

		for (size_t k = 0; k < count && !node->named; k++)
			node->named = streq(node->device.address, addresses[k]);
		if (node->named)
			keep(node);
	}
	for (size_t i = 0; along == ALONG_WITH_BONDS && i < topology->n_groups; i++)
		keep_bond(topology->groups[i]->members, topology->groups[i]->count);
	for (size_t i = 0; along == ALONG_WITH_BONDS && i < topology->n_sets; i++)
		keep_bond(topology->sets[i]->members, topology->sets[i]->count);
	drop_nodes(topology);
	drop_bonds(topology);
	topology_count_places(topology);
}
