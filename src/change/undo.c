/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Going back is the same kind of move as going there, only from wherever the device is now. The
 * driver link tells that without a lock; the override is written again in any case.
 */
#include "change/undo.h"

#include <errno.h>

#include "base/path.h"

enum { UNDO_MS = 60 * 1000 };

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

/* The commands that do by hand what could not be done: from whatever is bound to what was. */
static void add_commands(struct error *err, const struct change_result *result)
{
	const struct device *dev = result->before;

	append(err->remedy, sizeof(err->remedy),
	       "%sTo mend it run: printf '%s\\n' > /sys/bus/%s/devices/%s/driver_override",
	       *err->remedy ? " " : "", result->from.override ? result->from.override : "",
	       dev->bus, dev->address);
	if (path_exists("/sys/bus/%s/devices/%s/driver", dev->bus, dev->address))
		append(err->remedy, sizeof(err->remedy),
		       "; echo %s > /sys/bus/%s/devices/%s/driver/unbind", dev->address, dev->bus,
		       dev->address);
	if (result->from.driver)
		append(err->remedy, sizeof(err->remedy), "; echo %s > /sys/bus/%s/drivers/%s/bind",
		       dev->address, dev->bus, result->from.driver);
}

/* The device's own error says how to mend it; the command's, that there is something to mend. */
static void report_broken(struct error *err, struct change_result *result)
{
	error_set(&result->error, STATUS_BROKEN, EIO, "not-restored", result->before->address,
		  "could not be put back");
	add_commands(&result->error, result);
	err->status = STATUS_BROKEN;
}

static int put_back(struct change *change, const struct change_result *result, int64_t timeout_ms)
{
	scoped_plan struct plan plan = {.arena = change->arena};
	/* Who was impatient on the way there shall not lose the device on the way back. */
	const struct apply_options options = {
		.timeout_ms = timeout_ms > UNDO_MS ? timeout_ms : UNDO_MS, .patient = true};
	const struct device *dev = result->before;
	struct binding now = binding_now(change->arena, dev);
	struct applied applied;

	if (plan_overrides(&plan, dev, now, result->from) < 0 ||
	    plan_move(&plan, dev, now, result->from) < 0)
		return -1;
	return apply_plan(&applied, &plan, &options, &(struct error){0});
}

static void undo_device(struct change *change, struct change_result *result, int64_t timeout_ms,
			struct error *err)
{
	const struct device *dev = result->before;

	if (!path_exists("/sys/bus/%s/devices/%s", dev->bus, dev->address)) {
		error_set(&result->error, STATUS_NO_DEVICE, ENODEV, "no-such-device", dev->address,
			  "the device was removed meanwhile");
		binding_forget(dev);
	} else if (put_back(change, result, timeout_ms) < 0) {
		report_broken(err, result);
	} else if (!result->recorded && !device_is_vfio(dev)) {
		binding_forget(dev);
	}
}

void undo(struct change *change, const struct applied *applied, int64_t timeout_ms,
	  struct error *err)
{
	const struct device *stuck = applied->stuck ? change->plan.steps[applied->done].dev : NULL;

	for (size_t i = change->count; i-- > 0;) {
		struct change_result *result = &change->results[i];

		if (result->before != stuck &&
		    was_touched(&change->plan, applied->done, result->before))
			undo_device(change, result, timeout_ms, err);
	}
}
