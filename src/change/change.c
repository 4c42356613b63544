/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/change.h"

#include <errno.h>

#include "base/path.h"
#include "change/apply.h"
#include "change/decide.h"
#include "change/interrupt.h"
#include "change/lock.h"
#include "change/undo.h"

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

static bool goes_along(const void *arg, const struct device *dev)
{
	return change_has(arg, dev);
}

/* Every device is asked about, so that all refusals are told at once; err is the first. */
static int pass_gate(struct change *change, const struct change_request *request, struct error *err)
{
	struct gate gate = {
		.inventory = &change->before,
		.is_moving = goes_along,
		.arg = change,
		.forced = request->forced,
		.to_vfio = !request->restore,
	};
	int r = 0;

	for (size_t i = 0; i < change->count; i++) {
		struct change_result *result = &change->results[i];

		if (!result_is_moving(result))
			continue;
		if (gate_check(&gate, result->before, &result->usages, &result->overridden,
			       &result->error) == 0)
			continue;
		if (r == 0)
			*err = result->error;
		r = -1;
	}
	return r;
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
	if (dev->iommu_group >= 0 || *noiommu == 'Y' || !strstr(result->choice.driver, "vfio"))
		return 0;
	error_set(err, STATUS_UNSUPPORTED, 0, "no-iommu", dev->address,
		  "it has no IOMMU group: no IOMMU guards its DMA");
	return error_remedy(err,
			    "Switch the IOMMU on in the firmware, and with intel_iommu=on where "
			    "that is needed; `vfioctl mode` shows what the kernel has.");
}

/*
 * A driver that is loaded probes every unbound device that matches it: one with a left-over
 * override would be bound without having been asked for.
 */
static int check_bystanders(const struct change *change, const struct driver_choice *choice,
			    struct error *err)
{
	char bystanders[256] = "";

	for (size_t i = 0; i < change->before.count; i++) {
		const struct device *dev = &change->before.devices[i];

		if (dev->driver || change_has(change, dev) ||
		    !streq_null(dev->driver_override, choice->driver))
			continue;
		append(bystanders, sizeof(bystanders), "%s%s", *bystanders ? ", " : "",
		       dev->address);
	}
	if (!choice->module || !*bystanders)
		return 0;
	error_set(err, STATUS_REFUSED, 0, "bystanders", choice->module,
		  "loading this module would also bind %s: driver_override says so", bystanders);
	return error_remedy(err, "Name them too, or clear their override: vfioctl restore ...");
}

static int make_drivers_ready(struct change *change, const struct change_request *request,
			      struct error *err)
{
	for (size_t i = 0; !request->restore && i < change->count; i++) {
		struct change_result *result = &change->results[i];

		if (!result_is_moving(result))
			continue;
		if (check_bystanders(change, &result->choice, err) < 0 ||
		    driver_make_ready(&result->choice, change->arena, result->before,
				      request->dry_run ? 0 : request->timeout_ms, err) < 0 ||
		    check_iommu(result, err) < 0) {
			result->error = *err;
			return -1;
		}
		result->to.driver = result->to.override = result->choice.driver;
	}
	return 0;
}

static int make_plan(struct change *change, const struct change_request *request, struct error *err)
{
	struct plan *plan = &change->plan;
	int r = 0;

	plan->arena = change->arena;
	for (size_t i = 0; r == 0 && i < change->count; i++) {
		const struct change_result *result = &change->results[i];

		r = plan_overrides(plan, result->before, result->from, result->to);
	}
	for (size_t i = 0; r == 0 && i < change->count; i++) {
		const struct change_result *result = &change->results[i];

		r = plan_move(plan, result->before, result->from, result->to);
		if (r == 0 && !request->restore && result_is_moving(result))
			r = plan_wait(plan, result->before);
	}
	return r < 0 ? error_out_of_memory(err) : 0;
}

static int save_bindings(struct change *change, struct error *err)
{
	for (size_t i = 0; i < change->count; i++)
		if (result_is_touched(&change->results[i]) &&
		    binding_save(change->results[i].before, err) < 0)
			return -1;
	return 0;
}

static void blame(struct change *change, const struct error *err)
{
	for (size_t i = 0; i < change->count; i++)
		if (streq(change->results[i].before->address, err->device))
			change->results[i].error = *err;
}

static int apply(struct change *change, const struct change_request *request, struct error *err)
{
	struct apply_options options = {.timeout_ms = request->timeout_ms,
					.on_step = request->on_step};
	struct applied applied;

	if (!request->restore && save_bindings(change, err) < 0)
		return -1;
	if (apply_plan(&applied, &change->plan, &options, err) == 0)
		return 0;
	blame(change, err);
	/* A disk that comes back while its old self is open would get another name. */
	for (size_t i = 0; i < change->count; i++)
		usages_free(&change->results[i].usages);
	undo(change, &applied, request->timeout_ms, err);
	return -1;
}

/* A device that is back where it was needs no record any more. */
static void forget_restored(struct change *change)
{
	for (size_t i = 0; i < change->count; i++)
		binding_forget(change->results[i].before);
}

static void look_afterwards(struct change *change)
{
	if (inventory_scan(&change->after, 0, NULL) < 0)
		return;
	for (size_t i = 0; i < change->count; i++) {
		struct change_result *result = &change->results[i];

		result->after = inventory_find(&change->after, result->before->address);
		result->changed = result->after && result->after->state == DEVICE_OK &&
				  (!streq_null(result->before->driver, result->after->driver) ||
				   !streq_null(result->before->driver_override,
					       result->after->driver_override));
	}
}

/* Under the lock, or in a dry run: from the decision to the new state. */
static int carry_out(struct change *change, const struct change_request *request, struct error *err)
{
	struct interrupts interrupts;
	int r;

	if (pass_gate(change, request, err) < 0)
		return -1;
	if (make_drivers_ready(change, request, err) < 0)
		return -1;
	if (make_plan(change, request, err) < 0)
		return -1;
	if (request->dry_run)
		return 0;
	/* apply.c looks whether one is pending. */
	interrupts_block(&interrupts);
	r = apply(change, request, err);
	if (r == 0 && request->restore)
		forget_restored(change);
	look_afterwards(change);
	interrupts_unblock(&interrupts);
	return r;
}

int change_run(struct change *ret, const struct change_request *request, struct error *err)
{
	scoped_fd int lock = -1;

	*ret = (struct change){.arena = arena_new(16 << 20)};
	if (!ret->arena)
		return error_out_of_memory(err);
	if (look(ret, request, err) < 0)
		return -1;
	if (ret->changed && !request->dry_run) {
		lock = lock_take(request->timeout_ms, err);
		if (lock < 0 || look(ret, request, err) < 0)
			return -1;
	}
	if (ret->changed)
		return carry_out(ret, request, err);
	look_afterwards(ret);
	return 0;
}

void change_free(struct change *change)
{
	forget_look(change);
	inventory_free(&change->after);
	plan_free(&change->plan);
	arena_free(change->arena);
	*change = (struct change){0};
}
