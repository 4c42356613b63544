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

const struct record_type member_record = {
	.name = "group_member",
	.fields = (const struct field[]){{.key = "address",
					  .title = "ADDRESS",
					  .type = FIELD_STRING,
					  .get = member_address,
					  .help = "member of the IOMMU group"},
					 {.key = "driver",
					  .title = "DRIVER",
					  .type = FIELD_STRING,
					  .get = member_driver,
					  .help = "driver bound to it"},
					 {.key = "state",
					  .title = "STATE",
					  .type = FIELD_STRING,
					  .get = member_state,
					  .help = "ok, or locked (does not answer)"},
					 {.key = "blocks_group",
					  .title = "BLOCKS-GROUP",
					  .type = FIELD_BOOL,
					  .get = member_blocks,
					  .help = "it keeps the group from user space"},
					 {0}},
};

#define NODE(name, expression)                                                                     \
	static struct value node_##name(const void *record)                                        \
	{                                                                                          \
		const struct node_record *node = record;                                           \
                                                                                                   \
		return (expression);                                                               \
	}

NODE(path, value_string(node->path))
NODE(exists, value_bool(node->exists))
NODE(owner, value_string(node->owner))
NODE(group, value_string(node->group))
NODE(mode, value_string(node->exists ? node->mode : NULL))

const struct record_type node_record_type = {
	.name = "node",
	.fields = (const struct field[]){{.key = "path",
					  .title = "PATH",
					  .type = FIELD_STRING,
					  .get = node_path,
					  .help = "device node"},
					 {.key = "exists",
					  .title = "EXISTS",
					  .type = FIELD_BOOL,
					  .get = node_exists,
					  .help = "it is there"},
					 {.key = "owner",
					  .title = "OWNER",
					  .type = FIELD_STRING,
					  .get = node_owner,
					  .help = "user that owns it"},
					 {.key = "group",
					  .title = "GROUP",
					  .type = FIELD_STRING,
					  .get = node_group,
					  .help = "group that owns it"},
					 {.key = "mode",
					  .title = "MODE",
					  .type = FIELD_STRING,
					  .get = node_mode,
					  .help = "permissions, octal"},
					 {0}},
};

#define BAR(name, expression)                                                                      \
	static struct value bar_##name(const void *record)                                         \
	{                                                                                          \
		const struct bar *bar = record;                                                    \
                                                                                                   \
		return (expression);                                                               \
	}

BAR(index, value_number(bar->index))
BAR(kind, value_string(bar->index == 6 ? "rom" : bar->io ? "io" : "memory"))
BAR(start, value_number((int64_t)bar->start))
BAR(size, value_number((int64_t)bar->size))
BAR(prefetchable, value_bool(bar->prefetchable))
BAR(is64, value_bool(bar->is64))

const struct record_type bar_record = {
	.name = "bar",
	.fields = (const struct field[]){{.key = "index",
					  .title = "BAR",
					  .type = FIELD_NUMBER,
					  .flags = FIELD_RIGHT,
					  .get = bar_index,
					  .help = "0 to 5, 6 for the expansion ROM"},
					 {.key = "kind",
					  .title = "KIND",
					  .type = FIELD_STRING,
					  .get = bar_kind,
					  .help = "memory, io or rom"},
					 {.key = "start",
					  .title = "START",
					  .type = FIELD_ADDRESS,
					  .flags = FIELD_RIGHT,
					  .get = bar_start,
					  .help = "address"},
					 {.key = "size",
					  .title = "SIZE",
					  .type = FIELD_SIZE,
					  .flags = FIELD_RIGHT,
					  .get = bar_size,
					  .help = "size in bytes"},
					 {.key = "prefetchable",
					  .title = "PREFETCHABLE",
					  .type = FIELD_BOOL,
					  .get = bar_prefetchable,
					  .help = "reads have no side effects"},
					 {.key = "is64",
					  .title = "64-BIT",
					  .type = FIELD_BOOL,
					  .get = bar_is64,
					  .help = "may lie above 4 GiB"},
					 {0}},
};

#define USAGE(name, expression)                                                                    \
	static struct value usage_##name(const void *record)                                       \
	{                                                                                          \
		const struct usage *usage = record;                                                \
                                                                                                   \
		return (expression);                                                               \
	}

USAGE(reason, value_string(usage_reasons[usage->reason].name))
USAGE(evidence, value_string(usage->evidence))
USAGE(remedy, value_string(usage->remedy))

const struct record_type usage_record = {
	.name = "usage",
	.fields =
		(const struct field[]){
			{.key = "reason",
			 .title = "REASON",
			 .type = FIELD_STRING,
			 .get = usage_reason,
			 .help = "why bind and restore refuse it; the word for --force"},
			{.key = "evidence",
			 .title = "EVIDENCE",
			 .type = FIELD_STRING,
			 .flags = FIELD_TRUNC,
			 .get = usage_evidence,
			 .help = "what was seen"},
			{.key = "remedy",
			 .title = "REMEDY",
			 .type = FIELD_STRING,
			 .flags = FIELD_TRUNC,
			 .get = usage_remedy,
			 .help = "how to end it"},
			{0}},
};

#define MANAGER(name, expression)                                                                  \
	static struct value manager_##name(const void *record)                                     \
	{                                                                                          \
		const struct manager *manager = record;                                            \
                                                                                                   \
		return (expression);                                                               \
	}

MANAGER(manager, value_string(manager->manager))
MANAGER(driver, value_string(manager->driver))
MANAGER(file, value_string(manager->file))
MANAGER(line, value_number(manager->line))
MANAGER(detail, value_string(manager->detail))

const struct record_type manager_record = {
	.name = "manager",
	.fields = (const struct field[]){{.key = "manager",
					  .title = "MANAGER",
					  .type = FIELD_STRING,
					  .get = manager_manager,
					  .help = "driverctl, modprobe.d, kernel (its command "
						  "line), udev or libvirt"},
					 {.key = "driver",
					  .title = "DRIVER",
					  .type = FIELD_STRING,
					  .get = manager_driver,
					  .help = "driver that it is about"},
					 {.key = "file",
					  .title = "FILE",
					  .type = FIELD_STRING,
					  .get = manager_file,
					  .help = "where that is written"},
					 {.key = "line",
					  .title = "LINE",
					  .type = FIELD_NUMBER,
					  .flags = FIELD_RIGHT,
					  .get = manager_line,
					  .help = "line of the file"},
					 {.key = "detail",
					  .title = "DETAIL",
					  .type = FIELD_STRING,
					  .flags = FIELD_TRUNC,
					  .get = manager_detail,
					  .help = "what it does"},
					 {0}},
};
