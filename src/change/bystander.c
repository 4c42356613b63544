/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/bystander.h"

#include <stdio.h>

#include "host/manager.h"

/* Why driver would take dev; false when it would not. An override decides alone. */
static bool is_bystander(char *why, size_t size, const struct managers *managers,
			 const struct device *dev, const char *driver)
{
	struct manager manager;

	if (dev->driver)
		return false;
	if (dev->driver_override) {
		snprintf(why, size, "driver_override");
		return streq(dev->driver_override, driver);
	}
	if (!managers_capture_by_ids(&manager, managers, dev, driver))
		return false;
	snprintf(why, size, "ids= in %s", manager.file);
	if (manager.line >= 0)
		append(why, size, ":%lld", (long long)manager.line);
	return true;
}

int bystanders_check(const struct bystander_scope *scope, const char *module, const char *driver,
		     struct error *err)
{
	scoped_arena struct arena *arena = arena_new(4 << 20);
	char bystanders[512] = "", why[256];
	struct managers managers;

	if (!arena)
		return error_out_of_memory(err);
	managers_read(&managers, arena, MANAGER_MODULES);
	for (size_t i = 0; i < scope->inventory->count; i++) {
		const struct device *dev = &scope->inventory->devices[i];

		if (dev->state == DEVICE_OK && !scope->is_moving(scope->arg, dev) &&
		    is_bystander(why, sizeof(why), &managers, dev, driver))
			append(bystanders, sizeof(bystanders), "%s%s (%s)", *bystanders ? ", " : "",
			       dev->address, why);
	}
	if (!*bystanders)
		return 0;
	error_set(err, STATUS_REFUSED, 0, "bystanders", module,
		  "loading this module would also bind %s", bystanders);
	return error_remedy(err, "Name them too, clear their override (vfioctl restore ...), or "
				 "remove their ids from that line.");
}
