/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "cli/field.h"
#include "host/inventory.h"

/*
 * Sorts the devices by a column: numbers by value, text as people count ("vfio9" before "vfio10"),
 * unknown values last, and equal ones as they were.
 */
void inventory_sort(struct inventory *inventory, const struct field *field);
