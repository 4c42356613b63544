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

/*
 * True when something was noted of another device that had the address of one of these, or one of
 * these is gone.
 */
bool stale_is_any(const struct change *change);

/* Forgets what was noted of other devices, takes back what was given to users of those, and warns.
 */
void stale_drop(struct change *change);

/*
 * The same for those that are gone, which restore was asked for: to be called when all others have
 * been admitted. True when there were any; a dry run only tells.
 */
bool stale_forget(struct change *change, bool dry_run);
