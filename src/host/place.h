/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which device a directory of sysfs belongs to: that of an interface, a disk, a node. Paths have no
 * link in them (path_resolve()).
 */
#pragma once

#include "host/resolve.h"

/* True when it is a device of ours or belongs to one, or to several. */
bool place_is_owned(const char *path);

/*
 * Writes the name of the device that it belongs to; text is what was typed. 0, or -1 with
 * STATUS_NO_DEVICE, or with STATUS_USAGE when it belongs to several, or shall stand for the device
 * without being the only one of its kind there.
 */
int place_resolve(char ret[static DEVICE_NAME_SIZE], const char *text, const char *path,
		  enum resolve_for purpose, struct error *err);
