/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Going back is the same kind of move as going there, only from wherever the device is now. The
 * driver link tells that without a lock; the override is written again in any case.
 */
#include "change/undo.h"

#include <errno.h>
#include <inttypes.h>
#include <time.h>

#include "base/path.h"
#include "change/apply.h"
#include "change/decide.h"
#include "change/identity.h"
#include "change/moves.h"
#include "change/sriov.h"
#include "host/sriov.h"

enum { UNDO_MS = 60 * 1000 };

static struct binding binding_now(struct arena *arena, const struct change_result *result)
{
	const struct device *dev = result->before;
	char driver[256];

	struct binding now = {.override = result->from.override,
			      .autoprobe_off = result->from.autoprobe_off};

	/* No override is spelt like this, so the original one is written whatever is set. */
	if (result_is_moving(result) || !streq_null(now.override, result->to.override))
		now.override = "?";
	if (result->from.vfs || result->to.vfs)
		now.vfs = sriov_count(dev);
	if (move_changes_vfs(result->from, result->to))
		now.autoprobe_off = !sriov_autoprobe(dev);
	if (path_link_name(driver, sizeof(driver), "/sys/bus/%s/devices/%s/driver", dev->bus,
			   dev->address) > 0)
		now.driver = arena_strdup(arena, driver);
	return now;
}

static void add_vfs_commands(struct error *err, const struct device *dev, struct binding want)
{
	append(err->remedy, sizeof(err->remedy),
	       "%sTo mend it run: echo %d > /sys/bus/pci/devices/%s/sriov_drivers_autoprobe; echo "
	       "0 > /sys/bus/pci/devices/%s/sriov_numvfs",
	       *err->remedy ? " " : "", !want.autoprobe_off, dev->address, dev->address);
	if (want.vfs)
		append(err->remedy, sizeof(err->remedy),
		       "; echo %" PRId64 " > /sys/bus/pci/devices/%s/sriov_numvfs", want.vfs,
		       dev->address);
}

void undo_add_commands(struct error *err, const struct change_result *result, struct binding want)
{
	const struct device *dev = result->before;

	if (move_changes_vfs(result->from, result->to)) {
		add_vfs_commands(err, dev, want);
		return;
	}

	append(err->remedy, sizeof(err->remedy),
	       "%sTo mend it run: printf '%s\\n' > /sys/bus/%s/devices/%s/driver_override",
	       *err->remedy ? " " : "", want.override ? want.override : "", dev->bus, dev->address);
	if (path_exists("/sys/bus/%s/devices/%s/driver", dev->bus, dev->address))
		append(err->remedy, sizeof(err->remedy),
		       "; echo %s > /sys/bus/%s/devices/%s/driver/unbind", dev->address, dev->bus,
		       dev->address);
	if (want.driver)
		append(err->remedy, sizeof(err->remedy), "; echo %s > /sys/bus/%s/drivers/%s/bind",
		       dev->address, dev->bus, want.driver);
	else if (want.any_driver)
		append(err->remedy, sizeof(err->remedy), "; echo %s > /sys/bus/%s/drivers_probe",
		       dev->address, dev->bus);
}

/* Another one at its address is nobody's who would put it back. */
static bool is_gone(const struct change_result *result)
{
	return !path_exists("/sys/bus/%s/devices/%s", result->before->bus,
			    result->before->address) ||
	       identity_check(result->before, NULL) < 0;
}

/* A VF that was taken away comes back with its PF. */
static bool is_lost(const struct change *change, const struct change_result *result)
{
	const struct change_result *maker = sriov_maker(change, result->before);

	return is_gone(result) && (!maker || is_gone(maker));
}

static void report_gone(struct change_result *result)
{
	result->outcome = CHANGE_GONE;
	if (identity_check(result->before, &result->error) < 0)
		return;
	error_set(&result->error, STATUS_NO_DEVICE, ENODEV, "no-such-device",
		  result->before->address, "the device was removed meanwhile");
}

static void report_broken(const struct change *change, struct change_result *result)
{
	if (is_lost(change, result)) {
		report_gone(result);
		return;
	}
	result->outcome = CHANGE_BROKEN;
	error_set(&result->error, STATUS_BROKEN, EIO, "not-restored", result->before->address,
		  "could not be put back");
	undo_add_commands(&result->error, result, result->from);
}

static bool must_go_back(const struct change_result *result, bool keep_going)
{
	return result->outcome == CHANGE_BROKEN ||
	       (result->outcome == CHANGE_ARRIVED && !keep_going && !result->departed);
}

