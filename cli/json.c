/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records to JSON, and field tables to JSON Schema. Both walk the same tables, so that a document
 * cannot differ from its schema. Running out of memory here ends the program: half a document
 * must not look like a whole one.
 */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>

#include "cli/render.h"

enum { MAX_STRING = 65536 };

static struct json_object *check(struct json_object *object)
{
	if (!object)
		abort();
	return object;
}

/* Keys come from constant tables and are never added twice: json-c need not copy or look. */
static void add(struct json_object *object, const char *key, struct json_object *value)
{
	unsigned int flags = JSON_C_OBJECT_ADD_KEY_IS_NEW | JSON_C_OBJECT_ADD_CONSTANT_KEY;

	if (json_object_object_add_ex(object, key, value, flags) < 0)
		abort();
}

static struct json_object *new_object(void)
{
	return check(json_object_new_object());
}

static struct json_object *new_string(const char *text)
{
	return check(json_object_new_string(text));
}

static struct json_object *scrubbed(const char *text)
{
	scoped_free char *clean = scrub(text, MAX_STRING);

	return clean ? new_string(clean) : check(NULL);
}

static struct json_object *hexadecimal(const char *prefix, int digits, int64_t number)
{
	char buf[32];

	snprintf(buf, sizeof(buf), "%s%0*" PRIx64, prefix, digits, (uint64_t)number);
	return new_string(buf);
}

static struct json_object *record_object(const struct record_type *type, const void *record);

static struct json_object *scalar(const struct field *field, struct value value)
{
	if (!value.known)
		return NULL;
	switch (field->type) {
	case FIELD_STRING:
		return scrubbed(value.string);
	case FIELD_NUMBER:
	case FIELD_SIZE:
		return check(json_object_new_int64(value.number));
	case FIELD_BOOL:
		return check(json_object_new_boolean(value.boolean));
	case FIELD_ID:
		return hexadecimal("", 4, value.number);
	case FIELD_CLASS:
		return hexadecimal("", 6, value.number);
	case FIELD_ADDRESS:
		return hexadecimal("0x", 1, value.number);
	case FIELD_RECORD:
		return record_object(field->child, value.record);
	case FIELD_STRINGS:
	case FIELD_RECORDS:
		break;
	}
	abort();
}

static struct json_object *list(const struct field *field, const void *record)
{
	struct json_object *array;
	struct value item;

	if (field->get && !field->get(record).known)
		return NULL;
	array = check(json_object_new_array());
	for (size_t i = 0; (item = field->item(record, i)).known; i++) {
		struct json_object *element = field->type == FIELD_STRINGS
						      ? scrubbed(item.string)
						      : record_object(field->child, item.record);

		if (json_object_array_add(array, element) < 0)
			abort();
	}
	return array;
}

static void add_fields(struct json_object *object, const struct record_type *type,
		       const void *record)
{
	for_each_field(field, type)
		add(object, field->key,
		    field->item ? list(field, record) : scalar(field, field->get(record)));
}

static struct json_object *record_object(const struct record_type *type, const void *record)
{
	struct json_object *object = new_object();

	add_fields(object, type, record);
	return object;
}

static const char *text_of(struct json_object *object)
{
	const char *text = json_object_to_json_string_ext(
		object, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE);

	if (!text)
		abort();
	return text;
}

static void print_and_free(struct json_object *object)
{
	puts(text_of(object));
	json_object_put(object);
}

static struct json_object *schema_name(const char *type)
{
	char name[64];

	snprintf(name, sizeof(name), "vfioctl.%s/1", type);
	return new_string(name);
}

static struct json_object *document_of(const struct record_type *type, const void *record)
{
	struct json_object *document = new_object();

	add(document, "schema", schema_name(type->name));
	add_fields(document, type, record);
	return document;
}

void json_print_document(const struct record_type *type, const void *record)
{
	print_and_free(document_of(type, record));
}

char *json_document_text(const struct record_type *type, const void *record)
{
	struct json_object *document = document_of(type, record);
	char *text = NULL;

	if (asprintf(&text, "%s\n", text_of(document)) < 0)
		abort();
	json_object_put(document);
	return text;
}

/* --- schemas ---------------------------------------------------------------------------- */

static struct json_object *record_schema(const struct record_type *type);

static const char *pattern_of(enum field_type type)
{
	switch (type) {
	case FIELD_ID:
		return "^[0-9a-f]{4}$";
	case FIELD_CLASS:
		return "^[0-9a-f]{6}$";
	case FIELD_ADDRESS:
		return "^0x[0-9a-f]+$";
	default:
		return NULL;
	}
}

static const char *json_type_of(enum field_type type)
{
	switch (type) {
	case FIELD_NUMBER:
	case FIELD_SIZE:
		return "integer";
	case FIELD_BOOL:
		return "boolean";
	case FIELD_STRINGS:
	case FIELD_RECORDS:
		return "array";
	case FIELD_RECORD:
		return "object";
	default:
		return "string";
	}
}

/* "type": T or null; lists are never null, unless they are gathered only when asked for. */
static void add_type(struct json_object *schema, const struct field *field)
{
	struct json_object *name = new_string(json_type_of(field->type));
	struct json_object *either;

	if (field->item && !field->get) {
		add(schema, "type", name);
		return;
	}
	either = check(json_object_new_array());
	json_object_array_add(either, name);
	json_object_array_add(either, new_string("null"));
	add(schema, "type", either);
}

static struct json_object *string_schema(void)
{
	struct json_object *schema = new_object();

	add(schema, "type", new_string("string"));
	return schema;
}

/* Describes the record's fields as members of the object, after those that are there already. */
static void add_properties(struct json_object *schema, struct json_object *properties,
			   struct json_object *required, const struct record_type *type);

static struct json_object *field_schema(const struct field *field)
{
	struct json_object *schema = new_object();

	add(schema, "description", new_string(field->help));
	add_type(schema, field);
	if (pattern_of(field->type))
		add(schema, "pattern", new_string(pattern_of(field->type)));
	if (field->type == FIELD_STRINGS)
		add(schema, "items", string_schema());
	if (field->type == FIELD_RECORDS)
		add(schema, "items", record_schema(field->child));
	if (field->type == FIELD_RECORD)
		add_properties(schema, new_object(), check(json_object_new_array()), field->child);
	return schema;
}

static void add_properties(struct json_object *schema, struct json_object *properties,
			   struct json_object *required, const struct record_type *type)
{
	for_each_field(field, type)
	{
		add(properties, field->key, field_schema(field));
		json_object_array_add(required, new_string(field->key));
	}
	add(schema, "properties", properties);
	add(schema, "required", required);
}

static struct json_object *record_schema(const struct record_type *type)
{
	struct json_object *schema = new_object();

	add(schema, "type", new_string("object"));
	add_properties(schema, new_object(), check(json_object_new_array()), type);
	return schema;
}

void json_print_schema(const struct record_type *type)
{
	struct json_object *schema = new_object(), *properties = new_object();
	struct json_object *required = check(json_object_new_array()), *name = new_object();

	add(schema, "$schema", new_string("https://json-schema.org/draft/2020-12/schema"));
	add(schema, "title", schema_name(type->name));
	add(schema, "type", new_string("object"));
	add(name, "const", schema_name(type->name));
	add(properties, "schema", name);
	json_object_array_add(required, new_string("schema"));
	add_properties(schema, properties, required, type);
	print_and_free(schema);
}
