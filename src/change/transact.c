/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/transact.h"

#include <errno.h>

#include "base/path.h"
#include "change/apply.h"
#include "change/decide.h"
#include "change/late.h"
#include "change/notes.h"
#include "change/sriov.h"
#include "change/undo.h"

/* --- the journal -------------------------------------------------------------------------- */

/* What the callbacks of apply_plan() and journal_prune() are about. */
struct transaction {
	struct change *change;
	struct applied applied;
	struct journal_run run;
	pid_t pids[256]; /* of the processes at work */
	size_t n_pids;
	size_t n_earlier; /* the first of pids: of the way there, while devices go back */
};

/*
 * A temporary change shall end where a run that was killed would have been brought by recover: so
 * that one that is killed and run again leaves nothing behind.
 */
static void inherit(struct journal_entry *entry, const struct journal_entry *older)
{
	entry->from = older->forward ? older->to : older->from;
	entry->recorded = older->forward || older->recorded;
}

/* older: what the run noted that is recovered by this change; NULL: it is another change. */
static void fill_entry(struct journal_entry *entry, const struct journal_entry *older,
		       const struct change_result *result, const struct change_request *request)
{
	entry->from = older ? older->from : result->from;
	entry->to = older ? older->to : result->to;
	/* The record of a device that is not moved stays what it is. */
	entry->recorded = older ? older->recorded : result->recorded || !result_is_touched(result);
	entry->forward = older && older->forward;
	if (request->temporary && result->unfinished)
		inherit(entry, result->unfinished);
}

static int begin_journal(struct transaction *transaction, const struct change_request *request,
			 struct error *err)
{
	struct change *change = transaction->change;
	struct journal_run *run = &transaction->run;
	struct arena *arena = change->arena;

	*run = (struct journal_run){
		.verb = request->unfinished ? request->unfinished->verb : change_verb(request),
		.path = request->unfinished ? request->unfinished->path : journal_new_path(arena),
		.entries = arena_alloc(arena, (change->count + 1) * sizeof(*run->entries)),
	};
	for (size_t i = 0; run->entries && i < change->count; i++) {
		const struct change_result *result = &change->results[i];
		struct journal_entry *entry = &run->entries[run->count];
		const struct journal_entry *older =
			request->unfinished
				? journal_find_address(request->unfinished, result->before->address)
				: NULL;

		if (!older &&
		    (result->from.absent || (!request->temporary && (!result_is_fine(result) ||
								     !result_is_touched(result)))))
			continue;
		if (!journal_entry_init(entry, arena, result->before))
			return error_out_of_memory(err);
		fill_entry(entry, older, result, request);
		/* It may be about a VF that has to be made yet, of which less is known. */
		if (older) {
			entry->identity = older->identity;
			entry->syspath = older->syspath;
		}
		run->count++;
	}
	if (!run->path || !run->entries)
		return error_out_of_memory(err);
	/* Where no process is going to work it is noted here, or never. */
	return request->temporary ? journal_save(run, NULL, 0, err) : 0;
}

static int note_workers(void *arg, const pid_t *pids, size_t count, struct error *err)
{
	struct transaction *transaction = arg;

	transaction->n_pids = transaction->n_earlier;
	for (size_t i = 0; i < count && transaction->n_pids < ARRAY_SIZE(transaction->pids); i++)
		transaction->pids[transaction->n_pids++] = pids[i];
	return journal_save(&transaction->run, transaction->pids, transaction->n_pids, err);
}

/* On the way back that is no reason to leave a device half-way. */
static int note_workers_back(void *arg, const pid_t *pids, size_t count, struct error *err)
{
	note_workers(arg, pids, count, err);
	return 0;
}

static struct change_result *find_result(struct change *change, const char *address)
{
	for (size_t i = 0; i < change->count; i++)
		if (streq(change->results[i].before->address, address))
			return &change->results[i];
	return NULL;
}

/*
 * An unbind that waits for a user of the VFIO device cannot be taken back: its nodes are gone, and
 * the user has been told to let go.
 */
static bool can_only_go_on(const struct transaction *transaction, const struct device *dev)
{
	const struct plan *plan = &transaction->change->plan;

	for (size_t i = 0; i < plan->count; i++)
		if (plan->steps[i].dev == dev && transaction->applied.progress[i] == STEP_STUCK)
			return plan->steps[i].kind == STEP_UNBIND && device_is_vfio(dev);
	return false;
}

/* Not begun is as it was: whole, unless it was half-way and to be recovered. */
static bool is_whole(const struct change_result *result, bool recovering)
{
	return result->outcome == CHANGE_ARRIVED || result->outcome == CHANGE_UNDONE ||
	       result->outcome == CHANGE_GONE ||
	       (result->outcome == CHANGE_NOT_BEGUN && result_is_fine(result) &&
		!(recovering && result_is_touched(result)));
}

/* What is neither done nor undone is left for `vfioctl recover`. */
static void end_journal(struct transaction *transaction, bool recovering)
{
	struct journal_run *run = &transaction->run;
	size_t kept = 0;

	for (size_t i = 0; i < run->count; i++) {
		struct journal_entry entry = run->entries[i];
		const struct change_result *result =
			find_result(transaction->change, entry.address);

		if (is_whole(result, recovering))
			continue;
		if (!recovering)
			entry.forward = can_only_go_on(transaction, result->before);
		run->entries[kept++] = entry;
	}
	run->count = kept;
	if (kept == 0)
		journal_remove(run);
	else
		journal_save(run, transaction->pids, transaction->n_pids, NULL);
}

/* --- doing it ----------------------------------------------------------------------------- */

