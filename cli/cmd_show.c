/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/show_record.h"

#include <errno.h>
#include <stdio.h>

#include "cli/command.h"
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

static const struct record_type show_document = {
	.name = "show",
	.fields = (const struct field[]){{.key = "devices",
					  .title = "DEVICES",
					  .type = FIELD_RECORDS,
					  .item = shown_device,
					  .child = &show_record_type,
					  .help = "the devices named, in that order"},
					 {0}},
};

static void print_text(const struct show *show, const struct options *opts)
{
	for (size_t i = 0; i < show->count; i++) {
		const struct show_record *record = &show->devices[i];

		if (i)
			putchar('\n');
		sheet_print(&show_record_type, record, opts);
		if (record->holders.hidden)
			message_note(
				"%s: %zu processes could not be looked into: run as root to see "
				"whether they hold it",
				record->device.address, record->holders.hidden);
	}
}

static enum status show(const struct inventory *named, const struct options *opts,
			struct error *err)
{
	scoped_inventory struct inventory all = {0};
	struct show list = {.count = 0};
	enum status status = STATUS_OK;

	/* The whole machine, for the other members of the groups. */
	if (inventory_scan(&all, 0, err) < 0)
		return err->status;
	list.devices = calloc(named->count + 1, sizeof(*list.devices));
	for (size_t i = 0; list.devices && i < named->count; i++)
		show_record_fill(&list.devices[list.count++], &named->devices[i], &all);
	if (opts->json)
		json_print_document(&show_document, &list);
	else
		print_text(&list, opts);
	for (size_t i = 0; i < list.count; i++) {
		if (list.devices[i].device.state == DEVICE_GONE)
			status = STATUS_NO_DEVICE;
		show_record_free(&list.devices[i]);
	}
	free(list.devices);
	return status;
}

static enum status run(const struct options *opts, struct error *err)
{
	scoped_selection struct selection selection = {0};
	scoped_inventory struct inventory named = {0};

	if (selection_read(&selection, opts, RESOLVE_TO_READ, err) < 0 ||
	    inventory_scan_only(&named, NEED_NAMES | NEED_OFFER | NEED_DETAIL,
				(const char *const *)selection.addresses, selection.count, err) < 0)
		return err->status;
	return show(&named, opts, err);
}

const struct command cmd_show = {
	.name = "show",
	.synopsis = "DEVICE...",
	.summary =
		"show all that is known of a device: group, modules, nodes, resets, who holds it",
	.details = "Opens nothing of the device itself and does not wake it when it sleeps.",
	.document = &show_document,
	.read_only = true,
	.min_args = 1,
	.max_args = -1,
	.run = run,
};
