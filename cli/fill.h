/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Running text for a terminal of 80 columns.
 */
#pragma once

#include <stdio.h>

/* Prints text filled to the width, each line indented; column is where the first word starts. */
void fill_print(FILE *out, const char *text, int indent, int column);

/* The same without the end of the last line: the column where more of it can follow. */
int fill_part(FILE *out, const char *text, int indent, int column);