static void blame(void *arg, const struct step *step, const struct error *err)
{
	struct transaction *transaction = arg;
	struct change_result *result = find_result(transaction->change, step->dev->address);

	if (!result || !result_is_fine(result))
		return;
	result->error = *err;
	if (step->kind == STEP_BIND && result->choice.is_variant)
		error_remedy(&result->error,
			     "%s is made for it and refuses it; the generic driver: vfioctl bind "
			     "--driver vfio-pci %s",
			     result->choice.driver, step->dev->address);
}

static bool has_steps(const struct plan *plan, const struct device *dev)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->steps[i].dev == dev)
			return true;
	return false;
}

/* Before anything is undone: half-way is broken. */
static enum change_outcome outcome_of(const struct transaction *transaction,
				      const struct device *dev)
{
	const struct plan *plan = &transaction->change->plan;
	const struct applied *applied = &transaction->applied;

	if (applied_has_any(applied, plan, dev, STEP_STUCK))
		return CHANGE_STUCK;
	if (has_steps(plan, dev) && applied_is_whole(applied, plan, dev))
		return CHANGE_ARRIVED;
	if (applied_has_any(applied, plan, dev, STEP_DONE) ||
	    applied_has_any(applied, plan, dev, STEP_BEGUN) ||
	    applied_has_any(applied, plan, dev, STEP_FAILED))
		return CHANGE_BROKEN;
	return CHANGE_NOT_BEGUN;
}

/*
 * A VF that is made or taken away is where its PF is: not begun, when that is not; and when it is
 * done, the VF is gone, or half-way, unless its own steps have brought it where it was to go.
 */
static void follow_maker(const struct change *change, struct change_result *result)
{
	const struct plan *plan = &change->plan;
	const struct change_result *maker =
		result_comes_or_goes(result) ? sriov_maker(change, result->before) : NULL;

	if (!maker || result->outcome == CHANGE_STUCK || maker->outcome == CHANGE_NOT_BEGUN)
		return;
	if (maker->outcome == CHANGE_STUCK)
		result->outcome = CHANGE_STUCK;
	else if (result->outcome == CHANGE_NOT_BEGUN)
		result->outcome = result_is_fine(result) && !has_steps(plan, result->before)
					  ? maker->outcome
					  : CHANGE_BROKEN;
}

static void note_outcomes(struct transaction *transaction)
{
	struct change *change = transaction->change;

	for (size_t i = 0; i < change->count; i++)
		change->results[i].outcome = outcome_of(transaction, change->results[i].before);
	for (size_t i = 0; i < change->count; i++)
		follow_maker(change, &change->results[i]);
}

static void undo_failed(struct transaction *transaction, const struct change_request *request,
			struct error *err)
{
	struct change *change = transaction->change;

	/* Those that are stuck are still about their devices. */
	transaction->n_earlier = transaction->n_pids;
	undo(change, request, note_workers_back, transaction);
	for (size_t i = 0; i < change->count; i++)
		if (change->results[i].outcome == CHANGE_BROKEN)
			err->status = STATUS_BROKEN;
}

/* Others hear of a device as soon as it is bound, and may take it while its nodes are waited for.
 */
static int verify_again(struct change *change, struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < change->count; i++) {
		struct change_result *result = &change->results[i];
		const struct device *dev = result->before;
		const struct step step = {
			.kind = STEP_VERIFY, .dev = dev, .value = result->to.driver};
		struct step_outcome outcome = {.r = -ENODEV};

		if (result->outcome != CHANGE_ARRIVED || !result_is_moving(result) ||
		    !result->to.driver)
			continue;
		path_link_name(outcome.found, sizeof(outcome.found),
			       "/sys/bus/%s/devices/%s/driver", dev->bus, dev->address);
		if (streq(outcome.found, result->to.driver))
			continue;
		step_explain(&step, &outcome, &result->error);
		result->outcome = CHANGE_BROKEN;
		if (err && r == 0)
			*err = result->error;
		r = -1;
	}
	return r;
}

/* A disk that comes back while its old self is open would get another name. */
static void drop_claims(struct change *change)
{
	for (size_t i = 0; i < change->count; i++)
		usages_free(&change->results[i].usages);
}

int transact(struct change *change, const struct change_request *request, struct error *err)
{
	struct transaction transaction = {.change = change};
	const struct apply_options options = {
		.timeout_ms = request->timeout_ms,
		.jobs = request->jobs,
		.keep_going = request->keep_going,
		.on_step = request->on_step,
		.on_wait = request->on_wait,
		.on_failure = blame,
		.arg = &transaction,
		.on_workers = note_workers,
		.workers_arg = &transaction,
	};
	int r;

	if (notes_save(change, request, err) < 0 || begin_journal(&transaction, request, err) < 0) {
		notes_drop(change, err);
		return -1;
	}
	r = change->plan.count ? apply_plan(&transaction.applied, &change->plan, &options, err) : 0;
	drop_claims(change);
	note_outcomes(&transaction);
	if (r < 0)
		late_name_holders(change, &transaction.applied, err);
	if ((r == 0 || request->keep_going) && verify_again(change, r == 0 ? err : NULL) < 0)
		r = -1;
	/* What recovers and fails goes on next time: the state half-way is nothing to go back to.
	 */
	if (r < 0 && request->kind != CHANGE_RECOVER)
		undo_failed(&transaction, request, err);
	notes_settle(change, request, r == 0, err);
	if (request->temporary && r == 0)
		change->journal = transaction.run.path;
	else
		end_journal(&transaction, request->kind == CHANGE_RECOVER);
	applied_free(&transaction.applied);
	return r;
}
