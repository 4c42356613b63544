/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A table that is wider than its terminal: what of it is shortened, left out and cut (fit.c).
 */
#pragma once

#include <libsmartcols.h>

#include "cli/render.h"

/* Makes the filled table fit its terminal as far as it can. */
void table_fit(struct libscols_table *table, const struct columns *columns);

/* Breaks the text of one column of a filled table into lines of so many columns. */
void table_wrap(struct libscols_table *table, size_t column, size_t columns);
