/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The part of a change that writes: from decisions to a new state, or back to the old one.
 */
#pragma once

#include "change/change.h"

/* Makes the plan of a change whose targets are decided. 0, or -1 when out of memory. */
int transact_plan(struct change *change, const struct change_request *request, struct error *err);

/* True when the request completes a restore that had to wait for a user of dev. */
bool restore_goes_on(const struct change_request *request, const struct device *dev);

/*
 * Notes the change in the journal, runs its plan, and undoes what failed. 0, or -1 with the error
 * of the change and those of its results. For who has the lock.
 */
int transact(struct change *change, const struct change_request *request, struct error *err);
