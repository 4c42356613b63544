/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Making whole what an unfinished run has left: each of its devices goes back to where it was, or
 * on to where it was to go when there is no way back.
 */
#pragma once

#include "change/change.h"

enum recovery_state {
	RECOVERY_DONE,     /* whole again, or it was all the time */
	RECOVERY_PLANNED,  /* it would be, without dry_run */
	RECOVERY_WAITS,    /* the run, or a process of it, lives: nothing is done meanwhile */
	RECOVERY_GONE,     /* the device is not there any more */
	RECOVERY_REPLACED, /* another device is at its address */
	RECOVERY_FAILED,   /* see its error; the journal still has it */
};

/* One device of an unfinished run. */
struct recovery_item {
	const struct journal_run *run;
	struct journal_entry entry;
	enum recovery_state state;
	const char *driver_before, *driver; /* before and after this; NULL: none */
	unsigned int overridden;            /* reasons that --force overrode, REASON_BIT() */
	struct error error;
};

struct recovery {
	struct arena *arena;
	struct recovery_item *items;
	size_t count;
};

struct recover_request {
	unsigned int forced; /* gate_parse_force() */
	bool dry_run;
	int64_t timeout_ms; /* for each step, the lock, and each run that lives */
	size_t jobs;
	/* The journal of the one run that is meant; NULL: all, and those that live are waited for.
	 */
	const char *only;
	void (*on_step)(const struct step *step);
	/* As in struct apply_options; may be NULL. */
	void (*on_wait)(const struct step *step, int64_t waited_ms);
};

/* "done", "planned", ... */
const char *recovery_state_name(enum recovery_state state);

/*
 * Recovers all. 0 when nothing is unfinished any more, else -1 with the first error. In both cases
 * the caller frees ret with recovery_free().
 */
int recover_run(struct recovery *ret, const struct recover_request *request, struct error *err);

void recovery_free(struct recovery *recovery);
#define scoped_recovery __attribute__((cleanup(recovery_free)))
