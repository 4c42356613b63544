/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/show_record.h"

#include <stdio.h>

#include "base/path.h"
#include "cli/probe_record.h"
#include "cli/reach_record.h"
#include "cli/records.h"
#include "cli/show_lists.h"
#include "host/group.h"
#include "host/module.h"

/* --- gathering ---------------------------------------------------------------------------- */

static void add_node(struct show_record *record, const char *path)
{
	struct node_record *node = &record->nodes[record->n_nodes];
	struct stat st;

	if (!path)
		return;
	*node = (struct node_record){.path = path, .exists = path_stat(&st, "%s", path) == 0};
	if (node->exists) {
		node->owner = account_user_name(record->arena, st.st_uid);
		node->group = account_group_name(record->arena, st.st_gid);
		snprintf(node->mode, sizeof(node->mode), "%04o", (unsigned int)st.st_mode & 07777);
	}
	record->n_nodes++;
}

static void find_modules(struct show_record *record)
{
	const struct device *dev = &record->device;
	const char *ids = dev->modalias ? startswith(dev->modalias, "pci:") : NULL;
	const char *alias = ids ? arena_printf(record->arena, "vfio_pci:%s", ids) : NULL;

	if (dev->modalias)
		modules_for_alias(&record->native_modules, record->arena, dev->modalias);
	if (alias)
		modules_for_alias(&record->vfio_modules, record->arena, alias);
}

/* Others that have a say in its driver, by the driver that bind would take. */
static void find_managers(struct show_record *record)
{
	struct managers managers;

	managers_read(&managers, record->arena, MANAGER_ALL);
	managers_of_device(&record->managers, &record->n_managers, &managers, &record->device,
			   record->has_choice ? record->choice.driver : NULL);
}

/* What bind and restore would do with it, and its nodes. */
static void find_prospects(struct show_record *record)
{
	const struct device *dev = &record->device;

	find_modules(record);
	record->has_choice =
		streq(dev->bus, "pci") && !device_is_bridge(dev) &&
		driver_choose(&record->choice, record->arena, dev, "auto", NULL, NULL) == 0;
	record->has_record = binding_load(&record->recorded, record->arena, dev, NULL) > 0;
	find_managers(record);
	add_node(record, dev->cdev);
	add_node(record, dev->group_node);
}

void show_record_fill(struct show_record *ret, const struct device *dev,
		      const struct inventory *all)
{
	*ret = (struct show_record){.device = *dev, .all = all, .arena = arena_new(4 << 20)};
	if (!ret->arena || dev->state == DEVICE_GONE)
		return;
	/* Of a device that does not answer the one question is who keeps it from answering. */
	if (dev->state != DEVICE_LOCKED)
		find_prospects(ret);
	if (device_may_be_held(dev))
		holders_of_device(&ret->holders, dev, NULL);
	ret->usage_known = usage_of_device(&ret->usages, dev, false, NULL) == 0;
}

int show_record_reach(struct show_record *record, const char *user, struct error *err)
{
	struct reach *reach = record->arena ? arena_alloc(record->arena, sizeof(*reach)) : NULL;
	struct account account;

	if (!reach)
		return error_out_of_memory(err);
	if (account_user(&account, record->arena, user, err) < 0)
		return -1;
	if (record->device.state != DEVICE_OK)
		return 0;
	reach_of(reach, record->arena, &record->device, &account);
	record->reach = reach;
	return 0;
}

void show_record_free(struct show_record *record)
{
	holders_free(&record->holders);
	usages_free(&record->usages);
	arena_free(record->arena);
}

/* --- the record --------------------------------------------------------------------------- */

static const struct show_record *shown(const void *record)
{
	return record;
}

static const struct device_detail *detail(const void *record)
{
	static const struct device_detail nothing = {
		.enable_count = -1,
		.revision = -1,
		.d3cold_allowed = -1,
		.boot_vga = -1,
		.sriov_total = -1,
	};

	return shown(record)->device.detail ? shown(record)->device.detail : &nothing;
}

#define DETAIL(name, expression)                                                                   \
	static struct value show_##name(const void *record)                                        \
	{                                                                                          \
		return (expression);                                                               \
	}

static struct value as_answer(int64_t number)
{
	return number < 0 ? VALUE_UNKNOWN : value_bool(number != 0);
}

DETAIL(revision, value_number(detail(record)->revision))
DETAIL(power_state, value_string(detail(record)->power_state))
DETAIL(runtime_status, value_string(detail(record)->runtime_status))
DETAIL(d3cold, as_answer(detail(record)->d3cold_allowed))
DETAIL(enable, value_number(detail(record)->enable_count))
DETAIL(boot_vga, as_answer(detail(record)->boot_vga))
DETAIL(sriov_total, value_number(detail(record)->sriov_total))
DETAIL(link_speed, value_string(detail(record)->link_speed))
DETAIL(link_width, value_string(detail(record)->link_width))
DETAIL(firmware_node, value_string(detail(record)->firmware_node))
DETAIL(bind_driver, value_string(shown(record)->has_choice ? shown(record)->choice.driver : NULL))
DETAIL(bind_why, value_string(shown(record)->has_choice ? shown(record)->choice.why : NULL))
DETAIL(restore_driver, value_string(shown(record)->recorded.driver))
DETAIL(probe, value_record(shown(record)->probe))
DETAIL(reach, value_record(shown(record)->reach))
DETAIL(hidden, value_number((int64_t)shown(record)->holders.hidden))
DETAIL(in_use,
       shown(record)->usage_known ? value_bool(shown(record)->usages.count > 0) : VALUE_UNKNOWN)

