/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/change.h"

#include <errno.h>

#include "base/path.h"
#include "change/decide.h"
#include "change/interrupt.h"
#include "change/lock.h"
#include "change/log.h"
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

/* --- may they go -------------------------------------------------------------------------- */

/* One that was refused stays. */
static bool goes_along(const void *arg, const struct device *dev)
{
	const struct change *change = arg;

	for (size_t i = 0; i < change->count; i++)
		if (change->results[i].before == dev)
			return result_is_fine(&change->results[i]);
	return false;
}

/*
 * What the group must be afterwards. A device that recovers goes where it was, or was let go: only
 * users of the group can stand in its way.
 */
static void set_direction(struct gate *gate, const struct change_request *request,
			  const struct change_result *result)
{
	gate->to_vfio = request->kind == CHANGE_BIND;
	gate->stays = request->kind == CHANGE_RECOVER && vfio_is_driver_name(result->to.driver);
}

static bool must_pass(const struct change_result *result)
{
	return result_is_fine(result) && result_is_moving(result);
}

/* One look at the whole machine for all devices that move. 0 or -1. */
static int find_users(struct change *change, struct error *err)
{
	scoped_free const struct device **devices = calloc(change->count + 1, sizeof(*devices));
	scoped_free struct usages *usages = calloc(change->count + 1, sizeof(*usages));
	size_t count = 0, next = 0;

	if (!devices || !usages)
		return error_out_of_memory(err);
	for (size_t i = 0; i < change->count; i++)
		if (must_pass(&change->results[i]))
			devices[count++] = change->results[i].before;
	if (usage_of_devices(usages, devices, count, true, err) < 0)
		return -1;
	for (size_t i = 0; i < change->count; i++)
		if (must_pass(&change->results[i]))
			change->results[i].usages = usages[next++];
	return 0;
}

/* Asks for every device that has not been refused yet. True when one is refused now. */
static bool refuse_some(struct change *change, const struct change_request *request)
{
	struct gate gate = {
		.inventory = &change->before,
		.is_moving = goes_along,
		.arg = change,
		.forced = request->forced,
	};
	bool refused = false;

	for (size_t i = 0; i < change->count; i++) {
		struct change_result *result = &change->results[i];

		if (!must_pass(result))
			continue;
		set_direction(&gate, request, result);
		refused |= gate_check(&gate, result->before, &result->usages, &result->overridden,
				      &result->error) < 0;
	}
	return refused;
}

/*
 * All refusals are told at once. When the others go without a refused one, their group may have
 * become one that cannot be handed out: so they are asked again.
 */
static int pass_gate(struct change *change, const struct change_request *request, struct error *err)
{
	if (find_users(change, err) < 0)
		return -1;
	while (refuse_some(change, request))
		if (!request->keep_going)
			return change_first_error(change, err);
	return 0;
}

/* The nodes and drivers of a device that another run is about are that run's. */
static int check_unfinished(struct change *change, const struct change_request *request,
			    struct error *err)
{
	struct journals journals;

	if (!journals_exist())
		return 0;
	if (journals_load(&journals, change->arena, err) < 0)
		return -1;
	for (size_t i = 0; i < change->count; i++) {
		struct change_result *result = &change->results[i];

		if (!result_is_fine(result))
			continue;
		result->unfinished = journals_find(&journals, result->before);
		journal_check_free(&journals, result->before, &result->error);
	}
	return request->keep_going ? 0 : change_first_error(change, err);
}

/* --- doing it ----------------------------------------------------------------------------- */

/* Without an IOMMU the kernel's answer would be a bare EINVAL. */
static int check_iommu(const struct change_result *result, struct error *err)
{
	char noiommu[8] = "N";
	const struct device *dev = result->before;

	path_read(noiommu, sizeof(noiommu),
		  "/sys/module/vfio/parameters/"
		  "enable_unsafe_noiommu_mode");
	if (dev->iommu_group >= 0 || *noiommu == 'Y' || !vfio_is_driver_name(result->choice.driver))
		return 0;
	error_set(err, STATUS_UNSUPPORTED, 0, "no-iommu", dev->address,
		  "it has no IOMMU group: no IOMMU guards its DMA");
	return error_remedy(err,
			    "Switch the IOMMU on in the firmware, and with intel_iommu=on where "
			    "that is needed; `vfioctl mode` shows what the kernel has.");
}

static int make_driver_ready(struct change *change, struct change_result *result,
			     int64_t timeout_ms)
{
	struct bystander_scope scope = {
		.inventory = &change->before, .is_moving = goes_along, .arg = change};
	struct error *err = &result->error;

	if (driver_make_ready(&result->choice, change->arena, result->before, &scope, timeout_ms,
			      err) < 0 ||
	    check_iommu(result, err) < 0)
		return -1;
	result->to.driver = result->to.override = result->choice.driver;
	return 0;
}

static int make_drivers_ready(struct change *change, const struct change_request *request,
			      struct error *err)
{
	for (size_t i = 0; request->kind == CHANGE_BIND && i < change->count; i++) {
		struct change_result *result = &change->results[i];

		if (result_is_fine(result) && result_is_moving(result) &&
		    make_driver_ready(change, result, request->dry_run ? 0 : request->timeout_ms) <
			    0 &&
		    !request->keep_going)
			return change_first_error(change, err);
	}
	return 0;
}

static bool access_has_changed(const struct change_result *result)
{
	return result->access && result_is_fine(result) && result->outcome != CHANGE_UNDONE;
}

static void look_afterwards(struct change *change)
{
	if (inventory_scan(&change->after, 0, NULL) < 0)
		return;
	for (size_t i = 0; i < change->count; i++) {
		struct change_result *result = &change->results[i];

		result->after = inventory_find(&change->after, result->before->address);
		result->changed = result->after && result->after->state == DEVICE_OK &&
				  (access_has_changed(result) ||
				   !streq_null(result->before->driver, result->after->driver) ||
				   !streq_null(result->before->driver_override,
					       result->after->driver_override));
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

/* Under the lock, or in a dry run: from the decision to the new state. */
static int carry_out(struct change *change, const struct change_request *request, struct error *err)
{
	struct interrupts interrupts;
	int r;

	if (check_unfinished(change, request, err) < 0 || pass_gate(change, request, err) < 0 ||
	    make_drivers_ready(change, request, err) < 0)
		return -1;
	warnings_collect(change);
	if (transact_plan(change, request, err) < 0)
		return -1;
	if (request->dry_run || !has_work(change, request))
		return 0;
	/* pool.c looks whether one is pending. */
	interrupts_block(&interrupts);
	r = transact(change, request, err);
	look_afterwards(change);
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
	locks = !request->dry_run && (ret->changed || is_unfinished(ret, true));
	if (locks && (take_lock(&lock, request, err) < 0 || look(ret, request, err) < 0))
		return -1;
	if (ret->changed) {
		r = carry_out(ret, request, err);
	} else {
		r = locks ? check_unfinished(ret, request, err) : 0;
		look_afterwards(ret);
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
