/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/decide.h"

#include <errno.h>

#include "base/path.h"
#include "change/identity.h"
#include "change/sriov.h"
#include "change/stale.h"
#include "host/group.h"
#include "host/refusal.h"
#include "host/sriov.h"

/* --- which devices ------------------------------------------------------------------------ */

struct change_result *change_find(const struct change *change, const struct device *dev)
{
	for (size_t i = 0; i < change->count; i++)
		if (change->results[i].before == dev)
			return &change->results[i];
	return NULL;
}

static void add_result(struct change *change, const struct device *dev)
{
	if (!change_find(change, dev))
		change->results[change->count++] = (struct change_result){
			.before = dev, .from = binding_of(dev), .to = binding_of(dev)};
}

/*
 * Members that may stay where they are, and bridges, are not taken along. Of one that does not
 * answer it is not known whether it is one of these.
 */
static int add_group(struct change *change, const struct device *dev, struct error *err)
{
	const struct device *member;

	for (size_t i = 0; (member = iommu_group_member(&change->before, dev->iommu_group, i));
	     i++) {
		if (device_must_answer(member, err) < 0)
			return -1;
		if (!device_is_bridge(member) &&
		    !(member->driver && group_allows_driver(member->driver)))
			add_result(change, member);
	}
	return 0;
}

const struct device *decide_find(const struct inventory *inventory, const char *address,
				 struct error *err)
{
	const struct device *dev = inventory_find(inventory, address);

	if (!dev || dev->state == DEVICE_GONE) {
		error_set(err, STATUS_NO_DEVICE, ENODEV, "no-such-device", address,
			  "the device is gone");
		return NULL;
	}
	if (device_must_answer(dev, err) < 0)
		return NULL;
	return dev;
}

/* The result of a name with which there is no device: there is nothing to be decided. */
static int add_missing(struct change *change, const char *name, const struct error *why,
		       bool departed, struct error *err)
{
	struct device *dev = arena_alloc(change->arena, sizeof(*dev));

	if (!dev || !(name = arena_strdup(change->arena, name)))
		return error_out_of_memory(err);
	*dev = (struct device){
		.address = name, .bus = "", .syspath = "", .state = DEVICE_GONE, DEVICE_BLANK};
	change->results[change->count++] =
		(struct change_result){.before = dev, .error = *why, .departed = departed};
	return 0;
}

/* The device that is meant; NULL with err when it is not there. */
static const struct device *find_named(const struct change *change,
				       const struct change_request *request, size_t i,
				       struct error *err)
{
	const char *name = request->addresses[i];

	if (request->errors && request->errors[i].code) {
		*err = request->errors[i];
		if (request->kind != CHANGE_RESTORE)
			return NULL;
		/* Meanwhile it may have come back. */
		name = stale_name(change->arena, name);
		if (!name || !inventory_find(&change->before, name))
			return NULL;
		*err = (struct error){0};
	}
	return decide_find(&change->before, name, err);
}

static bool is_there_already(const struct change *change, const char *address)
{
	for (size_t i = 0; i < change->count; i++)
		if (streq(change->results[i].before->address, address))
			return true;
	return false;
}

static int add_departed(struct change *change, const char *name, struct error *err)
{
	if (is_there_already(change, name))
		return 0;
	return add_missing(change, name, &(struct error){0}, true, err);
}

static int add_named(struct change *change, const struct change_request *request, size_t i,
		     struct error *err)
{
	struct error own = {0};
	const struct device *dev = find_named(change, request, i, &own);
	const char *noted;

	if (dev) {
		add_result(change, dev);
		return request->take_group ? add_group(change, dev, err) : 0;
	}
	noted = request->kind == CHANGE_RESTORE && own.status == STATUS_NO_DEVICE
			? stale_name(change->arena, request->addresses[i])
			: NULL;
	if (noted)
		return add_departed(change, noted, err);
	if (request->keep_going)
		return add_missing(change, request->addresses[i], &own, false, err);
	*err = own;
	return -1;
}

int decide_devices(struct change *change, const struct change_request *request, struct error *err)
{
	size_t room = change->before.count + request->count + 1;

	change->results = calloc(room, sizeof(*change->results));
	if (!change->results)
		return error_out_of_memory(err);
	for (size_t i = 0; i < request->count; i++)
		if (add_named(change, request, i, err) < 0)
			return -1;
	return 0;
}

/* --- where each one goes ------------------------------------------------------------------ */

static int check_bus(const struct device *dev, struct error *err)
{
	if (path_exists("/sys/bus/%s/devices/%s/driver_override", dev->bus, dev->address))
		return 0;
	if (!path_exists("/sys/bus/%s/devices/%s", dev->bus, dev->address))
		return error_set(err, STATUS_NO_DEVICE, ENODEV, "no-such-device", dev->address,
				 "the device is gone");
	error_set(err, STATUS_UNSUPPORTED, 0, "no-driver-override", dev->address,
		  "devices of the %s bus cannot be moved to another driver", dev->bus);
	if (streq(dev->bus, "mdev"))
		error_remedy(err, "A mediated device is made for VFIO: remove it instead.");
	return -1;
}

