/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records as text, through libsmartcols: rows of a table, or a sheet of one record.
 */
#include <libsmartcols.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/fit.h"
#include "cli/width.h"

static void out_of_memory(void)
{
	abort();
}

/* --- choosing columns ------------------------------------------------------------------- */

static void add_column(struct columns *columns, const struct field *field, bool named)
{
	size_t i = 0;

	while (i < columns->count && columns->list[i] != field)
		i++;
	if (i == COLUMNS_MAX)
		return;
	columns->list[i] = field;
	columns->named[i] |= named;
	columns->count += i == columns->count;
}

static void add_defaults(struct columns *columns, const struct record_type *type)
{
	for_each_field(field, type) if (field->flags & FIELD_DEFAULT)
		add_column(columns, field, false);
}

static bool is_column(const struct field *field)
{
	return field->type != FIELD_RECORD && field->type != FIELD_RECORDS;
}

/* Column by the key, in whatever case. */
static const struct field *find_column(const struct record_type *type, const char *word)
{
	for_each_field(field, type) if (is_column(field) &&
					strcasecmp(field->key, word) == 0) return field;
	return NULL;
}

/* What people call a column. */
static const struct {
	const char *word, *key;
} synonyms[] = {
	{"bdf", "address"},
	{"slot", "address"},
	{"netdev", "logical_names"},
	{"ifname", "logical_names"},
	{"interface", "logical_names"},
	{"interfaces", "logical_names"},
	{"disk", "logical_names"},
	{"name", "device_name"},
	{"override", "driver_override"},
};

/*
 * The column that somebody calls so, whose heading he wrote ("group" is iommu_group), whose key is
 * nearest to the word, or whose heading is.
 */
static const struct field *near_column(const struct record_type *type, const char *word)
{
	const char *keys[COLUMNS_MAX + 1] = {NULL}, *titles[COLUMNS_MAX + 1] = {NULL}, *near;
	const struct field *fields[COLUMNS_MAX];
	size_t n = 0;

	for_each_field(field, type)
	{
		if (!is_column(field) || n == COLUMNS_MAX)
			continue;
		if (strcasecmp(field->title, word) == 0)
			return field;
		fields[n] = field;
		keys[n] = field->key;
		titles[n++] = field->title;
	}
	for (size_t i = 0; i < ARRAY_SIZE(synonyms); i++)
		if (strcasecmp(synonyms[i].word, word) == 0 && find_column(type, synonyms[i].key))
			return find_column(type, synonyms[i].key);
	near = nearest_word(word, keys);
	near = near ? near : nearest_word(word, titles);
	for (size_t i = 0; near && i < n; i++)
		if (near == keys[i] || near == titles[i])
			return fields[i];
	return NULL;
}

static int unknown_column(const struct record_type *type, const char *word, struct error *err)
{
	const struct field *near = near_column(type, word);
	char all[512] = "";

	error_set(err, STATUS_USAGE, 0, "unknown-column", NULL, "there is no column '%s'", word);
	if (near)
		return error_remedy(err, "Did you mean '%s'?", near->key);
	for_each_field(field, type) if (is_column(field))
		append(all, sizeof(all), "%s%s", *all ? ", " : "", field->key);
	return error_remedy(err, "Columns are: %s.", all);
}

int column_parse(const struct field **ret, const struct record_type *type, const char *word,
		 struct error *err)
{
	const struct field *field = find_column(type, word);

	if (!field)
		return unknown_column(type, word, err);
	*ret = field;
	return 0;
}

/* Adds the columns of a list, "address,driver". */
static int add_list(struct columns *columns, const struct record_type *type, const char *text,
		    bool named, struct error *err)
{
	scoped_free char *copy = strdup(text);
	char *word, *rest = copy;

	if (!copy)
		out_of_memory();
	while ((word = strsep(&rest, ","))) {
		const struct field *field = NULL;

		if (column_parse(&field, type, word, err) < 0)
			return -1;
		add_column(columns, field, named);
	}
	return 0;
}

