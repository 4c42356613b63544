/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a user without rights may do is tried by a case that gives its own up: it has a process of
 * its own, so that they come back with the next one.
 */
#pragma once

#include <stdint.h>

#define ALL_CAPABILITIES UINT64_MAX

/* Gives up the capabilities whose bits (1 << CAP_*) are set, for good. 0 or -errno. */
int drop_capabilities(uint64_t which);
