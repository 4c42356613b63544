/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which files were looked at, noted by base/path itself: a list of them by hand would grow old.
 *
 * Several processes add to one record, which lies in memory that they share (base/arena.h).
 */
#pragma once

#include "base/arena.h"

enum path_use {
	PATH_LOOKED, /* that it is there, what it is, where a link leads */
	PATH_LISTED,
	PATH_READ,
	PATH_LENT, /* its name was given to a library, which reads it or the files in it */
};

struct path_seen {
	struct path_seen *next;
	enum path_use use;
	bool follows; /* a link in the last component */
	char path[];  /* inside the root, not resolved */
};

struct path_record;

/* NULL when the arena is full; it goes with the arena. */
struct path_record *path_record_new(struct arena *arena);

/* What does not fit any more is counted; see path_record_lost(). */
void path_record_add(struct path_record *record, const char *path, enum path_use use, bool follows);

/*
 * The uses by path, each once: of equals, the stronger use. NULL, with *ret_count 0, when out of
 * memory. The caller frees the array; the entries belong to the arena.
 */
const struct path_seen **path_record_sorted(const struct path_record *record, size_t *ret_count);

/* How many uses there was no room for. */
size_t path_record_lost(const struct path_record *record);
