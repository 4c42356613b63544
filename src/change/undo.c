/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Going back is the same kind of move as going there, only from wherever the device is now. The
 * driver link tells that without a lock; the override is written again in any case.
 */
#include "change/undo.h"

#include "base/path.h"

/* True when one of the first n steps, or the one after them, was about dev. */
static bool was_touched(const struct plan *plan, size_t n, const struct device *dev)
{
	for (size_t i = 0; i < plan->count && i <= n; i++)
		if (plan->steps[i].dev == dev)
			return true;
	return false;
}

static struct binding binding_now(struct arena *arena, const struct device *dev)
{
	char driver[256];

	/* No override is spelt like this, so the original one is written whatever is set. */
	struct binding now = {.override = "?"};

	if (path_link_name(driver, sizeof(driver), "/sys/bus/%s/devices/%s/driver", dev->bus,
			   dev->address) > 0)
		now.driver = arena_strdup(arena, driver);
	return now;
}

static void say_how_to_mend(struct error *err, const struct change_result *result)
{
	const struct device *dev = result->before;

	err->status = STATUS_BROKEN;
	append(err->message, sizeof(err->message), "; %s could not be put back", dev->address);
	append(err->remedy, sizeof(err->remedy),
	       "%sTo mend it run: printf '%s\\n' > /sys/bus/%s/devices/%s/driver_override",
	       *err->remedy ? " " : "", result->from.override ? result->from.override : "",
	       dev->bus, dev->address);
	if (result->from.driver)
		append(err->remedy, sizeof(err->remedy), "; echo %s > /sys/bus/%s/drivers/%s/bind",
		       dev->address, dev->bus, result->from.driver);
}

static int put_back(struct change *change, const struct change_result *result, int64_t timeout_ms)
{
	scoped_plan struct plan plan = {.arena = change->arena};
	const struct device *dev = result->before;
	struct binding now = binding_now(change->arena, dev);
	struct applied applied;

	if (plan_overrides(&plan, dev, now, result->from) < 0 ||
	    plan_move(&plan, dev, now, result->from) < 0)
		return -1;
	return apply_plan(&applied, &plan, timeout_ms, NULL, &(struct error){0});
}

void undo(struct change *change, const struct applied *applied, int64_t timeout_ms,
	  struct error *err)
{
	const struct device *stuck = applied->stuck ? change->plan.steps[applied->done].dev : NULL;

	for (size_t i = change->count; i-- > 0;) {
		const struct change_result *result = &change->results[i];

		if (result->before == stuck ||
		    !was_touched(&change->plan, applied->done, result->before))
			continue;
		if (put_back(change, result, timeout_ms) < 0)
			say_how_to_mend(err, result);
		else if (!result->recorded && !device_is_vfio(result->before))
			binding_forget(result->before);
	}
}
