/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What this host offers to user space: the decision procedure of the kernel's VFIO interface.
 */
#pragma once

#include "base/error.h"
#include "host/device.h"

/* Answers that may be unknown: not loaded and no way to tell, or no permission to ask. */
enum answer { ANSWER_UNKNOWN = -1, ANSWER_NO = 0, ANSWER_YES = 1 };

/*
 * Ways (MODE_*) that a device with an IOMMU would be offered once bound: from /proc/devices while
 * vfio is loaded, else from the module on disk.
 */
unsigned int mode_would_offer(void);
