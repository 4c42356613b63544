/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/warning.h"

#include "change/decide.h"
#include "host/manager.h"

static void collect(struct change_result *result, const struct managers *managers)
{
	struct manager *list;
	const char **warnings;
	size_t n;

	if (managers_of_device(&list, &n, managers, result->before, result->to.driver) < 0 ||
	    !(warnings = arena_alloc(managers->arena, (n + 1) * sizeof(*warnings))))
		return;
	for (size_t i = 0; i < n; i++)
		warnings[i] = manager_sentence(managers->arena, &list[i]);
	result->warnings = warnings;
}

void warnings_collect(struct change *change)
{
	struct managers managers;

	managers_read(&managers, change->arena, MANAGER_ALL);
	if (!managers.first)
		return;
	for (size_t i = 0; i < change->count; i++)
		if (result_is_touched(&change->results[i]))
			collect(&change->results[i], &managers);
}
