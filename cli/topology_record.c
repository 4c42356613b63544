/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A topology as records: devices with what is above them, and the lists of what goes together.
 */
#include "cli/topology_record.h"

#include "cli/mode_record.h"
#include "cli/records.h"
#include "host/topology.h"

static const char *address_above(const struct topology_node *node)
{
	return node->parent ? node->parent->device.address : NULL;
}

GETTER(host_name, struct topology_node, host, value_string(host->device.address))
GETTER(host_parent, struct topology_node, host, value_string(address_above(host)))
GETTER(host_numa_node, struct topology_node, host, value_number(host->device.numa_node))
GETTER(node_parent, struct topology_node, node, value_string(address_above(node)))
GETTER(node_kind, struct topology_node, node, value_string(topology_kind_word(node->kind)))
GETTER(node_handover, struct topology_node, node,
       value_string(topology_handover_word(node->handover)))
GETTER(group_number, struct topology_group, group, value_number(group->number))
GETTER(group_handover, struct topology_group, group,
       value_string(topology_handover_word(group->handover)))
GETTER(group_iommu_instance, struct topology_group, group, value_string(group->iommu_instance))
GETTER(group_blocker, struct topology_group, group,
       value_string(group->blocker ? group->blocker->address : NULL))
GETTER(set_bridge, struct topology_set, set, value_string(set->bridge))
GETTER(numa_node, struct topology_numa, numa, value_number(numa->node))
GETTER(numa_devices, struct topology_numa, numa, value_number(numa->devices))

static struct value member(struct topology_node *const *members, size_t count, size_t i)
{
	return i < count ? value_string(members[i]->device.address) : VALUE_UNKNOWN;
}

static struct value member_of_group(const void *record, size_t i)
{
	const struct topology_group *group = record;

	return member(group->members, group->count, i);
}

static struct value member_of_set(const void *record, size_t i)
{
	const struct topology_set *set = record;

	return member(set->members, set->count, i);
}

static const struct field host_bridge_fields[] = {
	ROW(STRING, "name", "NAME", host_name,
	    "name of the root of a tree of buses, as pci0000:00"),
	ROW(STRING, "parent", "PARENT", host_parent, "device that it is below, of a VMD domain"),
	ROW(NUMBER, "numa_node", "NUMA-NODE", host_numa_node,
	    "NUMA node that all directly below it have", .flags = FIELD_RIGHT),
	{0},
};

static const struct record_type host_bridge_record = {
	.name = "host_bridge",
	.fields = host_bridge_fields,
};

static const struct field topology_device_fields[] = {
	ROW(STRING, "parent", "PARENT", node_parent,
	    "bridge, host bridge or device that it is directly below"),
	ROW(STRING, "kind", "KIND", node_kind, "bridge, function or other (mdev)"),
	ROW(STRING, "handover", "HANDOVER", node_handover,
	    "ready, blocked, host, unbound, unguarded or bridges"),
	{0},
};

static const struct record_type topology_device_record = {
	.name = "topology_device",
	.fields = topology_device_fields,
	.base = &device_record,
};

static const struct field topology_group_fields[] = {
	ROW(NUMBER, "number", "NUMBER", group_number, "number of the IOMMU group",
	    .flags = FIELD_RIGHT),
	ROW(STRING, "handover", "HANDOVER", group_handover,
	    "ready, blocked, host, unbound, unguarded or bridges"),
	ROW(STRING, "blocker", "BLOCKER", group_blocker,
	    "first member that a driver of the host has"),
	ROW(STRING, "iommu_instance", "IOMMU-INSTANCE", group_iommu_instance,
	    "IOMMU that guards it"),
	ROW_STRINGS("devices", "DEVICES", member_of_group, "its members, bridges too"),
	{0},
};

static const struct record_type topology_group_record = {
	.name = "topology_group",
	.fields = topology_group_fields,
};

static const struct field reset_set_fields[] = {
	ROW(STRING, "bridge", "BRIDGE", set_bridge, "bridge whose hot reset it is"),
	ROW_STRINGS("devices", "DEVICES", member_of_set, "what it resets"),
	{0},
};

static const struct record_type reset_set_record = {
	.name = "reset_set",
	.fields = reset_set_fields,
};

static const struct field numa_node_fields[] = {
	ROW(NUMBER, "node", "NODE", numa_node, "number of the NUMA node", .flags = FIELD_RIGHT),
	ROW(NUMBER, "devices", "DEVICES", numa_devices, "devices that are close to it",
	    .flags = FIELD_RIGHT),
	{0},
};

static const struct record_type numa_node_record = {
	.name = "numa_node",
	.fields = numa_node_fields,
};

static struct value topology_node_of(const struct topology *topology, bool hosts, size_t i)
{
	for (size_t k = 0; k < topology->count; k++)
		if ((topology->nodes[k]->kind == TOPOLOGY_HOST_BRIDGE) == hosts && i-- == 0)
			return value_record(topology->nodes[k]);
	return VALUE_UNKNOWN;
}

static struct value topology_host(const void *record, size_t i)
{
	return topology_node_of(record, true, i);
}

static struct value topology_device(const void *record, size_t i)
{
	return topology_node_of(record, false, i);
}

/* Defines the i-th item of one of the lists. */
#define ITEM(name, list, count)                                                                    \
	static struct value topology_##name(const void *record, size_t i)                          \
	{                                                                                          \
		const struct topology *topology = record;                                          \
                                                                                                   \
		return value_record(i < topology->count ? (list) : NULL);                          \
	}

ITEM(group, topology->groups[i], n_groups)
ITEM(set, topology->sets[i], n_sets)
ITEM(iommu, &topology->iommus[i], n_iommus)
ITEM(numa, &topology->numa[i], n_numa)

static const struct field topology_document_fields[] = {
	ROW_RECORDS("host_bridges", "HOST-BRIDGES", topology_host, &host_bridge_record,
		    "where the trees of buses begin"),
	ROW_RECORDS("devices", "DEVICES", topology_device, &topology_device_record,
		    "the devices, each behind the one that it is below"),
	ROW_RECORDS("groups", "GROUPS", topology_group, &topology_group_record,
		    "IOMMU groups, by number"),
	ROW_RECORDS("reset_sets", "RESET-SETS", topology_set, &reset_set_record,
		    "functions that a hot reset resets together"),
	ROW_RECORDS("iommus", "IOMMUS", topology_iommu, &iommu_record,
		    "IOMMU instances that guard them"),
	ROW_RECORDS("numa_nodes", "NUMA-NODES", topology_numa, &numa_node_record,
		    "NUMA nodes that they are close to"),
	{0},
};

const struct record_type topology_document = {
	.name = "topology",
	.fields = topology_document_fields,
};
