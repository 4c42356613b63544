/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/change.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>

#include "base/path.h"
#include "change/apply.h"
#include "change/lock.h"
#include "change/undo.h"
#include "host/group.h"

static int out_of_memory(struct error *err)
{
	return error_set(err, STATUS_FAILED, ENOMEM, "out-of-memory", NULL, "out of memory");
}

/* --- which devices ------------------------------------------------------------------------ */

static bool has_result(const struct change *change, const struct device *dev)
{
	for (size_t i = 0; i < change->count; i++)
		if (change->results[i].before == dev)
			return true;
	return false;
}

static void add_result(struct change *change, const struct device *dev)
{
	if (!has_result(change, dev))
		change->results[change->count++] = (struct change_result){
			.before = dev, .from = binding_of(dev), .to = binding_of(dev)};
}

/* Members that may stay where they are, and bridges, are not taken along. */
static void add_group(struct change *change, const struct device *dev)
{
	const struct device *member;

	for (size_t i = 0; (member = iommu_group_member(&change->before, dev->iommu_group, i)); i++)
		if (!device_is_bridge(member) &&
		    !(member->driver && group_allows_driver(member->driver)))
			add_result(change, member);
}

static int add_devices(struct change *change, const struct change_request *request,
		       struct error *err)
{
	change->results = calloc(change->before.count + 1, sizeof(*change->results));
	if (!change->results)
		return out_of_memory(err);
	for (size_t i = 0; i < request->count; i++) {
		const struct device *dev = inventory_find(&change->before, request->addresses[i]);

		if (!dev || dev->state == DEVICE_GONE) {
			return error_set(err, STATUS_NO_DEVICE, ENODEV, "no-such-device",
					 request->addresses[i], "the device is gone");
		}
		if (dev->state == DEVICE_LOCKED) {
			error_set(
				err, STATUS_TIMEOUT, ETIMEDOUT, "locked", dev->address,
				"the device does not answer: somebody holds its lock, as an unbind "
				"does that waits for a user");
			return error_remedy(err,
					    "Stop whoever has it open; `vfioctl show %s` names "
					    "who can be seen.",
					    dev->address);
		}
		add_result(change, dev);
		if (request->take_group)
			add_group(change, dev);
	}
	return 0;
}

/* --- where each one goes ------------------------------------------------------------------ */

static int check_bus(const struct device *dev, struct error *err)
{
	if (path_exists("/sys/bus/%s/devices/%s/driver_override", dev->bus, dev->address))
		return 0;
	error_set(err, STATUS_UNSUPPORTED, 0, "no-driver-override", dev->address,
		  "devices of the %s bus cannot be moved to another driver", dev->bus);
	if (streq(dev->bus, "mdev"))
		error_remedy(err, "A mediated device is made for VFIO: remove it instead.");
	return -1;
}

static int decide_bind(struct change_result *result, struct arena *arena, const char *wanted,
		       struct error *err)
{
	const struct device *dev = result->before;

	/* With "auto", any VFIO driver that has the device already is a good one. */
	if (device_is_vfio(dev) && (!wanted || streq(wanted, "auto"))) {
		result->choice = (struct driver_choice){.driver = dev->driver,
							.why = "a VFIO driver has it already"};
		return 0;
	}
	if (check_bus(dev, err) < 0 || driver_choose(&result->choice, arena, dev, wanted, err) < 0)
		return -1;
	result->to = (struct binding){.driver = result->choice.driver,
				      .override = result->choice.driver};
	/* Bound as asked, by whatever means: nothing to do. */
	if (streq_null(dev->driver, result->to.driver))
		result->to = result->from;
	return 0;
}

static int decide_restore(struct change_result *result, struct arena *arena, struct error *err)
{
	const struct device *dev = result->before;
	struct binding recorded;
	int r = binding_load(&recorded, arena, dev, err);

	if (r < 0)
		return -1;
	result->recorded = r > 0;
	if (r > 0)
		result->to = recorded;
	else if (device_is_vfio(dev) || (!dev->driver && dev->driver_override))
		result->to = (struct binding){.any_driver = true};
	else
		return 0; /* never ours: leave it alone */
	return check_bus(dev, err);
}

