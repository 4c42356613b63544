/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/roster.h"

#include <errno.h>
#include <limits.h>

#include "base/path.h"
#include "host/address.h"

static size_t count_entries(const char *directory)
{
	scoped_dir DIR *dir = path_opendir("%s", directory);
	size_t n = 0;

	while (dir && path_next(dir))
		n++;
	return n;
}

static int compare_entries(const void *a, const void *b)
{
	const struct vfio_entry *left = a, *right = b;

	return strcmp(left->device, right->device);
}

/* Fills entry from /sys/class/vfio-dev/NAME; false when it has just vanished. */
static bool read_entry(struct vfio_entry *entry, struct arena *arena, const char *name)
{
	char path[PATH_MAX], bus[64];

	if (path_resolve(path, sizeof(path), "/sys/class/vfio-dev/%s/device", name) < 0 ||
	    path_link_name(bus, sizeof(bus), "%s/subsystem", path) < 0)
		return false;
	*entry = (struct vfio_entry){
		.name = arena_strdup(arena, name),
		.syspath = arena_strdup(arena, path),
		.bus = arena_strdup(arena, bus),
	};
	if (!entry->name || !entry->syspath || !entry->bus)
		return false;
	entry->device = base_name(entry->syspath);
	return true;
}

static int read_entries(struct roster *roster)
{
	size_t size = count_entries("/sys/class/vfio-dev");
	scoped_dir DIR *dir = path_opendir("/sys/class/vfio-dev");
	const char *name;

	roster->entries = arena_alloc(roster->arena, (size + 1) * sizeof(*roster->entries));
	if (!roster->entries)
		return -ENOMEM;
	while (dir && roster->n_entries < size && (name = path_next(dir)))
		if (read_entry(&roster->entries[roster->n_entries], roster->arena, name))
			roster->n_entries++;
	qsort(roster->entries, roster->n_entries, sizeof(*roster->entries), compare_entries);
	return 0;
}

static int compare_names(const void *a, const void *b)
{
	return device_name_compare(*(const char *const *)a, *(const char *const *)b);
}

static int read_pci_names(struct roster *roster)
{
	size_t size = count_entries("/sys/bus/pci/devices");
	scoped_dir DIR *dir = path_opendir("/sys/bus/pci/devices");
	const char *name;

	roster->pci = arena_alloc(roster->arena, (size + 1) * sizeof(*roster->pci));
	if (!roster->pci)
		return -ENOMEM;
	while (dir && roster->n_pci < size && (name = path_next(dir))) {
		roster->pci[roster->n_pci] = arena_strdup(roster->arena, name);
		if (!roster->pci[roster->n_pci++])
			return -ENOMEM;
	}
	qsort(roster->pci, roster->n_pci, sizeof(*roster->pci), compare_names);
	return 0;
}

int roster_read(struct roster *roster)
{
	int r = read_entries(roster);

	return r < 0 ? r : read_pci_names(roster);
}

const struct vfio_entry *roster_find(const struct roster *roster, const char *device)
{
	struct vfio_entry key = {.device = device};

	return bsearch(&key, roster->entries, roster->n_entries, sizeof(key), compare_entries);
}

size_t roster_estimate(void)
{
	return count_entries("/sys/bus/pci/devices") + count_entries("/sys/class/vfio-dev");
}
