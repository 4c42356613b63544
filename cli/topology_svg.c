/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A topology as a picture that needs nothing else: no fonts, scripts or links from outside. Colour
 * repeats what words say; it follows the reader's choice of light or dark.
 */
#include "cli/topology_svg.h"

#include "cli/markup.h"
#include "cli/records.h"

/* "NAME { LIGHT }" for each class, and what differs in the dark. */
static const char style[] =
	"text{font:12px system-ui,-apple-system,'Segoe UI','DejaVu Sans',sans-serif;fill:#1f2328}\n"
	".title{font-size:20px;font-weight:600}.mono{font-family:ui-monospace,'SFMono-Regular',"
	"'DejaVu Sans Mono',monospace}.strong{font-weight:600}.dim{fill:#59636e}.small{font-size:"
	"11px}\n"
	".page{fill:#fff}.panel{fill:#f6f8fa;stroke:#d1d9e0}.line{stroke:#afb8c1;fill:none}\n"
	".box{stroke-width:1}.pill{stroke-width:1;fill:none;stroke:#afb8c1}\n"
	".ready{fill:#dafbe1;stroke:#2da44e}.blocked{fill:#fff1c2;stroke:#bf8700}"
	".host{fill:#e6eefa;stroke:#7f9cc4}.unbound{fill:#fff;stroke:#afb8c1}"
	".unguarded{fill:#ffebe9;stroke:#cf222e}.bridges{fill:none;stroke:#c4ccd4}\n"
	".bar{stroke:none}.bar.ready{fill:#2da44e}.bar.blocked{fill:#bf8700}.bar.host{fill:#7f9cc4}"
	".bar.unbound{fill:#afb8c1}.bar.unguarded{fill:#cf222e}.bar.bridges{fill:#dde3e9}\n"
	".set{fill:none;stroke:#8250df;stroke-width:1.5;stroke-dasharray:4 3}.settext{fill:#8250df}"
	"\n"
	"@media (prefers-color-scheme:dark){text{fill:#e6edf3}.dim{fill:#9198a1}.page{fill:#0d1117}"
	".panel{fill:#151b23;stroke:#3d444d}.line{stroke:#656c76}.pill{stroke:#656c76}"
	".ready{fill:#12361f;stroke:#3fb950}.blocked{fill:#3a2c0a;stroke:#d29922}"
	".host{fill:#1b2a41;stroke:#5c82b8}.unbound{fill:#0d1117;stroke:#656c76}"
	".unguarded{fill:#42161a;stroke:#f85149}.bridges{fill:none;stroke:#3d444d}"
	".bar.ready{fill:#3fb950}.bar.blocked{fill:#d29922}.bar.host{fill:#5c82b8}"
	".bar.unbound{fill:#656c76}.bar.unguarded{fill:#f85149}.bar.bridges{fill:#2a313c}"
	".set{stroke:#ab7df8}.settext{fill:#ab7df8}}\n";

/* --- primitives ----------------------------------------------------------------------------- */

static void put_text(FILE *out, int x, int y, const char *class, const char *text, size_t max)
{
	fprintf(out, "<text x=\"%d\" y=\"%d\" class=\"%s\">", x, y, class);
	markup_xml_cut(out, text, max);
	fputs("</text>\n", out);
}

static void put_rect(FILE *out, int x, int y, int width, int height, int round, const char *kind,
		     const char *class)
{
	fprintf(out,
		"<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"%d\" class=\"%s %s\"/>\n",
		x, y, width, height, round, kind, class);
}

/* A word in a rounded frame; returns where the next one may begin. */
static int put_pill(FILE *out, int x, int y, const char *class, const char *text)
{
	int width = 14 + (int)strlen(text) * 7;

	put_rect(out, x, y, width, 18, 9, "pill", class);
	fprintf(out, "<text x=\"%d\" y=\"%d\" class=\"small\" text-anchor=\"middle\">",
		x + width / 2, y + 13);
	markup_xml(out, text);
	fputs("</text>\n", out);
	return x + width + 6;
}

/* --- a row ---------------------------------------------------------------------------------- */

enum { MONO_WIDTH = 8, SANS_WIDTH = 7, ADDRESS = 36, DRIVER = 20 };

