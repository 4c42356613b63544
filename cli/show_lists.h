/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lists that stand below the sheet of `vfioctl show`: what one line of each is.
 */
#pragma once

#include "cli/field.h"

/* struct device (host/device.h), as a member of an IOMMU group */
extern const struct record_type member_record;

/* struct node_record (cli/show_record.h) */
extern const struct record_type node_record_type;

/* struct bar (host/device.h) */
extern const struct record_type bar_record;

/* struct usage (host/usage.h) */
extern const struct record_type usage_record;

/* struct manager (host/manager.h) */
extern const struct record_type manager_record;
