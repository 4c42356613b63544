/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VFs that come and go: what a change of their number means for each of them. They are results of
 * the change like other devices, those that do not exist yet included.
 */
#pragma once

#include "change/change.h"

/*
 * Where the PF of a request of the kind CHANGE_SRIOV goes. 0, or -1: STATUS_UNSUPPORTED when it is
 * no PF, or has nobody to make VFs; STATUS_USAGE when it cannot have so many.
 */
int sriov_decide(struct change_result *result, struct change *change,
		 const struct change_request *request, struct error *err);

/*
 * Adds results for the VFs of the PFs that the change is about: in a request of the kind
 * CHANGE_SRIOV for all, else for those that are made, taken away or made anew. 0, or -1.
 */
int sriov_add_vfs(struct change *change, const struct change_request *request, struct error *err);

/*
 * Refuses devices that a dead run of `vfioctl sriov` was about: only recover knows what they had. 0
 * or -1; to keep going 0, and each has its error.
 */
int sriov_check_finished(struct change *change, const struct change_request *request,
			 struct error *err);

/*
 * Gives the error of a VF that comes or goes to its PF and to the other VFs of that. To be called
 * when errors may have come up.
 */
void sriov_spread_errors(struct change *change);

/* True when drivers of the host may have the VFs that are made. */
bool sriov_probes(const struct change_request *request);

/* True for a result about a VF that this change makes or takes away. */
static inline bool result_comes_or_goes(const struct change_result *result)
{
	return result->renewed || result->from.absent || result->to.absent;
}

/* The result of the PF of that VF, when the change is about that number; else NULL. */
struct change_result *sriov_maker(const struct change *change, const struct device *vf);

/* Adds a warning to VFs that VFIO has now, but whose group keeps user space out. */
void sriov_warn_of_groups(struct change *change);
