/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Running text for a terminal of 80 columns.
 */
#pragma once

#include <stdio.h>

/* Prints text filled to the width, each line indented; column is where the first word starts. */
void fill_print(FILE *out, const char *text, int indent, int column);
