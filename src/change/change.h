/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Moving devices between drivers, as one transaction: all of them, or none.
 *
 * The order of work: look (inventory), decide where each device goes, lock and look again, ask the
 * gate for each, load modules, record the bindings, plan, apply, look once more. When a step fails,
 * every device that was touched is moved back.
 */
#pragma once

#include "change/driver.h"
#include "change/gate.h"
#include "change/plan.h"
#include "host/inventory.h"

struct change_request {
	const char *const *addresses; /* sysfs names, as device_resolve() gives them */
	size_t count;
	bool restore;        /* back to the recorded driver, instead of to a VFIO driver */
	const char *driver;  /* for bind: "auto", NULL (auto) or a name */
	unsigned int forced; /* gate_parse_force() */
	bool take_group;     /* the other members of the groups too, bridges excepted */
	bool dry_run;        /* stop before anything is written */
	int64_t timeout_ms;  /* for each step, and for the lock */
	/* Told of each step done; may be NULL. */
	void (*on_step)(const struct step *step);
};

/* What became of one device. */
struct change_result {
	const struct device *before, *after; /* after: as it is at the end; NULL when it is gone */
	struct binding from, to;
	struct driver_choice choice; /* bind: the driver chosen, and why */
	bool changed;
	unsigned int overridden; /* reasons that --force overrode, REASON_BIT() */
	struct error error;      /* code NULL: none */
	bool recorded;           /* restore: there was a record to go by */
	struct usages usages;
};

struct change {
	struct arena *arena;
	struct inventory before, after;
	struct change_result *results;
	size_t count;
	struct plan plan;
	bool changed;
};

/*
 * Does what is asked. 0 when every device is where it should be (or would be, with dry_run), else
 * -1: err is the error of the command as a whole, and each result carries its own. The statuses are
 * those of the program's exit status. In both cases the caller frees ret with change_free().
 */
int change_run(struct change *ret, const struct change_request *request, struct error *err);

void change_free(struct change *change);
#define scoped_change __attribute__((cleanup(change_free)))
