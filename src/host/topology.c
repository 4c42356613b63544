/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tree is read out of the devices' directories: "/sys/devices/pci0000:00/0000:00:02.0/..."
 * names a device's ancestors. A part of it that is the directory of a device is that one,
 * "pci0000:00" is a host bridge (which itself can be below a device: VMD), and all else is passed
 * over. Whoever is above has the shorter path, whatever a captured tree says: there are no loops.
 */
#include "host/topology.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>

#include "host/address.h"
#include "host/topology_internal.h"

static const struct device blank_bridge = {
	DEVICE_BLANK,
	.bus = "pci",
	.n_vfs = -1,
	.device_name = "PCI host bridge",
};

const char *topology_kind_word(enum topology_kind kind)
{
	static const char *const words[] = {
		[TOPOLOGY_HOST_BRIDGE] = "host-bridge",
		[TOPOLOGY_BRIDGE] = "bridge",
		[TOPOLOGY_FUNCTION] = "function",
		[TOPOLOGY_OTHER] = "other",
	};

	return words[kind];
}

/* --- finding who is above ------------------------------------------------------------------- */

/* A node while the tree is built. */
struct branch {
	struct topology_node node;
	struct branch *first, *last, *next; /* below it, and beside it */
	struct branch *other_host;          /* of a host bridge: another one */
};

struct builder {
	struct arena *arena;
	struct branch *devices;  /* in the order of the inventory */
	struct branch **by_name; /* the same, by address */
	size_t count;
	struct branch *hosts; /* the host bridges */
	size_t n_hosts;
	struct branch roots; /* no node: what has nothing above it is below this */
	bool full;           /* the arena is */
};

static int compare_branches(const void *a, const void *b)
{
	const struct branch *const *left = a, *const *right = b;

	return device_name_compare((*left)->node.device.address, (*right)->node.device.address);
}

static struct branch *find_device(const struct builder *builder, const char *name)
{
	struct branch key = {.node.device.address = name}, *wanted = &key, **found;

	found = bsearch(&wanted, builder->by_name, builder->count, sizeof(*builder->by_name),
			compare_branches);
	return found ? *found : NULL;
}

/* "pci0000:00" */
static bool is_host_bridge_name(const char *name)
{
	const char *domain = startswith(name, "pci");
	size_t n = 0;

	while (domain && isxdigit((unsigned char)domain[n]))
		n++;
	return n >= 4 && domain[n] == ':' && isxdigit((unsigned char)domain[n + 1]) &&
	       isxdigit((unsigned char)domain[n + 2]) && domain[n + 3] == '\0';
}

/* One that does not answer was not asked for its directory; nothing is above it. */
static bool has_directory(const struct branch *branch, const char *path)
{
	const char *own = branch->node.device.syspath;

	return !own || streq(own, path);
}

static void hang_below(struct branch *above, struct branch *branch)
{
	if (above->last)
		above->last->next = branch;
	else
		above->first = branch;
	above->last = branch;
}

static struct branch *branch_above(struct builder *builder, const char *path);

static void hang(struct builder *builder, struct branch *branch)
{
	struct branch *above = branch_above(builder, branch->node.device.syspath);

	branch->node.parent = above == &builder->roots ? NULL : &above->node;
	hang_below(above, branch);
}

/* The host bridge with that directory: the one that is known, or a new one. */
static struct branch *host_bridge(struct builder *builder, const char *path)
{
	const char *own;
	struct branch *host;

	for (host = builder->hosts; host; host = host->other_host)
		if (streq(host->node.device.syspath, path))
			return host;
	host = arena_alloc(builder->arena, sizeof(*host));
	own = arena_strdup(builder->arena, path);
	if (!host || !own) {
		builder->full = true;
		return &builder->roots;
	}
	*host = (struct branch){
		.node = {.device = blank_bridge, .kind = TOPOLOGY_HOST_BRIDGE},
		.other_host = builder->hosts,
	};
	host->node.device.syspath = own;
	host->node.device.address = base_name(own);
	builder->hosts = host;
	builder->n_hosts++;
	hang(builder, host);
	return host;
}

