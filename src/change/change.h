/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Moving devices between drivers, and making VFs, as one transaction: all of them, or none; or, to
 * keep going, each of them or not.
 *
 * The order of work: look (inventory), decide where each device goes, lock and look again, ask the
 * gate for each, load modules, plan, note all of it in the journal, apply, look once more. When a
 * step fails, every device that was touched is moved back.
 */
#pragma once

#include "change/access.h"
#include "change/driver.h"
#include "change/gate.h"
#include "change/interrupt.h"
#include "change/journal.h"
#include "change/plan.h"
#include "host/inventory.h"

enum change_kind {
	CHANGE_BIND,    /* to a VFIO driver */
	CHANGE_RESTORE, /* back to the recorded driver */
	CHANGE_RECOVER, /* what an unfinished run calls for */
	CHANGE_SRIOV,   /* another number of VFs, and their drivers */
};

struct change_request {
	enum change_kind kind;
	const char *verb;             /* what journal and log call it; NULL: change_kind_name() */
	const char *const *addresses; /* sysfs names, as device_resolve() gives them */
	/* Of those that are not there, why; code NULL: it is there. NULL: all are. */
	const struct error *errors;
	size_t count;
	/* bind: "auto", NULL (auto) or a name; sriov: that of the VFs, or "native", or "none" */
	const char *driver;
	int64_t vfs;                 /* sriov: how many the PF shall have */
	const struct access *access; /* bind: to whom they are given; NULL: nobody */
	unsigned int forced;         /* gate_parse_force() */
	bool take_group;             /* the other members of the groups too, bridges excepted */
	bool dry_run;                /* stop before anything is written */
	bool keep_going;             /* a device that fails keeps no other from being changed */
	int64_t timeout_ms;          /* for each step, and for the lock */
	size_t jobs;                 /* devices that move at once; 0: one */
	bool have_lock;              /* the caller has taken it: lock_take() */
	bool temporary; /* bind: its journal stays, for the way back: change/session.h */
	/* recover: the unfinished run that names these devices; its file is used for this one. */
	const struct journal_run *unfinished;
	/* Told of each step done; may be NULL. */
	void (*on_step)(const struct step *step);
	/* As in struct apply_options; may be NULL. */
	void (*on_wait)(const struct step *step, int64_t waited_ms);
};

enum change_outcome {
	CHANGE_NOT_BEGUN, /* nothing was to be done, or it was refused, or it is a dry run */
	CHANGE_ARRIVED,
	CHANGE_UNDONE, /* it, or another of the transaction, failed: it is as it was */
	CHANGE_STUCK,  /* the kernel has not let go of a step: in the journal */
	CHANGE_BROKEN, /* neither here nor there: in the journal */
	CHANGE_GONE,   /* the device was removed meanwhile */
};

/* What became of one device. */
struct change_result {
	const struct device *before, *after; /* after: as it is at the end; NULL when it is gone */
	struct binding from, to;
	struct driver_choice choice; /* bind: the driver chosen, and why */
	bool access;                 /* who may open its nodes changes */
	bool changed;
	unsigned int overridden; /* reasons that --force overrode, REASON_BIT() */
	struct error error;      /* code NULL: none */
	bool recorded;           /* before the change there was a record to go by */
	bool noted;              /* this change has made the record */
	bool renewed;            /* a VF that is taken away and made anew: another one then */
	bool departed;           /* restore: it is gone, and something is noted of it */
	bool forgotten;          /* which is not so any more */
	/* What a run that was killed has noted of it; NULL: none has left it half-way. */
	const struct journal_entry *unfinished;
	enum change_outcome outcome;
	struct usages usages;
	const char *const *warnings; /* of others who manage it; NULL-ended, or NULL: none */
};

struct change {
	struct driver_memo memo;
	const char *native_modalias; /* modules for such devices were seen to last */
	struct arena *arena;
	struct inventory before, after;
	struct change_result *results;
	size_t count;
	struct plan plan;
	bool changed;
	/* Of a temporary change that was made: its journal, and the signals still held back. */
	const char *journal;
	struct interrupts interrupts;
};

/* "bind", "restore", "recover", "sriov" */
const char *change_kind_name(enum change_kind kind);

static inline const char *change_verb(const struct change_request *request)
{
	return request->verb ? request->verb : change_kind_name(request->kind);
}

/*
 * Does what is asked. 0 when every device is where it should be (or would be, with dry_run), else
 * -1: err is the error of the command as a whole (to keep going, the first one), and each result
 * carries its own. What could be neither done nor undone stays in the journal. The statuses are
 * those of the program's exit status. In both cases the caller frees ret with change_free().
 */
int change_run(struct change *ret, const struct change_request *request, struct error *err);

void change_free(struct change *change);
#define scoped_change __attribute__((cleanup(change_free)))
