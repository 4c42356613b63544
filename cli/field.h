/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Everything that vfioctl prints is records, and each kind of record has one table of fields.
 *
 * One row gives the table column, the JSON key, the word for -o, the line in --help, the completion
 * word and the property in the JSON Schema. The renderers (table.c, json.c) know types, never VFIO.
 * Missing is decided once: a value that is not known is "-" in text and null in JSON.
 */
#pragma once

#include "base/util.h"

enum field_type {
	FIELD_STRING,
	FIELD_NUMBER,
	FIELD_BOOL,
	FIELD_ID, /* a hexadecimal id, four digits ("8086"); class ids have six */
	FIELD_CLASS,
	FIELD_SIZE,    /* bytes; text shows KiB, MiB ... */
	FIELD_ADDRESS, /* an address in memory or I/O space: "0xfe000000" in both renderers */
	FIELD_STRINGS, /* a list of strings */
	FIELD_RECORD,  /* one record of type child, or null */
	FIELD_RECORDS, /* a list of records of type child */
};

/* What a getter returns: one member, according to the field's type. */
struct value {
	bool known;
	union {
		const char *string; /* valid as long as the record */
		int64_t number;
		bool boolean;
		const void *record;
	};
};

static inline struct value value_string(const char *s)
{
	return (struct value){.known = s != NULL, .string = s};
}

/* -1 is "not known", as in the records of the library. */
static inline struct value value_number(int64_t n)
{
	return (struct value){.known = n != -1, .number = n};
}

static inline struct value value_bool(bool b)
{
	return (struct value){.known = true, .boolean = b};
}

static inline struct value value_record(const void *r)
{
	return (struct value){.known = r != NULL, .record = r};
}

#define VALUE_UNKNOWN ((struct value){.known = false})

enum {
	FIELD_DEFAULT = 1 << 0,   /* a column of the table when -o does not say otherwise */
	FIELD_RIGHT = 1 << 1,     /* align to the right */
	FIELD_TRUNC = 1 << 2,     /* may be cut when the terminal is narrow */
	FIELD_JSON_ONLY = 1 << 3, /* not in the sheet of `show`; -o can still name it */
	FIELD_WRAP = 1 << 4,      /* goes on in the next line of a terminal that is too narrow */
	FIELD_SPARE = 1 << 5,     /* left out of a terminal that is too narrow, unless named */
};

/* How a table shows a cell where it may use colour. Colour repeats what the text says. */
enum tone {
	TONE_PLAIN,
	TONE_GOOD,    /* VFIO has it, it passed: green */
	TONE_WARNING, /* yellow */
	TONE_TROUBLE, /* red */
	TONE_ASIDE,   /* it was skipped: faint */
};

struct record_type;

struct field {
	const char *key;   /* JSON key and word for -o, snake_case */
	const char *title; /* column heading */
	const char *help;  /* one line, no full stop */
	enum field_type type;
	unsigned int flags;
	unsigned int needs; /* NEED_* of host/inventory.h that must be gathered for it */
	/* Scalars and FIELD_RECORD. */
	struct value (*get)(const void *record);
	/*
	 * FIELD_STRINGS and FIELD_RECORDS: the i-th item, not known after the last. A list of
	 * strings that has get(), too, is not known itself when that is not.
	 */
	struct value (*item)(const void *record, size_t i);
	const struct record_type *child;       /* FIELD_RECORD and FIELD_RECORDS */
	enum tone (*tone)(const void *record); /* NULL: always plain */
};

/*
 * The rows of a table of fields: what it is called, which function gives it, its help; then, by
 * name, what only some have: .flags, .needs, .tone.
 */
/* The versions of clang-format differ on a macro that is a list in braces. */
/* Defines a getter: an expression over name, the record, which is of that type. */
#define GETTER(function, type, name, expression)                                                   \
	static struct value function(const void *record_)                                          \
	{                                                                                          \
		const type *name = record_;                                                        \
                                                                                                   \
		return (expression);                                                               \
	}

/* clang-format off */
#define ROW(type_, key_, title_, get_, help_, ...)                                                 \
	{.type = FIELD_##type_, .key = key_, .title = title_, .get = get_, .help = help_,          \
	 __VA_ARGS__}
#define ROW_STRINGS(key_, title_, item_, help_, ...)                                               \
	{.type = FIELD_STRINGS, .key = key_, .title = title_, .item = item_, .help = help_,        \
	 __VA_ARGS__}
#define ROW_RECORD(key_, title_, get_, child_, help_, ...)                                         \
	{.type = FIELD_RECORD, .key = key_, .title = title_, .get = get_, .child = child_,         \
	 .help = help_, __VA_ARGS__}
#define ROW_RECORDS(key_, title_, item_, child_, help_, ...)                                       \
	{.type = FIELD_RECORDS, .key = key_, .title = title_, .item = item_, .child = child_,      \
	 .help = help_, __VA_ARGS__}
/* clang-format on */

struct record_type {
	const char *name;           /* "device"; a document's type is named like its verb */
	const struct field *fields; /* ended by a row without key */
	/*
	 * A type whose fields come first, but for those whose key has a field here. The struct
	 * behind the records must begin with the struct behind the base's records, so that the same
	 * getters serve both.
	 */
	const struct record_type *base;
};

/* The first field (after == NULL), the one after another, or NULL at the end. */
const struct field *field_next(const struct record_type *type, const struct field *after);

#define for_each_field(field, type)                                                                \
	for (const struct field *field = field_next(type, NULL); field;                            \
	     field = field_next(type, field))

/*
 * The text of a scalar, or a list of strings joined by commas, for people: scrubbed, "-" when it is
 * not known. FIELD_RECORD and FIELD_RECORDS have none. The caller frees it.
 */
char *field_text(const struct field *field, const void *record);
