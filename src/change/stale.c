/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/stale.h"

#include <stdio.h>

#include "base/path.h"
#include "change/access.h"
#include "change/decide.h"
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

/* It is another device that has the address now. */
static bool is_stale(const struct device *dev)
{
	return dev->state == DEVICE_OK && (binding_is_stale(dev) || access_is_stale(dev));
}

bool stale_is_any(const struct change *change)
{
	for (size_t i = 0; i < change->count; i++)
		if (change->results[i].departed || is_stale(change->results[i].before))
			return true;
	return false;
}

static void take_back(struct change *change, struct change_result *result)
{
	struct error err = {.code = NULL};

	access_drop_stale(result->before, &err);
	if (err.code)
		warning_add(change, result, arena_strdup(change->arena, err.message));
}

void stale_drop(struct change *change)
{
	for (size_t i = 0; i < change->count; i++) {
		struct change_result *result = &change->results[i];

		if (!is_stale(result->before))
			continue;
		if (binding_is_stale(result->before))
			binding_forget(result->before);
		warning_add(change, result,
			    "another device had this address before; what was noted of it is "
			    "dropped");
		take_back(change, result);
	}
}

bool stale_forget(struct change *change, bool dry_run)
{
	bool any = false;

	for (size_t i = 0; i < change->count; i++) {
		struct change_result *result = &change->results[i];

		if (!result->departed || !result_is_fine(result))
			continue;
		any = true;
		warning_add(change, result,
			    dry_run ? "it is gone; what was noted of it would be dropped"
				    : "it is gone; what was noted of it is dropped");
		if (dry_run)
			continue;
		take_back(change, result);
		/* Whatever the files said, of an earlier boot or nothing that can be read. */
		binding_forget(result->before);
		access_forget(result->before);
		result->forgotten = true;
	}
	return any;
}
