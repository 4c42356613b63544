/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The drivers that the devices of a change go to, loaded before anything moves.
 */
#pragma once

#include "change/change.h"

/*
 * Makes them ready, and corrects by what was found which driver it is that a device goes to. Loads
 * nothing in a dry run. 0 or -1; to keep going 0, and devices that have no driver their errors.
 */
int ready_drivers(struct change *change, const struct change_request *request, struct error *err);
