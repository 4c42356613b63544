/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/inventory.h"

#include <errno.h>

#include "base/path.h"
#include "host/gather.h"
#include "host/group.h"
#include "host/inventory_index.h"
#include "host/logical_name.h"
#include "host/mode.h"
#include "host/names.h"
#include "host/reset_set.h"
#include "host/scan.h"

static const struct device blank_device = {DEVICE_BLANK};

/* Readers that died (no memory, killed) leave slots behind: those devices count as locked too. */
static void collect(struct inventory *ret, const struct scan *scan)
{
	for (size_t i = 0; i < scan->count; i++) {
		struct slot *slot = &scan->slots[i];
		bool done = atomic_load(&slot->state) == SLOT_DONE;

		ret->devices[i] = done ? *slot->record : slot->blank;
		if (!done)
			gather_locked(&ret->devices[i], scan->arena);
	}
	ret->count = scan->count;
	inventory_index(ret);
}

static void add_slot(struct scan *scan, const struct roster *roster, const char *address,
		     const char *bus)
{
	struct slot *slot = &scan->slots[scan->count++];

	slot->entry = roster_find(roster, address);
	slot->blank = blank_device;
	slot->blank.address = address;
	slot->blank.bus = bus;
	if (slot->entry)
		slot->blank.syspath = slot->entry->syspath;
}

static int fill_slots(struct scan *scan, const struct roster *roster)
{
	size_t size = roster->n_pci + roster->n_entries + 1;

	scan->slots = arena_alloc(scan->arena, size * sizeof(*scan->slots));
	if (!scan->slots)
		return -ENOMEM;
	for (size_t i = 0; i < roster->n_pci; i++)
		add_slot(scan, roster, roster->pci[i], "pci");
	for (size_t i = 0; i < roster->n_entries; i++)
		if (!streq(roster->entries[i].bus, "pci"))
			add_slot(scan, roster, roster->entries[i].device, roster->entries[i].bus);
	return 0;
}

/* As far as the scan has the members. */
static void fill_blocked(struct inventory *inventory)
{
	for (size_t i = 0; i < inventory->count; i++) {
		struct device *dev = &inventory->devices[i];
		const struct device *member;

		if (!device_is_vfio(dev) || dev->iommu_group < 0)
			continue;
		for (size_t k = 0; !dev->is_blocked &&
				   (member = iommu_group_member(inventory, dev->iommu_group, k));
		     k++)
			dev->is_blocked = !group_member_is_free(member);
	}
}

static void fill_offers(struct inventory *inventory)
{
	struct host_ways ways;

	host_ways_read(&ways);
	for (size_t i = 0; i < inventory->count; i++)
		inventory->devices[i].would_offer = host_ways_offer(&ways, &inventory->devices[i]);
}

/* Reads the devices in scan's slots and completes their records. */
static int run_scan(struct inventory *ret, struct scan *scan, struct error *err)
{
	if (scan_run(scan, err) < 0)
		return -1;
	ret->devices = arena_alloc(scan->arena, (scan->count + 1) * sizeof(*ret->devices));
	if (!ret->devices)
		return error_out_of_memory(err);
	collect(ret, scan);
	fill_blocked(ret);
	if (scan->needs & NEED_NAMES)
		names_fill(ret);
	if (scan->needs & NEED_OFFER)
		fill_offers(ret);
	if (scan->needs & NEED_LOGICAL)
		logical_names_fill(ret);
	if (scan->needs & NEED_RESET)
		reset_sets_fill(ret);
	return 0;
}

/* Addresses not wanted are taken out; the order of the wanted ones is kept. */
static void keep_only(struct scan *scan, const char *const *addresses, size_t count)
{
	struct slot *all = scan->slots;
	size_t n_all = scan->count;

	scan->slots = arena_alloc(scan->arena, (count + 1) * sizeof(*scan->slots));
	scan->count = 0;
	for (size_t i = 0; scan->slots && i < count; i++)
		for (size_t k = 0; k < n_all; k++)
			if (streq(all[k].blank.address, addresses[i]))
				memcpy(&scan->slots[scan->count++], &all[k], sizeof(*all));
}

/* Room for the records of all devices and the strings that belong to them, a page each and more. */
static struct scan *begin_scan(struct inventory *ret, unsigned int needs, size_t devices)
{
	struct arena *arena = arena_new((devices + 64) * 32768);
	struct scan *scan = arena ? arena_alloc(arena, sizeof(*scan)) : NULL;

	*ret = (struct inventory){.arena = arena};
	if (scan)
		*scan = (struct scan){.arena = arena, .needs = needs};
	return scan;
}

static int scan_machine(struct inventory *ret, unsigned int needs, const char *const *addresses,
			size_t count, struct error *err)
{
	struct scan *scan = begin_scan(ret, needs, roster_estimate());
	struct roster roster = {.arena = ret->arena};

	if (!scan || roster_read(&roster) < 0 || fill_slots(scan, &roster) < 0)
		return error_out_of_memory(err);
	if (addresses)
		keep_only(scan, addresses, count);
	return run_scan(ret, scan, err);
}

static int scan_or_free(struct inventory *ret, unsigned int needs, const char *const *addresses,
			size_t count, struct error *err)
{
	if (!path_exists("/sys/bus")) {
		error_set(err, STATUS_UNSUPPORTED, ENOENT, "no-sysfs", NULL,
			  "there is no sysfs at /sys");
		return error_remedy(err, "Mount it: mount -t sysfs sysfs /sys");
	}
	if (scan_machine(ret, needs, addresses, count, err) == 0)
		return 0;
	inventory_free(ret);
	return -1;
}

int inventory_scan(struct inventory *ret, unsigned int needs, struct error *err)
{
	return scan_or_free(ret, needs, NULL, 0, err);
}

int inventory_scan_only(struct inventory *ret, unsigned int needs, const char *const *addresses,
			size_t count, struct error *err)
{
	return scan_or_free(ret, needs, addresses, count, err);
}

static int scan_more(struct inventory *ret, const struct inventory *known, unsigned int needs,
		     const char *const *addresses, size_t count, struct error *err)
{
	struct scan *scan = begin_scan(ret, needs, count);

	if (scan)
		scan->slots = arena_alloc(scan->arena, (count + 1) * sizeof(*scan->slots));
	if (!scan || !scan->slots)
		return error_out_of_memory(err);
	scan->more = true;
	for (size_t i = 0; i < count; i++) {
		const struct device *dev = inventory_find(known, addresses[i]);

		if (dev)
			scan->slots[scan->count++].blank = *dev;
	}
	return run_scan(ret, scan, err);
}

int inventory_scan_more(struct inventory *ret, const struct inventory *known, unsigned int needs,
			const char *const *addresses, size_t count, struct error *err)
{
	if (scan_more(ret, known, needs, addresses, count, err) == 0)
		return 0;
	inventory_free(ret);
	return -1;
}

void inventory_free(struct inventory *inventory)
{
	arena_free(inventory->arena);
	*inventory = (struct inventory){0};
}
