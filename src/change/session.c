/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/session.h"

#include <time.h>

/* How long who has a device open may take to end after the program itself has. */
enum { GRACE_MS = 3000, PAUSE_MS = 200 };

int session_begin(struct change *ret, const struct change_request *request, struct error *err)
{
	struct change_request own = *request;

	own.kind = CHANGE_BIND;
	own.verb = SESSION_VERB;
	own.temporary = true;
	own.keep_going = false;
	return change_run(ret, &own, err);
}

static int go_back(struct recovery *ret, const struct change *session,
		   const struct recover_request *request, struct error *err)
{
	struct recover_request own = *request;

	own.only = session->journal;
	if (recover_run(ret, &own, err) < 0)
		return -1;
	if (ret->count > 0)
		return 0;
	error_set(err, STATUS_BROKEN, 0, "journal-gone", NULL,
		  "%s is gone, and with it what the devices had before", session->journal);
	return error_remedy(err, "`vfioctl restore` gives them to the drivers that are recorded.");
}

int session_end(struct recovery *ret, const struct change *session,
		const struct recover_request *request, struct error *err)
{
	const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000L * 1000};
	int64_t deadline = now_ms() + GRACE_MS;
	struct error own = {.code = NULL};

	while (go_back(ret, session, request, &own) < 0) {
		if (own.status != STATUS_REFUSED || now_ms() >= deadline) {
			*err = own;
			return -1;
		}
		recovery_free(ret);
		nanosleep(&pause, NULL);
	}
	return 0;
}
