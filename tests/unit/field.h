/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For tests of records.
 */
#pragma once

#include "cli/field.h"

/* The field of that key, or NULL. */
static inline const struct field *field_find(const struct record_type *type, const char *key)
{
	for_each_field(field, type) if (streq(field->key, key)) return field;
	return NULL;
}