static int decide_bind(struct change_result *result, struct change *change,
		       const struct change_request *request, struct error *err)
{
	const struct device *dev = result->before;
	const char *wanted = request->driver;

	/* With "auto", any VFIO driver that has the device already is a good one. */
	if (device_is_vfio(dev) && (!wanted || streq(wanted, "auto"))) {
		result->choice = (struct driver_choice){.driver = dev->driver,
							.why = "a VFIO driver has it already"};
		return 0;
	}
	if (check_bus(dev, err) < 0 ||
	    driver_choose(&result->choice, change->arena, dev, wanted, &change->memo, err) < 0)
		return -1;
	result->to = (struct binding){.driver = result->choice.driver,
				      .override = result->choice.driver};
	/* Bound as asked, by whatever means: nothing to do. */
	if (streq_null(dev->driver, result->to.driver))
		result->to = result->from;
	return 0;
}

/* VFs that went with the driver come back with it; those of a PF that stays are not touched. */
static struct binding binding_of_record(struct binding now, struct binding recorded)
{
	if (streq_null(now.driver, recorded.driver))
		recorded.vfs = now.vfs;
	return recorded;
}

/* Without a record it was never ours, unless a run that was killed has left it without a driver. */
static int undo_half_way(struct change_result *result, struct change *change, struct error *err)
{
	const struct journal_entry *entry;
	struct journals journals;

	if (result->before->driver || !journals_exist())
		return 0;
	/* Who may not read it is told so when it counts: by who has the lock. */
	if (journals_load(&journals, change->arena, NULL) < 0)
		return 0;
	entry = journals_find(&journals, result->before);
	if (!entry || entry->forward)
		return 0;
	result->to = binding_of_record(result->from, entry->from);
	return check_bus(result->before, err);
}

static int decide_restore(struct change_result *result, struct change *change,
			  const struct change_request *request, struct error *err)
{
	const struct device *dev = result->before;
	struct binding recorded;
	int r = binding_load(&recorded, change->arena, dev, err);

	(void)request;
	if (r < 0)
		return -1;
	result->recorded = r > 0;
	if (r > 0)
		result->to = binding_of_record(result->from, recorded);
	else if (device_is_vfio(dev) || (!dev->driver && dev->driver_override))
		result->to = (struct binding){.any_driver = true};
	else
		return undo_half_way(result, change, err);
	return check_bus(dev, err);
}

/* VFs that the run did not make may be there for another reason by now. */
static int64_t vfs_after_recovery(const struct change_result *result,
				  const struct journal_entry *entry)
{
	bool is_there = streq_null(result->from.driver, result->to.driver);
	bool went_with_driver = !streq_null(entry->from.driver, entry->to.driver);

	if (is_there && (result->from.vfs > 0 || !went_with_driver))
		return result->from.vfs;
	return result->to.vfs;
}

/* Back to where the run found it, or on to where it could not be brought in time. */
static int decide_recover(struct change_result *result, struct change *change,
			  const struct change_request *request, struct error *err)
{
	const struct journal_entry *entry = journal_find(request->unfinished, result->before);

	(void)change;
	if (!entry)
		return identity_refuse(result->before->address, err);
	result->to = entry->forward ? entry->to : entry->from;
	if (!streq(request->unfinished->verb, change_kind_name(CHANGE_SRIOV)))
		result->to.vfs = vfs_after_recovery(result, entry);
	else if (!result->before->physfn)
		result->from.autoprobe_off = !sriov_autoprobe(result->before);
	return 0;
}

static int (*const decisions[])(struct change_result *result, struct change *change,
				const struct change_request *request, struct error *err) = {
	[CHANGE_BIND] = decide_bind,
	[CHANGE_RESTORE] = decide_restore,
	[CHANGE_RECOVER] = decide_recover,
	[CHANGE_SRIOV] = sriov_decide,
};

bool result_is_moving(const struct change_result *result)
{
	return result->to.any_driver || result_comes_or_goes(result) ||
	       !streq_null(result->from.driver, result->to.driver);
}

bool result_is_touched(const struct change_result *result)
{
	return result_is_moving(result) ||
	       !streq_null(result->from.override, result->to.override) ||
	       result->from.vfs != result->to.vfs ||
	       result->from.autoprobe_off != result->to.autoprobe_off;
}

static bool changes_access(const struct change_request *request, const struct change_result *result)
{
	const struct device *dev = result->before;

	switch (request->kind) {
	case CHANGE_BIND:
		return request->access && !access_is_given(dev, request->access);
	case CHANGE_RESTORE:
	case CHANGE_RECOVER:
		return access_load(NULL, dev);
	case CHANGE_SRIOV:
		return result_is_moving(result) && access_load(NULL, dev);
	}
	return false;
}

int decide_targets(struct change *change, const struct change_request *request, struct error *err)
{
	change->memo = (struct driver_memo){0};
	/* Where nothing is to be done, what there was is to be noted all the same. */
	change->changed = request->temporary;
	for (size_t i = 0; i < change->count; i++) {
		struct change_result *result = &change->results[i];

		if (!result_is_fine(result) || result->departed)
			continue;
		if (decisions[request->kind](result, change, request, &result->error) < 0) {
			result->to = result->from;
			if (!request->keep_going) {
				*err = result->error;
				return -1;
			}
		}
	}
	if (sriov_add_vfs(change, request, err) < 0 ||
	    sriov_check_finished(change, request, err) < 0)
		return -1;
	for (size_t i = 0; i < change->count; i++) {
		struct change_result *result = &change->results[i];

		result->access = result_is_fine(result) && !result->departed &&
				 changes_access(request, result);
		change->changed |= result_is_touched(result) || result->access;
	}
	return 0;
}
