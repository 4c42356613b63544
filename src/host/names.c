/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/names.h"

#include <libudev.h>
#include <locale.h>

struct names {
	const char *vendor, *device, *class;
};

static struct names look_up(struct udev_hwdb *hwdb, struct arena *arena, const char *modalias)
{
	struct udev_list_entry *list = udev_hwdb_get_properties_list_entry(hwdb, modalias, 0);
	struct udev_list_entry *entry;
	const char *base_class = NULL, *subclass = NULL;
	struct names names = {0};

	udev_list_entry_foreach (entry, list) {
		const char *key = udev_list_entry_get_name(entry);
		const char *value = udev_list_entry_get_value(entry);

		if (streq(key, "ID_VENDOR_FROM_DATABASE"))
			names.vendor = arena_strdup(arena, value);
		else if (streq(key, "ID_MODEL_FROM_DATABASE"))
			names.device = arena_strdup(arena, value);
		else if (streq(key, "ID_PCI_SUBCLASS_FROM_DATABASE"))
			subclass = value;
		else if (streq(key, "ID_PCI_CLASS_FROM_DATABASE"))
			base_class = value;
	}
	names.class = arena_strdup(arena, subclass ? subclass : base_class);
	return names;
}

static int compare_modalias(const void *a, const void *b)
{
	struct device *const *left = a, *const *right = b;

	return strcmp((*left)->modalias, (*right)->modalias);
}

/* Pointers to the devices with a modalias, equal ones side by side. The caller frees it. */
static struct device **by_modalias(struct inventory *inventory, size_t *ret_count)
{
	struct device **list = calloc(inventory->count + 1, sizeof(*list));
	size_t n = 0;

	for (size_t i = 0; list && i < inventory->count; i++)
		if (inventory->devices[i].modalias)
			list[n++] = &inventory->devices[i];
	if (n)
		qsort(list, n, sizeof(*list), compare_modalias);
	*ret_count = n;
	return list;
}

static void fill(struct inventory *inventory, struct udev_hwdb *hwdb)
{
	size_t count = 0;
	scoped_free struct device **list = by_modalias(inventory, &count);
	struct names names = {0};

	for (size_t i = 0; i < count; i++) {
		struct device *dev = list[i];

		if (i == 0 || !streq(dev->modalias, list[i - 1]->modalias))
			names = look_up(hwdb, inventory->arena, dev->modalias);
		dev->vendor_name = names.vendor;
		dev->class_name = names.class;
		if (!dev->device_name)
			dev->device_name = names.device;
	}
}

void names_fill(struct inventory *inventory)
{
	struct udev *udev = udev_new();
	struct udev_hwdb *hwdb = udev ? udev_hwdb_new(udev) : NULL;
	/* The hwdb matches with fnmatch(), which in a UTF-8 locale turns every pattern and name
	 * into wide characters first: most of the work, for what is all ASCII. */
	locale_t ascii = newlocale(LC_ALL_MASK, "C", (locale_t)0), saved = uselocale(ascii);

	if (hwdb)
		fill(inventory, hwdb);
	uselocale(saved);
	if (ascii)
		freelocale(ascii);
	udev_hwdb_unref(hwdb);
	udev_unref(udev);
}
