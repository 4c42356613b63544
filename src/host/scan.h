/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading many devices, each of which may not answer: what host/inventory.c is made of.
 */
#pragma once

#include <stdatomic.h>
#include <sys/types.h>

#include "host/inventory.h"
#include "host/roster.h"

enum slot_state { SLOT_FREE, SLOT_READING, SLOT_DONE, SLOT_GIVEN_UP };

struct slot {
	_Atomic int state;
	_Atomic int64_t since; /* the scan's clock when reading began */
	_Atomic pid_t reader;
	const struct vfio_entry *entry;
	struct device *record; /* published with SLOT_DONE */
	struct device blank;   /* address and bus only, or what is known already */
};

/* In memory that is shared with the readers. */
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

/*
 * Reads the devices of all slots. 0 with each of them done or given up, or -1 when no reader could
 * be started.
 */
int scan_run(struct scan *scan, struct error *err);

/*
 * Who is told, a few times a second, that a scan waits for a device; address NULL: it has come to
 * its end. Nobody is told of less than half a second.
 */
void scan_tell(void (*on_wait)(const char *address));
