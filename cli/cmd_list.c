/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/command.h"
#include "cli/records.h"
#include "cli/select.h"
#include "host/usage.h"

static struct value listed_device(const void *record, size_t i)
{
	const struct inventory *inventory = record;

	return value_record(i < inventory->count ? &inventory->devices[i] : NULL);
}

static const struct record_type list_document = {
	.name = "list",
	.fields = (const struct field[]){{.key = "devices",
					  .title = "DEVICES",
					  .type = FIELD_RECORDS,
					  .item = listed_device,
					  .child = &device_record,
					  .help = "the devices, in order of address"},
					 {0}},
};

static const void *row(const void *records, size_t i)
{
	return listed_device(records, i).record;
}

/* All operands, or every device when there is none. */
static int gather(struct inventory *ret, unsigned int needs, const struct options *opts,
		  struct error *err)
{
	scoped_selection struct selection selection = {0};

	if (opts->n_args == 0)
		return inventory_scan(ret, needs, err);
	if (selection_read(&selection, opts, RESOLVE_TO_READ, err) < 0)
		return -1;
	return inventory_scan_only(ret, needs, (const char *const *)selection.addresses,
				   selection.count, err);
}

/* JSON has every key; but who uses the devices takes a look at all processes, so only if named. */
static unsigned int needs_of(const struct columns *columns, const struct options *opts)
{
	unsigned int needs = columns_needs(columns);

	if (opts->json)
		needs |= NEED_NAMES | NEED_OFFER;
	if (opts->with_class)
		needs |= NEED_NAMES;
	return needs;
}

static enum status run(const struct options *opts, struct error *err)
{
	scoped_inventory struct inventory inventory = {0};
	struct columns columns;
	unsigned int needs;

	if (columns_parse(&columns, &device_record, opts->output, err) < 0)
		return err->status;
	needs = needs_of(&columns, opts);
	if (gather(&inventory, needs, opts, err) < 0 || filter_apply(&inventory, opts, err) < 0)
		return err->status;
	if (needs & NEED_USAGE && usage_of_inventory(&inventory, err) < 0)
		return err->status;
	if (opts->json)
		json_print_document(&list_document, &inventory);
	else
		table_print(&columns, opts, row, &inventory);
	return STATUS_OK;
}

const struct command cmd_list = {
	.name = "list",
	.synopsis = "[DEVICE...]",
	.summary = "list devices: driver, IOMMU group, and the ways that user space has to them",
	.details =
		"Without DEVICE, lists every PCI function and every device of another bus that a "
		"VFIO driver holds (mdev included). A device that does not answer within two "
		"seconds is listed with state 'locked'.",
	.options = filter_options,
	.columns = &device_record,
	.document = &list_document,
	.read_only = true,
	.max_args = -1,
	.run = run,
};
