/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Gathering never hangs.
 *
 * Reading an attribute can wait for the device lock, and whoever unbinds a device that is in use
 * holds that lock until the user lets go. So devices are read by reader processes. Each claims
 * free slots of a table in shared memory, fills a record, publishes it, and goes on; the parent
 * follows the pointers as they are (base/arena.h). A reader that stays with one device for longer
 * than HELP_AFTER_MS gets company, so that devices behind it do not wait; after DEVICE_DEADLINE_MS
 * the device is reported as locked and its reader is killed. A process, not a thread: a thread in
 * state D would keep this program from ending.
 *
 * The common case, nothing stuck, costs one fork and ends when the reader closes its pipe.
 */
#include "host/inventory.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/path.h"
#include "base/worker.h"
#include "host/gather.h"
#include "host/inventory_index.h"
#include "host/mode.h"
#include "host/names.h"
#include "host/reset_set.h"
#include "host/roster.h"

enum { HELP_AFTER_MS = 100, MAX_READERS = 64 };

enum slot_state { SLOT_FREE, SLOT_READING, SLOT_DONE, SLOT_GIVEN_UP };

struct slot {
	_Atomic int state;
	_Atomic int64_t since; /* the scan's clock when reading began */
	_Atomic pid_t reader;
	const struct vfio_entry *entry;
	struct device *record; /* published with SLOT_DONE */
	struct device blank;   /* address and bus only, or what is known already */
};

/* Shared with the readers. */
struct scan {
	struct arena *arena;
	unsigned int needs;
	bool more; /* of devices that have been read before */
	size_t count;
	struct slot *slots;
	/* Milliseconds in which this program could run: a pause of the machine gives no device the
	 * time to answer. */
	_Atomic int64_t clock;
};

static const struct device blank_device = {DEVICE_BLANK};

static void read_device(const struct scan *scan, struct device *record,
			const struct vfio_entry *entry)
{
	if (!scan->more)
		gather_device(record, scan->arena, entry, scan->needs);
	/* One that did not answer is not waited for again. */
	else if (record->state == DEVICE_OK)
		gather_more(record, scan->arena, scan->needs);
}

/* Runs in a reader process: reads devices until none is left. Ends by closing the pipe. */
static void read_devices(void *arg, int fd)
{
	struct scan *scan = arg;

	(void)fd;
	worker_ends_with_parent();
	for (size_t i = 0; i < scan->count; i++) {
		struct slot *slot = &scan->slots[i];
		int expected = SLOT_FREE;
		struct device *record;

		/* The claim is the state itself, so that the parent sees no slot between the two.
		 */
		if (atomic_load(&slot->state) != SLOT_FREE)
			continue;
		atomic_store(&slot->since, atomic_load(&scan->clock));
		if (!atomic_compare_exchange_strong(&slot->state, &expected, SLOT_READING))
			continue;
		atomic_store(&slot->reader, getpid());
		record = arena_alloc(scan->arena, sizeof(*record));
		if (!record)
			return;
		*record = slot->blank;
		expected = SLOT_READING;
		read_device(scan, record, slot->entry);
		slot->record = record;
		atomic_compare_exchange_strong(&slot->state, &expected, SLOT_DONE);
	}
}

struct readers {
	struct worker list[MAX_READERS];
	size_t count;
};

/* What a look at all slots found; each was looked at once, so that none is missed in between. */
struct progress {
	size_t unclaimed, reading;
	bool slow; /* all that are being read were begun a while ago */
};

/* Where the kernel lets it, the reader ends and makes room for another. */
static void give_up_reader(struct slot *slot)
{
	pid_t reader = atomic_load(&slot->reader);

	if (reader > 0)
		kill(reader, SIGKILL);
}

/* Gives up devices that are past their deadline. */
static struct progress check_deadlines(struct scan *scan)
{
	struct progress progress = {0};
	int64_t now = atomic_load(&scan->clock);
	size_t fresh = 0;

	for (size_t i = 0; i < scan->count; i++) {
		struct slot *slot = &scan->slots[i];
		int state = atomic_load(&slot->state);

		if (state == SLOT_FREE)
			progress.unclaimed++;
		if (state != SLOT_READING)
			continue;
		if (now - atomic_load(&slot->since) >= DEVICE_DEADLINE_MS &&
		    atomic_compare_exchange_strong(&slot->state, &state, SLOT_GIVEN_UP)) {
			give_up_reader(slot);
			continue;
		}
		if (now - atomic_load(&slot->since) < HELP_AFTER_MS)
			fresh++;
		progress.reading++;
	}
	progress.slow = progress.reading > 0 && fresh == 0;
	return progress;
}

/* Drops readers that have ended. True when at least one still runs. */
static bool any_reader_left(struct readers *readers)
{
	size_t kept = 0;

	for (size_t i = 0; i < readers->count; i++) {
		struct worker *worker = &readers->list[i];

		if (worker_wait(worker, 0, &(char){0}, 1) == -ETIMEDOUT)
			readers->list[kept++] = *worker;
	}
	readers->count = kept;
	return kept > 0;
}

static int add_reader(struct readers *readers, struct scan *scan, struct error *err)
{
	int r;

	if (readers->count == MAX_READERS)
		return 0;
	r = worker_start(&readers->list[readers->count], read_devices, scan);
	if (r < 0)
		return error_errno(err, r, "fork", NULL, "cannot start a reader process");
	readers->count++;
	return 0;
}

/* Sleeps until a reader ends, at most ms. */
static void wait_for_reader(struct scan *scan, const struct readers *readers, int ms)
{
	struct pollfd list[MAX_READERS];
	int64_t before = now_ms(), passed;

	for (size_t i = 0; i < readers->count; i++)
		list[i] = (struct pollfd){.fd = readers->list[i].result, .events = POLLIN};
	poll(list, readers->count, ms);
	passed = now_ms() - before;
	atomic_fetch_add(&scan->clock, passed < 2 * ms ? passed : 2 * ms);
}

static int run_readers(struct scan *scan, struct readers *readers, struct error *err)
{
	if (scan->count && add_reader(readers, scan, err) < 0)
		return -1;
	while (any_reader_left(readers)) {
		struct progress progress = check_deadlines(scan);

		/* What still runs then is stuck with a device that was given up. */
		if (!progress.reading && (!progress.unclaimed || readers->count == MAX_READERS))
			break;
		/* One more for each that is stuck, so that many stuck devices cost little more. */
		for (size_t i = 0; progress.unclaimed && progress.slow && i < progress.reading; i++)
			if (add_reader(readers, scan, err) < 0)
				return -1;
		wait_for_reader(scan, readers, HELP_AFTER_MS / 2);
	}
	return 0;
}

static int read_all(struct scan *scan, struct error *err)
{
	struct readers readers = {.count = 0};
	int r = run_readers(scan, &readers, err);

	for (size_t i = 0; i < readers.count; i++)
		worker_abandon(&readers.list[i]);
	return r;
}

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
	if (read_all(scan, err) < 0)
		return -1;
	ret->devices = arena_alloc(scan->arena, (scan->count + 1) * sizeof(*ret->devices));
	if (!ret->devices)
		return error_out_of_memory(err);
	collect(ret, scan);
	if (scan->needs & NEED_NAMES)
		names_fill(ret);
	if (scan->needs & NEED_OFFER)
		fill_offers(ret);
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