/* The i-th word of a list such as "flr bus". */
static struct value show_reset_method(const void *record, size_t i)
{
	static char word[64]; /* one at a time: renderers take them in turn */
	const char *text = detail(record)->reset_methods;

	for (size_t n; text && *(text += strspn(text, " ")); text += n) {
		n = strcspn(text, " ");
		if (i-- > 0)
			continue;
		snprintf(word, sizeof(word), "%.*s", (int)n, text);
		return value_string(word);
	}
	return VALUE_UNKNOWN;
}

static struct value list_item(const char *const *list, size_t i)
{
	for (size_t k = 0; list && list[k]; k++)
		if (k == i)
			return value_string(list[k]);
	return VALUE_UNKNOWN;
}

static struct value show_native_module(const void *record, size_t i)
{
	return list_item(shown(record)->native_modules, i);
}

static struct value show_vfio_module(const void *record, size_t i)
{
	return list_item(shown(record)->vfio_modules, i);
}

static struct value show_member(const void *record, size_t i)
{
	return value_record(
		iommu_group_member(shown(record)->all, shown(record)->device.iommu_group, i));
}

static struct value show_node(const void *record, size_t i)
{
	return value_record(i < shown(record)->n_nodes ? &shown(record)->nodes[i] : NULL);
}

static struct value show_bar(const void *record, size_t i)
{
	return value_record(i < detail(record)->n_bars ? &detail(record)->bars[i] : NULL);
}

static struct value show_holder(const void *record, size_t i)
{
	const struct holders *holders = &shown(record)->holders;

	return value_record(i < holders->count ? &holders->list[i] : NULL);
}

static struct value show_usage(const void *record, size_t i)
{
	const struct usages *usages = &shown(record)->usages;

	return value_record(i < usages->count ? &usages->list[i] : NULL);
}

static struct value show_manager(const void *record, size_t i)
{
	return value_record(i < shown(record)->n_managers ? &shown(record)->managers[i] : NULL);
}

static const struct field show_record_type_fields[] = {
	ROW(NUMBER, "revision", "REVISION", show_revision, "revision of the device"),
	ROW_STRINGS("reset_methods", "RESET", show_reset_method,
		    "function resets the kernel can do, in order"),
	ROW(STRING, "power_state", "POWER", show_power_state, "PCI power state"),
	ROW(STRING, "runtime_status", "RUNTIME-PM", show_runtime_status,
	    "runtime power management"),
	ROW(BOOL, "d3cold_allowed", "D3COLD", show_d3cold, "the platform may cut its power"),
	ROW(NUMBER, "enable_count", "ENABLED", show_enable,
	    "times that it is enabled; above 0 under a VFIO "
	    "driver it is open"),
	ROW(BOOL, "boot_vga", "BOOT-VGA", show_boot_vga, "the firmware's display"),
	ROW(NUMBER, "sriov_total_vfs", "TOTAL-VFS", show_sriov_total, "VFs that this PF can have"),
	ROW(STRING, "link_speed", "LINK-SPEED", show_link_speed,
	    "speed of the link; not read while it sleeps"),
	ROW(STRING, "link_width", "LINK-WIDTH", show_link_width, "lanes of the link"),
	ROW(STRING, "firmware_node", "FIRMWARE", show_firmware_node, "its ACPI path"),
	ROW_STRINGS("native_modules", "NATIVE-MODULES", show_native_module,
		    "modules that want it by its modalias"),
	ROW_STRINGS("vfio_modules", "VFIO-MODULES", show_vfio_module,
		    "VFIO modules for it, the most specific first"),
	ROW(STRING, "bind_driver", "BIND-TO", show_bind_driver, "driver that bind would take"),
	ROW(STRING, "bind_why", "BECAUSE", show_bind_why, "why that one"),
	ROW(STRING, "restore_driver", "RESTORE-TO", show_restore_driver,
	    "driver that bind recorded for restore"),
	ROW(BOOL, "in_use", "IN-USE", show_in_use, "bind and restore would refuse it"),
	ROW(NUMBER, "hidden_processes", "HIDDEN", show_hidden,
	    "processes that could not be looked into"),
	ROW_RECORDS("usage", "USAGE", show_usage, &usage_record, "who or what uses it"),
	ROW_RECORDS("group_members", "GROUP-MEMBERS", show_member, &member_record,
		    "members of its IOMMU group, itself included"),
	ROW_RECORDS("managers", "MANAGERS", show_manager, &manager_record,
		    "others that give it to drivers"),
	ROW_RECORDS("nodes", "NODES", show_node, &node_record_type, "its device nodes"),
	ROW_RECORDS("holders", "HOLDERS", show_holder, &holder_record,
		    "processes that hold its VFIO device"),
	ROW_RECORDS("bars", "BARS", show_bar, &bar_record, "memory and I/O windows"),
	ROW_RECORD("user", "USER", show_reach, &reach_record_type,
		   "what a user needs to use it; with --user", .flags = FIELD_JSON_ONLY),
	ROW_RECORD("probe", "PROBE", show_probe, &probe_record_type,
		   "what it tells when it is open; with --probe", .flags = FIELD_JSON_ONLY),
	{0},
};

const struct record_type show_record_type = {
	.name = "show_device",
	.base = &device_record,
	.fields = show_record_type_fields,
};
