/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the host calls a device: the interfaces, disks, controllers and cards that its driver has
 * made of it, as lshw(1) names them, too. Links of /sys/class are read and nothing else, which
 * cannot block.
 */
#pragma once

#include "host/inventory.h"

/* Fills logical_names of each device. What belongs to one that the inventory has not is nobody's.
 */
void logical_names_fill(struct inventory *inventory);

/*
 * The disk that a path to a namespace of multipath NVMe is a part of: "nvme1n2" for "nvme1c5n2",
 * which is hidden. False for any other name.
 */
bool nvme_disk_of(char *ret, size_t size, const char *name);
