/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A copy of what vfioctl reads on a machine, as a tree for --sysroot.
 *
 * Nobody keeps a list of what that is: the commands that only look are run with a record of their
 * uses of files (base/path_record.h), as they would look at a captured tree, and what they used is
 * copied. Text that nothing looks at is left out where it would tell too much: see snapshot_text.c.
 */
#pragma once

#include <signal.h>

#include "base/error.h"
#include "base/path_record.h"

struct snapshot_request {
	const char *directory; /* does not exist, or is empty */
	bool keep_identifiers; /* else: serial numbers and MAC addresses are replaced */
	/* Looks at the machine in the i-th way; in another process, with its output thrown away. */
	void (*look)(void *arg, size_t i);
	void *arg;
	size_t n_looks;
	/* Tells what is being done; may be NULL. */
	void (*progress)(const char *what);
};

#define SNAPSHOT_MANIFEST "/vfioctl/manifest.json"

/* What could not be taken. */
struct snapshot_gap {
	struct snapshot_gap *next;
	const char *path, *cause; /* "EACCES", or words */
};

struct snapshot {
	struct arena *arena; /* owns the rest */
	const char *part;    /* the tree that is being made */
	const char *directory;
	const char *release, *captured; /* of the kernel; when, in UTC */
	bool redacted;
	int failed; /* the first errno of writing; 0: none */
	size_t n_files, n_links, n_directories, n_processes, n_devices, n_identifiers;
	int64_t bytes;
	struct snapshot_gap *gaps; /* by path */
	size_t n_gaps;
};

/*
 * Takes a snapshot, up to its manifest: snapshot_finish() writes that, and gives the tree its name.
 * 0, or -1 with err filled and nothing left behind; STATUS_FAILED with code "interrupted" when
 * *stop, which lies in shared memory, became true meanwhile. The caller ends *ret with
 * snapshot_end().
 */
int snapshot_take(struct snapshot **ret, const struct snapshot_request *request,
		  const volatile sig_atomic_t *stop, struct error *err);

/* 0, or -1 with err filled. */
int snapshot_finish(struct snapshot *snapshot, const char *manifest, struct error *err);

/* Takes the tree away when it was not finished, and frees the snapshot. NULL is fine. */
void snapshot_end(struct snapshot *snapshot);
static inline void snapshot_end_pointer(struct snapshot **snapshot)
{
	snapshot_end(*snapshot);
}
#define scoped_snapshot __attribute__((cleanup(snapshot_end_pointer)))
