/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The nodes of a VFIO device, which appear some time after it was bound.
 */
#pragma once

#include "base/error.h"
#include "host/device.h"

/*
 * Waits until the nodes that the kernel offers for dev exist and, where udevd
 * runs, its rules have been applied to them. A device whose driver is no VFIO driver has none to
 * wait for. 0, or -1 with STATUS_TIMEOUT naming the node that is missing.
 */
int node_wait(const struct device *dev, int64_t timeout_ms, struct error *err);

/*
 * Waits until udevd, where it runs, would see every change of its rules below /run: it looks for
 * them every three seconds at most, and until then gives new nodes to whom a rule that is gone
 * says.
 */
void node_wait_for_rules(void);

/* Waits until udevd, where it runs, has no event left; 5 s or timeout_ms at most. */
void node_wait_for_udev(int64_t timeout_ms);
