/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/document.h"

#include <errno.h>
#include <json-c/json.h>

#include "base/path.h"

/* A document is the json-c object itself; the incomplete type keeps json-c out of the header. */
static struct json_object *object(const struct document *doc)
{
	return (struct json_object *)(uintptr_t)doc;
}

struct document *document_new(void)
{
	return (struct document *)json_object_new_object();
}

void document_free(struct document *doc)
{
	json_object_put(object(doc));
}

int document_load(struct document **ret, const char *path)
{
	scoped_free char *text = NULL;
	struct json_object *parsed;
	int r = path_read_all(&text, 4 << 20, "%s", path);

	if (r < 0)
		return r;
	parsed = json_tokener_parse(text);
	if (!json_object_is_type(parsed, json_type_object)) {
		json_object_put(parsed);
		return -EBADMSG;
	}
	*ret = (struct document *)parsed;
	return 0;
}

static void (*tell_file)(const char *path, bool removed);

void document_tell(void (*on_file)(const char *path, bool removed))
{
	tell_file = on_file;
}

int document_save(const struct document *doc, const char *path)
{
	const char *text = json_object_to_json_string_ext(
		object(doc), JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE);
	int r = text ? path_replace(text, strlen(text), 0600, "%s", path) : -ENOMEM;

	if (r == 0 && tell_file)
		tell_file(path, false);
	return r;
}

int document_remove(const char *path)
{
	int r = path_unlink("%s", path);

	if (r == 0 && tell_file)
		tell_file(path, true);
	return r;
}

static int add(struct document *doc, const char *key, struct json_object *value)
{
	if (json_object_object_add(object(doc), key, value) == 0)
		return 0;
	json_object_put(value);
	return -ENOMEM;
}

int document_set_string(struct document *doc, const char *key, const char *value)
{
	struct json_object *string = value ? json_object_new_string(value) : NULL;

	return value && !string ? -ENOMEM : add(doc, key, string);
}

int document_set_number(struct document *doc, const char *key, int64_t value)
{
	struct json_object *number = json_object_new_int64(value);

	return number ? add(doc, key, number) : -ENOMEM;
}

struct document *document_add_item(struct document *doc, const char *key)
{
	struct json_object *list, *item;

	if (!json_object_object_get_ex(object(doc), key, &list)) {
		list = json_object_new_array();
		if (!list || add(doc, key, list) < 0)
			return NULL;
	}
	item = json_object_new_object();
	if (!item || json_object_array_add(list, item) == 0)
		return (struct document *)item;
	json_object_put(item);
	return NULL;
}

const struct document *document_item(const struct document *doc, const char *key, size_t i)
{
	struct json_object *list, *item;

	if (!json_object_object_get_ex(object(doc), key, &list) ||
	    !json_object_is_type(list, json_type_array))
		return NULL;
	item = json_object_array_get_idx(list, i);
	return json_object_is_type(item, json_type_object) ? (const struct document *)item : NULL;
}

const char *document_string(const struct document *doc, const char *key)
{
	struct json_object *value;

	if (!json_object_object_get_ex(object(doc), key, &value) ||
	    !json_object_is_type(value, json_type_string))
		return NULL;
	return json_object_get_string(value);
}

int64_t document_number(const struct document *doc, const char *key, int64_t fallback)
{
	struct json_object *value;

	if (!json_object_object_get_ex(object(doc), key, &value) ||
	    !json_object_is_type(value, json_type_int))
		return fallback;
	return json_object_get_int64(value);
}
