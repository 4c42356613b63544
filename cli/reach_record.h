/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a user needs to use a device (host/reach.h), as `vfioctl show --user` prints it.
 */
#pragma once

#include "cli/field.h"

/* struct reach */
extern const struct record_type reach_record_type;
