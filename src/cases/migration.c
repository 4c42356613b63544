/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cases of the migration of a device: it is stopped, its state is read, and written into one of its
 * kind, which goes on from there.
 *
 * Here the device carries its state to itself: it is saved, changed, and made what it was. The
 * kernel may have to go through other states to reach the one that is asked for. A device keeps its
 * state when it is closed, so the cases leave it running, whatever happened.
 */
#include <errno.h>

#include "check/case.h"

/* More data than that is not carried: emulated devices have little. */
#define DATA_MAX 262144

#define KNOWN_FLAGS (VFIO_MIGRATES_STOP_COPY | VFIO_MIGRATES_P2P | VFIO_MIGRATES_PRE_COPY)

/* A device that goes back to running. */
struct traveller {
	struct vfio_device dev;
	uint64_t flags; /* VFIO_MIGRATES_* */
	int data;       /* -1: none */
};

#define TRAVELLER_NONE ((struct traveller){.dev = VFIO_DEVICE_NONE, .data = -1})

static void go_home(struct traveller *traveller)
{
	int data = -1;

	close_fd(&traveller->data);
	if (traveller->dev.fd >= 0 && traveller->flags)
		vfio_migration_go(traveller->dev.fd, VFIO_STATE_RUNNING, &data);
	close_fd(&data);
	vfio_close(&traveller->dev);
}
#define scoped_traveller __attribute__((cleanup(go_home)))

static bool is_in(struct case_run *run, const struct traveller *traveller, uint32_t owed)
{
	uint32_t state = VFIO_STATE_BEYOND;

	return case_expect(run, "ask for the state", 0,
			   vfio_migration_state(traveller->dev.fd, &state)) &&
	       case_check(run, "look at the state", state == owed,
			  "the device is in state %u instead of %u", state, owed);
}

/* Binds a device that can be migrated; skips the case on one that cannot. */
static bool set_out(struct case_run *run, struct traveller *ret)
{
	int r;

	if (!case_bind(run, &ret->dev))
		return false;
	r = vfio_migration_flags(ret->dev.fd, &ret->flags);
	if (r == -ENOTTY || r == -EINVAL)
		return case_skip(run, "the device cannot be migrated");
	return case_expect(run, "ask whether it migrates", 0, r) &&
	       case_check(run, "look at how",
			  (ret->flags & VFIO_MIGRATES_STOP_COPY) &&
				  !(ret->flags & ~(uint64_t)KNOWN_FLAGS),
			  "0x%llx is no set of ways to migrate that has STOP_COPY in it",
			  (unsigned long long)ret->flags) &&
	       is_in(run, ret, VFIO_STATE_RUNNING);
}

/* Goes to a state that has data to be read or written, or none; a step. */
static bool travel(struct case_run *run, struct traveller *traveller, const char *what,
		   uint32_t state, bool has_data)
{
	close_fd(&traveller->data);
	if (!case_expect(run, what, 0,
			 vfio_migration_go(traveller->dev.fd, state, &traveller->data)))
		return false;
	return case_check(run, "look for a descriptor", (traveller->data >= 0) == has_data,
			  has_data ? "the state came without a descriptor for the data"
				   : "the state came with a descriptor for data");
}

/* --- the state that is carried ---------------------------------------------------------- */

/* A byte of a device that guests write to and that belongs to its state. */
static const struct {
	const char *driver;
	unsigned int region;
	off_t offset;
} markers[] = {
	{"mtty", 0, 7}, /* the scratch register of a UART */
};

/* The place of the marker in the device's file; -1 when its driver is not in the table. */
static off_t marker_of(const struct case_run *run, const struct traveller *traveller)
{
	struct vfio_region region;

	for (size_t i = 0; i < ARRAY_SIZE(markers); i++)
		if (streq_null(run->device->driver, markers[i].driver) &&
		    vfio_device_region(traveller->dev.fd, markers[i].region, &region) >= 0)
			return (off_t)region.offset + markers[i].offset;
	return -1;
}

static bool mark(struct case_run *run, const struct traveller *traveller, off_t where, char value)
{
	return where < 0 ||
	       case_expect(run, "write to the device", 0,
			   pwrite(traveller->dev.fd, &value, 1, where) < 0 ? -errno : 0);
}

/* Reads all; -EFBIG when it is more than there is room for. */
static ssize_t read_data(int data, char *buf, size_t size)
{
	size_t used = 0;
	ssize_t n;

	while (used < size && (n = read(data, buf + used, size - used)) != 0) {
		if (n < 0)
			return -errno;
		used += (size_t)n;
	}
	return used == size ? -EFBIG : (ssize_t)used;
}

static int write_data(int data, const char *buf, size_t size)
{
	size_t used = 0;

	while (used < size) {
		ssize_t n = write(data, buf + used, size - used);

		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		used += (size_t)n;
	}
	return 0;
}

static bool save(struct case_run *run, struct traveller *traveller, char *buf, size_t *ret_size)
{
	ssize_t n;

	if (!travel(run, traveller, "stop and copy", VFIO_STATE_STOP_COPY, true))
		return false;
	n = read_data(traveller->data, buf, DATA_MAX);
	if (!case_expect(run, "read the data", 0, n < 0 ? (int)n : 0))
		return false;
	*ret_size = (size_t)n;
	return case_check(run, "look at the data", n > 0, "there is none") &&
	       travel(run, traveller, "go on", VFIO_STATE_RUNNING, false);
}

