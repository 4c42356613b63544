/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a request to decisions: which devices it means, and where each of them shall go. Reads, and
 * writes nothing.
 */
#pragma once

#include "change/change.h"

/*
 * The device of that name. NULL with STATUS_NO_DEVICE or, when it does not answer, STATUS_TIMEOUT.
 */
const struct device *decide_find(const struct inventory *inventory, const char *address,
				 struct error *err);

/*
 * Makes a result for each device of the request and, if asked for, for the members of its group.
 * 0, or -1 with STATUS_NO_DEVICE or, for a device that does not answer, STATUS_TIMEOUT. To keep
 * going, one that was named has its error in its result instead; its device has nothing but an
 * address then.
 */
int decide_devices(struct change *change, const struct change_request *request, struct error *err);

/*
 * Fills in where each device goes, and whether there is anything to do at all. 0, or -1 with the
 * error of the device that has no way to go. To keep going, 0 too: such
 * devices stay where they are, each with its error.
 */
int decide_targets(struct change *change, const struct change_request *request, struct error *err);

/* The result for dev, or NULL. Later results may move it. */
struct change_result *change_find(const struct change *change, const struct device *dev);

/* True when the device gets another driver; result_is_touched(): another driver or override. */
bool result_is_moving(const struct change_result *result);
bool result_is_touched(const struct change_result *result);

/* True unless something has been found against it: then it is left alone. */
static inline bool result_is_fine(const struct change_result *result)
{
	return !result->error.code;
}

/* The error of the first result that has one: -1. 0 when none has. */
int change_first_error(const struct change *change, struct error *err);
