/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What can be told of a change that did not come to its end in time.
 */
#pragma once

#include "change/apply.h"
#include "change/change.h"

/*
 * Adds to the error of each device whose step goes on in the kernel who has it open: of a VFIO
 * device that is to leave its driver, and of the VFs of a PF that are to go. The kernel waits for
 * them (vfio_unregister_group_dev() in drivers/vfio/vfio_main.c). err, the error of the whole, says
 * it too when it is that of one of them.
 */
void late_name_holders(struct change *change, const struct applied *applied, struct error *err);
