/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "host/inventory.h"

/* Fills the index, once all devices are there and before anybody asks. Without memory there is
 * none, and asking takes longer. */
void inventory_index(struct inventory *inventory);
