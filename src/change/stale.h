/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What was noted of devices that were pulled out, when another one has the address by now: it is
 * followed by nobody, and whoever changes the new device, under the lock, drops it.
 */
#pragma once

#include "change/change.h"

/* True when something was noted of another device that had the address of one of these. */
bool stale_is_any(const struct change *change);

/* Forgets that, takes back what was given to users of those devices, and warns of it. */
void stale_drop(struct change *change);
