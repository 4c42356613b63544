/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/open_lock.h"

#include <errno.h>

#include "change/lock.h"
#include "cli/command.h"

int open_lock_take(const struct options *opts, struct error *err)
{
	struct error reason = {.code = NULL};
	int fd = lock_take(opts->timeout_s * 1000, &reason);

	if (fd < 0 && reason.status != STATUS_PERMISSION && reason.errnum != EROFS)
		*err = reason;
	else if (fd < 0)
		message_verbose("going on without the lock: %s: %s", reason.device, reason.message);
	return fd;
}
