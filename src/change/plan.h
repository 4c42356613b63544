/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A change as data: an ordered list of steps, made from what is and what is wanted, touching
 * nothing. change/apply.h runs it; --dry-run prints it.
 */
#pragma once

#include "change/binding.h"
#include "change/step.h"

struct plan {
	struct arena *arena; /* set by the caller; owns the strings */
	struct step *steps;
	size_t count, size;
};

/*
 * Adds the steps that take one device from its binding to another. All override writes of a plan
 * come first: call plan_overrides() for every device, then plan_move() for every device.
 * A device that is there already gets no steps. 0 or -ENOMEM.
 *
 * The override goes first because it closes the race with udev: between unbind and bind nothing but
 * the wanted driver may take the device. A target whose override names another driver than the
 * target itself (somebody prepared the next change by hand) gets that override at the very end.
 */
int plan_overrides(struct plan *plan, const struct device *dev, struct binding from,
		   struct binding to);
int plan_move(struct plan *plan, const struct device *dev, struct binding from, struct binding to);

/*
 * Adds the steps that give a PF, which keeps its driver, another number of VFs. The kernel knows no
 * way from one number to another but by none at all. 0 or -ENOMEM.
 */
int plan_vfs(struct plan *plan, const struct device *pf, struct binding from, struct binding to);

/* Adds the step that turns a PF's switch off or on, unless it is so already. 0 or -ENOMEM. */
int plan_switch(struct plan *plan, enum step_phase phase, const struct device *pf, bool from_off,
		bool to_off);

/* Adds the wait for the nodes of a device that goes to a VFIO driver. 0 or -ENOMEM. */
int plan_wait(struct plan *plan, const struct device *dev);

/* Adds any step; its strings are not copied. 0 or -ENOMEM. */
int plan_add(struct plan *plan, struct step step);

void plan_free(struct plan *plan);
#define scoped_plan __attribute__((cleanup(plan_free)))