static bool load(struct case_run *run, struct traveller *traveller, const char *buf, size_t size)
{
	return travel(run, traveller, "be ready to resume", VFIO_STATE_RESUMING, true) &&
	       case_expect(run, "write the data", 0, write_data(traveller->data, buf, size)) &&
	       travel(run, traveller, "resume", VFIO_STATE_RUNNING, false);
}

/* What the device was when it was saved it is again. */
static void look_at_marker(struct case_run *run, const struct traveller *traveller, off_t where,
			   char owed)
{
	char value = 0;

	if (where < 0) {
		is_in(run, traveller, VFIO_STATE_RUNNING);
		return;
	}
	if (case_expect(run, "read from the device", 0,
			pread(traveller->dev.fd, &value, 1, where) < 0 ? -errno : 0))
		case_check(run, "compare with what was saved", value == owed,
			   "0x%02x was saved, 0x%02x came back", (unsigned int)owed,
			   (unsigned int)value);
}

static void carry_state(struct case_run *run, char *data)
{
	scoped_traveller struct traveller traveller = TRAVELLER_NONE;
	size_t size = 0;
	off_t where;

	if (!set_out(run, &traveller))
		return;
	where = marker_of(run, &traveller);
	if (mark(run, &traveller, where, 'A') && save(run, &traveller, data, &size) &&
	    mark(run, &traveller, where, 'B') && load(run, &traveller, data, size))
		look_at_marker(run, &traveller, where, 'A');
}

static void state_is_carried(struct case_run *run)
{
	char *data = malloc(DATA_MAX);

	if (case_expect(run, "get memory", 0, data ? 0 : -ENOMEM))
		carry_state(run, data);
	free(data);
}

/* --- other ways ------------------------------------------------------------------------- */

static void not_every_state_is_one(struct case_run *run)
{
	scoped_traveller struct traveller traveller = TRAVELLER_NONE;
	int p2p;

	if (!set_out(run, &traveller))
		return;
	p2p = traveller.flags & VFIO_MIGRATES_P2P ? 0 : -EINVAL;
	if (case_expect(run, "go to a state that is none", -EINVAL,
			vfio_migration_go(traveller.dev.fd, VFIO_STATE_BEYOND, &traveller.data)) &&
	    case_expect(
		    run, "run without touching other devices", p2p,
		    vfio_migration_go(traveller.dev.fd, VFIO_STATE_RUNNING_P2P, &traveller.data)) &&
	    travel(run, &traveller, "stop", VFIO_STATE_STOP, false) &&
	    case_expect(run, "go to the state of errors", -EINVAL,
			vfio_migration_go(traveller.dev.fd, VFIO_STATE_ERROR, &traveller.data)))
		is_in(run, &traveller, VFIO_STATE_STOP);
}

static void copied_in_advance(struct case_run *run)
{
	scoped_traveller struct traveller traveller = TRAVELLER_NONE;
	uint64_t initial, dirty;
	int next = -1;

	if (!set_out(run, &traveller))
		return;
	if (!(traveller.flags & VFIO_MIGRATES_PRE_COPY)) {
		case_expect(
			run, "copy in advance", -EINVAL,
			vfio_migration_go(traveller.dev.fd, VFIO_STATE_PRE_COPY, &traveller.data));
		return;
	}
	if (!travel(run, &traveller, "copy in advance", VFIO_STATE_PRE_COPY, true) ||
	    !case_expect(run, "ask how much is left", 0,
			 vfio_migration_left(traveller.data, &initial, &dirty)))
		return;
	/* The same descriptor goes on; there is no other. */
	if (case_expect(run, "stop and copy", 0,
			vfio_migration_go(traveller.dev.fd, VFIO_STATE_STOP_COPY, &next)) &&
	    case_check(run, "look for a descriptor", next < 0, "the state came with another one"))
		case_expect(run, "ask how much is left, once stopped", -EINVAL,
			    vfio_migration_left(traveller.data, &initial, &dirty));
	close_fd(&next);
}

#define BOTH (CASE_CDEV | CASE_GROUP)

const struct test_case cases_migration[] = {
	{.id = "M07",
	 .statement = "PR1",
	 .title = "The state of an emulated device is saved and loaded",
	 .promise = "It is stopped, read, written again, and the device is what it was.",
	 .paths = BOTH,
	 .needs = CASE_NEEDS_EMULATED,
	 .after = {"C05", "G04"},
	 .run = state_is_carried},
	{.id = "M11",
	 .statement = "PR1",
	 .title = "Its state is copied while it runs",
	 .promise = "It says how much is left until it is stopped; who cannot do that refuses.",
	 .paths = BOTH,
	 .needs = CASE_NEEDS_EMULATED,
	 .after = {"M07"},
	 .run = copied_in_advance},
	{.id = "M12",
	 .statement = "PR1",
	 .title = "It goes to states that it has, and to no others",
	 .promise = "What is refused leaves it in the state in which it was.",
	 .paths = BOTH,
	 .needs = CASE_NEEDS_EMULATED,
	 .after = {"M07"},
	 .run = not_every_state_is_one},
	{.id = NULL},
};
