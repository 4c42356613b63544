/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The gate in front of every unbind: is anybody using this device?
 *
 * What cannot be seen counts as used. Every verb that takes a driver away from a device asks here,
 * for each device that it will touch.
 */
#pragma once

#include "host/inventory.h"

/* Why a device must stay as it is; each has a name for --force. */
enum usage_reason {
	USAGE_MOUNTED,     /* a file system on a block device below the function is mounted */
	USAGE_BLOCK_HELD,  /* dm, md, swap or another kernel user holds the block device */
	USAGE_BLOCK_OPEN,  /* a process has the block device open */
	USAGE_CHAR_OPEN,   /* a process has a character device below the function open */
	USAGE_NET_ADDRESS, /* an interface that is up has an address */
	USAGE_NET_ROUTE,   /* a route goes through an interface that is up */
	USAGE_NET_UPPER, /* an interface is a port of a bond, bridge, team, or below a VLAN, macvlan
			  */
	USAGE_NET_NAMESPACE, /* an interface was moved to another network namespace */
	USAGE_BOOT_VGA,      /* the firmware's display */
	USAGE_DISPLAY,       /* a screen is connected, or the text console is on it */
	USAGE_INPUT,         /* a keyboard, mouse or the like hangs on it */
	USAGE_LIVE_VFS,      /* a PF whose VFs exist; and who uses those */
	USAGE_BRIDGE,        /* a PCI bridge: other devices hang on it */
	USAGE_VFIO_OPEN,     /* the VFIO device is open or mapped */
	USAGE_GROUP,         /* other members keep the group from user space, or are in use */
	USAGE_UNSEEN,        /* something could not be looked at */
	USAGE_REASON_COUNT
};

/* A set of reasons, one bit each. */
#define REASON_BIT(reason) (1U << (reason))

struct usage_reason_info {
	const char *name; /* for --force: "vfio-open" */
	const char *help;
	const char *remedy; /* the usual one */
};

/* Indexed by enum usage_reason. */
extern const struct usage_reason_info usage_reasons[USAGE_REASON_COUNT];

/* "mounted, net-address", of a set of REASON_BIT(), into buf, which is returned; "" of none. */
const char *usage_reason_names(char *buf, size_t size, unsigned int reasons);

struct usage {
	enum usage_reason reason;
	char evidence[256]; /* "nvme0n1p1 is mounted on /data", "pid 812 (qemu) has /dev/... open"
			     */
	char remedy[160];   /* "Unmount it first." */
};

struct usages {
	struct usage *list;
	size_t count;
	/*
	 * Block devices below the function, opened O_RDONLY|O_EXCL|O_NONBLOCK so that nobody can
	 * mount them until unbind has returned; usages_free() closes them.
	 */
	int *claims;
	size_t n_claims;
};

/*
 * Gathers every reason not to take the driver away from dev. USAGE_GROUP is not judged here: see
 * usage_of_group() and, for what depends on what the command takes along, host/group.h. With claim,
 * block devices that look free are claimed as described above; without, no block device is opened.
 * 0, also when reasons were found; -1 when looking failed as a whole.
 * The caller frees *ret with usages_free().
 */
int usage_of_device(struct usages *ret, const struct device *dev, bool claim, struct error *err);

/*
 * The same for many devices, with one look at all processes, mounts and routes: ret is an array of
 * count, to be freed one by one. After -1 there is nothing in it to be freed.
 */
int usage_of_devices(struct usages *ret, const struct device *const *devices, size_t count,
		     bool claim, struct error *err);

/* Fills usage and usage_known of every device, without claiming. 0 or -1. */
int usage_of_inventory(struct inventory *inventory, struct error *err);

/*
 * Gathers who uses the other members of dev's IOMMU group, as USAGE_GROUP: while user space has one
 * of them it has them all. A member that does not answer counts as in use. USAGE_UNSEEN only for a
 * member that cannot show it when processes are hidden. inventory is the whole machine's. As above.
 */
int usage_of_group(struct usages *ret, const struct inventory *inventory, const struct device *dev,
		   struct error *err);

void usages_free(struct usages *usages);
#define scoped_usages __attribute__((cleanup(usages_free)))
