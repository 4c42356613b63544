/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which devices a VFIO driver holds, whatever it is called.
 *
 * Since Linux 6.1 the kernel tells: such a device has a directory "vfio-dev". Before, it only shows
 * the node of each IOMMU group that has one in it, /sys/class/vfio/N. The member whose driver is
 * VFIO's is then found by the driver: they are all named so, or use the vfio module, or are on the
 * mdev bus, where there are no others.
 */
#pragma once

#include "base/util.h"

/* True while the device whose directory the path is, by whatever links, has a VFIO driver. */
bool vfio_holds(const char *fmt, ...) PRINTF(1, 2);

/* False before Linux 6.1, and while VFIO is not there: no device has a "vfio-dev" then. */
bool vfio_has_device_class(void);

/*
 * The entry of /sys/class/vfio, and of /dev/vfio, of a device's IOMMU group: "12", "noiommu-12".
 * 0, or -ENOENT when the group has no node.
 */
int vfio_group_entry(char *ret, size_t size, const char *group);

/* The number in such an entry: "12". */
const char *vfio_group_number(const char *entry);

/* The resolved directory of the device of that name, of any bus, that VFIO holds. 0 or -ENODEV. */
int vfio_find_device(char *ret, size_t size, const char *name);

/*
 * True for the name of a VFIO driver, which is all that is known of one that has no device yet:
 * each has "vfio" in it. NULL is none.
 */
bool vfio_is_driver_name(const char *name);
