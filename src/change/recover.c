/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/recover.h"

#include <time.h>

#include "base/path.h"
#include "change/decide.h"
#include "change/lock.h"
#include "change/session.h"
#include "change/undo.h"

const char *recovery_state_name(enum recovery_state state)
{
	static const char *const names[] = {
		[RECOVERY_DONE] = "done",         [RECOVERY_PLANNED] = "planned",
		[RECOVERY_WAITS] = "waits",       [RECOVERY_GONE] = "gone",
		[RECOVERY_REPLACED] = "replaced", [RECOVERY_FAILED] = "failed",
	};

	return names[state];
}

/* The items of one run. */
struct part {
	struct recovery_item *items;
	size_t count;
};

/* --- a run that lives --------------------------------------------------------------------- */

/* A program that runs with the devices may take its time. */
static bool may_last(const struct journal_run *run)
{
	return run->attended && streq(run->verb, SESSION_VERB);
}

static void note_waiting(struct part *part, const struct journal_run *run)
{
	for (size_t i = 0; i < part->count; i++) {
		struct recovery_item *item = &part->items[i];

		item->state = RECOVERY_WAITS;
		error_set(&item->error, STATUS_TIMEOUT, 0, "in-flight", item->entry.address,
			  "vfioctl %s, pid %d, is not finished with it", run->verb, (int)run->pid);
		if (may_last(run)) {
			error_remedy(&item->error, "It goes back when what it runs has ended.");
			continue;
		}
		error_remedy(&item->error,
			     "Whoever has the device open must close it: `vfioctl show %s` names "
			     "who can be seen. Then run `vfioctl recover` again.",
			     item->entry.address);
	}
}

/* A journal that cannot be read is told later, by who has the lock. */
static bool any_lives(void)
{
	/* An arena for each look: there may be a thousand before the time is up. */
	scoped_arena struct arena *arena = arena_new(64 << 20);
	struct journals journals;
	bool lives = false;

	if (!arena || journals_load(&journals, arena, NULL) < 0)
		return false;
	for (size_t i = 0; i < journals.count; i++)
		lives |= journals.runs[i].lives && !may_last(&journals.runs[i]);
	return lives;
}

/* Until no run lives any more, or the time is up. Without the lock: others need not wait, too. */
static void wait_until_settled(int64_t timeout_ms)
{
	const struct timespec pause = {.tv_nsec = 100 * 1000 * 1000};
	int64_t deadline = now_ms() + timeout_ms;

	while (any_lives() && now_ms() < deadline)
		nanosleep(&pause, NULL);
}

/* --- one that is dead --------------------------------------------------------------------- */

static struct recovery_item *find_item(struct part *part, const char *address)
{
	for (size_t i = 0; i < part->count; i++)
		if (streq(part->items[i].entry.address, address))
			return &part->items[i];
	return NULL;
}

/* Devices that are gone, or are others now, are nobody's any more. How many are left, or -1. */
static int sort_out(struct part *part, const struct journal_run *run, const char **addresses,
		    struct error *err)
{
	scoped_inventory struct inventory inventory = {0};
	int count = 0;

	if (inventory_scan(&inventory, 0, err) < 0)
		return -1;
	for (size_t i = 0; i < part->count; i++) {
		struct recovery_item *item = &part->items[i];
		const struct device *dev = inventory_find(&inventory, item->entry.address);

		if (!dev || dev->state == DEVICE_GONE)
			item->state = RECOVERY_GONE;
		else if (dev->state == DEVICE_OK && !journal_find(run, dev))
			item->state = RECOVERY_REPLACED;
		else
			addresses[count++] = item->entry.address;
	}
	return count;
}

static enum recovery_state state_of(const struct change_result *result, bool dry_run)
{
	if (!result_is_fine(result))
		return RECOVERY_FAILED;
	if (!result_is_touched(result))
		return RECOVERY_DONE;
	if (dry_run)
		return RECOVERY_PLANNED;
	return result->outcome == CHANGE_ARRIVED ? RECOVERY_DONE : RECOVERY_FAILED;
}

/* Gone back it needs no record that it had not before; gone on, as the run would have left it. */
static void settle_record(const struct recovery_item *item, const struct device *dev)
{
	bool keep = item->entry.forward ? streq(item->run->verb, "bind") : item->entry.recorded;

	if (!keep)
		binding_forget(dev);
}

static void note_results(struct recovery *recovery, struct part *part, const struct change *change,
			 bool dry_run)
{
	for (size_t i = 0; i < change->count; i++) {
		const struct change_result *result = &change->results[i];
		struct recovery_item *item = find_item(part, result->before->address);
		const struct device *now = result->after ? result->after : result->before;

		/* A VF that the run made, and that goes. */
		if (!item)
			continue;
		item->state = state_of(result, dry_run);
		item->driver_before = arena_strdup(recovery->arena, result->before->driver);
		item->driver = arena_strdup(recovery->arena, now->driver);
		item->overridden = result->overridden;
		/* One that was not begun with has the error of the whole: note_failure(). */
		if (item->state != RECOVERY_FAILED || !result_is_fine(result))
			item->error = result->error;
		/* Failed and not restored: it is half-way as before. */
		if (item->error.status == STATUS_FAILED) {
			item->error.status = STATUS_BROKEN;
			if (result->outcome != CHANGE_NOT_BEGUN)
				undo_add_commands(&item->error, result, result->to);
		}
		if (item->state == RECOVERY_DONE && !dry_run)
			settle_record(item, result->before);
	}
}

