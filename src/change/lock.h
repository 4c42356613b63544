/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One run at a time changes devices, or opens them to test them: a lock on /run/vfioctl/lock.
 */
#pragma once

#include <sys/types.h>

#include "base/error.h"

/* Where saved state and the lock live; gone after a reboot, like the state in sysfs. */
#define STATE_DIRECTORY "/run/vfioctl"

/* Who is told, a few times a second, that lock_take() waits; pid 0: it has come to its end. */
void lock_tell(void (*on_wait)(pid_t owner, int64_t waited_ms));

/*
 * Waits at most timeout_ms for the lock. The descriptor holds it until it is closed; -1 with
 * STATUS_LOCKED, naming the process that holds it, or STATUS_PERMISSION.
 */
int lock_take(int64_t timeout_ms, struct error *err);
