/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the parts of a snapshot share. All of it lies in memory shared with the worker that copies.
 */
#pragma once

#include <sys/stat.h>

#include "host/redact.h"
#include "host/snapshot.h"

enum { SNAPSHOT_MADE_SLOTS = 1 << 22 };

struct snapshot_copy {
	struct snapshot *to;
	struct redactor *redactor; /* NULL: identifiers are kept */
	const struct path_seen **uses;
	size_t n_uses;
	const struct seen_namespace *namespaces;
	uint64_t *made; /* hashes of what is in the tree; see snapshot_is_made() */
};

/* Notes what could not be taken; errnum of either sign, or 0 with the cause in words. */
void snapshot_gap(struct snapshot_copy *copy, const char *path, int errnum, const char *cause);

/* snapshot_copy.c: copies what was used as the entry says. */
void snapshot_copy_use(struct snapshot_copy *copy, const struct path_seen *seen);

/*
 * Writes a file of the tree, its text reduced to what is looked at (snapshot_text.c) and redacted.
 * What it is tells the name by which it was asked for, wherever links led to. A NUL stands behind
 * text.
 */
void snapshot_write(struct snapshot_copy *copy, const char *path, const char *asked,
		    const char *text, size_t size, mode_t mode);
void snapshot_directory(struct snapshot_copy *copy, const char *path);
void snapshot_link(struct snapshot_copy *copy, const char *path, const char *target);
/* Takes the right to list a process's descriptors from its directory. */
void snapshot_hide_descriptors(struct snapshot_copy *copy, const char *directory);
/* One that is there, but could not be read. */
void snapshot_unreadable(struct snapshot_copy *copy, const char *path, int errnum);
/* Notes what the tree cannot hold by itself (base/path_nodes.h). */
void snapshot_node(struct snapshot_copy *copy, const char *path, const struct stat *st);

/*
 * snapshot_text.c: a copy of the text of a file, without what nothing looks at. NULL when nothing
 * is left of it. The caller frees it.
 */
char *snapshot_text(const char *path, const char *text, size_t *size);
/* True when that may be less than all: then it ends at the first NUL, as it does for who looks. */
bool snapshot_text_is_reduced(const char *path);

/* snapshot_process.c */

/* The process that a path is about: the length of "/proc/PID" or "/proc/self", or 0. */
size_t snapshot_process_of(const char *path);
/* Copies what count uses, all of one process, say of it, if it matters at all. */
void snapshot_copy_process(struct snapshot_copy *copy, const struct path_seen *const *uses,
			   size_t count);
