/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What to tell about a change that is no reason to refuse it: others have a say in the device. */
#pragma once

#include "change/change.h"

/* One more warning about a device; NULL, from an arena that is full, is none. */
void warning_add(struct change *change, struct change_result *result, const char *warning);

/* What other managers mean to do with the devices that are about to be touched. */
void warnings_collect(struct change *change);
