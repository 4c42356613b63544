/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/show_record.h"

#include <errno.h>
#include <stdio.h>

#include "cli/command.h"
#include "cli/open_lock.h"
#include "cli/probe_record.h"
#include "cli/reach_record.h"
#include "cli/select.h"

struct show {
	struct show_record *devices;
	size_t count;
};

static struct value shown_device(const void *record, size_t i)
{
	const struct show *show = record;

	return value_record(i < show->count ? &show->devices[i] : NULL);
}

static const struct field show_document_fields[] = {
	ROW_RECORDS("devices", "DEVICES", shown_device, &show_record_type,
		    "the devices named, in that order"),
	{0},
};

static const struct record_type show_document = {
	.name = "show",
	.fields = show_document_fields,
};

static void print_probe(const struct probe *probe, const struct options *opts)
{
	if (!probe)
		return;
	puts("\nprobe:");
	sheet_print(&probe_record_type, probe, opts);
}

static void print_reach(const struct reach *reach, const struct options *opts)
{
	if (!reach)
		return;
	puts("\nuser:");
	sheet_print(&reach_record_type, reach, opts);
}

static void print_text(const struct show *show, const struct options *opts)
{
	for (size_t i = 0; i < show->count; i++) {
		const struct show_record *record = &show->devices[i];

		if (i)
			putchar('\n');
		sheet_print(&show_record_type, record, opts);
		print_reach(record->reach, opts);
		print_probe(record->probe, opts);
		if (record->holders.hidden)
			message_note(
				"%s: %zu processes could not be looked into: run as root to see "
				"whether they hold it",
				record->device.address, record->holders.hidden);
	}
}

static int probe_all(struct show *show, const struct options *opts, struct error *err)
{
	struct case_host host;

	case_host_probe(&host);
	for (size_t i = 0; i < show->count; i++) {
		struct show_record *record = &show->devices[i];

		if (!record->arena)
			return error_out_of_memory(err);
		message_note("Opening %s resets the function", record->device.address);
		if (probe_device(&record->probe, record->arena, &host, &record->device,
				 opts->timeout_s * 1000, err) < 0)
			return -1;
	}
	return 0;
}

/* What a user may do is known without opening anything. */
static int look_as_user(struct show *show, const struct options *opts, struct error *err)
{
	for (size_t i = 0; i < show->count; i++)
		if (show_record_reach(&show->devices[i], opts->user, err) < 0)
			return -1;
	return 0;
}

static enum status print(const struct show *show, const struct options *opts)
{
	enum status status = STATUS_OK;

	if (opts->json)
		json_print_document(&show_document, show);
	else
		print_text(show, opts);
	for (size_t i = 0; i < show->count; i++)
		if (show->devices[i].device.state == DEVICE_GONE)
			status = STATUS_NO_DEVICE;
	return status;
}

static enum status show(const struct inventory *named, const struct inventory *all,
			const struct options *opts, struct error *err)
{
	struct show list = {.devices = calloc(named->count + 1, sizeof(*list.devices))};
	enum status status;

	if (!list.devices) {
		error_out_of_memory(err);
		return err->status;
	}
	for (size_t i = 0; i < named->count; i++)
		show_record_fill(&list.devices[list.count++], &named->devices[i], all);
	if (opts->user && look_as_user(&list, opts, err) < 0)
		status = err->status;
	else if (opts->probe && probe_all(&list, opts, err) < 0)
		status = err->status;
	else
		status = print(&list, opts);
	for (size_t i = 0; i < list.count; i++)
		show_record_free(&list.devices[i]);
	free(list.devices);
	return status;
}

static int check_options(const struct options *opts, struct error *err)
{
	if (opts->probe && opts->sysroot)
		return error_set(
			err, STATUS_USAGE, EINVAL, "bad-option", NULL,
			"--sysroot is not for show --probe: a captured tree can only be looked "
			"at");
	if (opts->probe && opts->timeout_s == 0)
		return error_set(err, STATUS_USAGE, EINVAL, "bad-option", NULL,
				 "--timeout 0 leaves no time for anything");
	return 0;
}

/* The whole machine, for the other members of the groups, and all of the devices named. */
static int scan(struct inventory *named, struct inventory *all, const struct selection *selection,
		struct error *err)
{
	if (inventory_scan(all, 0, err) < 0)
		return -1;
	return inventory_scan_more(
		named, all, NEED_NAMES | NEED_OFFER | NEED_RESET | NEED_LOGICAL | NEED_DETAIL,
		(const char *const *)selection->addresses, selection->count, err);
}

/* Every device must pass before the first is opened. */
static int admit(const struct inventory *named, const struct inventory *all, struct error *err)
{
	for (size_t i = 0; i < named->count; i++)
		if (case_admit(all, &named->devices[i], err) < 0)
			return -1;
	return 0;
}

static enum status run(const struct options *opts, struct error *err)
{
	scoped_selection struct selection selection = {0};
	scoped_inventory struct inventory named = {0}, all = {0};
	scoped_fd int lock = -1;

	if (check_options(opts, err) < 0 ||
	    selection_read(&selection, opts, opts->probe ? RESOLVE_TO_CHANGE : RESOLVE_TO_READ,
			   err) < 0)
		return err->status;
	if (opts->probe)
		lock = open_lock_take(opts, err);
	if (err->code || scan(&named, &all, &selection, err) < 0 ||
	    (opts->probe && admit(&named, &all, err) < 0))
		return err->status;
	return show(&named, &all, opts, err);
}

static const struct option_spec options[] = {
	OPTION("user", 0, OPTION_STRING, "USER", "show what this user lacks to use the device",
	       user),
	OPTION("probe", 0, OPTION_FLAG, NULL,
	       "open it, which resets the function, and show what it tells then", probe),
	OPTION("timeout", 0, OPTION_NUMBER, "SECONDS",
	       "with --probe, how long one device may take, and another vfioctl (130)", timeout_s),
	{0},
};

const struct command cmd_show = {
	.name = "show",
	.synopsis = "DEVICE...",
	.summary =
		"show all that is known of a device: group, modules, nodes, resets, who holds it",
	.details =
		"Opens nothing of the device itself and does not wake it when it sleeps, unless "
		"--probe is given: then each DEVICE, which must be bound to a VFIO driver and not "
		"be in use, is opened and reset.",
	.options = options,
	.document = &show_document,
	.read_only = true,
	.min_args = 1,
	.max_args = -1,
	.run = run,
};
