/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/late.h"

#include <stdlib.h>

#include "host/holder.h"

/* Those that the kernel waits for: the VFIO device itself, or the VFs that are to go. */
struct waiting {
	struct holder_target *list;
	size_t count;
};

static bool is_waited_for(const struct device *dev, const struct step *step)
{
	if (!device_is_vfio(dev) || !dev->syspath)
		return false;
	return step->kind == STEP_UNBIND ? dev == step->dev
					 : streq_null(dev->physfn, step->dev->address);
}

static int find_waiting(struct waiting *ret, const struct change *change, const struct step *step)
{
	const struct inventory *before = &change->before;

	*ret = (struct waiting){.list = calloc(before->count + 1, sizeof(*ret->list))};
	if (!ret->list)
		return -1;
	for (size_t i = 0; i < before->count; i++) {
		const struct device *dev = &before->devices[i];
		struct holder_target *target = &ret->list[ret->count];

		if (!is_waited_for(dev, step))
			continue;
		holder_target_vfio(target, dev->syspath);
		/* Its node is gone already; the number is that of the file that is open. */
		if (!target->number)
			target->number = dev->cdev_number;
		ret->count++;
	}
	return 0;
}

/* "pid 295 (sleep) has /dev/vfio/devices/vfio0 open (fd 0)", each process once. */
static void name_them(struct error *err, const struct holders *holders)
{
	enum { NAMED = 3 };
	char text[256];
	size_t n = 0;

	for (size_t i = 0; i < holders->count; i++) {
		if (i > 0 && holders->list[i].pid == holders->list[i - 1].pid)
			continue;
		if (n++ < NAMED)
			append(err->message, sizeof(err->message), "%s%s", n == 1 ? "" : ", ",
			       holder_text(text, sizeof(text), &holders->list[i]));
	}
	if (n > NAMED)
		append(err->message, sizeof(err->message), " and %zu more", n - NAMED);
	if (n == 0)
		append(err->message, sizeof(err->message), "nobody who can be seen has it open");
}

static void explain(const struct change *change, const struct step *step, struct error *err)
{
	scoped_holders struct holders holders = {0};
	struct waiting waiting;

	if (find_waiting(&waiting, change, step) == 0 && waiting.count > 0 &&
	    holders_find(&holders, waiting.list, waiting.count, NULL) == 0) {
		append(err->message, sizeof(err->message), ", and the kernel goes on waiting: ");
		name_them(err, &holders);
	}
	free(waiting.list);
}

void late_name_holders(struct change *change, const struct applied *applied, struct error *err)
{
	for (size_t i = 0; i < change->plan.count; i++) {
		const struct step *step = &change->plan.steps[i];

		if (!applied->progress || applied->progress[i] != STEP_STUCK ||
		    (step->kind != STEP_UNBIND && step->kind != STEP_VFS))
			continue;
		for (size_t k = 0; k < change->count; k++) {
			struct change_result *result = &change->results[k];

			if (result->before != step->dev || result->error.status != STATUS_TIMEOUT)
				continue;
			explain(change, step, &result->error);
			if (streq(err->device, result->error.device))
				*err = result->error;
		}
	}
}
