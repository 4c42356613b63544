/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/logical_name.h"

#include <limits.h>
#include <stdio.h>

#include "base/path.h"
#include "host/address.h"

/* A monitor's connector is no card, nor is a partition a disk. */
static bool is_card(const char *name)
{
	return !strchr(name, '-');
}

static bool is_disk(const char *name)
{
	return !path_exists("/sys/class/block/%s/partition", name);
}

static bool is_any(const char *name)
{
	(void)name;
	return true;
}

static const struct {
	const char *class;
	bool (*is_meant)(const char *name);
} classes[] = {
	{"net", is_any},        {"block", is_disk}, {"nvme", is_any},
	{"infiniband", is_any}, {"drm", is_card},
};

/*
 * The nearest device above, by its directory's name: ".../0000:03:00.0/net/eth0". When the
 * inventory does not have it, it is nobody's: not the bridge's above it.
 */
static struct device *device_above(const struct inventory *inventory, char *path)
{
	struct pci_address address;
	char *slash;

	while ((slash = strrchr(path, '/'))) {
		struct device *dev;

		*slash = '\0';
		dev = inventory_find(inventory, base_name(path));
		if (dev || pci_address_parse(&address, base_name(path)) == 0)
			return dev;
	}
	return NULL;
}

bool nvme_disk_of(char *ret, size_t size, const char *name)
{
	unsigned int subsystem, controller, namespace;
	int end = 0;

	if (sscanf(name, "nvme%uc%un%u%n", &subsystem, &controller, &namespace, &end) != 3 ||
	    name[end])
		return false;
	snprintf(ret, size, "nvme%un%u", subsystem, namespace);
	return true;
}

/* In the order in which people count: nvme2 is before nvme10. */
static void add_name(struct inventory *inventory, struct device *dev, const char *text)
{
	struct logical_name *name = arena_alloc(inventory->arena, sizeof(*name));
	struct logical_name **at = &dev->logical_names;
	char shown[NAME_MAX + 1];

	/* People know the disk that all its paths make. */
	if (!nvme_disk_of(shown, sizeof(shown), text))
		snprintf(shown, sizeof(shown), "%s", text);
	if (!name || !(name->text = arena_strdup(inventory->arena, shown)))
		return;
	while (*at && strverscmp((*at)->text, shown) < 0)
		at = &(*at)->next;
	name->next = *at;
	*at = name;
}

void logical_names_fill(struct inventory *inventory)
{
	for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
		scoped_dir DIR *dir = path_opendir("/sys/class/%s", classes[i].class);
		const char *name;

		while (dir && (name = path_next(dir))) {
			char path[PATH_MAX];
			struct device *dev;

			if (path_readlink(path, sizeof(path), "/sys/class/%s/%s", classes[i].class,
					  name) < 0)
				continue;
			dev = device_above(inventory, path);
			if (dev && classes[i].is_meant(name))
				add_name(inventory, dev, name);
		}
	}
}
