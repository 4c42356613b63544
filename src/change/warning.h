/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What to tell about a change that is no reason to refuse it: others have a say in the device. */
#pragma once

#include "change/change.h"

/* Fills the warnings of every result that is about to be touched. */
void warnings_collect(struct change *change);
