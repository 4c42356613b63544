/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changing the driver of a named device from a case. The kernel is asked directly, without the
 * safety of src/change: what goes wrong here is what a case wants to see.
 *
 * Nothing is put back: the runner does that (case_state.c) after every case that is not CASE_SELF.
 * An unbind waits, perhaps for ever, until nobody has a VFIO device open. Failures are -errno.
 */
#pragma once

#include "host/device.h"

/* The driver that has the device of that directory in sysfs now; "" and false when none has. */
bool case_driver_of(char *buf, size_t size, const char *syspath);

/* Lets no driver but this one have the device; NULL: any that has its ids. */
int case_override(const struct device *dev, const char *driver);

/* Takes the device from whoever has it; 0, too, when nobody has. */
int case_unbind(const struct device *dev);

/* Offers the device to that driver: the answer is the one that its probe gave. */
int case_bind_to(const struct device *dev, const char *driver);

/* Offers the device to all drivers. Success, also when none took it: look with case_driver_of(). */
int case_probe(const struct device *dev);

/*
 * All of it: override, unbind, bind. With NULL the device goes to the driver that the kernel
 * chooses, and -ENODEV says that no loaded one takes it.
 */
int case_rebind(const struct device *dev, const char *driver);
