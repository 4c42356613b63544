/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A table that is wider than its terminal gives way in this order, and no further than it must:
 * UUIDs lose their middle; what can be spared (FIELD_SPARE) and nobody named is left out, while a
 * cell that may be cut (FIELD_TRUNC) would have fewer than LEAST columns; then the widest of those
 * are cut, with a mark where something is missing, or go on in further lines (FIELD_WRAP).
 */
#include "cli/fit.h"

#include <stdio.h>

#include "cli/width.h"

enum { LEAST = 15 };

struct fit {
	struct libscols_table *table;
	const struct columns *columns;
	size_t room;              /* columns of the terminal */
	size_t wide[COLUMNS_MAX]; /* of each column of the table; 0: left out */
};

static void free_iter(struct libscols_iter **iter)
{
	scols_free_iter(*iter);
}
#define scoped_iter __attribute__((cleanup(free_iter)))

static struct libscols_iter *new_iter(void)
{
	struct libscols_iter *iter = scols_new_iter(SCOLS_ITER_FORWARD);

	if (!iter)
		abort();
	return iter;
}

/* The first line, the one after, or NULL at the end. */
static struct libscols_line *next_line(const struct fit *fit, struct libscols_iter *iter)
{
	struct libscols_line *line = NULL;

	return scols_table_next_line(fit->table, iter, &line) == 0 ? line : NULL;
}

static const char *mark(void)
{
	return MB_CUR_MAX > 1 ? "…" : "...";
}

static void set_text(struct libscols_cell *cell, char *text)
{
	if (!text || scols_cell_refer_data(cell, text) != 0)
		abort();
}

/* --- measuring ------------------------------------------------------------------------------ */

/* What is drawn in front of a line of a tree: two columns for each line above but the root. */
static size_t branch_width(const struct libscols_line *line)
{
	size_t width = 0;

	while ((line = scols_line_get_parent(line)))
		width += 2;
	return width;
}

static void measure_line(struct fit *fit, struct libscols_line *line)
{
	for (size_t c = 0; c < fit->columns->count; c++) {
		const char *text = scols_cell_get_data(scols_line_get_cell(line, c));
		size_t width = width_of(text) + (c == 0 ? branch_width(line) : 0);

		if (width > fit->wide[c])
			fit->wide[c] = width;
	}
}

static void measure(struct fit *fit)
{
	scoped_iter struct libscols_iter *iter = new_iter();
	struct libscols_line *line;

	for (size_t c = 0; c < fit->columns->count; c++)
		fit->wide[c] = width_of(fit->columns->list[c]->title); /* printed or not */
	while ((line = next_line(fit, iter)))
		measure_line(fit, line);
}

/* Of the whole table, with one column between two; those that give way with no more than most. */
static size_t total(const struct fit *fit, size_t most)
{
	size_t sum = 0;

	for (size_t c = 0; c < fit->columns->count; c++) {
		bool gives = fit->columns->list[c]->flags & (FIELD_TRUNC | FIELD_WRAP);

		if (fit->wide[c])
			sum += (gives && fit->wide[c] > most ? most : fit->wide[c]) + (sum > 0);
	}
	return sum;
}

static bool fits(const struct fit *fit)
{
	return total(fit, SIZE_MAX) <= fit->room;
}

/* --- shortening UUIDs ----------------------------------------------------------------------- */

enum { UUID = 36, UUID_HEAD = 8, UUID_TAIL = 4 };

static bool is_uuid(const char *text)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	static const size_t parts[] = {8, 4, 4, 4, 12};

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		if (strspn(text, digits) != parts[i])
			return false;
		text += parts[i];
		if (*text++ != (i + 1 < ARRAY_SIZE(parts) ? '-' : '\0'))
			return false;
	}
	return true;
}

/* Two UUIDs that would be one when they are short. */
static bool are_alike(const char *a, const char *b)
{
	return strncmp(a, b, UUID_HEAD) == 0 && streq(a + UUID - UUID_TAIL, b + UUID - UUID_TAIL) &&
	       !streq(a, b);
}

static const char *uuid_at(struct libscols_line *line, size_t column)
{
	const char *text = scols_cell_get_data(scols_line_get_cell(line, column));

	return is_uuid(text) ? text : NULL;
}

static bool has_its_like(const struct fit *fit, size_t column, const char *uuid)
{
	scoped_iter struct libscols_iter *iter = new_iter();
	struct libscols_line *line;

	while ((line = next_line(fit, iter))) {
		const char *other = uuid_at(line, column);

		if (other && are_alike(uuid, other))
			return true;
	}
	return false;
}