static const char *row_class(const struct topology_row *row)
{
	return topology_handover_word(row->node->handover);
}

/* From the box above down and then to the left edge of this one. */
static void draw_connector(FILE *out, const struct svg_layout *layout,
			   const struct svg_panel *panel, size_t i)
{
	const struct svg_row *row = &layout->rows[panel->first + i];
	int y = svg_row_y(i) + SVG_BOX / 2, x = svg_row_x(row) - SVG_INDENT / 2;
	const struct svg_row *above;

	if (row->above == TOPOLOGY_NO_ROW)
		return;
	above = &layout->rows[panel->first + row->above];
	fprintf(out, "<path d=\"M%d %dV%dH%d\" class=\"line\"/>\n", svg_row_x(above) + 12,
		svg_row_y(row->above) + SVG_BOX, y, x + SVG_INDENT / 2);
}

/* All that is known, for who points at it. */
static void put_tooltip(FILE *out, const struct topology_row *row)
{
	const struct device *dev = &row->node->device;
	char text[512] = "";

	append(text, sizeof(text), "%s", dev->address);
	if (row->count > 1)
		append(text, sizeof(text), " to %s", row->last->device.address);
	append(text, sizeof(text), ": %s", topology_name(row->node));
	if (dev->vendor_id >= 0)
		append(text, sizeof(text), " [%04x:%04x]", (unsigned int)dev->vendor_id,
		       (unsigned int)dev->device_id);
	append(text, sizeof(text), ", driver %s", dev->driver ? dev->driver : "none");
	if (*row->groups)
		append(text, sizeof(text), ", group %s (%s)", row->groups,
		       row->node->group ? topology_handover_word(row->node->group->handover) : "");
	if (dev->iommu_instance)
		append(text, sizeof(text), ", IOMMU %s", dev->iommu_instance);
	if (dev->numa_node >= 0)
		append(text, sizeof(text), ", NUMA node %d", dev->numa_node);
	fputs("<title>", out);
	markup_xml(out, text);
	fputs("</title>\n", out);
}

static void draw_box(FILE *out, const struct svg_row *at, int y)
{
	const struct topology_row *row = at->row;
	const char *driver = row->node->device.driver;
	int x = svg_row_x(at), width = SVG_BOX_RIGHT - x, text = x + 12, end;
	char count[24] = "";

	if (row->count > 1) { /* a pile */
		put_rect(out, x + 4, y + 4, width, SVG_BOX, 6, "box", row_class(row));
		put_rect(out, x + 2, y + 2, width, SVG_BOX, 6, "box", row_class(row));
		snprintf(count, sizeof(count), "\xc3\x97 %zu", row->count);
	}
	put_rect(out, x, y, width, SVG_BOX, 6, "box", row_class(row));
	put_text(out, text, y + 17, "mono strong", row->node->device.address, ADDRESS);
	text += (int)strnlen(row->node->device.address, ADDRESS) * MONO_WIDTH + 6;
	if (*count) {
		put_text(out, text, y + 17, "strong", count, sizeof(count));
		text += 52;
	}
	end = SVG_BOX_RIGHT - 12 - (driver ? (int)strnlen(driver, DRIVER) * MONO_WIDTH + 8 : 0);
	if (end - text > 5 * SANS_WIDTH)
		put_text(out, text, y + 17,
			 row->node->kind == TOPOLOGY_BRIDGE ? "dim small" : "dim",
			 topology_name(row->node), (size_t)((end - text) / SANS_WIDTH));
	if (!driver)
		return;
	fprintf(out, "<text x=\"%d\" y=\"%d\" class=\"mono small\" text-anchor=\"end\">",
		SVG_BOX_RIGHT - 10, y + 17);
	markup_xml_cut(out, driver, DRIVER);
	fputs("</text>\n", out);
}

/* What is offered now is filled; what a bind would give is an outline. */
static void draw_offer(FILE *out, const struct topology_row *row, int y)
{
	enum topology_handover handover = row->node->handover;
	bool is_word = handover == HANDOVER_BLOCKED || handover == HANDOVER_UNGUARDED;
	unsigned int modes = device_is_vfio(&row->node->device) ? row->node->device.modes
								: row->node->device.would_offer;
	const char *class = handover == HANDOVER_READY ? row_class(row) : "";
	struct value word;
	int x = SVG_OFFER;

	if (is_word)
		put_pill(out, x, y + 4, row_class(row), row->offer);
	for (size_t i = 0; !is_word && (word = mode_word(modes, i)).known; i++)
		x = put_pill(out, x, y + 4, class, word.string);
}

