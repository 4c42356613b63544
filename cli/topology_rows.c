/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/topology_rows.h"

#include "cli/records.h"

/* --- which of them are equal ---------------------------------------------------------------- */

static bool is_alone_in_group(const struct topology_node *node)
{
	return !node->group || node->group->count == 1;
}

static bool are_alike(const struct device *a, const struct device *b)
{
	return a->class_id == b->class_id && a->vendor_id == b->vendor_id &&
	       a->device_id == b->device_id && a->state == b->state && a->modes == b->modes &&
	       a->numa_node == b->numa_node && streq_null(a->physfn, b->physfn) &&
	       streq_null(a->driver, b->driver) && streq_null(a->reset_set, b->reset_set) &&
	       streq_null(a->iommu_instance, b->iommu_instance);
}

static bool are_equal(const struct topology_node *a, const struct topology_node *b)
{
	if (a->parent != b->parent || a->kind != TOPOLOGY_FUNCTION || b->kind != a->kind ||
	    a->handover != b->handover)
		return false;
	if (a->group != b->group && (!is_alone_in_group(a) || !is_alone_in_group(b)))
		return false;
	return are_alike(&a->device, &b->device);
}

/* From how many on equal functions share a row: VFs are many by nature, a slot has up to eight. */
static size_t enough_to_share(const struct topology_node *node)
{
	return node->device.physfn ? 2 : 9;
}

/* Whose children follow it at once has some. */
static bool has_children(const struct topology *topology, size_t i)
{
	return i + 1 < topology->count && topology->nodes[i + 1]->parent == topology->nodes[i];
}

/* --- their texts ---------------------------------------------------------------------------- */

static void write_groups(struct topology_row *row)
{
	const struct topology_group *first = row->node->group, *last = row->last->group;

	if (!first || !last)
		return;
	snprintf(row->groups, sizeof(row->groups), "%d", first->number);
	if (first == last)
		return;
	/* Their order need not be that of the functions, nor need they be all between the two. */
	append(row->groups, sizeof(row->groups), "%s%d",
	       last->number - first->number + 1 == (int)row->count ? "-" : "..", last->number);
}

static void write_reset(struct topology_row *row, const struct topology *topology)
{
	const char *bridge = row->node->device.reset_set;

	for (size_t i = 0; bridge && i < topology->n_sets; i++)
		if (streq(topology->sets[i]->bridge, bridge))
			snprintf(row->reset, sizeof(row->reset), "with %zu",
				 topology->sets[i]->count - 1);
}

static void write_offer(struct topology_row *row)
{
	enum topology_handover handover = row->node->handover;
	struct value word;

	if (handover == HANDOVER_BLOCKED || handover == HANDOVER_UNGUARDED)
		snprintf(row->offer, sizeof(row->offer), "%s", topology_handover_word(handover));
	for (size_t i = 0;
	     handover == HANDOVER_READY && (word = mode_word(row->node->device.modes, i)).known;
	     i++)
		append(row->offer, sizeof(row->offer), "%s%s", i ? "," : "", word.string);
}

static void write_texts(struct topology_row *row, const struct topology *topology)
{
	snprintf(row->address, sizeof(row->address), "%s", row->node->device.address);
	if (row->count > 1)
		append(row->address, sizeof(row->address), " and %zu more", row->count - 1);
	write_groups(row);
	write_reset(row, topology);
	write_offer(row);
}

/* --- rows ----------------------------------------------------------------------------------- */

static size_t find_row(const struct topology_rows *rows, const struct topology_node *node)
{
	for (size_t i = rows->count; node && i-- > 0;)
		if (rows->list[i].node == node)
			return i;
	return TOPOLOGY_NO_ROW;
}

