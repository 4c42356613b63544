/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the devices are: which IOMMU guards them, and which NUMA node they are close to.
 */
#include <errno.h>
#include <stdlib.h>

#include "host/topology_internal.h"

static int compare_iommus(const void *a, const void *b)
{
	const struct host_iommu *left = a, *right = b;

	return strverscmp(left->name, right->name);
}

static int compare_numa(const void *a, const void *b)
{
	const struct topology_numa *left = a, *right = b;

	return (left->node > right->node) - (left->node < right->node);
}

static void count_iommu(struct topology *topology, const char *name)
{
	size_t i = 0;

	while (i < topology->n_iommus && !streq(topology->iommus[i].name, name))
		i++;
	if (i == topology->n_iommus)
		topology->iommus[topology->n_iommus++] =
			(struct host_iommu){.name = name, .kind = host_iommu_kind(name)};
	topology->iommus[i].devices++;
}

static void count_numa(struct topology *topology, int node)
{
	size_t i = 0;

	while (i < topology->n_numa && topology->numa[i].node != node)
		i++;
	if (i == topology->n_numa)
		topology->numa[topology->n_numa++] = (struct topology_numa){.node = node};
	topology->numa[i].devices++;
}

int topology_find_places(struct topology *topology, struct arena *arena)
{
	size_t room = topology->count + 1;

	topology->iommus = arena_alloc(arena, room * sizeof(*topology->iommus));
	topology->numa = arena_alloc(arena, room * sizeof(*topology->numa));
	if (!topology->iommus || !topology->numa)
		return -ENOMEM;
	topology_count_places(topology);
	return 0;
}

void topology_count_places(struct topology *topology)
{
	topology->n_iommus = 0;
	topology->n_numa = 0;
	for (size_t i = 0; i < topology->count; i++) {
		const struct topology_node *node = topology->nodes[i];

		if (node->kind == TOPOLOGY_HOST_BRIDGE)
			continue;
		if (node->device.iommu_instance)
			count_iommu(topology, node->device.iommu_instance);
		if (node->device.numa_node >= 0)
			count_numa(topology, node->device.numa_node);
	}
	qsort(topology->iommus, topology->n_iommus, sizeof(*topology->iommus), compare_iommus);
	qsort(topology->numa, topology->n_numa, sizeof(*topology->numa), compare_numa);
}
