/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text from devices in the languages of pictures: scrubbed, and nothing in it means anything there.
 */
#pragma once

#include <stdio.h>

/* In XML, as content or in an attribute. */
void markup_xml(FILE *out, const char *text);

/* The same, cut with an ellipsis to at most max characters. */
void markup_xml_cut(FILE *out, const char *text, size_t max);

/* In a string of DOT, between its quotes. "\n" in what is formatted is a line break. */
void markup_dot(FILE *out, const char *text);
