/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * First the VFs, since steps about them need them; then all overrides; then, when nothing else can
 * take the VFs any more, each PF's switch; then each device for itself.
 */
#include "change/moves.h"

#include "host/vfio_driver.h"

bool move_changes_vfs(struct binding from, struct binding to)
{
	return streq_null(from.driver, to.driver) && !to.any_driver && from.vfs != to.vfs;
}

/*
 * What a new VF of pf has before anything is done to it. vfio-pci lets the VFs of its own PFs be
 * had by itself only: it writes their overrides (vfio_pci_bus_notifier() of vfio_pci_core). Whether
 * it has them then is left to be verified.
 */
static struct binding newly_made(const struct move *pf, struct binding to)
{
	const char *driver = vfio_is_driver_name(pf->to.driver) ? pf->to.driver : NULL;

	return (struct binding){
		.driver = streq_null(driver, to.driver) ? NULL : driver,
		.override = driver,
	};
}

/* The PF of a VF that is made, or taken away, by these moves; NULL when it stays what it is. */
static const struct move *maker_of(const struct move *moves, size_t count, const struct device *vf)
{
	for (size_t i = 0; vf->physfn && i < count; i++)
		if (streq(moves[i].dev->address, vf->physfn))
			return move_changes_vfs(moves[i].from, moves[i].to) ? &moves[i] : NULL;
	return NULL;
}

static void renew_vfs(struct move *moves, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct move *pf = maker_of(moves, count, moves[i].dev);

		if (pf && !moves[i].to.absent)
			moves[i].from = newly_made(pf, moves[i].to);
	}
}

static int plan_makers(struct plan *plan, const struct move *moves, size_t count, bool probe)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < count; i++)
		if (move_changes_vfs(moves[i].from, moves[i].to))
			r = plan_vfs(plan, moves[i].dev, moves[i].from, moves[i].to, probe);
	return r;
}

/* True when a VF of pf shall be left without a driver: none may come when the switch is back. */
static bool leaves_some_alone(const struct move *pf, const struct move *moves, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (streq_null(moves[i].dev->physfn, pf->dev->address) && !moves[i].to.absent &&
		    !moves[i].to.driver && !moves[i].to.any_driver)
			return true;
	return false;
}

static int plan_switches_back(struct plan *plan, const struct move *moves, size_t count, bool probe)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < count; i++) {
		const struct move *pf = &moves[i];

		/* udev loads the modules that would like to have the new VFs. */
		if (move_changes_vfs(pf->from, pf->to) && leaves_some_alone(pf, moves, count))
			r = plan_add(plan, (struct step){.kind = STEP_UDEV,
							 .phase = PHASE_PREPARE,
							 .dev = pf->dev});
		if (r == 0)
			r = plan_vfs_made(plan, pf->dev, pf->from, pf->to, probe);
	}
	return r;
}

int plan_moves(struct plan *plan, struct move *moves, size_t count, bool probe)
{
	int r = plan_makers(plan, moves, count, probe);

	renew_vfs(moves, count);
	for (size_t i = 0; r == 0 && i < count; i++)
		if (!moves[i].to.absent)
			r = plan_overrides(plan, moves[i].dev, moves[i].from, moves[i].to);
	if (r == 0)
		r = plan_switches_back(plan, moves, count, probe);
	for (size_t i = 0; r == 0 && i < count; i++)
		if (!moves[i].to.absent)
			r = plan_move(plan, moves[i].dev, moves[i].from, moves[i].to);
	return r;
}
