/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Putting devices back after a change that failed half-way.
 */
#pragma once

#include "change/apply.h"
#include "change/change.h"

/*
 * Moves every device that the change's plan has touched back to where it came from, the last one
 * first. A device whose step is stuck is left alone: the kernel would only block again. When one
 * cannot be put back, err becomes STATUS_BROKEN and says which commands to run.
 */
void undo(struct change *change, const struct applied *applied, int64_t timeout_ms,
	  struct error *err);
