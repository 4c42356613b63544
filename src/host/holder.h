/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which processes hold a device: found in /proc by what they have open or mapped.
 *
 * An open descriptor of a node is recognised by its device number, which outlives the node. A
 * device descriptor obtained through a group has no number of its own; since Linux 6.18 its fdinfo
 * names the device (vfio-device-syspath), before that it is ascribed to every device of a group
 * that the same process holds. A mapping alone keeps a device in use after close(2). Not visible in
 * /proc: files that only KVM, io_uring or a message in flight refers to; of KVM it shows at least
 * who has a device of its that may.
 */
#pragma once

#include <sys/types.h>

#include "base/error.h"
#include "host/device.h"

struct holder {
	size_t target; /* which of the things looked for: its index */
	pid_t pid;
	uid_t uid;
	char command[64]; /* as in /proc/PID/comm, scrubbed by nobody yet: hostile */
	int fd;           /* -1: a mapping */
	char path[128];   /* what is open: "/dev/vfio/devices/vfio0", "anon_inode:[vfio-device]" */
};

struct holders {
	struct holder *list;
	size_t count;
	size_t hidden; /* processes whose descriptors could not all be looked at */
	/*
	 * There may be processes that /proc does not list at all: we are in a PID namespace, or
	 * hidepid hides them.
	 */
	bool unlisted;
	/*
	 * Descriptors of KVM's VFIO devices. Which files these refer to nothing tells: they may be
	 * all that keeps a VFIO device open.
	 */
	struct holder kvm[8];
	size_t n_kvm;
};

/* One thing to look for. */
struct holder_target {
	dev_t number;        /* of a character or block device node; 0: none */
	bool block;          /* which of the two */
	const char *syspath; /* of a VFIO device, "/sys/devices/...", for fdinfo; NULL: none */
	dev_t group;         /* number of its group node, for kernels before 6.18; 0: none */
	const char *node;    /* path of the node, where sysfs does not tell it; NULL: it does */
};

/*
 * What to look for to find the users of the VFIO device whose directory is syspath, read from sysfs
 * without touching anything that its lock guards. ret refers to syspath.
 */
void holder_target_vfio(struct holder_target *ret, const char *syspath);

/*
 * Looks through all of /proc once for count targets. The caller frees *ret with holders_free().
 * ret is sorted by pid and fd. Processes that end meanwhile are passed over; one that cannot be
 * looked at within two seconds counts as hidden. This process itself is not reported.
 */
int holders_find(struct holders *ret, const struct holder_target *targets, size_t count,
		 struct error *err);

/*
 * True for a device that VFIO holds, and for one that is about to leave it: an unbind that waits
 * for the user has taken away all signs of VFIO and the link to the driver. Such a device does not
 * answer (DEVICE_LOCKED) or, on newer kernels, still names a driver to which there is no link.
 */
bool device_may_be_held(const struct device *dev);

/*
 * Those of a VFIO device: of its cdev, its group node, descriptors and mappings. Also of one for
 * which device_may_be_held().
 */
int holders_of_device(struct holders *ret, const struct device *dev, struct error *err);

/* "pid 295 (sleep) has /dev/vfio/devices/vfio0 open (fd 0)", into buf, which is returned. */
const char *holder_text(char *buf, size_t size, const struct holder *holder);

void holders_free(struct holders *holders);
#define scoped_holders __attribute__((cleanup(holders_free)))
