/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which processes hold a device: found in /proc by what they have open or mapped.
 *
 * An open descriptor of a node is recognised by its device number, which outlives the node. A device
 * descriptor obtained through a group has no number of its own; since Linux 6.18 its fdinfo names the
 * device (vfio-device-syspath), before that it is ascribed to every device of a group that the same
 * process holds. A mapping alone keeps a device in use after close(2). Not visible in /proc: files
 * that only KVM, io_uring or a message in flight refers to.
 */
#pragma once

#include <sys/types.h>

#include "base/error.h"
#include "host/device.h"

struct holder {
	pid_t pid;
	uid_t uid;
	char command[64]; /* as in /proc/PID/comm, scrubbed by nobody yet: hostile */
	int fd;           /* -1: a mapping */
	char path[128];   /* what is open: "/dev/vfio/devices/vfio0", "anon_inode:[vfio-device]" */
};

struct holders {
	struct holder *list;
	size_t count;
	size_t hidden; /* processes whose descriptors this user may not see */
};

/* One thing to look for. */
struct holder_target {
	dev_t number;        /* of a character or block device node; 0: none */
	bool block;          /* which of the two */
	const char *syspath; /* of a VFIO device, "/sys/devices/...", for fdinfo; NULL: none */
	dev_t group;         /* number of its group node, for kernels before 6.18; 0: none */
};

/*
 * Looks through all of /proc once for count targets. The caller frees *ret with holders_free().
 * ret is sorted by pid and fd. Processes that end meanwhile are passed over. This process itself
 * is not reported.
 */
int holders_find(struct holders *ret, const struct holder_target *targets, size_t count,
		 struct error *err);

/* Those of a device that a VFIO driver holds: its cdev, its group node, descriptors and mappings. */
int holders_of_device(struct holders *ret, const struct device *dev, struct error *err);

void holders_free(struct holders *holders);
#define scoped_holders __attribute__((cleanup(holders_free)))