static struct branch *branch_above(struct builder *builder, const char *path)
{
	char above[PATH_MAX];
	char *slash;

	snprintf(above, sizeof(above), "%s", path ? path : "");
	while ((slash = strrchr(above, '/')) && slash > above) {
		struct branch *branch;

		*slash = '\0';
		if (is_host_bridge_name(base_name(above)))
			return host_bridge(builder, above);
		branch = find_device(builder, base_name(above));
		if (branch && has_directory(branch, above))
			return branch;
	}
	return &builder->roots;
}

/* --- the tree ------------------------------------------------------------------------------- */

static enum topology_kind kind_of(const struct device *dev)
{
	if (!streq(dev->bus, "pci"))
		return TOPOLOGY_OTHER;
	return device_is_bridge(dev) ? TOPOLOGY_BRIDGE : TOPOLOGY_FUNCTION;
}

static int make_branches(struct builder *builder, const struct inventory *inventory)
{
	size_t count = inventory->count;

	builder->count = count;
	builder->devices = arena_alloc(builder->arena, (count + 1) * sizeof(*builder->devices));
	builder->by_name = arena_alloc(builder->arena, (count + 1) * sizeof(*builder->by_name));
	if (!builder->devices || !builder->by_name)
		return -1;
	for (size_t i = 0; i < count; i++) {
		builder->devices[i].node.device = inventory->devices[i];
		builder->devices[i].node.kind = kind_of(&inventory->devices[i]);
		builder->by_name[i] = &builder->devices[i];
	}
	qsort(builder->by_name, count, sizeof(*builder->by_name), compare_branches);
	for (size_t i = 0; i < count; i++)
		hang(builder, &builder->devices[i]);
	return builder->full ? -1 : 0;
}

/* A host bridge learns the NUMA node and the IOMMU that all directly below it have, as far as they
 * answer. */
static void learn_place(struct branch *host)
{
	struct device *dev = &host->node.device;
	bool first = true;

	for (const struct branch *branch = host->first; branch; branch = branch->next) {
		const struct device *below = &branch->node.device;

		if (below->state != DEVICE_OK)
			continue;
		if (first || below->numa_node != dev->numa_node)
			dev->numa_node = first ? below->numa_node : -1;
		if (first || !streq_null(below->iommu_instance, dev->iommu_instance))
			dev->iommu_instance = first ? below->iommu_instance : NULL;
		first = false;
	}
}

static size_t put_in_order(struct topology_node **nodes, size_t n, struct branch *above,
			   unsigned int depth)
{
	for (struct branch *branch = above->first; branch; branch = branch->next) {
		branch->node.depth = depth;
		nodes[n++] = &branch->node;
		n = put_in_order(nodes, n, branch, depth + 1);
	}
	if (above->node.kind == TOPOLOGY_HOST_BRIDGE)
		learn_place(above);
	return n;
}

int topology_build(struct topology *ret, const struct inventory *inventory, struct error *err)
{
	struct builder builder = {.arena = inventory->arena, .roots.node.kind = TOPOLOGY_OTHER};
	struct topology topology = {0};

	if (make_branches(&builder, inventory) < 0)
		return error_out_of_memory(err);
	topology.nodes = arena_alloc(builder.arena, (builder.count + builder.n_hosts + 1) *
							    sizeof(*topology.nodes));
	if (!topology.nodes)
		return error_out_of_memory(err);
	topology.count = put_in_order(topology.nodes, 0, &builder.roots, 0);
	if (topology_find_groups(&topology, builder.arena) < 0 ||
	    topology_find_sets(&topology, builder.arena) < 0 ||
	    topology_find_places(&topology, builder.arena) < 0)
		return error_out_of_memory(err);
	*ret = topology;
	return 0;
}
