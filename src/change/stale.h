/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What was noted of devices that were pulled out. When another one has the address by now, it is
 * followed by nobody, and whoever changes the new device, under the lock, drops it. When nobody has
 * it, it waits for the device, which may come back: a VF does with its PF's driver. Then restore
 * drops it.
 */
#pragma once

#include "change/change.h"

/*
 * The name of a device of which something is noted, in arena, when text is that or its short form;
 * else NULL.
 */
const char *stale_name(struct arena *arena, const char *text);

/* True when something was noted of another device that had the address of one of these. */
bool stale_is_any(const struct change *change);

/*
 * Forgets that, takes back what was given to users of those devices, and warns of it. True when a
 * device that is gone was among them. The other one only tells of these.
 */
bool stale_drop(struct change *change);
bool stale_tell(struct change *change);
