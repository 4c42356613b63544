/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The system's log: who moved which device from which driver to which.
 */
#pragma once

#include "change/change.h"

/*
 * One line for each device that was begun with, in the facility daemon; nobody waits long for a log
 * that does not take them.
 */
void log_change(const struct change *change, const struct change_request *request);
