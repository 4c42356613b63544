/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How much memory a user may lock, which is how much can be mapped for DMA.
 *
 * The limit belongs to a process and comes to it from whoever started the session, so of another
 * user it can only be said what is configured: a line for pam_limits, or systemd's default for
 * services and what they start.
 */
#pragma once

#include "host/account.h"

#define MEMLOCK_UNLIMITED INT64_MAX

struct memlock {
	bool exempt;        /* root: CAP_IPC_LOCK */
	int64_t soft, hard; /* bytes, MEMLOCK_UNLIMITED, or -1: not known */
	const char *source; /* a file, "this process", or NULL: not known */
};

/* True when it is less than any virtual machine has, or not known. */
bool memlock_is_low(const struct memlock *memlock);

/* Reads the limit of account; strings are in arena. */
void memlock_of(struct memlock *ret, struct arena *arena, const struct account *account);

/* What begins a comment, anywhere in a line. */
#define MEMLOCK_COMMENT "#"

/* True of a line, without its comment, that memlock_of() uses: of limits.conf(5), and of
 * systemd-system.conf(5). */
bool memlock_is_in_limits(const char *text);
bool memlock_is_in_settings(const char *text);