/* The outcome is CHANGE_UNDONE for all that go back, until they turn out to be broken. */
static int plan_back(struct plan *plan, struct change *change, bool keep_going)
{
	scoped_free struct move *list = calloc(change->count + 1, sizeof(*list));
	struct moves moves = {.list = list};

	if (!list)
		return -ENOMEM;
	for (size_t i = change->count; i-- > 0;) {
		struct change_result *result = &change->results[i];

		if (!must_go_back(result, keep_going))
			continue;
		result->outcome = CHANGE_UNDONE;
		/* One that was made goes with its PF's number of VFs. */
		if (result->from.absent)
			continue;
		if (is_lost(change, result))
			report_gone(result);
		else
			list[moves.count++] =
				(struct move){.dev = result->before,
					      .from = binding_now(change->arena, result),
					      .to = result->from};
	}
	return plan_moves(plan, &moves);
}

void undo_records(struct change *change)
{
	for (size_t i = 0; i < change->count; i++) {
		struct change_result *result = &change->results[i];
		bool is_back =
			result->outcome == CHANGE_UNDONE || result->outcome == CHANGE_NOT_BEGUN;

		if (result->outcome == CHANGE_GONE || (result->noted && is_back))
			binding_forget(result->before);
	}
}

/* Somebody else, a rescan of the bus for one, may have brought it there. */
static bool is_back(struct arena *arena, const struct change_result *result)
{
	const struct device *dev = result->before;
	struct binding now = binding_now(arena, result);
	char override[256] = "";

	path_read(override, sizeof(override), "/sys/bus/%s/devices/%s/driver_override", dev->bus,
		  dev->address);
	return streq_null(now.driver, result->from.driver) && now.vfs == result->from.vfs &&
	       now.autoprobe_off == result->from.autoprobe_off &&
	       streq(override, result->from.override ? result->from.override : "(null)");
}

/* One try. Those that did not come back have the outcome CHANGE_BROKEN then. */
static void try_to_undo(struct change *change, const struct apply_options *options, bool keep_going)
{
	scoped_plan struct plan plan = {.arena = change->arena};
	scoped_applied struct applied applied = {0};
	bool planned = plan_back(&plan, change, keep_going) == 0;

	if (planned && apply_plan(&applied, &plan, options, &(struct error){0}) == 0)
		return;
	for (size_t i = 0; i < change->count; i++) {
		struct change_result *result = &change->results[i];

		if (result->outcome == CHANGE_UNDONE &&
		    (!planned || !applied_is_whole(&applied, &plan, result->before)))
			result->outcome = CHANGE_BROKEN;
	}
}

static bool any_broken(struct change *change)
{
	bool broken = false;

	for (size_t i = 0; i < change->count; i++) {
		struct change_result *result = &change->results[i];

		if (result->outcome == CHANGE_BROKEN && is_back(change->arena, result))
			result->outcome = CHANGE_UNDONE;
		broken |= result->outcome == CHANGE_BROKEN;
	}
	return broken;
}

/*
 * A device that was taken away and found again meanwhile is another one to the kernel; and while it
 * is being found it may be away, or have no driver yet.
 */
static void try_again(struct change *change, const struct apply_options *options)
{
	enum { PATIENCE_MS = 3000 };
	const struct timespec pause = {.tv_nsec = 250 * 1000 * 1000};
	int64_t deadline = now_ms() + PATIENCE_MS;

	while (any_broken(change)) {
		try_to_undo(change, options, true);
		if (!any_broken(change) || now_ms() >= deadline)
			return;
		nanosleep(&pause, NULL);
	}
}

void undo(struct change *change, const struct change_request *request, apply_workers_fn *on_workers,
	  void *arg)
{
	/* Who was impatient on the way there shall not lose the device on the way back. */
	const struct apply_options options = {
		.timeout_ms = request->timeout_ms > UNDO_MS ? request->timeout_ms : UNDO_MS,
		.jobs = request->jobs,
		.patient = true,
		.keep_going = true,
		.on_workers = on_workers,
		.workers_arg = arg,
	};

	try_to_undo(change, &options, request->keep_going);
	try_again(change, &options);
	if (any_broken(change))
		for (size_t i = 0; i < change->count; i++)
			if (change->results[i].outcome == CHANGE_BROKEN)
				report_broken(change, &change->results[i]);
	undo_records(change);
}
