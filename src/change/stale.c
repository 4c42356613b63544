/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/stale.h"

#include "change/access.h"
#include "change/warning.h"

static bool is_stale(const struct device *dev)
{
	return dev->state == DEVICE_OK && (binding_is_stale(dev) || access_is_stale(dev));
}

bool stale_is_any(const struct change *change)
{
	for (size_t i = 0; i < change->count; i++)
		if (is_stale(change->results[i].before))
			return true;
	return false;
}

void stale_drop(struct change *change)
{
	for (size_t i = 0; i < change->count; i++) {
		struct change_result *result = &change->results[i];
		struct error err = {.code = NULL};

		if (!is_stale(result->before))
			continue;
		if (binding_is_stale(result->before))
			binding_forget(result->before);
		access_drop_stale(result->before, &err);
		warning_add(change, result,
			    "another device had this address before; what was noted of it is "
			    "dropped");
		if (err.code)
			warning_add(change, result, arena_strdup(change->arena, err.message));
	}
}