static bool is_moving(const struct change_result *result)
{
	return result->to.any_driver || !streq_null(result->from.driver, result->to.driver);
}

static bool is_touched(const struct change_result *result)
{
	return is_moving(result) || !streq_null(result->from.override, result->to.override);
}

static int decide(struct change *change, const struct change_request *request, struct error *err)
{
	for (size_t i = 0; i < change->count; i++) {
		struct change_result *result = &change->results[i];
		int r = request->restore ? decide_restore(result, change->arena, &result->error)
					 : decide_bind(result, change->arena, request->driver,
						       &result->error);

		if (r < 0) {
			*err = result->error;
			return -1;
		}
		change->changed |= is_touched(result);
	}
	return 0;
}

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
	if (inventory_scan(&change->before, 0, err) < 0 || add_devices(change, request, err) < 0)
		return -1;
	return decide(change, request, err);
}

/* --- may they go -------------------------------------------------------------------------- */

static bool goes_along(const void *arg, const struct device *dev)
{
	return has_result(arg, dev);
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

		if (!is_moving(result))
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

		if (dev->driver || has_result(change, dev) ||
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

		if (!is_moving(result))
			continue;
		if (check_bystanders(change, &result->choice, err) < 0 ||
		    driver_make_ready(&result->choice, change->arena, result->before,
				      request->timeout_ms, err) < 0 ||
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
		if (r == 0 && !request->restore && is_moving(result))
			r = plan_wait(plan, result->before);
	}
	return r < 0 ? out_of_memory(err) : 0;
}

static int save_bindings(struct change *change, struct error *err)
{
	for (size_t i = 0; i < change->count; i++)
		if (is_touched(&change->results[i]) &&
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
	struct applied applied;

	if (!request->restore && save_bindings(change, err) < 0)
		return -1;
	if (apply_plan(&applied, &change->plan, request->timeout_ms, request->on_step, err) == 0)
		return 0;
	blame(change, err);
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
		result->changed = result->after &&
				  (!streq_null(result->before->driver, result->after->driver) ||
				   !streq_null(result->before->driver_override,
					       result->after->driver_override));
	}
}

/*
 * A terminal that closes or a Ctrl-C shall find every device where it was, or where it was to go.
 * apply.c looks whether one is pending.
 */
static void block_interrupts(sigset_t *interrupts, sigset_t *ret_before)
{
	sigemptyset(interrupts);
	sigaddset(interrupts, SIGINT);
	sigaddset(interrupts, SIGTERM);
	sigaddset(interrupts, SIGHUP);
	sigprocmask(SIG_BLOCK, interrupts, ret_before);
}

/* What came meanwhile is taken back: the caller shall be told what became of the devices. */
static void unblock_interrupts(const sigset_t *interrupts, const sigset_t *before)
{
	const struct timespec now = {0};

	while (sigtimedwait(interrupts, NULL, &now) > 0)
		;
	sigprocmask(SIG_SETMASK, before, NULL);
}

/* Under the lock, or in a dry run: from the decision to the new state. */
static int carry_out(struct change *change, const struct change_request *request, struct error *err)
{
	sigset_t interrupts, before;
	int r;

	if (pass_gate(change, request, err) < 0)
		return -1;
	if (!request->dry_run && make_drivers_ready(change, request, err) < 0)
		return -1;
	if (make_plan(change, request, err) < 0)
		return -1;
	if (request->dry_run)
		return 0;
	block_interrupts(&interrupts, &before);
	r = apply(change, request, err);
	if (r == 0 && request->restore)
		forget_restored(change);
	look_afterwards(change);
	unblock_interrupts(&interrupts, &before);
	return r;
}

int change_run(struct change *ret, const struct change_request *request, struct error *err)
{
	scoped_fd int lock = -1;

	*ret = (struct change){.arena = arena_new(16 << 20)};
	if (!ret->arena)
		return out_of_memory(err);
	if (look(ret, request, err) < 0)
		return -1;
	if (ret->changed && !request->dry_run) {
		lock = lock_take(request->timeout_ms, err);
		if (lock < 0 || look(ret, request, err) < 0)
			return -1;
	}
	if (ret->changed)
		return carry_out(ret, request, err);
	if (request->restore && !request->dry_run)
		forget_restored(ret);
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
