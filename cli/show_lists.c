/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/show_lists.h"

#include "cli/records.h"
#include "cli/show_record.h"
#include "host/group.h"
#include "host/manager.h"

static struct value member_blocks(const void *record)
{
	return value_bool(!group_member_is_free(record));
}

static struct value member_address(const void *record)
{
	return value_string(((const struct device *)record)->address);
}

static struct value member_driver(const void *record)
{
	return value_string(((const struct device *)record)->driver);
}

static struct value member_state(const void *record)
{
	return value_string(device_state_word(((const struct device *)record)->state));
}

static const struct field member_fields[] = {
	ROW(STRING, "address", "ADDRESS", member_address, "member of the IOMMU group"),
	ROW(STRING, "driver", "DRIVER", member_driver, "driver bound to it"),
	ROW(STRING, "state", "STATE", member_state, "ok, or locked (does not answer)"),
	ROW(BOOL, "blocks_group", "BLOCKS-GROUP", member_blocks,
	    "it keeps the group from user space"),
	{0},
};

const struct record_type member_record = {
	.name = "group_member",
	.fields = member_fields,
};

#define NODE(name, expression) GETTER(node_##name, struct node_record, node, expression)

NODE(path, value_string(node->path))
NODE(exists, value_bool(node->exists))
NODE(owner, value_string(node->owner))
NODE(group, value_string(node->group))
NODE(mode, value_string(node->exists ? node->mode : NULL))

static const struct field node_record_type_fields[] = {
	ROW(STRING, "path", "PATH", node_path, "device node"),
	ROW(BOOL, "exists", "EXISTS", node_exists, "it is there"),
	ROW(STRING, "owner", "OWNER", node_owner, "user that owns it"),
	ROW(STRING, "group", "GROUP", node_group, "group that owns it"),
	ROW(STRING, "mode", "MODE", node_mode, "permissions, octal"),
	{0},
};

const struct record_type node_record_type = {
	.name = "node",
	.fields = node_record_type_fields,
};

#define BAR(name, expression) GETTER(bar_##name, struct bar, bar, expression)

BAR(index, value_number(bar->index))
BAR(kind, value_string(bar->index == 6 ? "rom" : bar->io ? "io" : "memory"))
BAR(start, value_number((int64_t)bar->start))
BAR(size, value_number((int64_t)bar->size))
BAR(prefetchable, value_bool(bar->prefetchable))
BAR(is64, value_bool(bar->is64))

static const struct field bar_fields[] = {
	ROW(NUMBER, "index", "BAR", bar_index, "0 to 5, 6 for the expansion ROM",
	    .flags = FIELD_RIGHT),
	ROW(STRING, "kind", "KIND", bar_kind, "memory, io or rom"),
	ROW(ADDRESS, "start", "START", bar_start, "address", .flags = FIELD_RIGHT),
	ROW(SIZE, "size", "SIZE", bar_size, "size in bytes", .flags = FIELD_RIGHT),
	ROW(BOOL, "prefetchable", "PREFETCHABLE", bar_prefetchable, "reads have no side effects"),
	ROW(BOOL, "is64", "64-BIT", bar_is64, "may lie above 4 GiB"),
	{0},
};

const struct record_type bar_record = {
	.name = "bar",
	.fields = bar_fields,
};

#define USAGE(name, expression) GETTER(usage_##name, struct usage, usage, expression)

USAGE(reason, value_string(usage_reasons[usage->reason].name))
USAGE(evidence, value_string(usage->evidence))
USAGE(remedy, value_string(usage->remedy))

static const struct field usage_fields[] = {
	ROW(STRING, "reason", "REASON", usage_reason,
	    "why bind and restore refuse it; the word for --force"),
	ROW(STRING, "evidence", "EVIDENCE", usage_evidence, "what was seen", .flags = FIELD_WRAP),
	ROW(STRING, "remedy", "REMEDY", usage_remedy, "how to end it", .flags = FIELD_WRAP),
	{0},
};

const struct record_type usage_record = {
	.name = "usage",
	.fields = usage_fields,
};

#define MANAGER(name, expression) GETTER(manager_##name, struct manager, manager, expression)

MANAGER(manager, value_string(manager->manager))
MANAGER(driver, value_string(manager->driver))
MANAGER(file, value_string(manager->file))
MANAGER(line, value_number(manager->line))
MANAGER(detail, value_string(manager->detail))

static const struct field manager_fields[] = {
	ROW(STRING, "manager", "MANAGER", manager_manager,
	    "driverctl, modprobe.d, kernel (its command "
	    "line), udev or libvirt"),
	ROW(STRING, "driver", "DRIVER", manager_driver, "driver that it is about"),
	ROW(STRING, "file", "FILE", manager_file, "where that is written"),
	ROW(NUMBER, "line", "LINE", manager_line, "line of the file", .flags = FIELD_RIGHT),
	ROW(STRING, "detail", "DETAIL", manager_detail, "what it does", .flags = FIELD_TRUNC),
	{0},
};

const struct record_type manager_record = {
	.name = "manager",
	.fields = manager_fields,
};
