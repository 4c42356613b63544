/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shared by the cases of hot reset.
 */
#pragma once

#include "check/case.h"

/*
 * Asks for the functions that a reset of the bus takes along; a step. Skips the case when the bus
 * cannot be reset. True when ret is filled: the caller frees ret->members.
 */
bool case_ask_members(struct case_run *run, const struct vfio_device *dev,
		      struct vfio_hot_reset *ret);

/* Ends the case for that reason. Returns false. */
bool case_skip_unresettable(struct case_run *run);
