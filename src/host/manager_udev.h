/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/util.h"

/* True of a line of a file of udev rules, with those that it goes on in, that host/manager.h looks
 * at: it writes a device's driver. */
bool manager_udev_uses(const char *line);
