/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A topology as records: devices with what is above them, and the lists of what goes together.
 */
#include "cli/topology_record.h"

#include "cli/mode_record.h"
#include "cli/records.h"
#include "host/topology.h"

/* Defines a getter: an expression over `name`, the record. */
#define GETTER(name, type, field, expression)                                                      \
	static struct value name##_##field(const void *record)                                     \
	{                                                                                          \
		const struct type *name = record;                                                  \
                                                                                                   \
		return (expression);                                                               \
	}

static const char *address_above(const struct topology_node *node)
{
	return node->parent ? node->parent->device.address : NULL;
}

GETTER(host, topology_node, name, value_string(host->device.address))
GETTER(host, topology_node, parent, value_string(address_above(host)))
GETTER(host, topology_node, numa_node, value_number(host->device.numa_node))
GETTER(node, topology_node, parent, value_string(address_above(node)))
GETTER(node, topology_node, kind, value_string(topology_kind_word(node->kind)))
GETTER(node, topology_node, handover, value_string(topology_handover_word(node->handover)))
GETTER(group, topology_group, number, value_number(group->number))
GETTER(group, topology_group, handover, value_string(topology_handover_word(group->handover)))
GETTER(group, topology_group, iommu_instance, value_string(group->iommu_instance))
GETTER(group, topology_group, blocker,
       value_string(group->blocker ? group->blocker->address : NULL))
GETTER(set, topology_set, bridge, value_string(set->bridge))
GETTER(numa, topology_numa, node, value_number(numa->node))
GETTER(numa, topology_numa, devices, value_number(numa->devices))

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

static const struct record_type host_bridge_record = {
	.name = "host_bridge",
	.fields =
		(const struct field[]){
			{.key = "name",
			 .title = "NAME",
			 .type = FIELD_STRING,
			 .get = host_name,
			 .help = "name of the root of a tree of buses, as pci0000:00"},
			{.key = "parent",
			 .title = "PARENT",
			 .type = FIELD_STRING,
			 .get = host_parent,
			 .help = "device that it is below, of a VMD domain"},
			{.key = "numa_node",
			 .title = "NUMA-NODE",
			 .type = FIELD_NUMBER,
			 .flags = FIELD_RIGHT,
			 .get = host_numa_node,
			 .help = "NUMA node that all directly below it have"},
			{0}},
};

static const struct record_type topology_device_record = {
	.name = "topology_device",
	.fields =
		(const struct field[]){
			{.key = "parent",
			 .title = "PARENT",
			 .type = FIELD_STRING,
			 .get = node_parent,
			 .help = "bridge, host bridge or device that it is directly below"},
			{.key = "kind",
			 .title = "KIND",
			 .type = FIELD_STRING,
			 .get = node_kind,
			 .help = "bridge, function or other (mdev)"},
			{.key = "handover",
			 .title = "HANDOVER",
			 .type = FIELD_STRING,
			 .get = node_handover,
			 .help = "ready, blocked, host, unbound, unguarded or bridges"},
			{0}},
	.base = &device_record,
};

static const struct record_type topology_group_record = {
	.name = "topology_group",
	.fields =
		(const struct field[]){
			{.key = "number",
			 .title = "NUMBER",
			 .type = FIELD_NUMBER,
			 .flags = FIELD_RIGHT,
			 .get = group_number,
			 .help = "number of the IOMMU group"},
			{.key = "handover",
			 .title = "HANDOVER",
			 .type = FIELD_STRING,
			 .get = group_handover,
			 .help = "ready, blocked, host, unbound, unguarded or bridges"},
			{.key = "blocker",
			 .title = "BLOCKER",
			 .type = FIELD_STRING,
			 .get = group_blocker,
			 .help = "first member that a driver of the host has"},
			{.key = "iommu_instance",
			 .title = "IOMMU-INSTANCE",
			 .type = FIELD_STRING,
			 .get = group_iommu_instance,
			 .help = "IOMMU that guards it"},
			{.key = "devices",
			 .title = "DEVICES",
			 .type = FIELD_STRINGS,
			 .item = member_of_group,
			 .help = "its members, bridges too"},
			{0}},
};

static const struct record_type reset_set_record = {
	.name = "reset_set",
	.fields = (const struct field[]){{.key = "bridge",
					  .title = "BRIDGE",
					  .type = FIELD_STRING,
					  .get = set_bridge,
					  .help = "bridge whose hot reset it is"},
					 {.key = "devices",
					  .title = "DEVICES",
					  .type = FIELD_STRINGS,
					  .item = member_of_set,
					  .help = "what it resets"},
					 {0}},
};

static const struct record_type numa_node_record = {
	.name = "numa_node",
	.fields = (const struct field[]){{.key = "node",
					  .title = "NODE",
					  .type = FIELD_NUMBER,
					  .flags = FIELD_RIGHT,
					  .get = numa_node,
					  .help = "number of the NUMA node"},
					 {.key = "devices",
					  .title = "DEVICES",
					  .type = FIELD_NUMBER,
					  .flags = FIELD_RIGHT,
					  .get = numa_devices,
					  .help = "devices that are close to it"},
					 {0}},
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

const struct record_type topology_document = {
	.name = "topology",
	.fields =
		(const struct field[]){
			{.key = "host_bridges",
			 .title = "HOST-BRIDGES",
			 .type = FIELD_RECORDS,
			 .item = topology_host,
			 .child = &host_bridge_record,
			 .help = "where the trees of buses begin"},
			{.key = "devices",
			 .title = "DEVICES",
			 .type = FIELD_RECORDS,
			 .item = topology_device,
			 .child = &topology_device_record,
			 .help = "the devices, each behind the one that it is below"},
			{.key = "groups",
			 .title = "GROUPS",
			 .type = FIELD_RECORDS,
			 .item = topology_group,
			 .child = &topology_group_record,
			 .help = "IOMMU groups, by number"},
			{.key = "reset_sets",
			 .title = "RESET-SETS",
			 .type = FIELD_RECORDS,
			 .item = topology_set,
			 .child = &reset_set_record,
			 .help = "functions that a hot reset resets together"},
			{.key = "iommus",
			 .title = "IOMMUS",
			 .type = FIELD_RECORDS,
			 .item = topology_iommu,
			 .child = &iommu_record,
			 .help = "IOMMU instances that guard them"},
			{.key = "numa_nodes",
			 .title = "NUMA-NODES",
			 .type = FIELD_RECORDS,
			 .item = topology_numa,
			 .child = &numa_node_record,
			 .help = "NUMA nodes that they are close to"},
			{0}},
};
