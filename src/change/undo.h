/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Putting devices back after a change that failed half-way.
 */
#pragma once

#include "change/apply.h"
#include "change/change.h"

/*
 * Moves devices back to where they came from, the last one first: all of them, or to keep going
 * those that failed. A device that is stuck is left alone: the kernel would only block again. One
 * that cannot be put back gets the outcome CHANGE_BROKEN, and an error with the commands to run.
 * on_workers is told of the processes at work, as with apply_plan().
 */
void undo(struct change *change, const struct change_request *request, apply_workers_fn *on_workers,
	  void *arg);

/*
 * Adds to the remedy of err the commands that do by hand what could not be done: from whatever is
 * bound now to what is wanted.
 */
void undo_add_commands(struct error *err, const struct change_result *result, struct binding want);

/* Drops the records that the change has made of devices which are as they were, or gone. */
void undo_records(struct change *change);
