/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/log.h"

#include <stdio.h>
#include <syslog.h>

#include "base/path.h"
#include "base/worker.h"
#include "change/moves.h"

enum { LOG_DEADLINE_MS = 2000 };

struct job {
	const struct change *change;
	const char *verb;
	char who[64];
};

/* Who logged in, whatever became of his user id since: sudo and su keep it (audit's login uid). */
static void describe_user(char *buf, size_t size)
{
	int64_t login;

	snprintf(buf, size, "uid %u", (unsigned int)getuid());
	if (path_read_number(&login, "/proc/self/loginuid") == 0 && login != UINT32_MAX)
		append(buf, size, ", login uid %u", (unsigned int)login);
}

static const char *name_of(const char *driver)
{
	return driver ? driver : "no driver";
}

/* " (2 -> 0 VFs)", of a PF that keeps its driver. */
static void describe_vfs(char *buf, size_t size, const struct change_result *result)
{
	*buf = '\0';
	if (move_changes_vfs(result->from, result->to))
		snprintf(buf, size, " (%d -> %d VFs)", (int)result->from.vfs, (int)result->to.vfs);
}

static void log_result(const struct job *job, const struct change_result *result)
{
	static const char *const endings[] = {
		[CHANGE_ARRIVED] = "",
		[CHANGE_UNDONE] = ", undone",
		[CHANGE_STUCK] = ", not ended: vfioctl recover",
		[CHANGE_BROKEN] = ", failed and not undone: vfioctl recover",
		[CHANGE_GONE] = ", the device is gone",
	};

	char vfs[64], forced[256];

	if (result->outcome == CHANGE_NOT_BEGUN)
		return;
	if (result->forgotten) {
		syslog(LOG_NOTICE, "%s: %s: gone, and forgotten (%s)", job->verb,
		       result->before->address, job->who);
		return;
	}
	describe_vfs(vfs, sizeof(vfs), result);
	usage_reason_names(forced, sizeof(forced), result->overridden);
	syslog(result->outcome == CHANGE_ARRIVED ? LOG_NOTICE : LOG_ERR,
	       "%s: %s: %s -> %s%s%s%s%s (%s)", job->verb, result->before->address,
	       name_of(result->before->driver),
	       result->to.any_driver ? "the kernel's choice" : name_of(result->to.driver), vfs,
	       endings[result->outcome], *forced ? ", forced: " : "", forced, job->who);
}

static void log_all(void *arg, int fd)
{
	const struct job *job = arg;

	openlog("vfioctl", LOG_PID, LOG_DAEMON);
	for (size_t i = 0; i < job->change->count; i++)
		log_result(job, &job->change->results[i]);
	(void)!write(fd, "", 1);
}

void log_change(const struct change *change, const struct change_request *request)
{
	struct job job = {.change = change, .verb = change_verb(request)};
	char done;

	describe_user(job.who, sizeof(job.who));
	worker_run(log_all, &job, LOG_DEADLINE_MS, &done, sizeof(done));
}