static void note_failure(struct part *part, const struct error *err)
{
	for (size_t i = 0; i < part->count; i++) {
		struct recovery_item *item = &part->items[i];

		if (item->state != RECOVERY_FAILED)
			continue;
		item->error = *err;
	}
}

/* True when a PF is still to get its VFs back. */
static bool awaits_pf(const struct part *part)
{
	for (size_t i = 0; i < part->count; i++)
		if (part->items[i].entry.from.vfs > 0 && part->items[i].state == RECOVERY_FAILED)
			return true;
	return false;
}

static bool is_settled(void *arg, const struct journal_entry *entry)
{
	struct part *part = arg;
	const struct recovery_item *item = find_item(part, entry->address);

	/* A VF that is gone comes back with its PF, as soon as that can be recovered. */
	return item && item->state != RECOVERY_FAILED &&
	       !(item->state == RECOVERY_GONE && awaits_pf(part));
}

static int recover_dead(struct recovery *recovery, struct part *part, struct journal_run *run,
			const struct recover_request *request, struct error *err)
{
	scoped_free const char **addresses = calloc(part->count + 1, sizeof(*addresses));
	scoped_change struct change change = {0};
	struct change_request change_request = {
		.kind = CHANGE_RECOVER,
		.verb = request->only ? run->verb : NULL,
		.addresses = addresses,
		.forced = request->forced,
		.dry_run = request->dry_run,
		.keep_going = true,
		.timeout_ms = request->timeout_ms,
		.jobs = request->jobs,
		.have_lock = true,
		.unfinished = run,
		.on_step = request->on_step,
		.on_wait = request->on_wait,
	};
	struct error failure = {.code = NULL};
	int left;

	if (!addresses)
		return error_out_of_memory(err);
	for (size_t i = 0; i < part->count; i++)
		part->items[i].state = RECOVERY_FAILED;
	left = sort_out(part, run, addresses, err);
	if (left < 0)
		return -1;
	change_request.count = (size_t)left;
	if (left > 0 && change_run(&change, &change_request, &failure) < 0)
		note_failure(part, &failure);
	note_results(recovery, part, &change, request->dry_run);
	/* A change that had nothing to write has left the journal alone. */
	if (!request->dry_run && change.plan.count == 0)
		return journal_prune(run, is_settled, part, err);
	return 0;
}

/* --- all ---------------------------------------------------------------------------------- */

static int make_items(struct recovery *recovery, const struct journals *journals, struct error *err)
{
	size_t room = 1;

	for (size_t i = 0; i < journals->count; i++)
		room += journals->runs[i].count;
	recovery->items = arena_alloc(recovery->arena, room * sizeof(*recovery->items));
	if (!recovery->items)
		return error_out_of_memory(err);
	for (size_t i = 0; i < journals->count; i++) {
		const struct journal_run *run = &journals->runs[i];

		for (size_t j = 0; j < run->count; j++)
			recovery->items[recovery->count++] =
				(struct recovery_item){.run = run, .entry = run->entries[j]};
	}
	return 0;
}

static int first_error(const struct recovery *recovery, struct error *err)
{
	for (size_t i = 0; i < recovery->count; i++) {
		const struct recovery_item *item = &recovery->items[i];

		if (!item->error.code || (item->state == RECOVERY_WAITS && may_last(item->run)))
			continue;
		*err = item->error;
		return -1;
	}
	return 0;
}

int recover_run(struct recovery *ret, const struct recover_request *request, struct error *err)
{
	scoped_fd int lock = -1;
	struct journals journals;
	size_t next = 0;

	*ret = (struct recovery){.arena = arena_new(64 << 20)};
	if (!ret->arena)
		return error_out_of_memory(err);
	if (!request->dry_run && !request->only)
		wait_until_settled(request->timeout_ms);
	if (!request->dry_run && (lock = lock_take(request->timeout_ms, err)) < 0)
		return -1;
	if (!request->dry_run)
		journals_tidy();
	if ((request->only ? journals_load_one(&journals, ret->arena, request->only, err)
			   : journals_load(&journals, ret->arena, err)) < 0)
		return -1;
	if (make_items(ret, &journals, err) < 0)
		return -1;
	for (size_t i = 0; i < journals.count; i++) {
		struct journal_run *run = &journals.runs[i];
		struct part part = {.items = &ret->items[next], .count = run->count};

		next += run->count;
		if (run->lives)
			note_waiting(&part, run);
		else if (recover_dead(ret, &part, run, request, err) < 0)
			return -1;
	}
	return first_error(ret, err);
}

void recovery_free(struct recovery *recovery)
{
	arena_free(recovery->arena);
	*recovery = (struct recovery){0};
}
