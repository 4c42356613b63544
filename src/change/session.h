/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices that are bound for as long as a program runs.
 *
 * The way there is a bind like any other, whose journal stays until the way back has been gone, and
 * the way back is what `vfioctl recover` would do by that journal: so there is one answer to where
 * a device goes back to, whether or not the process that began the session has lived to see its
 * end. The lock is held on both ways and not between them; there, the journal of a process that
 * lives keeps others from the devices.
 */
#pragma once

#include "change/change.h"
#include "change/recover.h"

/* What a session is called in its journal and in the log. */
#define SESSION_VERB "run"

/*
 * Binds what request names. 0 when all devices are there: ret->journal is set, ret->results tell of
 * each, and the signals of interrupts_block() are held back; interrupts_take() tells of one that
 * came meanwhile. With dry_run, 0 and no journal. Else -1, with all as it was. In each case the
 * caller frees ret with change_free(), and before that ends the session that has a journal.
 */
int session_begin(struct change *ret, const struct change_request *request, struct error *err);

/*
 * Brings the devices back to what they had before. 0, or -1 when one could not be brought back: its
 * item in ret has its error, and what is left to do is in the journal. Descendants of the program
 * that are about to end get a moment to do so. Signals stay held back. The caller frees ret with
 * recovery_free() in both cases.
 */
int session_end(struct recovery *ret, const struct change *session,
		const struct recover_request *request, struct error *err);
