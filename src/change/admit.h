/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether the devices of a change may go where they were decided to: who uses them, and whether
 * another run is about them.
 */
#pragma once

#include "change/change.h"

/* True when dev goes along with the change, arg: one that was refused stays. */
bool change_takes_along(const void *arg, const struct device *dev);

/*
 * Asks the gate about every device that moves. 0, or -1 when one is refused; to keep going 0, and
 * those that are refused have their errors.
 */
int admit_devices(struct change *change, const struct change_request *request, struct error *err);

/*
 * Notes which devices a run that is dead has left half-way, and refuses those that another run is
 * about. 0 or -1, as admit_devices().
 */
int admit_unfinished(struct change *change, const struct change_request *request,
		     struct error *err);
