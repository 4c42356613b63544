/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/plan.h"

#include <errno.h>
#include <inttypes.h>

#define BUS "/sys/bus/%s"

int plan_add(struct plan *plan, struct step step)
{
	struct step *more;

	if (plan->count == plan->size) {
		size_t size = plan->size ? plan->size * 2 : 16;

		more = realloc(plan->steps, size * sizeof(*more));
		if (!more)
			return -ENOMEM;
		plan->steps = more;
		plan->size = size;
	}
	plan->steps[plan->count++] = step;
	return 0;
}

static int add_write(struct plan *plan, enum step_phase phase, enum step_kind kind,
		     const struct device *dev, const char *path, const char *value)
{
	if (!path || !value)
		return -ENOMEM;
	return plan_add(
		plan,
		(struct step){
			.kind = kind, .phase = phase, .dev = dev, .path = path, .value = value});
}

static int add_override(struct plan *plan, enum step_phase phase, const struct device *dev,
			const char *override)
{
	const char *path = arena_printf(plan->arena, BUS "/devices/%s/driver_override", dev->bus,
					dev->address);

	/* A lone newline clears it. */
	return add_write(plan, phase, STEP_OVERRIDE, dev, path, override ? override : "\n");
}

static int add_driver_file(struct plan *plan, enum step_kind kind, const struct device *dev,
			   const char *driver)
{
	const char *path = arena_printf(plan->arena, BUS "/drivers/%s/%s", dev->bus, driver,
					step_kind_name(kind));

	return add_write(plan, PHASE_MOVE, kind, dev, path, dev->address);
}

static int add_verify(struct plan *plan, const struct device *dev, struct binding to)
{
	const char *path =
		arena_printf(plan->arena, BUS "/devices/%s/driver", dev->bus, dev->address);

	return plan_add(plan, (struct step){.kind = STEP_VERIFY,
					    .phase = PHASE_MOVE,
					    .dev = dev,
					    .path = path,
					    .value = to.any_driver ? NULL : to.driver,
					    .any_driver = to.any_driver,
					    .needs_one = to.needs_one});
}

static int add_probe(struct plan *plan, const struct device *dev)
{
	return add_write(plan, PHASE_MOVE, STEP_PROBE, dev,
			 arena_printf(plan->arena, BUS "/drivers_probe", dev->bus), dev->address);
}

static int add_vfs(struct plan *plan, enum step_phase phase, const struct device *pf, int64_t count)
{
	return add_write(
		plan, phase, STEP_VFS, pf,
		arena_printf(plan->arena, BUS "/devices/%s/sriov_numvfs", pf->bus, pf->address),
		arena_printf(plan->arena, "%" PRId64, count));
}

static bool moves(struct binding from, struct binding to)
{
	return to.any_driver || !streq_null(from.driver, to.driver);
}

/*
 * The override that must hold while the device moves: one that lets the target bind. A VF whose
 * PF's switch is off is bound by none but the driver that its override names
 * (pci_device_can_probe() of the kernel).
 */
static const char *override_for_move(const struct device *dev, struct binding from,
				     struct binding to)
{
	if (!moves(from, to) || !to.driver)
		return to.override;
	if (to.override ? !streq(to.override, to.driver) : dev->physfn != NULL)
		return to.driver;
	return to.override;
}

int plan_overrides(struct plan *plan, const struct device *dev, struct binding from,
		   struct binding to)
{
	const char *override = override_for_move(dev, from, to);

	return streq_null(from.override, override)
		       ? 0
		       : add_override(plan, PHASE_PREPARE, dev, override);
}

static int add_arrival(struct plan *plan, const struct device *dev, struct binding to)
{
	if (to.any_driver)
		return add_probe(plan, dev);
	return to.driver ? add_driver_file(plan, STEP_BIND, dev, to.driver) : 0;
}

int plan_move(struct plan *plan, const struct device *dev, struct binding from, struct binding to)
{
	int r = 0;

	if (moves(from, to)) {
		if (from.driver)
			r = add_driver_file(plan, STEP_UNBIND, dev, from.driver);
		if (r == 0)
			r = add_arrival(plan, dev, to);
		if (r == 0)
			r = add_verify(plan, dev, to);
	}
	if (r == 0 && !streq_null(override_for_move(dev, from, to), to.override))
		r = add_override(plan, PHASE_MOVE, dev, to.override);
	/* Those that it had went with its driver. */
	if (r == 0 && moves(from, to) && to.vfs > 0)
		r = add_vfs(plan, PHASE_MOVE, dev, to.vfs);
	return r;
}

int plan_vfs(struct plan *plan, const struct device *pf, struct binding from, struct binding to)
{
	int r = 0;

	if (from.vfs > 0)
		r = add_vfs(plan, PHASE_PREPARE, pf, 0);
	if (r == 0 && to.vfs > 0)
		r = add_vfs(plan, PHASE_PREPARE, pf, to.vfs);
	return r;
}

int plan_switch(struct plan *plan, enum step_phase phase, const struct device *pf, bool from_off,
		bool to_off)
{
	if (from_off == to_off)
		return 0;
	return add_write(plan, phase, STEP_SWITCH, pf,
			 arena_printf(plan->arena, BUS "/devices/%s/sriov_drivers_autoprobe",
				      pf->bus, pf->address),
			 to_off ? "0" : "1");
}

int plan_wait(struct plan *plan, const struct device *dev)
{
	return plan_add(plan, (struct step){.kind = STEP_WAIT, .phase = PHASE_SETTLE, .dev = dev});
}

void plan_free(struct plan *plan)
{
	free(plan->steps);
	plan->steps = NULL;
	plan->count = plan->size = 0;
}
