/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/reset_set.h"

#include <limits.h>

#include "base/path.h"
#include "host/address.h"

static bool is_function(const struct device *dev)
{
	return streq(dev->bus, "pci") && dev->state != DEVICE_GONE;
}

/* Below the same bridge, which for a bus reset is what counts. */
static bool is_below_bridge_of(const struct device *other, const struct device *dev)
{
	size_t n = (size_t)(base_name(dev->syspath) - dev->syspath);
	char path[PATH_MAX] = "";

	/* One that does not answer was not asked for its path. */
	if (!other->syspath)
		path_resolve(path, sizeof(path), "/sys/bus/pci/devices/%s", other->address);
	return strncmp(other->syspath ? other->syspath : path, dev->syspath, n) == 0;
}

bool reset_takes_along(const struct device *dev, const struct device *other)
{
	return other != dev && is_function(dev) && is_function(other) &&
	       streq_null(other->physfn, dev->address);
}

bool reset_set_has(const struct device *dev, const struct device *other)
{
	if (other == dev || !is_function(dev) || !is_function(other))
		return false;
	return reset_takes_along(dev, other) ||
	       (!device_is_on_root_bus(dev) && is_below_bridge_of(other, dev));
}

/* The directory of the bridge above, without a slash at its end; false on a root bus. */
static bool bridge_directory(char *buf, size_t size, const struct device *dev)
{
	size_t n;

	if (!is_function(dev) || device_is_on_root_bus(dev) || device_is_bridge(dev))
		return false;
	n = (size_t)(base_name(dev->syspath) - dev->syspath);
	if (n < 2 || n > size)
		return false;
	memcpy(buf, dev->syspath, n - 1);
	buf[n - 1] = '\0';
	return true;
}

static bool has_two_functions(const char *directory)
{
	scoped_dir DIR *dir = path_opendir("%s", directory);
	struct pci_address address;
	const char *name;
	int n = 0;

	while (dir && n < 2 && (name = path_next(dir)))
		n += pci_address_parse(&address, name) == 0;
	return n == 2;
}

void reset_sets_fill(struct inventory *inventory)
{
	char last[PATH_MAX] = "", directory[PATH_MAX];
	const char *shared = NULL;

	for (size_t i = 0; i < inventory->count; i++) {
		struct device *dev = &inventory->devices[i];

		if (!bridge_directory(directory, sizeof(directory), dev))
			continue;
		/* Those of one bus stand together in order of address: each is looked at once. */
		if (!streq(last, directory)) {
			memcpy(last, directory, sizeof(last));
			shared = has_two_functions(directory)
					 ? arena_strdup(inventory->arena, base_name(directory))
					 : NULL;
		}
		dev->reset_set = shared;
	}
}
