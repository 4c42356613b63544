/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two renderers over records and field tables: tables and sheets for people (table.c), one JSON
 * document for programs (json.c). All text from outside is scrubbed here (scrub.c).
 */
#pragma once

#include <stdio.h>

#include "base/error.h"
#include "cli/field.h"
#include "cli/option.h"

/* json.c */

/*
 * Prints {"schema": "vfioctl.<type->name>/1", ...fields of record...} and a newline.
 */
void json_print_document(const struct record_type *type, const void *record);

/* The same as text, which the caller frees. */
char *json_document_text(const struct record_type *type, const void *record);

/* Prints the JSON Schema (2020-12) of the document that json_print_document() makes of type. */
void json_print_schema(const struct record_type *type);

/* table.c */

/*
 * A choice of columns: keys separated by commas in text; a leading '+' adds them to the default
 * ones. NULL chooses the default ones. 0, or -1 with a STATUS_USAGE error naming the columns there
 * are. At most COLUMNS_MAX.
 */
#define COLUMNS_MAX 64
struct columns {
	const struct field *list[COLUMNS_MAX];
	bool named[COLUMNS_MAX]; /* by the text: it is printed however narrow the terminal is */
	size_t count;
};
int columns_parse(struct columns *ret, const struct record_type *type, const char *text,
		  struct error *err);

/* The same with other default columns, all printed as if they had been named. */
int columns_parse_over(struct columns *ret, const struct record_type *type, const char *defaults,
		       const char *text, struct error *err);

/* One column of that key. 0, or -1 with such an error. */
int column_parse(const struct field **ret, const struct record_type *type, const char *word,
		 struct error *err);

/* The union of the columns' needs. */
unsigned int columns_needs(const struct columns *columns);

/* Prints one row a record; honours --noheadings, --raw and the width of the terminal (fit.h). */
void table_print(const struct columns *columns, const struct options *opts,
		 const void *(*record)(const void *records, size_t i), const void *records);

/*
 * The same as a tree, drawn in the first column: parent() tells the row, an earlier one, that row i
 * hangs below, or NO_PARENT. Prints on out.
 */
#define NO_PARENT SIZE_MAX
void table_print_tree(FILE *out, const struct columns *columns, const struct options *opts,
		      const void *(*record)(const void *records, size_t i),
		      size_t (*parent)(const void *records, size_t i), const void *records);

/* color.c */

/* The words that --color knows, by number; NULL behind the last. */
const char *color_word(size_t i);

/* 0 for a word that --color knows, or NULL; else -1 with STATUS_USAGE. */
int color_check(const char *word, struct error *err);

/* Whether out is to be coloured: as --color says, else on a terminal unless NO_COLOR is set. */
bool color_is_wanted(const struct options *opts, FILE *out);

/* The escape sequence of a tone; NULL for TONE_PLAIN. */
const char *color_of(enum tone tone);

/* What is printed before and behind a word of running text: empty where no colour is wanted. */
struct paint {
	const char *on, *off;
};
struct paint color_paint(enum tone tone, const struct options *opts, FILE *out);

/* table.c */

/* Prints the record as a sheet, one field a line, lists of records as tables below; in colour. */
void sheet_print(const struct record_type *type, const void *record, const struct options *opts);

/* scrub.c */

/*
 * A printable copy of text from outside: control bytes, C1, bidi marks and invalid UTF-8 become
 * '?' and what is over max bytes is cut with "...". The caller frees it; NULL when out of memory.
 */
char *scrub(const char *text, size_t max);
