/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/roster.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "base/path.h"
#include "host/address.h"
#include "host/vfio_driver.h"

#define GROUP_MEMBERS "/sys/kernel/iommu_groups/%s/devices"

static size_t count_entries(const char *fmt, ...) PRINTF(1, 2);
static size_t count_entries(const char *fmt, ...)
{
	char path[PATH_MAX];
	size_t n = 0;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);

	scoped_dir DIR *dir = path_opendir("%s", path);

	while (dir && path_next(dir))
		n++;
	return n;
}

static int compare_entries(const void *a, const void *b)
{
	const struct vfio_entry *left = a, *right = b;

	return strcmp(left->device, right->device);
}

/*
 * Fills entry for the device whose resolved directory is path; name may be NULL. False when it has
 * just vanished, or there is no room.
 */
static bool fill_entry(struct vfio_entry *entry, struct arena *arena, const char *path,
		       const char *name)
{
	char bus[64];

	if (path_link_name(bus, sizeof(bus), "%s/subsystem", path) < 0)
		return false;
	*entry = (struct vfio_entry){
		.name = arena_strdup(arena, name),
		.syspath = arena_strdup(arena, path),
		.bus = arena_strdup(arena, bus),
	};
	if ((name && !entry->name) || !entry->syspath || !entry->bus)
		return false;
	entry->device = base_name(entry->syspath);
	return true;
}

static void add_entry(struct roster *roster, const char *path, const char *name)
{
	if (roster->n_entries < roster->room &&
	    fill_entry(&roster->entries[roster->n_entries], roster->arena, path, name))
		roster->n_entries++;
}

static void read_class(struct roster *roster)
{
	scoped_dir DIR *dir = path_opendir("/sys/class/vfio-dev");
	char path[PATH_MAX];
	const char *name;

	while (dir && (name = path_next(dir)))
		if (path_resolve(path, sizeof(path), "/sys/class/vfio-dev/%s/device", name) > 0)
			add_entry(roster, path, name);
}

/* The devices of a group that has a VFIO node, before there was a class of them. */
static void read_group(struct roster *roster, const char *group)
{
	scoped_dir DIR *dir = path_opendir(GROUP_MEMBERS, group);
	char path[PATH_MAX];
	const char *name;

	while (dir && (name = path_next(dir)))
		if (path_resolve(path, sizeof(path), GROUP_MEMBERS "/%s", group, name) > 0 &&
		    vfio_holds("%s", path))
			add_entry(roster, path, NULL);
}

static void read_groups(struct roster *roster)
{
	scoped_dir DIR *dir = path_opendir("/sys/class/vfio");
	const char *name;

	while (dir && (name = path_next(dir)))
		read_group(roster, vfio_group_number(name));
}

/* How many devices VFIO holds at most. */
static size_t count_held(void)
{
	scoped_dir DIR *dir = NULL;
	size_t n = 0;
	const char *name;

	if (vfio_has_device_class())
		return count_entries("/sys/class/vfio-dev");
	dir = path_opendir("/sys/class/vfio");
	while (dir && (name = path_next(dir)))
		n += count_entries(GROUP_MEMBERS, vfio_group_number(name));
	return n;
}

static int read_entries(struct roster *roster)
{
	roster->room = count_held();
	roster->entries = arena_alloc(roster->arena, (roster->room + 1) * sizeof(*roster->entries));
	if (!roster->entries)
		return -ENOMEM;
	if (vfio_has_device_class())
		read_class(roster);
	else
		read_groups(roster);
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
	return count_entries("/sys/bus/pci/devices") + count_held();
}
