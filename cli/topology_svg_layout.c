/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A panel for each host bridge, and its rows one below the other in the order of the tree, so that
 * what hangs together is side by side and can be bracketed. Many panels stand in two columns or
 * more, about as wide as they are high.
 */
#include "cli/topology_svg.h"

enum { MAX_COLUMNS = 4 };

static size_t find_above(const struct svg_layout *layout, const struct svg_panel *panel,
			 const struct topology_node *parent)
{
	for (size_t i = panel->count; parent && i-- > 0;)
		if (layout->rows[panel->first + i].row->node == parent)
			return i;
	return TOPOLOGY_NO_ROW;
}

/* The rows directly or further below the host, but for those that are below another one there. */
static void add_panel(struct svg_layout *layout, const struct topology_rows *rows,
		      const struct topology_row *host, size_t first)
{
	const struct topology_node *root = host ? host->node : NULL;
	struct svg_panel *panel = &layout->panels[layout->n_panels];

	*panel = (struct svg_panel){.host = host, .first = first};
	for (size_t i = 0; i < rows->count; i++) {
		const struct topology_row *row = &rows->list[i];
		struct svg_row *added = &layout->rows[first + panel->count];

		if (row->node->kind == TOPOLOGY_HOST_BRIDGE || topology_host_of(row->node) != root)
			continue;
		*added = (struct svg_row){.row = row};
		added->above = find_above(layout, panel, row->node->parent);
		if (added->above != TOPOLOGY_NO_ROW)
			added->depth = layout->rows[first + added->above].depth + 1;
		panel->count++;
	}
	panel->height = svg_row_y(panel->count) + SVG_PANEL_PAD / 2;
	layout->n_panels += panel->count > 0;
}

static void add_panels(struct svg_layout *layout, const struct topology_rows *rows)
{
	size_t used = 0;

	for (size_t i = 0; i <= rows->count; i++) {
		const struct topology_row *host = i < rows->count ? &rows->list[i] : NULL;
		size_t before = layout->n_panels;

		if (host && host->node->kind != TOPOLOGY_HOST_BRIDGE)
			continue;
		add_panel(layout, rows, host, used);
		if (layout->n_panels > before)
			used += layout->panels[before].count;
	}
}

static int choose_columns(const struct svg_layout *layout)
{
	int total = 0, columns = 1;

	for (size_t i = 0; i < layout->n_panels; i++)
		total += layout->panels[i].height + SVG_PANEL_GAP;
	while (columns < MAX_COLUMNS && (size_t)columns < layout->n_panels &&
	       total / columns > columns * SVG_PANEL_WIDTH * 5 / 4)
		columns++;
	return columns;
}

/* Each panel goes to the column that ends highest, the order staying as it is from the left. */
static void place_panels(struct svg_layout *layout)
{
	int columns = choose_columns(layout), ends[MAX_COLUMNS], lowest = 0;

	for (int c = 0; c < columns; c++)
		ends[c] = SVG_MARGIN + SVG_HEAD;
	for (size_t i = 0; i < layout->n_panels; i++) {
		int column = 0;

		for (int c = 1; c < columns; c++)
			if (ends[c] < ends[column])
				column = c;
		layout->panels[i].x = SVG_MARGIN + column * (SVG_PANEL_WIDTH + SVG_PANEL_GAP);
		layout->panels[i].y = ends[column];
		ends[column] += layout->panels[i].height + SVG_PANEL_GAP;
		if (ends[column] > lowest)
			lowest = ends[column];
	}
	layout->width =
		2 * SVG_MARGIN + columns * (SVG_PANEL_WIDTH + SVG_PANEL_GAP) - SVG_PANEL_GAP;
	layout->height = (lowest ? lowest : SVG_MARGIN + SVG_HEAD) - SVG_PANEL_GAP + SVG_MARGIN;
}

int svg_layout_make(struct svg_layout *ret, const struct topology_rows *rows)
{
	struct svg_layout layout = {
		.rows = calloc(rows->count + 1, sizeof(*layout.rows)),
		.panels = calloc(rows->count + 2, sizeof(*layout.panels)),
	};

	if (!layout.rows || !layout.panels) {
		free(layout.rows);
		free(layout.panels);
		return -1;
	}
	add_panels(&layout, rows);
	place_panels(&layout);
	*ret = layout;
	return 0;
}
