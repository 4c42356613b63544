/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A topology as a table with a tree in its first column, and below it what goes together.
 */
#include "cli/fill.h"
#include "cli/render.h"
#include "cli/topology_rows.h"

/* Defines a getter of a row's field: an expression over `row`, and `dev`, its (first) device. */
#define LINE(name, expression)                                                                     \
	static struct value row_##name(const void *record)                                         \
	{                                                                                          \
		const struct topology_row *row = record;                                           \
		const struct device *dev = &row->node->device;                                     \
                                                                                                   \
		(void)dev;                                                                         \
		return (expression);                                                               \
	}

LINE(address, value_string(row->address))
LINE(driver, value_string(dev->driver))
LINE(group, value_string(row->groups))
LINE(offer, value_string(row->offer))
LINE(reset, value_string(row->reset))
LINE(numa, value_number(dev->numa_node))
LINE(iommu, value_string(dev->iommu_instance))

static struct value row_name(const void *record)
{
	static char place[128]; /* one at a time: the renderer takes them in turn */
	const struct topology_row *row = record;

	if (row->node->kind != TOPOLOGY_HOST_BRIDGE)
		return value_string(topology_name(row->node));
	topology_place(place, sizeof(place), row->node, true);
	return value_string(*place ? place : topology_name(row->node));
}

static enum tone row_tone(const void *record)
{
	static const enum tone tones[] = {
		[HANDOVER_READY] = TONE_GOOD,
		[HANDOVER_BLOCKED] = TONE_WARNING,
		[HANDOVER_UNGUARDED] = TONE_TROUBLE,
		[HANDOVER_BRIDGES] = TONE_PLAIN,
	};
	const struct topology_row *row = record;

	if (row->node->device.state != DEVICE_OK)
		return TONE_TROUBLE;
	return tones[row->node->handover];
}

static const struct field address = {
	.key = "device", .title = "DEVICE", .type = FIELD_STRING, .get = row_address};
static const struct field driver = {.key = "driver",
				    .title = "DRIVER",
				    .type = FIELD_STRING,
				    .get = row_driver,
				    .tone = row_tone};
static const struct field group = {.key = "group",
				   .title = "GROUP",
				   .type = FIELD_STRING,
				   .flags = FIELD_RIGHT,
				   .get = row_group};
static const struct field reset = {.key = "reset",
				   .title = "RESET",
				   .type = FIELD_STRING,
				   .flags = FIELD_SPARE, /* the sets are told below, too */
				   .get = row_reset};
static const struct field offer = {.key = "offered",
				   .title = "OFFERED",
				   .type = FIELD_STRING,
				   .get = row_offer,
				   .tone = row_tone};
static const struct field numa = {.key = "numa",
				  .title = "NUMA",
				  .type = FIELD_NUMBER,
				  .flags = FIELD_RIGHT,
				  .get = row_numa};
static const struct field iommu = {
	.key = "iommu", .title = "IOMMU", .type = FIELD_STRING, .get = row_iommu};
static const struct field name = {.key = "name",
				  .title = "NAME",
				  .type = FIELD_STRING,
				  .flags = FIELD_TRUNC,
				  .get = row_name};

struct strangers {
	bool numa, iommu;
};

/* Has a device another NUMA node, or another IOMMU, than its host bridge tells? */
static struct strangers find_strangers(const struct topology *topology)
{
	struct strangers found = {.numa = false};

	for (size_t i = 0; i < topology->count; i++) {
		const struct device *dev = &topology->nodes[i]->device;
		const struct topology_node *host = topology_host_of(topology->nodes[i]);

		if (!host)
			continue;
		found.numa |= dev->numa_node >= 0 && dev->numa_node != host->device.numa_node;
		found.iommu |= dev->iommu_instance &&
			       !streq_null(dev->iommu_instance, host->device.iommu_instance);
	}
	return found;
}

