/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many columns text takes on a terminal, in the encoding of the locale. A byte that is no
 * character of it is printed as \xNN, and counts as four.
 */
#pragma once

#include <stddef.h>

size_t width_of(const char *text);

/* How many bytes of the text fit into so many columns, which it does not fill in ret_width. */
size_t width_bytes(const char *text, size_t columns, size_t *ret_width);

/*
 * A copy that is broken at blanks into lines of so many columns at most, at least one; a word that
 * is longer is broken, too. NULL when out of memory. The caller frees it.
 */
char *width_wrap(const char *text, size_t columns);
