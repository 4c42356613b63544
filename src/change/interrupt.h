/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupts while devices are changed: a terminal that closes or a Ctrl-C shall find every device
 * where it was, or where it was to go.
 */
#pragma once

#include <signal.h>

#include "base/util.h"

struct interrupts {
	sigset_t blocked, before;
};

/* Holds back the signals that end a program, but for those that are ignored anyway. */
void interrupts_block(struct interrupts *ret);

/* True when one of those that were held back came, and stands for the user's impatience. */
bool interrupts_are_pending(void);

/* The signal of one of those, which is then no longer pending; 0: none is. */
int interrupts_take(void);

/* Lets them through again. What came meanwhile is taken back: the caller tells what became of it.
 */
void interrupts_unblock(const struct interrupts *interrupts);
