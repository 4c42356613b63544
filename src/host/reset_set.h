/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which functions a reset takes along, as far as the tree of buses tells.
 *
 * The kernel resets a function alone, or all that hangs below the bridge above it (a hot reset). A
 * PF's virtual functions go with it either way. VFIO resets a bus only for who owns all of it, so
 * what hangs together here is best handed to one user.
 */
#pragma once

#include "host/inventory.h"

/* True when a reset of the function dev alone resets other, too: other is one of its VFs. */
bool reset_takes_along(const struct device *dev, const struct device *other);

/* True when a hot reset of dev resets other, too. Never for dev itself. */
bool reset_set_has(const struct device *dev, const struct device *other);

/*
 * Fills reset_set of every function that shares its bus with another one: the address of the bridge
 * above, whose reset takes all below it. It stays NULL for bridges, which nobody can own, and on a
 * root bus, which has no such reset. Reads directories only, which no device lock blocks.
 */
void reset_sets_fill(struct inventory *inventory);
