/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For verbs that open devices without changing their drivers.
 */
#pragma once

#include "cli/option.h"

/*
 * While a verb has devices open no other run may move them, or open them too. The lock is root's; a
 * user to whom the nodes were given goes on without it, and is protected by what he has open: bind
 * and restore refuse a device in use. Waits as long as --timeout says. Returns a descriptor that
 * the caller closes, -1 with err->code NULL when there is no lock to be had, or -1 with the error.
 */
int open_lock_take(const struct options *opts, struct error *err);
