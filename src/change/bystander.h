/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A driver that is loaded probes every device without a driver that matches it. Its own aliases
 * match none of these (they count with driver_override only), but a left-over override does, and so
 * do ids that its module is loaded with.
 */
#pragma once

#include "base/error.h"
#include "host/inventory.h"

/* The machine, and which of its devices were asked for. */
struct bystander_scope {
	const struct inventory *inventory;
	bool (*is_moving)(const void *arg, const struct device *dev);
	const void *arg;
};

/*
 * Refuses ("bystanders") when loading module, which registers driver, would bind a device that was
 * not asked for. 0, or -1.
 */
int bystanders_check(const struct bystander_scope *scope, const char *module, const char *driver,
		     struct error *err);
