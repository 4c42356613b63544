/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where everything is in the SVG picture (topology_svg_layout.c), for who draws it
 * (topology_svg.c). All lengths are pixels.
 */
#pragma once

#include "cli/topology_rows.h"

enum {
	SVG_MARGIN = 24,
	SVG_HEAD = 96, /* title and legend */
	SVG_PANEL_WIDTH = 980,
	SVG_PANEL_GAP = 20,
	SVG_PANEL_HEAD = 44,
	SVG_PANEL_PAD = 16,
	SVG_ROW = 32, /* from row to row */
	SVG_BOX = 26, /* height of its box */
	SVG_INDENT = 24,
	SVG_BOX_RIGHT = 620,
	SVG_OFFER = 632,
	SVG_GROUP = 744,
	SVG_SET = 858,
	SVG_SET_LANE = 10,
};

/* A row, in its panel. */
struct svg_row {
	const struct topology_row *row;
	size_t above; /* row of this panel that it hangs below; TOPOLOGY_NO_ROW: the panel itself */
	int depth;
};

/* All that is below one host bridge. */
struct svg_panel {
	const struct topology_row *host; /* NULL: what is below none */
	size_t first, count;             /* of svg_layout.rows */
	int x, y, height;
};

struct svg_layout {
	struct svg_row *rows;
	struct svg_panel *panels;
	size_t n_panels;
	int width, height;
};

/* Lengths of a row in its panel, from the panel's top. */
static inline int svg_row_y(size_t i)
{
	return SVG_PANEL_HEAD + (int)i * SVG_ROW;
}

static inline int svg_row_x(const struct svg_row *row)
{
	return SVG_PANEL_PAD + row->depth * SVG_INDENT;
}

/* 0, or -1 when out of memory. The caller frees rows and panels. */
int svg_layout_make(struct svg_layout *ret, const struct topology_rows *rows);
