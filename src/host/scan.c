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
#include "host/scan.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>

#include "base/worker.h"
#include "host/gather.h"

enum { HELP_AFTER_MS = 100, TELL_AFTER_MS = 500, MAX_READERS = 64 };

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
	const pid_t self = getpid();

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
		atomic_store(&slot->reader, self);
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

static void (*tell_wait)(const char *address);

void scan_tell(void (*on_wait)(const char *address))
{
	tell_wait = on_wait;
}

/* The first device that has not answered for a while, or NULL. */
static const char *slow_device(const struct scan *scan)
{
	int64_t now = atomic_load(&scan->clock);

	for (size_t i = 0; i < scan->count; i++)
		if (atomic_load(&scan->slots[i].state) == SLOT_READING &&
		    now - atomic_load(&scan->slots[i].since) >= TELL_AFTER_MS)
			return scan->slots[i].blank.address;
	return NULL;
}

/* Sleeps until a reader ends, a moment at most; tells who is waited for. */
static void wait_a_moment(struct scan *scan, const struct readers *readers)
{
	const char *slow = slow_device(scan);

	if (slow && tell_wait)
		tell_wait(slow);
	wait_for_reader(scan, readers, HELP_AFTER_MS / 2);
}

static bool is_stuck(const struct scan *scan, const struct worker *reader)
{
	for (size_t i = 0; i < scan->count; i++)
		if (atomic_load(&scan->slots[i].state) == SLOT_GIVEN_UP &&
		    atomic_load(&scan->slots[i].reader) == reader->pid)
			return true;
	return false;
}

/* A reader that is between two devices will take the next one. */
static bool all_are_stuck(const struct scan *scan, const struct readers *readers)
{
	for (size_t i = 0; i < readers->count; i++)
		if (!is_stuck(scan, &readers->list[i]))
			return false;
	return true;
}

/* Nothing more will come: what still runs is stuck with a device that was given up. */
static bool is_over(const struct scan *scan, const struct readers *readers,
		    const struct progress *progress)
{
	if (progress->reading)
		return false;
	return !progress->unclaimed ||
	       (readers->count == MAX_READERS && all_are_stuck(scan, readers));
}

/* One more for each that is stuck, so that many stuck devices cost little more. */
static int add_help(struct scan *scan, struct readers *readers, const struct progress *progress,
		    struct error *err)
{
	for (size_t i = 0; progress->unclaimed && progress->slow && i < progress->reading; i++)
		if (add_reader(readers, scan, err) < 0)
			return -1;
	return 0;
}

static int run_readers(struct scan *scan, struct readers *readers, struct error *err)
{
	enum { REVIVALS = 8 };

	/* A reader may die before it is through: somebody killed it, or memory was short. */
	for (int i = 0; i < REVIVALS && check_deadlines(scan).unclaimed; i++) {
		if (add_reader(readers, scan, err) < 0)
			return -1;
		while (any_reader_left(readers)) {
			struct progress progress = check_deadlines(scan);

			if (is_over(scan, readers, &progress))
				return 0;
			if (add_help(scan, readers, &progress, err) < 0)
				return -1;
			wait_a_moment(scan, readers);
		}
	}
	return 0;
}

int scan_run(struct scan *scan, struct error *err)
{
	struct readers readers = {.count = 0};
	int r = run_readers(scan, &readers, err);

	if (tell_wait)
		tell_wait(NULL);
	for (size_t i = 0; i < readers.count; i++)
		worker_abandon(&readers.list[i]);
	return r;
}
