/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/warning.h"

#include "change/decide.h"
#include "host/manager.h"
#include "host/vfio_driver.h"

void warning_add(struct change *change, struct change_result *result, const char *warning)
{
	const char **warnings;
	size_t n = 0;

	while (result->warnings && result->warnings[n])
		n++;
	warnings = arena_alloc(change->arena, (n + 2) * sizeof(*warnings));
	if (!warnings || !warning)
		return;
	for (size_t i = 0; i < n; i++)
		warnings[i] = result->warnings[i];
	warnings[n] = warning;
	result->warnings = warnings;
}

static void collect(struct change *change, struct change_result *result,
		    const struct managers *managers)
{
	struct manager *list;
	size_t n;

	if (managers_of_device(&list, &n, managers, result->before, result->to.driver) < 0)
		return;
	for (size_t i = 0; i < n; i++)
		warning_add(change, result, manager_sentence(managers->arena, &list[i]));
}

/* Who forces a group that is not viable has a device that nobody can open. */
static void warn_of_group(struct change *change, struct change_result *result)
{
	if (vfio_is_driver_name(result->to.driver) && result->overridden & REASON_BIT(USAGE_GROUP))
		warning_add(change, result,
			    arena_printf(change->arena,
					 "IOMMU group %d stays not viable: nobody can open the "
					 "device until the others are bound too (--group) or "
					 "unbound",
					 result->before->iommu_group));
}

void warnings_collect(struct change *change)
{
	struct managers managers;

	for (size_t i = 0; i < change->count; i++)
		warn_of_group(change, &change->results[i]);

	managers_read(&managers, change->arena, MANAGER_ALL);
	if (!managers.first)
		return;
	for (size_t i = 0; i < change->count; i++)
		if (result_is_touched(&change->results[i]))
			collect(change, &change->results[i], &managers);
}