static bool can_be_short(const struct fit *fit, size_t column)
{
	scoped_iter struct libscols_iter *iter = new_iter();
	struct libscols_line *line;

	while ((line = next_line(fit, iter))) {
		const char *uuid = uuid_at(line, column);

		if (uuid && has_its_like(fit, column, uuid))
			return false;
	}
	return true;
}

static void shorten_uuids(const struct fit *fit, size_t column)
{
	scoped_iter struct libscols_iter *iter = new_iter();
	struct libscols_line *line;

	if (!can_be_short(fit, column))
		return;
	while ((line = next_line(fit, iter))) {
		const char *uuid = uuid_at(line, column);
		char *text = NULL;

		if (!uuid)
			continue;
		if (asprintf(&text, "%.*s%s%s", UUID_HEAD, uuid, mark(), uuid + UUID - UUID_TAIL) <
		    0)
			abort();
		set_text(scols_line_get_cell(line, column), text);
	}
}

/* --- leaving out ---------------------------------------------------------------------------- */

/* The last ones first. */
static void leave_out(struct fit *fit)
{
	for (size_t c = fit->columns->count; c-- > 1 && total(fit, LEAST) > fit->room;) {
		struct libscols_column *column = scols_table_get_column(fit->table, c);

		if (!(fit->columns->list[c]->flags & FIELD_SPARE) || fit->columns->named[c])
			continue;
		scols_column_set_flags(column, scols_column_get_flags(column) | SCOLS_FL_HIDDEN);
		fit->wide[c] = 0;
	}
}

/* --- cutting -------------------------------------------------------------------------------- */

static void cut_cell(struct libscols_cell *cell, size_t columns)
{
	const char *text = scols_cell_get_data(cell);
	size_t width, bytes;
	char *cut = NULL;

	if (width_of(text) <= columns)
		return;
	bytes = width_bytes(text, columns - width_of(mark()), &width);
	while (bytes > 0 && text[bytes - 1] == ' ')
		bytes--;
	if (asprintf(&cut, "%.*s%s", (int)bytes, text, mark()) < 0)
		abort();
	set_text(cell, cut);
}

static void wrap_cell(struct libscols_cell *cell, size_t columns)
{
	set_text(cell, width_wrap(scols_cell_get_data(cell), columns));
}

static void change_cells(const struct fit *fit, size_t column,
			 void (*change)(struct libscols_cell *cell, size_t columns))
{
	scoped_iter struct libscols_iter *iter = new_iter();
	struct libscols_line *line;

	while ((line = next_line(fit, iter)))
		change(scols_line_get_cell(line, column), fit->wide[column]);
}

void table_wrap(struct libscols_table *table, size_t column, size_t columns)
{
	struct libscols_column *wrapped = scols_table_get_column(table, column);
	struct fit fit = {.table = table};

	fit.wide[column] = columns;
	change_cells(&fit, column, wrap_cell);
	if (scols_column_set_safechars(wrapped, "\n") != 0 ||
	    scols_column_set_wrapfunc(wrapped, scols_wrapnl_chunksize, scols_wrapnl_nextchunk,
				      NULL) != 0)
		abort();
}

/* The widest columns that give way become as wide as is left for each; none below its heading. */
static void cut(struct fit *fit)
{
	size_t most = fit->room;

	while (most > width_of(mark()) && total(fit, most) > fit->room)
		most--;
	for (size_t c = 0; c < fit->columns->count; c++) {
		const struct field *field = fit->columns->list[c];
		size_t least = width_of(field->title);

		if (!(field->flags & (FIELD_TRUNC | FIELD_WRAP)) || fit->wide[c] <= most)
			continue;
		fit->wide[c] = most > least ? most : least;
		if (field->flags & FIELD_WRAP)
			table_wrap(fit->table, c, fit->wide[c]);
		else
			change_cells(fit, c, cut_cell);
	}
}

/* -------------------------------------------------------------------------------------------- */

void table_fit(struct libscols_table *table, const struct columns *columns)
{
	struct fit fit = {
		.table = table, .columns = columns, .room = scols_table_get_termwidth(table)};

	measure(&fit);
	if (fits(&fit))
		return;
	for (size_t c = 0; c < columns->count; c++)
		shorten_uuids(&fit, c);
	measure(&fit);
	leave_out(&fit);
	if (!fits(&fit))
		cut(&fit);
}
