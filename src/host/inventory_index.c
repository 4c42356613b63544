/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finding devices in an inventory. Who asks of each device for its group or its bridge would else
 * look at all of them for each.
 */
#include "host/inventory_index.h"

#include <stdlib.h>

#include "host/group.h"

static int compare_addresses(const void *a, const void *b)
{
	const struct device *const *left = a, *const *right = b;

	return strcmp((*left)->address, (*right)->address);
}

/* Members in the order of the inventory. */
static int compare_groups(const void *a, const void *b)
{
	const struct device *left = *(const struct device *const *)a,
			    *right = *(const struct device *const *)b;

	if (left->iommu_group != right->iommu_group)
		return left->iommu_group < right->iommu_group ? -1 : 1;
	return (left > right) - (left < right);
}

static struct device **sorted(struct inventory *inventory,
			      int (*compare)(const void *a, const void *b))
{
	struct device **list =
		arena_alloc(inventory->arena, (inventory->count + 1) * sizeof(*list));

	for (size_t i = 0; list && i < inventory->count; i++)
		list[i] = &inventory->devices[i];
	if (list)
		qsort(list, inventory->count, sizeof(*list), compare);
	return list;
}

void inventory_index(struct inventory *inventory)
{
	inventory->by_address = sorted(inventory, compare_addresses);
	inventory->by_group = sorted(inventory, compare_groups);
}

void inventory_keep(struct inventory *inventory,
		    bool (*is_wanted)(const void *arg, const struct device *dev), const void *arg)
{
	size_t kept = 0;

	for (size_t i = 0; i < inventory->count; i++)
		if (is_wanted(arg, &inventory->devices[i]))
			inventory->devices[kept++] = inventory->devices[i];
	inventory->count = kept;
	if (inventory->by_address || inventory->by_group)
		inventory_index(inventory);
}

struct device *inventory_find(const struct inventory *inventory, const char *address)
{
	const struct device wanted = {.address = address}, *key = &wanted;
	struct device **found;

	if (inventory->by_address) {
		found = bsearch(&key, inventory->by_address, inventory->count, sizeof(*found),
				compare_addresses);
		return found ? *found : NULL;
	}
	for (size_t i = 0; i < inventory->count; i++)
		if (streq(inventory->devices[i].address, address))
			return &inventory->devices[i];
	return NULL;
}

/* How many devices have no group, or one of a lower number. */
static size_t count_below(const struct inventory *inventory, int64_t group)
{
	size_t low = 0, high = inventory->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (inventory->by_group[middle]->iommu_group < group)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct device *iommu_group_member(const struct inventory *inventory, int64_t group, size_t i)
{
	if (group < 0)
		return NULL;
	if (inventory->by_group) {
		i += count_below(inventory, group);
		return i < inventory->count && inventory->by_group[i]->iommu_group == group
			       ? inventory->by_group[i]
			       : NULL;
	}
	for (size_t k = 0; k < inventory->count; k++)
		if (inventory->devices[k].iommu_group == group && i-- == 0)
			return &inventory->devices[k];
	return NULL;
}
