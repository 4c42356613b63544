/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the tests of host/usage.h against the running kernel share. The "function" is a directory of
 * virtual devices. What the machine does not allow is skipped.
 */
#pragma once

#include <errno.h>
#include <sys/wait.h>

#include "tests/unit/usage.h"

static inline const char *evidence_of(const struct usages *usages, enum usage_reason reason)
{
	for (size_t i = 0; i < usages->count; i++)
		if (usages->list[i].reason == reason)
			return usages->list[i].evidence;
	return "(none)";
}

static inline bool has(const struct usages *usages, enum usage_reason reason, const char *evidence)
{
	for (size_t i = 0; i < usages->count; i++)
		if (usages->list[i].reason == reason && streq(usages->list[i].evidence, evidence))
			return true;
	for (size_t i = 0; i < usages->count; i++)
		print_error("  %s: %s\n", usage_reasons[usages->list[i].reason].name,
			    usages->list[i].evidence);
	return false;
}

static inline void look_at_live(struct usages *ret, const char *syspath, bool claim)
{
	const struct device dev = {.address = "test", .bus = "none", .syspath = syspath};
	struct error err = {0};

	if (usage_of_device(ret, &dev, claim, &err) < 0)
		fail_msg("%s", err.message);
}

/* First line that a command prints. 0 when it succeeded. */
static inline int command(char *ret, size_t size, const char *line)
{
	FILE *pipe = popen(line, "r");

	assert_non_null(pipe);
	*ret = '\0';
	if (fgets(ret, (int)size, pipe))
		ret[strcspn(ret, "\n")] = '\0';
	return pclose(pipe);
}

static inline int run(const char *line)
{
	char ignored[256];

	return command(ignored, sizeof(ignored), line);
}
