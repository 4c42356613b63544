/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>

#include "base/path.h"
#include "cli/command.h"
#include "cli/select.h"
#include "cli/topology_record.h"
#include "cli/topology_rows.h"

static void print_tree(FILE *out, const struct topology_rows *rows, const struct options *opts)
{
	topology_print_tree(out, rows, opts);
}

static void print_dot(FILE *out, const struct topology_rows *rows, const struct options *opts)
{
	(void)opts;
	topology_print_dot(out, rows);
}

static void print_svg(FILE *out, const struct topology_rows *rows, const struct options *opts)
{
	(void)opts;
	topology_print_svg(out, rows);
}

static const struct format {
	const char *name, *suffix; /* of files that are of this format unless --format says else */
	void (*print)(FILE *out, const struct topology_rows *rows, const struct options *opts);
} formats[] = {
	{"tree", ".txt", print_tree},
	{"dot", ".dot", print_dot},
	{"svg", ".svg", print_svg},
};

static const char *format_word(size_t i)
{
	return i < ARRAY_SIZE(formats) ? formats[i].name : NULL;
}

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), k = strlen(end);

	return n > k && strcasecmp(text + n - k, end) == 0;
}

static int bad_format(const char *word, struct error *err)
{
	const char *words[ARRAY_SIZE(formats) + 1] = {NULL}, *near;

	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		words[i] = formats[i].name;
	error_set(err, STATUS_USAGE, EINVAL, "bad-option", NULL,
		  "--format wants tree, dot or svg, not '%s'", word);
	near = nearest_word(word, words);
	return near ? error_remedy(err, "Did you mean '%s'?", near) : -1;
}

/* A picture of another kind would be a text of that name. */
static int bad_ending(const char *file, struct error *err)
{
	char known[64] = "";

	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		append(known, sizeof(known), "%s%s", i ? ", " : "", formats[i].suffix);
	error_set(err, STATUS_USAGE, EINVAL, "bad-option", NULL,
		  "--output: '%s' ends as no format that there is", file);
	return error_remedy(err, "Endings are: %s; --format says what goes into any other.", known);
}

static bool has_ending(const char *file)
{
	const char *name = base_name(file);

	return *name && strchr(name + 1, '.');
}

/* The one that is asked for, that the name of the file tells, or the tree. */
static int choose_format(const struct format **ret, const struct options *opts, struct error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		if (opts->format ? !streq(opts->format, formats[i].name)
				 : !opts->file || !ends_with(opts->file, formats[i].suffix))
			continue;
		*ret = &formats[i];
		return 0;
	}
	if (opts->format)
		return bad_format(opts->format, err);
	if (opts->file && has_ending(opts->file))
		return bad_ending(opts->file, err);
	*ret = &formats[0];
	return 0;
}

static int check_options(const struct options *opts, struct error *err)
{
	if (opts->json && (opts->format || opts->file))
		return error_set(err, STATUS_USAGE, EINVAL, "bad-option", NULL,
				 "--json is a format of its own, and goes to standard output: it "
				 "takes no --%s",
				 opts->format ? "format" : "output");
	return 0;
}

static int gather(struct inventory *ret, struct topology *topology, const struct options *opts,
		  struct error *err)
{
	scoped_selection struct selection selection = {0};

	if (selection_read(&selection, opts, RESOLVE_TO_READ, err) < 0)
		return -1;
	if (inventory_scan(ret, NEED_NAMES | NEED_OFFER | NEED_RESET | NEED_LOGICAL, err) < 0)
		return -1;
	if (topology_build(topology, ret, err) < 0)
		return -1;
	if (selection.count)
		topology_keep(topology, (const char *const *)selection.addresses, selection.count,
			      ALONG_WITH_BONDS);
	return 0;
}

static int write_file(const struct format *format, const struct topology_rows *rows,
		      const struct options *opts, struct error *err)
{
	scoped_free char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	int r;

	if (!out)
		return error_out_of_memory(err);
	format->print(out, rows, opts);
	if (fclose(out) != 0)
		return error_out_of_memory(err);
	r = path_export(text, size, opts->file);
	if (r == -EEXIST) {
		error_set(err, STATUS_USAGE, r, "not-a-file", opts->file,
			  "it is there, and no regular file");
		return error_remedy(err, "Leave -o out to print on standard output.");
	}
	if (r < 0)
		return error_errno(err, r, "write-failed", opts->file, "cannot be written");
	message_verbose("%s written, %zu bytes", opts->file, size);
	return 0;
}

static enum status run(const struct options *opts, struct error *err)
{
	scoped_inventory struct inventory inventory = {0};
	const struct format *format = NULL;
	struct topology topology;
	struct topology_rows rows;

	if (check_options(opts, err) < 0 || choose_format(&format, opts, err) < 0 ||
	    gather(&inventory, &topology, opts, err) < 0)
		return err->status;
	if (opts->json) {
		json_print_document(&topology_document, &topology);
		return STATUS_OK;
	}
	if (topology_rows_make(&rows, &topology, inventory.arena, err) < 0)
		return err->status;
	selection_tell_of_locked(&inventory);
	if (opts->file && !streq(opts->file, "-"))
		return write_file(format, &rows, opts, err) < 0 ? err->status : STATUS_OK;
	format->print(stdout, &rows, opts);
	return STATUS_OK;
}

static const struct option_spec options[] = {
	OPTION("format", 0, OPTION_STRING, "FORMAT",
	       "tree, dot or svg; as the name of FILE ends, else tree", format,
	       .word = format_word),
	OPTION("output", 'o', OPTION_STRING, "FILE",
	       "write to FILE, whole or not at all; -: standard output", file),
	{0},
};

const struct command cmd_topology = {
	.name = "topology",
	.synopsis = "[DEVICE...]",
	.summary = "draw what hangs together: buses, IOMMU groups, hot-reset sets, NUMA nodes",
	.details = "With DEVICE, draws these, what shares an IOMMU group or a hot-reset set with "
		   "them, and what is above. Equal virtual functions share one row.",
	.options = options,
	.document = &topology_document,
	.read_only = true,
	.max_args = -1,
	.run = run,
};
