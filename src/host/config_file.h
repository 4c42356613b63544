/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Configuration that lies in several directories, as modprobe.d(5) and udev(7) have it: files are
 * read in the order of their names, one hides those of its name in later directories, lines that
 * end in a backslash go on in the next one, and '#' begins a comment line.
 */
#pragma once

#include "base/util.h"

struct config_source {
	const char *const *directories; /* the most important first; NULL-ended */
	const char *suffix;             /* of the files' names: ".conf" */
	/*
	 * A file that holds none of these words is passed over as a whole; NULL-ended. NULL: all
	 * are read.
	 */
	const char *const *words;
	/* Told of each line, which it may change; number is that of its first line, from 1. */
	void (*on_line)(void *arg, const char *file, int64_t number, char *line);
};

/* Tells of each of the files, in their order. */
typedef void config_file_fn(void *arg, const char *directory, const char *name);
void config_files(const struct config_source *source, config_file_fn *fn, void *arg);

/* The same of their lines. What cannot be read is passed over: to this user it says nothing. */
void config_read(const struct config_source *source, void *arg);

/* How many bytes the first line of text has, those that it goes on in and their ends included. */
size_t config_line_size(const char *text);
