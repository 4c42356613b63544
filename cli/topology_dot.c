/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A topology for graphviz: a cluster for each host bridge, in it one for each IOMMU group of
 * several functions, and dashed edges to what is reset together. The last ones first: from left to
 * right graphviz draws upwards.
 */
#include "cli/markup.h"
#include "cli/topology_rows.h"

static const struct {
	const char *fill, *line;
} colors[] = {
	[HANDOVER_READY] = {"#d7f5dd", "#1a7f37"},     [HANDOVER_BLOCKED] = {"#fff1cc", "#9a6700"},
	[HANDOVER_HOST] = {"#e4ecf7", "#57739c"},      [HANDOVER_UNBOUND] = {"#ffffff", "#8c959f"},
	[HANDOVER_UNGUARDED] = {"#ffe2e0", "#cf222e"}, [HANDOVER_BRIDGES] = {"#f3f4f6", "#afb8c1"},
};

static void put_string(FILE *out, const char *prefix, const char *text)
{
	fprintf(out, "\"%s", prefix);
	markup_dot(out, text);
	fputc('"', out);
}

static void put_line(FILE *out, const char *prefix, const char *text)
{
	if (!text || !*text)
		return;
	fprintf(out, "\\n%s", prefix);
	markup_dot(out, text);
}

static void put_node(FILE *out, const struct topology_row *row, int indent)
{
	const struct device *dev = &row->node->device;
	char place[96] = "";

	fprintf(out, "%*s", indent, "");
	put_string(out, "", dev->address);
	fprintf(out, " [label=\"");
	markup_dot(out, row->address);
	if (row->node->kind != TOPOLOGY_HOST_BRIDGE)
		put_line(out, "", topology_name(row->node));
	put_line(out, "driver ", dev->driver);
	put_line(out, row->count > 1 ? "groups " : "group ", row->groups);
	put_line(out, "", row->offer);
	if (dev->iommu_instance)
		append(place, sizeof(place), "%s", dev->iommu_instance);
	if (dev->numa_node >= 0)
		append(place, sizeof(place), "%sNUMA node %d", *place ? ", " : "", dev->numa_node);
	put_line(out, "", place);
	fprintf(out, "\", fillcolor=\"%s\", color=\"%s\"%s];\n", colors[row->node->handover].fill,
		colors[row->node->handover].line, row->count > 1 ? ", peripheries=2" : "");
}

/* A host bridge is drawn in its own cluster. */
static const struct topology_node *host_of(const struct topology_node *node)
{
	return node->kind == TOPOLOGY_HOST_BRIDGE ? node : topology_host_of(node);
}

static bool has_cluster(const struct topology_node *node)
{
	return node->group && topology_group_binds(node->group);
}

/* All rows of the group that one host bridge has: rows that begin in it. */
static void put_group(FILE *out, const struct topology_rows *rows,
		      const struct topology_group *group)
{
	fprintf(out,
		"    subgraph \"cluster_group_%d\" {\n"
		"      label=\"group %d: handed over together\"; style=\"rounded,filled\";\n"
		"      color=\"%s\"; fillcolor=\"#00000008\";\n",
		group->number, group->number, colors[group->handover].line);
	for (size_t i = rows->count; i-- > 0;)
		if (rows->list[i].node->group == group)
			put_node(out, &rows->list[i], 6);
	fputs("    }\n", out);
}

/* What is below one host bridge, or, when it is NULL, below none. */
static void put_nodes_of(FILE *out, const struct topology_rows *rows,
			 const struct topology_node *host)
{
	const struct topology *topology = rows->topology;

	for (size_t i = rows->count; i-- > 0;) {
		const struct topology_node *node = rows->list[i].node;

		if (host_of(node) == host && !has_cluster(node))
			put_node(out, &rows->list[i], 4);
	}
	for (size_t i = topology->n_groups; i-- > 0;)
		if (topology_group_binds(topology->groups[i]) &&
		    host_of(topology->groups[i]->members[0]) == host)
			put_group(out, rows, topology->groups[i]);
}

static void put_host(FILE *out, const struct topology_rows *rows, const struct topology_row *row)
{
	fprintf(out, "  subgraph ");
	put_string(out, "cluster_", row->node->device.address);
	fputs(" {\n    label=", out);
	put_string(out, "", row->node->device.address);
	fputs("; style=rounded; color=\"#d0d7de\";\n", out);
	put_nodes_of(out, rows, row->node);
	fputs("  }\n", out);
}

static void put_edges(FILE *out, const struct topology_rows *rows)
{
	for (size_t i = rows->count; i-- > 0;) {
		const struct topology_row *row = &rows->list[i];

		if (row->parent == TOPOLOGY_NO_ROW)
			continue;
		fputs("  ", out);
		put_string(out, "", rows->list[row->parent].node->device.address);
		fputs(" -> ", out);
		put_string(out, "", row->node->device.address);
		fprintf(out, "%s;\n", *row->reset ? " [style=dashed, color=\"#8250df\"]" : "");
	}
}

void topology_print_dot(FILE *out, const struct topology_rows *rows)
{
	char head[256];

	topology_headline(head, sizeof(head), rows->topology);
	fputs("digraph vfioctl {\n  rankdir=LR; ordering=out; fontname=\"sans-serif\"; "
	      "fontsize=11;\n"
	      "  label=",
	      out);
	fputc('"', out);
	markup_dot(out, head);
	fprintf(out, "%s\"", rows->topology->n_sets ? "\\ndashed: reset together" : "");
	fputs(";\n  node [shape=box, style=\"rounded,filled\", fontname=\"sans-serif\", "
	      "fontsize=10];\n"
	      "  edge [arrowhead=none, color=\"#8c959f\"];\n",
	      out);
	for (size_t i = rows->count; i-- > 0;)
		if (rows->list[i].node->kind == TOPOLOGY_HOST_BRIDGE)
			put_host(out, rows, &rows->list[i]);
	put_nodes_of(out, rows, NULL);
	put_edges(out, rows);
	fputs("}\n", out);
}
