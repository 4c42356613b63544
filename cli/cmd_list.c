/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "cli/command.h"
#include "cli/records.h"
#include "cli/select.h"
#include "cli/sort.h"
#include "host/topology.h"
#include "host/usage.h"

static struct value listed_device(const void *record, size_t i)
{
	const struct inventory *inventory = record;

	return value_record(i < inventory->count ? &inventory->devices[i] : NULL);
}

static const struct field list_document_fields[] = {
	ROW_RECORDS("devices", "DEVICES", listed_device, &device_record,
		    "the devices, in order of address"),
	{0},
};

static const struct record_type list_document = {
	.name = "list",
	.fields = list_document_fields,
};

static const void *row(const void *records, size_t i)
{
	return listed_device(records, i).record;
}

/* JSON has every key; but who uses the devices takes a look at all processes, so only if named. */
static unsigned int needs_of(const struct columns *columns, const struct field *sort,
			     const struct options *opts)
{
	unsigned int needs = columns_needs(columns) | (sort ? sort->needs : 0);

	if (opts->json)
		needs |= NEED_NAMES | NEED_OFFER | NEED_RESET | NEED_LOGICAL;
	if (opts->with_class)
		needs |= NEED_NAMES;
	if (opts->tree)
		needs |= NEED_RESET;
	return needs;
}

/* All operands, or every device when there is none; for a tree all devices, and those besides. */
static int gather(struct inventory *ret, struct inventory *machine, unsigned int needs,
		  const struct options *opts, struct error *err)
{
	scoped_selection struct selection selection = {0};

	if (opts->tree && inventory_scan(machine, needs, err) < 0)
		return -1;
	if (opts->n_args == 0)
		return inventory_scan(ret, needs, err);
	if (selection_read(&selection, opts, RESOLVE_TO_READ, err) < 0)
		return -1;
	return inventory_scan_only(ret, needs, (const char *const *)selection.addresses,
				   selection.count, err);
}

/* --- as a tree ------------------------------------------------------------------------------ */

static const void *tree_row(const void *records, size_t i)
{
	const struct topology *topology = records;

	return i < topology->count ? &topology->nodes[i]->device : NULL;
}

static size_t tree_parent(const void *records, size_t i)
{
	const struct topology *topology = records;

	for (size_t k = i; k-- > 0;)
		if (topology->nodes[k] == topology->nodes[i]->parent)
			return k;
	return NO_PARENT;
}

/* The devices found, and above them what leads there, in the order that the machine is in. */
static int print_tree(const struct inventory *found, const struct inventory *machine,
		      const struct columns *columns, const struct options *opts, struct error *err)
{
	scoped_free const char **addresses = calloc(found->count + 1, sizeof(*addresses));
	struct topology topology;

	if (!addresses)
		return error_out_of_memory(err);
	for (size_t i = 0; i < found->count; i++)
		addresses[i] = found->devices[i].address;
	if (topology_build(&topology, machine, err) < 0)
		return -1;
	topology_keep(&topology, addresses, found->count, ALONG_NOTHING);
	table_print_tree(stdout, columns, opts, tree_row, tree_parent, &topology);
	return 0;
}

/* --- running -------------------------------------------------------------------------------- */

/* What tells where a device is and what it hangs together with, where nobody asks for else. */
static const char tree_columns[] = "address,driver,iommu_group,reset_set,modes,device_name";

static int choose_columns(struct columns *ret, const struct options *opts, struct error *err)
{
	return columns_parse_over(ret, &device_record, opts->tree ? tree_columns : NULL,
				  opts->output, err);
}

static int choose_order(const struct field **ret, const struct options *opts, struct error *err)
{
	return opts->sort ? column_parse(ret, &device_record, opts->sort, err) : 0;
}

static int check_options(const struct options *opts, struct error *err)
{
	if (opts->tree && opts->json)
		return error_set(err, STATUS_USAGE, EINVAL, "bad-option", NULL,
				 "--tree is a drawing, and --json prints none; `vfioctl topology "
				 "--json` has the tree");
	return 0;
}

static enum status run(const struct options *opts, struct error *err)
{
	scoped_inventory struct inventory found = {0}, machine = {0};
	const struct field *sort = NULL;
	struct columns columns;
	unsigned int needs;

	if (check_options(opts, err) < 0 || choose_columns(&columns, opts, err) < 0 ||
	    choose_order(&sort, opts, err) < 0)
		return err->status;
	needs = needs_of(&columns, sort, opts);
	if (gather(&found, &machine, needs, opts, err) < 0 || filter_apply(&found, opts, err) < 0)
		return err->status;
	if (needs & NEED_USAGE && usage_of_inventory(opts->tree ? &machine : &found, err) < 0)
		return err->status;
	if (sort)
		inventory_sort(opts->tree ? &machine : &found, sort);
	if (opts->json)
		json_print_document(&list_document, &found);
	else if (!opts->tree)
		table_print(&columns, opts, row, &found);
	else if (print_tree(&found, &machine, &columns, opts, err) < 0)
		return err->status;
	selection_tell_of_locked(&found);
	return STATUS_OK;
}

/* The others are those of the machine. */
static const char *filter_driver_word(size_t i)
{
	return i == 0 ? "none" : NULL;
}

static const struct option_spec options[] = {
	OPTION("vfio", 0, OPTION_FLAG, NULL, "only devices that a VFIO driver holds", vfio_only),
	OPTION("driver", 0, OPTION_STRING, "NAME",
	       "only devices of this driver; 'none' for no driver", with_driver,
	       .word = filter_driver_word, .live = "driver"),
	OPTION("class", 0, OPTION_STRING, "CLASS",
	       "only this class: 02, 0200, or a word of its name", with_class),
	OPTION("id", 0, OPTION_STRING, "VENDOR:DEVICE", "only these ids; either may be left out",
	       with_id),
	OPTION("group", 0, OPTION_STRING, "NUMBER", "only this IOMMU group", with_group,
	       .live = "iommu_group"),
	OPTION("tree", 0, OPTION_FLAG, NULL, "draw what each device is below", tree),
	OPTION("sort", 0, OPTION_STRING, "COLUMN", "sort by this column, unknown values last",
	       sort),
	{0},
};

const struct command cmd_list = {
	.name = "list",
	.synopsis = "[DEVICE...]",
	.summary = "list devices: driver, IOMMU group, and the ways that user space has to them",
	.details =
		"Without DEVICE, lists every PCI function and every device of another bus that a "
		"VFIO driver holds (mdev included). A device that does not answer within two "
		"seconds is listed with state 'locked'.",
	.options = options,
	.columns = &device_record,
	.document = &list_document,
	.read_only = true,
	.max_args = -1,
	.run = run,
};