/* What all have, or all below a host bridge, stands in the head line or there, not in a column. */
static void choose_columns(struct columns *columns, const struct topology *topology)
{
	const struct strangers differ = find_strangers(topology);
	const struct {
		const struct field *field;
		bool wanted;
	} all[] = {
		{&address, true},
		{&driver, true},
		{&group, topology->n_groups > 0},
		{&offer, true},
		{&reset, topology->n_sets > 0},
		{&numa, differ.numa},
		{&iommu, differ.iommu},
		{&name, true},
	};

	*columns = (struct columns){.count = 0};
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		if (all[i].wanted)
			columns->list[columns->count++] = all[i].field;
}

static const void *row_at(const void *records, size_t i)
{
	const struct topology_rows *rows = records;

	return i < rows->count ? &rows->list[i] : NULL;
}

static size_t row_above(const void *records, size_t i)
{
	const struct topology_rows *rows = records;

	return rows->list[i].parent;
}

/* --- what goes together --------------------------------------------------------------------- */

enum { LABEL = 2, LIST = 17 };

/* All of it comes from sysfs. */
static void print_clean(FILE *out, const char *text, int width)
{
	scoped_free char *clean = scrub(text, SIZE_MAX);

	fprintf(out, "%-*s", width, clean ? clean : "");
}

static void print_filled(FILE *out, const char *text, int indent, int column)
{
	scoped_free char *clean = scrub(text, SIZE_MAX);

	fill_print(out, clean ? clean : "", indent, column);
}

/* The functions of the list, and how many more there are than fit into a few lines. */
static void print_members(FILE *out, struct topology_node *const *members, size_t count)
{
	enum { AT_MOST = 12 };
	char text[1024] = "";
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		if (members[i]->kind == TOPOLOGY_BRIDGE || ++n > AT_MOST)
			continue;
		append(text, sizeof(text), "%s%s", n > 1 ? " " : "", members[i]->device.address);
	}
	if (n > AT_MOST)
		append(text, sizeof(text), " and %zu more", n - AT_MOST);
	print_filled(out, text, LIST, LIST);
}

static void print_blocker(FILE *out, const struct device *blocker)
{
	char text[256];

	snprintf(text, sizeof(text), "blocked: the host has %s%s%s", blocker->address,
		 blocker->driver ? ", by its driver " : "", blocker->driver ? blocker->driver : "");
	fprintf(out, "%*s", LIST, "");
	print_filled(out, text, LIST, LIST);
}

static void print_groups(FILE *out, const struct topology *topology)
{
	bool begun = false;

	for (size_t i = 0; i < topology->n_groups; i++) {
		const struct topology_group *g = topology->groups[i];

		if (!topology_group_binds(g))
			continue;
		if (!begun)
			fputs("\nHanded over together, for they share an IOMMU group:\n", out);
		begun = true;
		fprintf(out, "%*sgroup %-*d", LABEL, "", LIST - LABEL - 6, g->number);
		print_members(out, g->members, g->count);
		if (g->handover == HANDOVER_BLOCKED)
			print_blocker(out, g->blocker);
	}
}

static void print_sets(FILE *out, const struct topology *topology)
{
	if (topology->n_sets)
		fputs("\nReset together, for they share the bus below a bridge:\n", out);
	for (size_t i = 0; i < topology->n_sets; i++) {
		fprintf(out, "%*s", LABEL, "");
		print_clean(out, topology->sets[i]->bridge, LIST - LABEL);
		print_members(out, topology->sets[i]->members, topology->sets[i]->count);
	}
}

void topology_print_tree(FILE *out, const struct topology_rows *rows, const struct options *opts)
{
	struct columns columns;
	char head[256];

	choose_columns(&columns, rows->topology);
	if (!opts->noheadings) {
		topology_headline(head, sizeof(head), rows->topology);
		print_filled(out, head, 0, 0);
		fputc('\n', out);
	}
	table_print_tree(out, &columns, opts, row_at, row_above, rows);
	if (opts->raw)
		return;
	print_groups(out, rows->topology);
	print_sets(out, rows->topology);
}