int columns_parse_over(struct columns *ret, const struct record_type *type, const char *defaults,
		       const char *text, struct error *err)
{
	struct columns columns = {.count = 0};
	bool adds = text && *text == '+';

	if ((!text || adds) && !defaults)
		add_defaults(&columns, type);
	else if ((!text || adds) && add_list(&columns, type, defaults, true, err) < 0)
		return -1;
	if (text && add_list(&columns, type, text + adds, true, err) < 0)
		return -1;
	*ret = columns;
	return 0;
}

int columns_parse(struct columns *ret, const struct record_type *type, const char *text,
		  struct error *err)
{
	return columns_parse_over(ret, type, NULL, text, err);
}

unsigned int columns_needs(const struct columns *columns)
{
	unsigned int needs = 0;

	for (size_t i = 0; i < columns->count; i++)
		needs |= columns->list[i]->needs;
	return needs;
}

/* --- tables ----------------------------------------------------------------------------- */

static struct libscols_table *new_table(const struct options *opts, FILE *out)
{
	struct libscols_table *table = scols_new_table();

	if (!table)
		out_of_memory();
	scols_table_set_stream(table, out);
	if (out != stdout) /* a file is not as wide as the terminal beside it */
		scols_table_set_termforce(table, SCOLS_TERMFORCE_NEVER);
	scols_table_enable_colors(table, color_is_wanted(opts, out));
	scols_table_enable_noheadings(table, opts->noheadings);
	scols_table_enable_raw(table, opts->raw);
	return table;
}

static void add_heading(struct libscols_table *table, const struct field *field, int flags)
{

	if (field->flags & FIELD_RIGHT)
		flags |= SCOLS_FL_RIGHT;
	if (field->flags & FIELD_TRUNC)
		flags |= SCOLS_FL_TRUNC;
	if (field->flags & FIELD_WRAP)
		flags |= SCOLS_FL_WRAP;
	if (!scols_table_new_column(table, field->title, 0, flags))
		out_of_memory();
}

static struct libscols_line *new_line(struct libscols_table *table)
{
	struct libscols_line *line = scols_table_new_line(table, NULL);

	if (!line)
		out_of_memory();
	return line;
}

static void set_cell(struct libscols_line *line, size_t column, const struct field *field,
		     const void *record)
{
	char *text = field_text(field, record);
	enum tone tone = field->tone ? field->tone(record) : TONE_PLAIN;

	if (!text || scols_line_refer_data(line, column, text) != 0)
		out_of_memory();
	if (tone != TONE_PLAIN)
		scols_cell_set_color(scols_line_get_cell(line, column), color_of(tone));
}

static void print_and_free(struct libscols_table *table)
{
	fflush(stdout); /* smartcols writes through the same stream, after what is there already */
	scols_print_table(table);
	scols_unref_table(table);
}

static bool is_for_terminal(const struct options *opts, FILE *out)
{
	return !opts->raw && out == stdout && isatty(STDOUT_FILENO);
}

static void fit_and_print(struct libscols_table *table, const struct columns *columns,
			  const struct options *opts, FILE *out)
{
	if (is_for_terminal(opts, out))
		table_fit(table, columns);
	print_and_free(table);
}

static void add_headings(struct libscols_table *table, const struct columns *columns, int first)
{
	for (size_t c = 0; c < columns->count; c++)
		add_heading(table, columns->list[c], c == 0 ? first : 0);
}

static void fill_line(struct libscols_line *line, const struct columns *columns, const void *record)
{
	for (size_t c = 0; c < columns->count; c++)
		set_cell(line, c, columns->list[c], record);
}

void table_print(const struct columns *columns, const struct options *opts,
		 const void *(*record)(const void *records, size_t i), const void *records)
{
	struct libscols_table *table = new_table(opts, stdout);
	const void *row;

	add_headings(table, columns, 0);
	for (size_t i = 0; (row = record(records, i)); i++)
		fill_line(new_line(table), columns, row);
	fit_and_print(table, columns, opts, stdout);
}