static void draw_row(FILE *out, const struct svg_layout *layout, const struct svg_panel *panel,
		     size_t i)
{
	const struct svg_row *at = &layout->rows[panel->first + i];

	fputs("<g>", out);
	put_tooltip(out, at->row);
	draw_connector(out, layout, panel, i);
	draw_box(out, at, svg_row_y(i));
	draw_offer(out, at->row, svg_row_y(i));
	fputs("</g>\n", out);
}

/* --- what hangs together -------------------------------------------------------------------- */

static const struct topology_group *group_at(const struct svg_layout *layout,
					     const struct svg_panel *panel, size_t i)
{
	return layout->rows[panel->first + i].row->node->group;
}

/* A bar beside the rows i to end - 1, which are of one group. */
static void draw_group(FILE *out, const struct svg_layout *layout, const struct svg_panel *panel,
		       size_t i, size_t end)
{
	const struct topology_row *row = layout->rows[panel->first + i].row;
	const struct topology_group *group = row->node->group;
	int y = svg_row_y(i), height = svg_row_y(end - 1) + SVG_BOX - y;
	bool binds = topology_group_binds(group) && row->count == 1;
	char text[64];

	fprintf(out,
		"<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"2\" class=\"bar %s\"/>\n",
		SVG_GROUP, y, binds ? 6 : 3, height, topology_handover_word(group->handover));
	snprintf(text, sizeof(text), "%s%s", row->count > 1 ? "" : "group ", row->groups);
	put_text(out, SVG_GROUP + 12, y + height / 2 + 4, binds ? "strong" : "dim small", text, 24);
}

static void draw_groups(FILE *out, const struct svg_layout *layout, const struct svg_panel *panel)
{
	for (size_t i = 0, end; i < panel->count; i = end) {
		const struct topology_group *group = group_at(layout, panel, i);

		for (end = i + 1; group && end < panel->count; end++)
			if (group_at(layout, panel, end) != group)
				break;
		if (group)
			draw_group(out, layout, panel, i, end);
	}
}

static bool is_in_set(const struct topology_set *set, const struct topology_node *node)
{
	for (size_t i = 0; i < set->count; i++)
		if (set->members[i] == node)
			return true;
	return false;
}

/* The first and the last row of the set in this panel. */
static bool span_of(const struct svg_layout *layout, const struct svg_panel *panel,
		    const struct topology_set *set, size_t *first, size_t *last)
{
	bool found = false;

	for (size_t i = 0; i < panel->count; i++) {
		if (!is_in_set(set, layout->rows[panel->first + i].row->node))
			continue;
		if (!found)
			*first = i;
		*last = i;
		found = true;
	}
	return found;
}

/* Sets of bridges below bridges lie in each other: the outer ones stand further to the right. */
static void draw_set(FILE *out, const struct svg_layout *layout, const struct svg_panel *panel,
		     const struct topology_set *set, int lane)
{
	int x = SVG_SET + lane * SVG_SET_LANE, y, bottom;
	size_t first = 0, last = 0;

	if (!span_of(layout, panel, set, &first, &last))
		return;
	y = svg_row_y(first) + 2;
	bottom = svg_row_y(last) + SVG_BOX - 2;
	fprintf(out, "<path d=\"M%d %dH%dV%dH%d\" class=\"set\"/>\n", SVG_SET - 6, y, x + 4, bottom,
		SVG_SET - 6);
	if (lane)
		return;
	put_text(out, x + 12, (y + bottom) / 2 + 4, "settext small", "reset together", 20);
}

/* How many sets of the topology lie within this one. */
static int lane_of(const struct topology *topology, const struct topology_set *set)
{
	int inner = 0;

	for (size_t i = 0; i < topology->n_sets; i++)
		inner += topology->sets[i] != set && topology->sets[i]->count < set->count &&
			 is_in_set(set, topology->sets[i]->members[0]);
	return inner > 0;
}

