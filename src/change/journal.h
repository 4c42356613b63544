/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a run is about to change, noted before it begins: should it be killed, `vfioctl recover`
 * knows what every device had. One file a run below /run/vfioctl/journal; a run that came to its
 * end takes its file away, or leaves in it what could not be finished.
 */
#pragma once

#include <sys/types.h>

#include "change/binding.h"
#include "host/inventory.h"

/* One device of a run. Strings belong to the arena of its journals. */
struct journal_entry {
	const char *address, *bus;
	const char *identity, *syspath;
	struct binding from, to; /* before the run, and as the run wants it */
	bool recorded;           /* there was a record for restore already */
	bool forward;            /* to be completed, for there is no way back: else to be undone */
};

struct journal_run {
	const char *path;
	const char *verb; /* "bind" */
	pid_t pid;
	bool lives;    /* the run, or a process that it left in the kernel, is still about it */
	bool attended; /* the run itself is */
	struct journal_entry *entries;
	size_t count;
};

struct journals {
	struct journal_run *runs;
	size_t count;
};

/*
 * All runs that are not finished; those of an earlier boot are deleted. Everything belongs to
 * arena. 0, or -1 when a file cannot be read.
 */
int journals_load(struct journals *ret, struct arena *arena, struct error *err);

/* The same of one file alone, whatever is in the others; without it there are none. */
int journals_load_one(struct journals *ret, struct arena *arena, const char *path,
		      struct error *err);

/* True when there are any: cheap, and without rights too. */
bool journals_exist(void);

/* The entry about this very device, or NULL. */
const struct journal_entry *journal_find(const struct journal_run *run, const struct device *dev);

/* The entry about whatever has, or had, that address, or NULL. */
const struct journal_entry *journal_find_address(const struct journal_run *run,
						 const char *address);

/* What a run that is dead has noted about this very device; NULL: nothing. */
const struct journal_entry *journals_find(const struct journals *journals,
					  const struct device *dev);

/* 0 unless a run that lives is about dev: -1 with STATUS_REFUSED. */
int journal_check_free(const struct journals *journals, const struct device *dev,
		       struct error *err);

/* An entry about dev; its strings belong to dev. False: out of memory. */
bool journal_entry_init(struct journal_entry *ret, struct arena *arena, const struct device *dev);

/* A name for the journal of a new run of this process. NULL: out of memory. */
const char *journal_new_path(struct arena *arena);

/*
 * Writes the run's entries to its path, durably, and which processes are about it: this one and
 * those of pids. 0, or -1.
 */
int journal_save(const struct journal_run *run, const pid_t *pids, size_t count, struct error *err);

/* Takes away entries for which done is true, and with the last one the file. 0, or -1. */
int journal_prune(struct journal_run *run,
		  bool (*done)(void *arg, const struct journal_entry *entry), void *arg,
		  struct error *err);

/* Deletes what runs that were killed left of files half written. For who has the lock. */
void journals_tidy(void);

/* Deletes its file. */
void journal_remove(const struct journal_run *run);
