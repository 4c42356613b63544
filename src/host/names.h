/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of vendors, devices and classes, from the hwdb that udev ships.
 */
#pragma once

#include "host/inventory.h"

/*
 * Fills vendor_name, device_name and class_name of every device that has a modalias and lacks them.
 * Each distinct modalias is looked up once. On a machine without a hwdb they stay NULL.
 */
void names_fill(struct inventory *inventory);

/* Where a captured tree has them: there the hwdb of the machine that reads it does not count. */
#define NAMES_FILE "/vfioctl/names"

/*
 * The text of that file for the devices of an inventory, in the form of hwdb(7): a modalias on a
 * line, and below it the properties, each behind a blank. NULL when out of memory. The caller frees
 * it.
 */
char *names_text(struct inventory *inventory);
