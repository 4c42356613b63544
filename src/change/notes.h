/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a transaction notes for later commands, beside its journal: the records of what devices had
 * (binding.h), and of those to whom they are given (access.h).
 */
#pragma once

#include "change/change.h"

/* Before the first step. 0, or -1: then notes_drop() takes back what was noted. */
int notes_save(struct change *change, const struct change_request *request, struct error *err);

/* Nothing was begun: neither is anything noted. */
void notes_drop(struct change *change, struct error *err);

/*
 * After the last step, and whatever was undone: keeps what is true now, and has those to whom
 * devices were given keep or lose them. done: no step failed. What cannot be taken back makes the
 * error of the result, and of the command, STATUS_BROKEN.
 */
void notes_settle(struct change *change, const struct change_request *request, bool done,
		  struct error *err);