/* --- a panel, and all of it ----------------------------------------------------------------- */

static void draw_panel(FILE *out, const struct topology *topology, const struct svg_layout *layout,
		       const struct svg_panel *panel)
{
	char text[128] = "";

	fprintf(out, "<g transform=\"translate(%d %d)\">\n", panel->x, panel->y);
	put_rect(out, 0, 0, SVG_PANEL_WIDTH, panel->height, 10, "panel", "");
	put_text(out, SVG_PANEL_PAD, 28, "mono strong",
		 panel->host ? panel->host->node->device.address : "other buses", 40);
	if (panel->host)
		topology_place(text, sizeof(text), panel->host->node, false);
	put_text(out, SVG_PANEL_PAD + 110, 28, "dim", text, 80);
	for (size_t i = panel->count; i-- > 0;) /* boxes lie over the lines that come from below */
		draw_row(out, layout, panel, i);
	draw_groups(out, layout, panel);
	for (size_t i = 0; i < topology->n_sets; i++)
		draw_set(out, layout, panel, topology->sets[i],
			 lane_of(topology, topology->sets[i]));
	fputs("</g>\n", out);
}

/* What the boxes, the words in frames, the bars and the dashes mean. */
static void draw_legend(FILE *out)
{
	static const struct {
		enum topology_handover handover;
		const char *text;
	} legend[] = {
		{HANDOVER_READY, "VFIO has it: ready"},
		{HANDOVER_BLOCKED, "blocked by a member of its group"},
		{HANDOVER_UNGUARDED, "no IOMMU guards it"},
		{HANDOVER_HOST, "the host has it"},
		{HANDOVER_UNBOUND, "no driver"},
		{HANDOVER_BRIDGES, "bridge"},
	};
	int x = SVG_MARGIN, y = SVG_MARGIN + 36;

	for (size_t i = 0; i < ARRAY_SIZE(legend); i++) {
		put_rect(out, x, y, 16, 14, 4, "box", topology_handover_word(legend[i].handover));
		put_text(out, x + 22, y + 11, "small dim", legend[i].text, 40);
		x += 42 + (int)strlen(legend[i].text) * 6;
	}
	x = SVG_MARGIN;
	y += 24;
	x = put_pill(out, x, y - 2, "ready", "cdev");
	put_text(out, x, y + 11, "small dim", "a way offered now; in outline: after a bind", 60);
	x += 292;
	fprintf(out, "<rect x=\"%d\" y=\"%d\" width=\"6\" height=\"16\" class=\"bar host\"/>\n", x,
		y - 1);
	put_text(out, x + 14, y + 11, "small dim", "IOMMU group: handed over together", 60);
	x += 250;
	fprintf(out, "<path d=\"M%d %dh10v14h-10\" class=\"set\"/>\n", x, y);
	put_text(out, x + 18, y + 11, "small dim", "hot-reset set: reset together", 60);
}

void topology_print_svg(FILE *out, const struct topology_rows *rows)
{
	scoped_free struct svg_row *owned_rows = NULL;
	scoped_free struct svg_panel *owned_panels = NULL;
	struct svg_layout layout;
	char head[256];

	if (svg_layout_make(&layout, rows) < 0)
		abort();
	owned_rows = layout.rows;
	owned_panels = layout.panels;
	topology_headline(head, sizeof(head), rows->topology);
	fprintf(out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
		"viewBox=\"0 0 %d %d\" role=\"img\">\n<title>PCI topology: ",
		layout.width, layout.height, layout.width, layout.height);
	markup_xml(out, head);
	fprintf(out, "</title>\n<style>\n%s</style>\n", style);
	put_rect(out, 0, 0, layout.width, layout.height, 0, "page", "");
	fprintf(out,
		"<text x=\"%d\" y=\"%d\"><tspan class=\"title\">What goes together</tspan>"
		"<tspan class=\"dim\" dx=\"16\">",
		SVG_MARGIN, SVG_MARGIN + 16);
	markup_xml(out, head);
	fputs("</tspan></text>\n", out);
	draw_legend(out);
	for (size_t i = 0; i < layout.n_panels; i++)
		draw_panel(out, rows->topology, &layout, &layout.panels[i]);
	fputs("</svg>\n", out);
}