void table_print_tree(FILE *out, const struct columns *columns, const struct options *opts,
		      const void *(*record)(const void *records, size_t i),
		      size_t (*parent)(const void *records, size_t i), const void *records)
{
	struct libscols_table *table = new_table(opts, out);
	const void *row;

	add_headings(table, columns, opts->raw ? 0 : SCOLS_FL_TREE);
	for (size_t i = 0; (row = record(records, i)); i++) {
		size_t above = parent(records, i);
		struct libscols_line *line = new_line(table);

		if (!opts->raw && above != NO_PARENT &&
		    scols_line_add_child(scols_table_get_line(table, above), line) != 0)
			out_of_memory();
		fill_line(line, columns, row);
	}
	fit_and_print(table, columns, opts, out);
}

/* --- sheets ----------------------------------------------------------------------------- */

/* "iommu_group" is "iommu group:" in a sheet, for who reads it himself. */
static const char *sheet_label(char *buf, size_t size, const struct field *field,
			       const struct options *opts)
{
	if (opts->raw)
		return field->key;
	snprintf(buf, size, "%s:", field->key);
	for (char *c = buf; *c; c++)
		if (*c == '_')
			*c = ' ';
	return buf;
}

/* One list of records below a sheet, under its own title. */
struct sub_list {
	const struct field *field;
	const void *record;
};

static const void *sub_record(const void *records, size_t i)
{
	const struct sub_list *list = records;
	struct value item = list->field->item(list->record, i);

	return item.known ? item.record : NULL;
}

/* All columns of the child: its default ones if it names any. */
static void child_columns(struct columns *columns, const struct record_type *type)
{
	add_defaults(columns, type);
	if (columns->count)
		return;
	for_each_field(field, type) if (is_column(field)) add_column(columns, field, false);
}

static void print_sub_list(const struct field *field, const void *record,
			   const struct options *opts)
{
	struct sub_list list = {.field = field, .record = record};
	struct columns columns = {.count = 0};
	char label[64];

	if (!sub_record(&list, 0))
		return;
	child_columns(&columns, field->child);
	printf("\n%s\n", sheet_label(label, sizeof(label), field, opts));
	table_print(&columns, opts, sub_record, &list);
}

static void add_sheet_line(struct libscols_table *table, const struct field *field,
			   const void *record, const struct options *opts)
{
	struct libscols_line *line = new_line(table);
	char label[64];

	if (scols_line_set_data(line, 0, sheet_label(label, sizeof(label), field, opts)) != 0)
		out_of_memory();
	set_cell(line, 1, field, record);
}

static void add_sheet_lines(struct libscols_table *table, const struct record_type *type,
			    const void *record, const struct options *opts)
{
	for_each_field(field, type)
	{
		struct value child;

		if (field->flags & FIELD_JSON_ONLY || field->type == FIELD_RECORDS)
			continue;
		if (field->type != FIELD_RECORD) {
			add_sheet_line(table, field, record, opts);
			continue;
		}
		child = field->get(record);
		if (child.known)
			add_sheet_lines(table, field->child, child.record, opts);
	}
}

enum { LEAST = 15 }; /* columns for values, however narrow the terminal */

/* The values go on in the second column, below where they began. */
static void wrap_sheet(struct libscols_table *table)
{
	size_t room = scols_table_get_termwidth(table), label = 0;
	struct libscols_line *line;

	for (size_t i = 0; (line = scols_table_get_line(table, i)); i++) {
		size_t width = width_of(scols_cell_get_data(scols_line_get_cell(line, 0)));

		label = width > label ? width : label;
	}
	table_wrap(table, 1, room > label + LEAST ? room - label - 1 : LEAST);
}

void sheet_print(const struct record_type *type, const void *record, const struct options *opts)
{
	struct libscols_table *table = new_table(opts, stdout);

	scols_table_enable_noheadings(table, 1);
	if (!scols_table_new_column(table, "FIELD", 0, 0) ||
	    !scols_table_new_column(table, "VALUE", 0, SCOLS_FL_WRAP))
		out_of_memory();
	add_sheet_lines(table, type, record, opts);
	if (is_for_terminal(opts, stdout))
		wrap_sheet(table);
	print_and_free(table);
	for_each_field(field,
		       type) if (field->type == FIELD_RECORDS && !(field->flags & FIELD_JSON_ONLY))
		print_sub_list(field, record, opts);
}
