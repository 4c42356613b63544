/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/stale.h"

#include <stdio.h>

#include "base/path.h"
#include "change/access.h"
#include "change/warning.h"
#include "host/address.h"

const char *stale_name(struct arena *arena, const char *text)
{
	char name[PCI_ADDRESS_SIZE];
	struct pci_address address;

	if (pci_address_parse(&address, text) == 0) {
		pci_address_format(name, &address);
		text = name;
	}
	if (strchr(text, '/') || (!path_exists("/run/vfioctl/devices/%s.json", text) &&
				  !path_exists("/run/vfioctl/access/%s.json", text)))
		return NULL;
	return arena_strdup(arena, text);
}

static bool is_stale(const struct change_result *result)
{
	const struct device *dev = result->before;

	return result->departed ||
	       (dev->state == DEVICE_OK && (binding_is_stale(dev) || access_is_stale(dev)));
}

bool stale_is_any(const struct change *change)
{
	for (size_t i = 0; i < change->count; i++)
		if (is_stale(&change->results[i]))
			return true;
	return false;
}

static void drop(struct change *change, struct change_result *result)
{
	struct error err = {.code = NULL};

	if (binding_is_stale(result->before))
		binding_forget(result->before);
	access_drop_stale(result->before, &err);
	if (err.code)
		warning_add(change, result, arena_strdup(change->arena, err.message));
}

bool stale_drop(struct change *change)
{
	bool forgets = false;

	for (size_t i = 0; i < change->count; i++) {
		struct change_result *result = &change->results[i];

		if (!is_stale(result))
			continue;
		warning_add(change, result,
			    result->departed
				    ? "it is gone; what was noted of it is dropped"
				    : "another device had this address before; what was noted of "
				      "it is dropped");
		drop(change, result);
		result->forgotten = result->departed;
		forgets |= result->departed;
	}
	return forgets;
}

bool stale_tell(struct change *change)
{
	bool forgets = false;

	for (size_t i = 0; i < change->count; i++)
		if (change->results[i].departed) {
			warning_add(change, &change->results[i],
				    "it is gone; what was noted of it would be dropped");
			forgets = true;
		}
	return forgets;
}
