/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/change.h"

#include <errno.h>

#include "change/admit.h"
#include "change/decide.h"
#include "change/interrupt.h"
#include "change/lock.h"
#include "change/log.h"
#include "change/node.h"
#include "change/ready.h"
#include "change/sriov.h"
#include "change/stale.h"
#include "change/transact.h"
#include "change/warning.h"
#include "host/vfio_driver.h"

static void forget_look(struct change *change)
{
	for (size_t i = 0; i < change->count; i++)
		usages_free(&change->results[i].usages);
	free(change->results);
	change->results = NULL;
	change->count = 0;
	change->changed = false;
	inventory_free(&change->before);
}

/* Looks at the machine and decides; may be called again when things may have moved. */
static int look(struct change *change, const struct change_request *request, struct error *err)
{
	forget_look(change);
	if (inventory_scan(&change->before, 0, err) < 0 || decide_devices(change, request, err) < 0)
		return -1;
	return decide_targets(change, request, err);
}

/* --- doing it ----------------------------------------------------------------------------- */

static bool access_has_changed(const struct change_result *result)
{
	return result->access && result_is_fine(result) && result->outcome != CHANGE_UNDONE;
}

static bool has_changed(const struct change_result *result)
{
	const struct device *before = result->before, *after = result->after;

	if (!after)
		return result->forgotten ||
		       (result->to.absent && result->outcome != CHANGE_NOT_BEGUN);
	if (after->state != DEVICE_OK)
		return false;
	return access_has_changed(result) ||
	       (result_comes_or_goes(result) && result->outcome == CHANGE_ARRIVED) ||
	       before->n_vfs != after->n_vfs || !streq_null(before->driver, after->driver) ||
	       !streq_null(before->driver_override, after->driver_override);
}

static void look_afterwards(struct change *change)
{
	if (inventory_scan(&change->after, 0, NULL) < 0)
		return;
	for (size_t i = 0; i < change->count; i++) {
		struct change_result *result = &change->results[i];

		result->after = inventory_find(&change->after, result->before->address);
		if (result->forgotten)
			result->outcome = CHANGE_ARRIVED;
		result->changed = has_changed(result);
	}
}

/* There may be a record to be changed, or a journal to be kept, and nothing else. */
static bool has_work(const struct change *change, const struct change_request *request)
{
	if (change->plan.count > 0 || request->temporary)
		return true;
	for (size_t i = 0; i < change->count; i++)
		if (change->results[i].access)
			return true;
	return false;
}

/* Nodes that are to be root's: no step says of them whose they are. */
static bool makes_nodes(const struct change *change, const struct change_request *request)
{
	for (size_t i = 0; !request->access && i < change->count; i++)
		if (result_is_moving(&change->results[i]) &&
		    vfio_is_driver_name(change->results[i].to.driver))
			return true;
	return false;
}

/* Where nothing else was to be done. */
static void tell_forgotten(struct change *change, const struct change_request *request)
{
	change->changed = true;
	if (request->dry_run)
		return;
	look_afterwards(change);
	log_change(change, request);
}

/* Under the lock, or in a dry run: from the decision to the new state. */
static int carry_out(struct change *change, const struct change_request *request, struct error *err)
{
	struct interrupts interrupts;
	bool forgets;
	int r;

	if (admit_unfinished(change, request, err) < 0 || admit_devices(change, request, err) < 0 ||
	    ready_drivers(change, request, err) < 0)
		return -1;
	warnings_collect(change);
	if (transact_plan(change, request, err) < 0)
		return -1;
	forgets = stale_forget(change, request->dry_run);
	if (request->dry_run || !has_work(change, request)) {
		if (forgets)
			tell_forgotten(change, request);
		return 0;
	}
	/* Nobody is to get a device by a rule that was taken back a moment ago. */
	if (makes_nodes(change, request))
		node_wait_for_rules();
	/* pool.c looks whether one is pending. */
	interrupts_block(&interrupts);
	r = transact(change, request, err);
	look_afterwards(change);
	sriov_warn_of_groups(change);
	log_change(change, request);
	/* From here on there is a way back to be gone, so that nothing may end this process. */
	if (change->journal)
		change->interrupts = interrupts;
	else
		interrupts_unblock(&interrupts);
	return r;
}

