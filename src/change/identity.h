/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What saved state is about: is it still this boot, this device, this process?
 */
#pragma once

#include <sys/types.h>

#include "base/document.h"
#include "base/error.h"
#include "host/device.h"

/* Notes the boot: the state in sysfs dies with it, and /run need not. 0 or -ENOMEM. */
int identity_set_boot(struct document *doc);
bool identity_is_this_boot(const struct document *doc);

/*
 * What identifies a device whichever driver has it, beside the path of bridges that leads to it:
 * its ids. NULL when the arena is full.
 */
const char *identity_of(struct arena *arena, const struct device *dev);

/* True when that was said of this very device; either string may be NULL, which says no. */
bool identity_matches(const char *identity, const char *syspath, const struct device *dev);

/*
 * 0 while dev is what its address leads to, or nothing is there; -1 with an error when another
 * device has its address by now. Reads an attribute that takes no lock.
 */
int identity_check(const struct device *dev, struct error *err);

/* That error, of a device of which it is known. Returns -1. */
int identity_refuse(const char *address, struct error *err);

/* Notes a process, by its number and the time it was started. 0 or -ENOMEM. */
int identity_set_process(struct document *doc, pid_t pid);

/* True while that process lives; one that is dead and was not waited for does not. */
bool identity_process_lives(const struct document *doc);
