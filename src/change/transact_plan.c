/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "change/access.h"
#include "change/decide.h"
#include "change/moves.h"
#include "change/sriov.h"
#include "change/transact.h"
#include "host/module.h"
#include "host/vfio_driver.h"

static bool goes_to_vfio(const struct change_result *result)
{
	return result_is_moving(result) && vfio_is_driver_name(result->to.driver);
}

/* The rules are there when the nodes are. */
static int plan_rules(struct change *change, const struct change_request *request,
		      struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < change->count; i++) {
		const struct change_result *result = &change->results[i];

		if (result_is_fine(result) && result->access && request->kind == CHANGE_BIND)
			r = access_plan_rule(&change->plan, result->before, request->access, err);
	}
	return r;
}

static int plan_devices(struct change *change, bool probe)
{
	scoped_free struct move *list = calloc(change->count + 1, sizeof(*list));
	struct moves moves = {.list = list, .probe = probe};

	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < change->count; i++) {
		const struct change_result *result = &change->results[i];

		if (result_is_fine(result))
			list[moves.count++] = (struct move){
				.dev = result->before, .from = result->from, .to = result->to};
	}
	return plan_moves(&change->plan, &moves);
}

bool restore_goes_on(const struct change_request *request, const struct device *dev)
{
	const struct journal_run *run = request->unfinished;
	const struct journal_entry *entry =
		run && streq(run->verb, change_kind_name(CHANGE_RESTORE)) ? journal_find(run, dev)
									  : NULL;

	return entry && entry->forward;
}

static int plan_access_of_vf(struct plan *plan, const struct change_result *result,
			     struct error *err)
{
	struct access access;

	if (sriov_keeps_access(result) && access_load(&access, result->before))
		return access_plan_nodes(plan, result->before, &access, err);
	return access_plan_back(plan, result->before, err);
}

/* Behind the wait for the nodes that are given, and behind the last move of what is taken back. */
static int plan_access(struct plan *plan, const struct change_result *result,
		       const struct change_request *request, struct error *err)
{
	switch (request->kind) {
	case CHANGE_BIND:
		return access_plan_nodes(plan, result->before, request->access, err);
	case CHANGE_SRIOV:
		return plan_access_of_vf(plan, result, err);
	case CHANGE_RESTORE:
		return access_plan_back(plan, result->before, err);
	case CHANGE_RECOVER:
		return restore_goes_on(request, result->before)
			       ? access_plan_back(plan, result->before, err)
			       : 0;
	}
	return 0;
}

/* The module that a real run would have loaded by now, once for all that go to its driver. */
static int plan_module(struct plan *plan, const struct change_result *result)
{
	const char *module = goes_to_vfio(result) ? result->choice.module : NULL;

	if (!module || module_state(module) == MODULE_LOADED)
		return 0;
	for (size_t i = 0; i < plan->count; i++)
		if (plan->steps[i].kind == STEP_MODULE && streq(plan->steps[i].value, module))
			return 0;
	return plan_add(plan, (struct step){.kind = STEP_MODULE,
					    .phase = PHASE_PREPARE,
					    .dev = result->before,
					    .value = module});
}

int transact_plan(struct change *change, const struct change_request *request, struct error *err)
{
	struct plan *plan = &change->plan;
	int r;

	plan->arena = change->arena;
	for (size_t i = 0; request->dry_run && i < change->count; i++)
		if (result_is_fine(&change->results[i]) &&
		    plan_module(plan, &change->results[i]) < 0)
			return error_out_of_memory(err);
	if (plan_rules(change, request, err) < 0)
		return -1;
	r = plan_devices(change, sriov_probes(request));
	for (size_t i = 0; r == 0 && i < change->count; i++) {
		const struct change_result *result = &change->results[i];

		if (!result_is_fine(result))
			continue;
		if (goes_to_vfio(result))
			r = plan_wait(plan, result->before);
		if (r == 0 && result->access && plan_access(plan, result, request, err) < 0)
			return -1;
	}
	return r < 0 ? error_out_of_memory(err) : 0;
}
