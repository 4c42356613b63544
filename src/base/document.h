/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Saved state: a JSON object of strings, numbers and lists of further objects in one file, replaced
 * as a whole.
 */
#pragma once

#include "base/util.h"

struct document;

/* An empty document; NULL when out of memory. The caller frees it with document_free(). */
struct document *document_new(void);
void document_free(struct document *doc);

static inline void document_free_pointer(struct document **doc)
{
	document_free(*doc);
}
#define scoped_document __attribute__((cleanup(document_free_pointer)))

/*
 * Reads a file of at most 4 MiB inside the root (base/path.h). 0, -EBADMSG when it is not a JSON
 * object, or the errno of reading it. The caller frees *ret.
 */
int document_load(struct document **ret, const char *path);

/* Replaces the file atomically, mode 0600. 0 or -errno. */
int document_save(const struct document *doc, const char *path);

/* Takes the file away. 0 or -errno. */
int document_remove(const char *path);

/* Who is told of each file that was saved or removed. */
void document_tell(void (*on_file)(const char *path, bool removed));

/* A NULL value is stored as null. 0 or -ENOMEM. */
int document_set_string(struct document *doc, const char *key, const char *value);
int document_set_number(struct document *doc, const char *key, int64_t value);

/* A new object at the end of the list that key names; owned by the document. NULL: out of memory.
 */
struct document *document_add_item(struct document *doc, const char *key);

/* The object at index i of a list; owned by the document. NULL when there is none. */
const struct document *document_item(const struct document *doc, const char *key, size_t i);

/* NULL when the key is missing, null or not a string; owned by the document. */
const char *document_string(const struct document *doc, const char *key);

/* fallback when the key is missing or not a number. */
int64_t document_number(const struct document *doc, const char *key, int64_t fallback);