/* The functions behind i that equal it join its row, when they are enough. */
static void gather_equals(struct topology_row *row, const struct topology *topology, size_t i,
			  bool *shared)
{
	const struct topology_node *node = row->node;
	size_t count = 1;

	for (size_t k = i + 1; k < topology->count; k++)
		count += !shared[k] && are_equal(node, topology->nodes[k]) &&
			 !has_children(topology, k);
	if (count < enough_to_share(node) || has_children(topology, i))
		return;
	row->count = count;
	for (size_t k = i + 1; k < topology->count; k++) {
		if (shared[k] || !are_equal(node, topology->nodes[k]) || has_children(topology, k))
			continue;
		shared[k] = true;
		row->last = topology->nodes[k];
	}
}

int topology_rows_make(struct topology_rows *ret, const struct topology *topology,
		       struct arena *arena, struct error *err)
{
	struct topology_rows rows = {.topology = topology};
	bool *shared = arena_alloc(arena, topology->count + 1);

	rows.list = arena_alloc(arena, (topology->count + 1) * sizeof(*rows.list));
	if (!rows.list || !shared)
		return error_out_of_memory(err);
	for (size_t i = 0; i < topology->count; i++) {
		struct topology_row *row = &rows.list[rows.count];

		if (shared[i])
			continue;
		row->node = row->last = topology->nodes[i];
		row->count = 1;
		row->parent = find_row(&rows, row->node->parent);
		gather_equals(row, topology, i, shared);
		write_texts(row, topology);
		rows.count++;
	}
	*ret = rows;
	return 0;
}

/* --- words ---------------------------------------------------------------------------------- */

const char *topology_name(const struct topology_node *node)
{
	const struct device *dev = &node->device;

	if (dev->device_name)
		return dev->device_name;
	if (dev->class_name)
		return dev->class_name;
	return node->kind == TOPOLOGY_BRIDGE ? "bridge" : "";
}

const struct topology_node *topology_host_of(const struct topology_node *node)
{
	do
		node = node->parent;
	while (node && node->kind != TOPOLOGY_HOST_BRIDGE);
	return node;
}

void topology_place(char *buf, size_t size, const struct topology_node *host, bool brief)
{
	const struct device *dev = &host->device;

	*buf = '\0';
	if (host->parent)
		append(buf, size, "below %s", host->parent->device.address);
	if (dev->numa_node >= 0)
		append(buf, size, "%s%snode %d", *buf ? ", " : "", brief ? "" : "NUMA ",
		       dev->numa_node);
	if (dev->iommu_instance)
		append(buf, size, "%s%s%s", *buf ? ", " : "", brief ? "" : "IOMMU ",
		       dev->iommu_instance);
}

bool topology_group_binds(const struct topology_group *group)
{
	size_t functions = 0;

	for (size_t i = 0; i < group->count; i++)
		functions += group->members[i]->kind != TOPOLOGY_BRIDGE;
	return functions > 1;
}

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

void topology_headline(char *buf, size_t size, const struct topology *topology)
{
	size_t bridges = 0, devices = 0;

	for (size_t i = 0; i < topology->count; i++) {
		bridges += topology->nodes[i]->kind == TOPOLOGY_BRIDGE;
		devices += topology->nodes[i]->kind == TOPOLOGY_FUNCTION ||
			   topology->nodes[i]->kind == TOPOLOGY_OTHER;
	}
	*buf = '\0';
	append(buf, size, "%zu device%s", devices, plural(devices));
	if (bridges)
		append(buf, size, ", %zu bridge%s", bridges, plural(bridges));
	if (topology->n_groups)
		append(buf, size, ", %zu IOMMU group%s", topology->n_groups,
		       plural(topology->n_groups));
	if (topology->n_iommus == 0)
		append(buf, size, ", no IOMMU");
	else if (topology->n_iommus == 1)
		append(buf, size, ", IOMMU %s", topology->iommus[0].name);
	else
		append(buf, size, ", %zu IOMMUs", topology->n_iommus);
	if (topology->n_iommus && topology->iommus[0].kind)
		append(buf, size, " (%s)", topology->iommus[0].kind);
	if (topology->n_numa > 1)
		append(buf, size, ", %zu NUMA nodes", topology->n_numa);
}