/* The journal of a temporary change looks to its own process as if the run were dead. */
static bool is_own(const struct change *change, const struct journal_run *run)
{
	return change->journal && streq(change->journal, run->path);
}

static bool is_settled(void *arg, const struct journal_entry *entry)
{
	const struct change *change = arg;

	for (size_t i = 0; i < change->count; i++) {
		const struct change_result *result = &change->results[i];

		if (streq(result->before->address, entry->address))
			return result_is_fine(result) && (result->outcome == CHANGE_ARRIVED ||
							  result->outcome == CHANGE_NOT_BEGUN);
	}
	return false;
}

/* A run that names a device and succeeds has the last word on it: older ones have none any more. */
static void settle_older(struct change *change)
{
	struct journals journals;

	if (journals_load(&journals, change->arena, NULL) < 0)
		return;
	for (size_t i = 0; i < journals.count; i++)
		if (!journals.runs[i].lives && !is_own(change, &journals.runs[i]))
			journal_prune(&journals.runs[i], is_settled, change, NULL);
}

/*
 * True when an unfinished run, one that lives or one that is dead, is about one of the devices. All
 * others are of no concern: nobody has to wait for their lock.
 */
static bool is_unfinished(struct change *change, bool lives)
{
	struct journals journals;

	if (!journals_exist() || journals_load(&journals, change->arena, NULL) < 0)
		return false;
	for (size_t i = 0; i < journals.count; i++)
		for (size_t j = 0; journals.runs[i].lives == lives && j < change->count; j++)
			if (!is_own(change, &journals.runs[i]) &&
			    journal_find(&journals.runs[i], change->results[j].before))
				return true;
	return false;
}

const char *change_kind_name(enum change_kind kind)
{
	static const char *const names[] = {
		[CHANGE_BIND] = "bind",
		[CHANGE_RESTORE] = "restore",
		[CHANGE_RECOVER] = "recover",
		[CHANGE_SRIOV] = "sriov",
	};

	return names[kind];
}

int change_first_error(const struct change *change, struct error *err)
{
	for (size_t i = 0; i < change->count; i++) {
		if (result_is_fine(&change->results[i]))
			continue;
		*err = change->results[i].error;
		return -1;
	}
	return 0;
}

static int take_lock(int *ret, const struct change_request *request, struct error *err)
{
	if (request->dry_run || request->have_lock || *ret >= 0)
		return 0;
	*ret = lock_take(request->timeout_ms, err);
	return *ret < 0 ? -1 : 0;
}

int change_run(struct change *ret, const struct change_request *request, struct error *err)
{
	scoped_fd int lock = -1;
	bool locks;
	int r;

	*ret = (struct change){.arena = arena_new(16 << 20)};
	if (!ret->arena)
		return error_out_of_memory(err);
	if (look(ret, request, err) < 0)
		return -1;
	/* A device that somebody is about may look as if there were nothing to do. */
	locks = !request->dry_run &&
		(ret->changed || is_unfinished(ret, true) || stale_is_any(ret));
	if (locks && (take_lock(&lock, request, err) < 0 || look(ret, request, err) < 0))
		return -1;
	if (locks)
		stale_drop(ret);
	if (ret->changed) {
		r = carry_out(ret, request, err);
	} else {
		r = locks ? admit_unfinished(ret, request, err) : 0;
		look_afterwards(ret);
		if (r == 0 && stale_forget(ret, request->dry_run))
			tell_forgotten(ret, request);
	}
	if (r < 0 && !request->keep_going)
		return -1;
	if (!request->dry_run && !request->unfinished && is_unfinished(ret, false) &&
	    take_lock(&lock, request, NULL) == 0)
		settle_older(ret);
	/* What went wrong with no device in particular is an error, too. */
	return change_first_error(ret, err) < 0 ? -1 : r;
}

void change_free(struct change *change)
{
	forget_look(change);
	inventory_free(&change->after);
	plan_free(&change->plan);
	arena_free(change->arena);
	*change = (struct change){0};
}
