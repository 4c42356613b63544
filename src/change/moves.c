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
static const struct move *maker_of(const struct moves *moves, const struct device *vf)
{
	for (size_t i = 0; vf->physfn && i < moves->count; i++) {
		const struct move *pf = &moves->list[i];

		if (streq(pf->dev->address, vf->physfn))
			return move_changes_vfs(pf->from, pf->to) ? pf : NULL;
	}
	return NULL;
}

static void renew_vfs(struct moves *moves)
{
	for (size_t i = 0; i < moves->count; i++) {
		struct move *vf = &moves->list[i];
		const struct move *pf = maker_of(moves, vf->dev);

		if (pf && !vf->to.absent)
			vf->from = newly_made(pf, vf->to);
	}
}

/* --- the switch --------------------------------------------------------------------------- */

static bool is_vf_of(const struct move *vf, const struct move *pf)
{
	return streq_null(vf->dev->physfn, pf->dev->address) && !vf->to.absent;
}

/* Drivers of the host are to take VFs of pf. */
static bool wants_probe(const struct moves *moves, const struct move *pf)
{
	for (size_t i = 0; moves->probe && i < moves->count; i++)
		if (is_vf_of(&moves->list[i], pf) && moves->list[i].to.any_driver)
			return true;
	return false;
}

/* True when a VF of pf shall be left without a driver: none may come when the switch is back. */
static bool leaves_some_alone(const struct moves *moves, const struct move *pf)
{
	for (size_t i = 0; i < moves->count; i++)
		if (is_vf_of(&moves->list[i], pf) && !moves->list[i].to.driver &&
		    !moves->list[i].to.any_driver)
			return true;
	return false;
}

/* The switch as it is while the VFs of pf are made and get their drivers. */
static bool is_off_meanwhile(const struct moves *moves, const struct move *pf)
{
	if (wants_probe(moves, pf))
		return false;
	return (move_changes_vfs(pf->from, pf->to) && pf->to.vfs > 0) || pf->from.autoprobe_off;
}

static int plan_makers(struct plan *plan, const struct moves *moves)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < moves->count; i++) {
		const struct move *pf = &moves->list[i];

		r = plan_switch(plan, PHASE_PREPARE, pf->dev, pf->from.autoprobe_off,
				is_off_meanwhile(moves, pf));
		if (r == 0 && move_changes_vfs(pf->from, pf->to))
			r = plan_vfs(plan, pf->dev, pf->from, pf->to);
	}
	return r;
}

/*
 * On again it may be as soon as the overrides are written, for nothing else can have the VFs then;
 * off again only when the drivers have them.
 */
static int plan_switches_back(struct plan *plan, const struct moves *moves, bool off)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < moves->count; i++) {
		const struct move *pf = &moves->list[i];

		if (pf->to.autoprobe_off != off)
			continue;
		/* udev loads the modules that would like to have the new VFs. */
		if (!off && move_changes_vfs(pf->from, pf->to) && leaves_some_alone(moves, pf))
			r = plan_add(plan, (struct step){.kind = STEP_UDEV,
							 .phase = PHASE_PREPARE,
							 .dev = pf->dev});
		if (r == 0)
			r = plan_switch(plan, off ? PHASE_SETTLE : PHASE_PREPARE, pf->dev,
					is_off_meanwhile(moves, pf), off);
	}
	return r;
}

/* --- all ---------------------------------------------------------------------------------- */

int plan_moves(struct plan *plan, struct moves *moves)
{
	int r = plan_makers(plan, moves);

	renew_vfs(moves);
	for (size_t i = 0; r == 0 && i < moves->count; i++) {
		const struct move *move = &moves->list[i];

		if (!move->to.absent)
			r = plan_overrides(plan, move->dev, move->from, move->to);
	}
	if (r == 0)
		r = plan_switches_back(plan, moves, false);
	for (size_t i = 0; r == 0 && i < moves->count; i++) {
		const struct move *move = &moves->list[i];

		if (!move->to.absent)
			r = plan_move(plan, move->dev, move->from, move->to);
	}
	return r == 0 ? plan_switches_back(plan, moves, true) : r;
}
