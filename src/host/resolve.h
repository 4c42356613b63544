/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From what a person types to the device it means.
 *
 * Taken are: "0000:03:00.0", "03:00.0", a path under /sys, the name of a network interface or block
 * device, a node below /dev and a link to one ("/dev/sda1", "/dev/disk/by-id/..."), a VFIO node
 * ("/dev/vfio/devices/vfio0", "/dev/vfio/12"), an mdev's UUID and the name of any other device that
 * a VFIO driver holds.
 */
#pragma once

#include "base/error.h"

enum resolve_for {
	RESOLVE_TO_READ,
	/*
	 * An interface or disk, or what else is below a function, stands for it only if it is the
	 * only one of its kind there: nobody shall lose the second port of a card by naming the
	 * first.
	 */
	RESOLVE_TO_CHANGE,
};

/* Room for the name of any device in sysfs. */
#define DEVICE_NAME_SIZE 256

/*
 * Writes the device's name in sysfs. 0, or -1 with STATUS_NO_DEVICE (nothing of that name; near
 * ones are listed) or STATUS_USAGE (malformed, or it means several devices, which are listed).
 */
int device_resolve(char ret[static DEVICE_NAME_SIZE], const char *text, enum resolve_for purpose,
		   struct error *err);

/*
 * Looks up every name that a device of this machine could be called by, for who records what that
 * looks at (path_record()).
 */
void device_resolve_all(void);

/* The sysfs directory (in /sys/bus/...) of a device named by device_resolve(). 0 or -ENODEV. */
int device_directory(char *ret, size_t size, const char *name);
