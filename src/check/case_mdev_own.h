/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Emulated devices (mdevs) that cases create beside the one that the user named, on its parent.
 *
 * They are known by their UUIDs, which begin with letters of this program's name and go on with the
 * process id of the runner. A case removes its own; what one that died left behind the runner
 * removes (case_state.c). Failures are -errno.
 */
#pragma once

#include "check/case.h"

#define CASE_UUID_SIZE 37

/* Of a device that a case creates: what case_open_peer() wants to know of it. */
struct case_mdev {
	char uuid[CASE_UUID_SIZE];
	char syspath[256];    /* stays until the device is gone; its link in /sys/bus goes first */
	struct device device; /* points into the above */
};

/* How many more the type can have, or -errno. */
int case_mdev_available(const struct device *mdev);

/* The UUID of the index-th device of this run. */
void case_mdev_uuid(char buf[CASE_UUID_SIZE], unsigned int index);

/* Creates a device of the named one's type under any text for a UUID. */
int case_mdev_create_as(const struct device *mdev, const char *text);

/* Creates the index-th of this run, of the named one's type. ret must not be moved. */
int case_mdev_create(struct case_mdev *ret, const struct device *mdev, unsigned int index);

/* Waits while it is open. */
int case_mdev_remove(const char *uuid);

/* Removes all of the runner with that process id. 0 or the first -errno. */
int case_mdev_remove_all(pid_t runner);
