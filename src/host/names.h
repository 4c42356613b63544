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
