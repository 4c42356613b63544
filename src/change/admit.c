/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/admit.h"

#include <errno.h>

#include "change/decide.h"
#include "change/sriov.h"
#include "host/vfio_driver.h"
#include "kernel/config_space.h"

bool change_takes_along(const void *arg, const struct device *dev)
{
	const struct change_result *result = change_find(arg, dev);

	return result && result_is_fine(result);
}

static bool is_asked(const void *arg, const struct device *dev)
{
	return change_find(arg, dev) != NULL;
}

/*
 * What the group must be afterwards. A device that recovers goes where it was, or was let go: only
 * users of the group can stand in its way; and not of one that no driver shall have.
 */
static void set_direction(struct gate *gate, const struct change_request *request,
			  const struct change_result *result)
{
	gate->to_vfio = request->kind == CHANGE_BIND ||
			(request->kind == CHANGE_SRIOV && vfio_is_driver_name(result->to.driver));
	gate->stays = (request->kind == CHANGE_RECOVER && vfio_is_driver_name(result->to.driver)) ||
		      (!result->to.driver && !result->to.any_driver);
}

/* A command that is run with a device has it for itself, also one that VFIO has already. */
static bool must_pass(const struct change_result *result, const struct change_request *request)
{
	return result_is_fine(result) && !result->from.absent &&
	       (result_is_moving(result) || request->temporary);
}

/* One look at the whole machine for all devices that move. 0 or -1. */
static int find_users(struct change *change, const struct change_request *request,
		      struct error *err)
{
	scoped_free const struct device **devices = calloc(change->count + 1, sizeof(*devices));
	scoped_free struct usages *usages = calloc(change->count + 1, sizeof(*usages));
	size_t count = 0, next = 0;

	if (!devices || !usages)
		return error_out_of_memory(err);
	for (size_t i = 0; i < change->count; i++)
		if (must_pass(&change->results[i], request))
			devices[count++] = change->results[i].before;
	if (usage_of_devices(usages, devices, count, true, err) < 0)
		return -1;
	for (size_t i = 0; i < change->count; i++)
		if (must_pass(&change->results[i], request))
			change->results[i].usages = usages[next++];
	return 0;
}

/* Asks for every device that has not been refused yet. True when one is refused now. */
static bool refuse_some(struct change *change, const struct change_request *request)
{
	struct gate gate = {
		.inventory = &change->before,
		.is_moving = change_takes_along,
		.is_asked = is_asked,
		.arg = change,
		.forced = request->forced,
	};
	bool refused = false;

	for (size_t i = 0; i < change->count; i++) {
		struct change_result *result = &change->results[i];

		if (!must_pass(result, request))
			continue;
		set_direction(&gate, request, result);
		refused |= gate_check(&gate, result->before, &result->usages, &result->overridden,
				      &result->error) < 0;
	}
	return refused;
}

/* What the kernel takes for awake, or has given up, power/control does not wake: it is to be found
 * anew. */
static void say_dead(struct error *err, const struct device *dev, enum silence silence)
{
	static const char *const causes[] = {
		[SILENCE_LINK] = "it has lost its power or its link",
		[SILENCE_POWER] = "its power_state is D3cold, and nothing wakes it, because the "
				  "kernel takes it for awake",
		[SILENCE_ERROR] = "its runtime_status is error: the kernel has failed to wake it, "
				  "or to let it sleep",
	};

	error_set(err, STATUS_FAILED, EIO, "not-answering", dev->address, "it does not answer: %s",
		  causes[silence]);
	error_remedy(err, "To find it anew: echo 1 > %s/remove; echo 1 > /sys/bus/pci/rescan",
		     dev->syspath);
}

/*
 * Nobody would have anything of one that is dead, and its driver would be gone. The way back to the
 * host's drivers, restore's, stays open: a dead one must not be VFIO's for ever, and the driver
 * that probes it finds out by itself.
 */
static void refuse_dead(struct change *change, const struct change_request *request)
{
	for (size_t i = 0; i < change->count; i++) {
		struct change_result *result = &change->results[i];
		const struct device *dev = result->before;
		enum silence silence;

		if (!must_pass(result, request) || !vfio_is_driver_name(result->to.driver) ||
		    !streq(dev->bus, "pci"))
			continue;
		silence = config_space_silence(dev->syspath);
		if (silence != SILENCE_NONE)
			say_dead(&result->error, dev, silence);
	}
}

/*
 * All refusals are told at once. When the others go without a refused one, their group may have
 * become one that cannot be handed out: so they are asked again.
 */
int admit_devices(struct change *change, const struct change_request *request, struct error *err)
{
	refuse_dead(change, request);
	if (!request->keep_going && change_first_error(change, err) < 0)
		return -1;
	if (find_users(change, request, err) < 0)
		return -1;
	while (refuse_some(change, request)) {
		if (!request->keep_going)
			return change_first_error(change, err);
		sriov_spread_errors(change);
	}
	return 0;
}

/* The same for one that is gone, which is known by its address alone. */
static void check_departed(const struct journals *journals, struct change_result *result)
{
	const char *address = result->before->address;

	for (size_t i = 0; i < journals->count; i++) {
		const struct journal_run *run = &journals->runs[i];

		if (!journal_find_address(run, address))
			continue;
		error_set(&result->error, STATUS_REFUSED, EBUSY, "in-flight", address,
			  "vfioctl %s, pid %d, %s", run->verb, (int)run->pid,
			  run->lives ? "is not finished with it" : "has left it half-way");
		error_remedy(&result->error, "Run `vfioctl recover` first.");
		return;
	}
}

/* The nodes and drivers of a device that another run is about are that run's. */
int admit_unfinished(struct change *change, const struct change_request *request, struct error *err)
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
		if (result->departed) {
			check_departed(&journals, result);
			continue;
		}
		result->unfinished = journals_find(&journals, result->before);
		journal_check_free(&journals, result->before, &result->error);
	}
	return request->keep_going ? 0 : change_first_error(change, err);
}
