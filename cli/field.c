/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/field.h"

#include <inttypes.h>
#include <stdio.h>

#include "cli/render.h"

/* Longer text than this is cut in tables; JSON allows more (json.c). */
enum { MAX_TEXT = 4096 };

/* As field_next(), with those of a base that a type replaces. */
static const struct field *next_of_all(const struct record_type *type, const struct field *after)
{
	const struct field *first = NULL;

	if (!after)
		return type->base ? next_of_all(type->base, NULL) : type->fields;
	if (after[1].key)
		return &after[1];
	/* The end of one table: go on with the table of the type that extends it. */
	for (; type->base; type = type->base) {
		first = type->fields;
		for (const struct field *f = type->base->fields; f->key; f++)
			if (f == after)
				return first->key ? first : NULL;
	}
	return NULL;
}

static bool is_replaced(const struct record_type *type, const struct field *field)
{
	for (; type->base; type = type->base)
		for (const struct field *f = type->fields; f->key; f++)
			if (f != field && streq(f->key, field->key))
				return true;
	return false;
}

const struct field *field_next(const struct record_type *type, const struct field *after)
{
	do
		after = next_of_all(type, after);
	while (after && is_replaced(type, after));
	return after;
}

static char *size_text(int64_t bytes)
{
	static const char units[][4] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	size_t unit = 0;
	char *text = NULL;

	while (bytes && bytes % 1024 == 0 && unit + 1 < ARRAY_SIZE(units)) {
		bytes /= 1024;
		unit++;
	}
	return asprintf(&text, "%" PRId64 " %s", bytes, units[unit]) < 0 ? NULL : text;
}

static char *number_text(const char *format, int64_t number)
{
	char *text = NULL;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	return asprintf(&text, format, number) < 0 ? NULL : text;
#pragma GCC diagnostic pop
}

static char *scalar_text(enum field_type type, struct value value)
{
	switch (type) {
	case FIELD_STRING:
		return scrub(value.string, MAX_TEXT);
	case FIELD_NUMBER:
		return number_text("%" PRId64, value.number);
	case FIELD_BOOL:
		return strdup(value.boolean ? "yes" : "no");
	case FIELD_ID:
		return number_text("%04" PRIx64, value.number);
	case FIELD_CLASS:
		return number_text("%06" PRIx64, value.number);
	case FIELD_ADDRESS:
		return number_text("0x%" PRIx64, value.number);
	case FIELD_SIZE:
		return size_text(value.number);
	case FIELD_STRINGS:
	case FIELD_RECORD:
	case FIELD_RECORDS:
		break;
	}
	return NULL;
}

static char *list_text(const struct field *field, const void *record)
{
	char text[MAX_TEXT] = "";
	struct value item;

	for (size_t i = 0; (item = field->item(record, i)).known; i++)
		append(text, sizeof(text), "%s%s", i ? "," : "", item.string);
	return scrub(*text ? text : "-", sizeof(text));
}

char *field_text(const struct field *field, const void *record)
{
	struct value value;
	char *text;

	if (field->type == FIELD_STRINGS)
		return list_text(field, record); /* none and not known look alike */
	if (!field->get)
		return NULL;
	value = field->get(record);
	if (!value.known)
		return strdup("-");
	text = scalar_text(field->type, value);
	if (text && *text == '\0') {
		free(text);
		return strdup("-");
	}
	return text;
}
