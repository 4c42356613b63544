/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/notes.h"

#include "change/access.h"
#include "change/decide.h"
#include "change/sriov.h"
#include "change/transact.h"
#include "change/undo.h"
#include "host/vfio_driver.h"

/* --- before the first step ---------------------------------------------------------------- */

/* What a restore will want to know. A VF that is made by this had nothing before. */
static bool needs_record(const struct change_result *result, const struct change_request *request)
{
	if (!result_is_fine(result) || !result_is_touched(result))
		return false;
	return request->kind == CHANGE_BIND ||
	       (request->kind == CHANGE_SRIOV && vfio_is_driver_name(result->to.driver) &&
		result->before->physfn && !result_comes_or_goes(result));
}

int notes_save(struct change *change, const struct change_request *request, struct error *err)
{
	for (size_t i = 0; i < change->count; i++) {
		struct change_result *result = &change->results[i];

		if (needs_record(result, request)) {
			if (binding_save(result->before, result->unfinished, &result->recorded,
					 err) < 0)
				return -1;
			result->noted = !result->recorded;
		} else if (request->kind == CHANGE_SRIOV && !result->from.absent) {
			result->recorded = binding_load(&(struct binding){0}, change->arena,
							result->before, NULL) > 0;
		}
		if (request->kind == CHANGE_BIND && result_is_fine(result) && result->access &&
		    access_save(result->before, request->access, err) < 0)
			return -1;
	}
	return 0;
}

/* --- who may open the nodes --------------------------------------------------------------- */

static void undo_access(struct change_result *result, bool giving, struct error *err)
{
	struct error own = {0};

	if (access_undo(result->before, giving, &own) == 0)
		return;
	/* The device itself may be back: what is wrong is who may open it. */
	own.status = err->status = STATUS_BROKEN;
	error_remedy(&own, "Look who may open the nodes: vfioctl show --user USER %s",
		     result->before->address);
	result->error = own;
}

/* Where devices go back to where they were, so does what was given; a restore that went on takes
 * it. */
static void recover_access(struct change_result *result, const struct change_request *request,
			   struct error *err)
{
	const struct journal_run *run = request->unfinished;

	if (access_is_unfinished(result->before))
		undo_access(result, true, err);
	else if (restore_goes_on(request, result->before) && result->outcome == CHANGE_ARRIVED)
		access_forget(result->before);
	else if ((streq(run->verb, change_kind_name(CHANGE_RESTORE)) ||
		  streq(run->verb, change_kind_name(CHANGE_SRIOV))) &&
		 journal_find(run, result->before) && !restore_goes_on(request, result->before))
		undo_access(result, false, err);
}

/*
 * The record was written before the first step, so which steps were run is no matter. What a
 * restore could not take from the kernel stays given until it can.
 */
static void settle_access(struct change *change, const struct change_request *request, bool done,
			  struct error *err)
{
	for (size_t i = 0; i < change->count; i++) {
		struct change_result *result = &change->results[i];
		bool whole = result->outcome == CHANGE_ARRIVED ||
			     (done && result->outcome == CHANGE_NOT_BEGUN);

		/* One that was refused is to whom it was. */
		if (!result->access ||
		    (result->outcome == CHANGE_NOT_BEGUN && !result_is_fine(result)))
			continue;
		if (request->kind == CHANGE_RECOVER)
			recover_access(result, request, err);
		else if (request->temporary && whole)
			continue; /* an unfinished grant is what recover takes back */
		else if (request->kind == CHANGE_BIND && whole)
			access_settle(result->before);
		else if (request->kind == CHANGE_BIND)
			undo_access(result, true, err);
		else if (whole && !(request->kind == CHANGE_SRIOV && sriov_keeps_access(result)))
			access_forget(result->before);
		else if (result->outcome == CHANGE_UNDONE && !result->from.absent)
			undo_access(result, false, err);
	}
}

/* Nothing was begun: neither is anything noted. */
void notes_drop(struct change *change, struct error *err)
{
	undo_records(change);
	for (size_t i = 0; i < change->count; i++)
		if (change->results[i].access && access_is_unfinished(change->results[i].before))
			undo_access(&change->results[i], true, err);
}

/* A device that is back where it was needs no record any more, and a VF that is no more. */
static bool outlives_record(const struct change_result *result,
			    const struct change_request *request)
{
	if (result->outcome != CHANGE_ARRIVED)
		return false;
	return request->kind == CHANGE_RESTORE ||
	       (request->kind == CHANGE_SRIOV && result->before->physfn &&
		(result_comes_or_goes(result) || !vfio_is_driver_name(result->to.driver)));
}

void notes_settle(struct change *change, const struct change_request *request, bool done,
		  struct error *err)
{
	settle_access(change, request, done, err);
	for (size_t i = 0; i < change->count; i++)
		if (outlives_record(&change->results[i], request))
			binding_forget(change->results[i].before);
}
