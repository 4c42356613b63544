/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One VFIO device, opened by this process, whichever way it is reached.
 *
 * There are two ways, and the kernel lets only one at a time have the device:
 *
 *   cdev    open the device's node; BIND it to an iommufd, which takes ownership of the IOMMU
 * group, resets the function and makes it answer; ATTACH it to an address space (IOAS). group open
 * the group's node; put the group into a container and give that an IOMMU, which attaches all
 * members; get the device from the group by its name, which resets it.
 *
 * Both are brought to the same verbs here: after open() the nodes are held, after bind() the device
 * answers, after attach() its DMA goes through what map() maps. Failures are -errno.
 */
#pragma once

#include "base/util.h"
#include "kernel/iommufd.h"

/* The ways to a device. */
enum vfio_path { VFIO_CDEV, VFIO_GROUP };

/* Where a device is found; the strings belong to the caller. */
struct vfio_target {
	const char *name;      /* on its bus: "0000:03:00.0" */
	const char *cdev;      /* "/dev/vfio/devices/vfio0"; NULL: none */
	const char *group;     /* "/dev/vfio/12"; NULL: none */
	const char *container; /* "/dev/vfio/vfio", or "/dev/iommu" to stand in for it */
	bool noiommu;          /* nothing between the device and memory */
};

struct vfio_device {
	const struct vfio_ops *ops;
	struct vfio_target target;
	int fd;                      /* the device; -1 in the group way until bind() */
	int context;                 /* iommufd or container */
	int group;                   /* group way only */
	uint32_t devid, ioas, pt_id; /* cdev way: ids in the iommufd, 0 while there is none */
};

struct vfio_ops {
	const char *name; /* "cdev", "group" */
	int (*open)(struct vfio_device *dev);
	int (*bind)(struct vfio_device *dev);
	int (*attach)(struct vfio_device *dev);
	/*
	 * Takes the device out of its address space. A group is let go only when no device of it is
	 * open, so this closes the device of a group.
	 */
	int (*detach)(struct vfio_device *dev);
	/* Maps memory at an address of the kernel's or the backend's choice. */
	int (*map)(struct vfio_device *dev, void *memory, size_t size, uint64_t *ret_iova);
	int (*unmap)(struct vfio_device *dev, uint64_t iova, size_t size);
	/* At most size ranges; returns how many there are. */
	int (*iova_ranges)(struct vfio_device *dev, struct iova_range *ranges, size_t size);
};

#define VFIO_DEVICE_NONE ((struct vfio_device){.fd = -1, .context = -1, .group = -1})

/* Chooses the backend and opens the nodes; on failure nothing stays open. */
int vfio_open(struct vfio_device *ret, const struct vfio_target *target, enum vfio_path path);

/* Closes all descriptors, the device first. Fine on one that is not open. */
void vfio_close(struct vfio_device *dev);
#define scoped_vfio __attribute__((cleanup(vfio_close)))

/* vfio_device.c: requests of an open device, the same on both ways. */

struct vfio_info {
	bool resettable, pci;
	unsigned int regions, irqs;
};
int vfio_device_info(int device, struct vfio_info *ret);

/* Resets the function; -EINVAL when it has no way to. */
int vfio_device_reset(int device);

/* A request that no kernel knows: -ENOTTY or -EINVAL, according to the state of the device. */
int vfio_device_unknown(int device);

/* Reads from PCI configuration space, like pread(2). */
ssize_t vfio_device_read_config(int device, void *buf, size_t size, off_t offset);

/* Writes to it, like pwrite(2); the kernel keeps some registers to itself. */
ssize_t vfio_device_write_config(int device, const void *buf, size_t size, off_t offset);

/* Sets and clears bits of the command register: what the function may do on the bus. */
enum { VFIO_COMMAND_MEMORY = 1 << 1, VFIO_COMMAND_MASTER = 1 << 2 };
int vfio_device_command(int device, unsigned int clear, unsigned int set);

/* Indices of the regions and interrupts of a PCI function. */
enum { VFIO_REGION_ROM = 6, VFIO_REGION_CONFIG = 7, VFIO_REGION_VGA = 8 };
enum { VFIO_IRQ_INTX, VFIO_IRQ_MSI, VFIO_IRQ_MSIX, VFIO_IRQ_ERR, VFIO_IRQ_REQ };

/* A region: what stands at offset of the device's descriptor. */
struct vfio_region {
	bool readable, writable, mappable;
	uint64_t size; /* bytes; 0: the function does not have it */
	uint64_t offset;
};
/* -EINVAL for an index that the device has not. */
int vfio_device_region(int device, unsigned int index, struct vfio_region *ret);

/* Has the eventfd signalled by the first interrupt of that index; -1 takes it away. */
int vfio_device_irq_event(int device, unsigned int index, int eventfd);

/* Features by number, and what to do with one. */
enum {
	VFIO_FEATURE_VF_TOKEN = 0,
	VFIO_FEATURE_MIGRATION = 1,
	VFIO_FEATURE_MIG_STATE = 2,
	VFIO_FEATURE_DMA_BUF = 11,
	VFIO_FEATURE_GET = 1 << 16,
	VFIO_FEATURE_SET = 1 << 17,
	VFIO_FEATURE_PROBE = 1 << 18,
};
/*
 * Asks for the feature or sets it; data goes in and comes out. -ENOTTY when the device has not got
 * it (before Linux 6.18 some drivers say -EINVAL), -EINVAL when data is too small or it cannot be
 * asked this way.
 */
int vfio_device_feature(int device, unsigned int id, unsigned int flags, void *data, size_t size);

/*
 * Part of a BAR as a dma-buf, whose descriptor the caller closes: -ENOTTY when the kernel has no
 * such thing, -EOPNOTSUPP when the device's driver has not.
 */
int vfio_device_dma_buf(int device, unsigned int region, uint64_t offset, uint64_t size);

/* Is there a picture of the device's screen, as a region or as a dma-buf? 0 or -EINVAL. */
int vfio_device_plane(int device, bool region);

/* The picture of a device that shows it in a region of its own. */
struct vfio_plane {
	unsigned int region;
	uint32_t width, height, stride, size; /* pixels, and bytes */
};
int vfio_device_plane_region(int device, struct vfio_plane *ret);

/* vfio_migration.c: the state of a device, to be carried to another one of its kind. */

/* What a device can do beside being stopped. */
enum {
	VFIO_MIGRATES_STOP_COPY = 1 << 0,
	VFIO_MIGRATES_P2P = 1 << 1,
	VFIO_MIGRATES_PRE_COPY = 1 << 2,
};
/* VFIO_MIGRATES_*. -ENOTTY when the device cannot be migrated (-EINVAL from some old drivers). */
int vfio_migration_flags(int device, uint64_t *ret);

/* The states that a device goes through; the kernel finds the way from one to another. */
enum {
	VFIO_STATE_ERROR,
	VFIO_STATE_STOP,
	VFIO_STATE_RUNNING,
	VFIO_STATE_STOP_COPY, /* its data can be read */
	VFIO_STATE_RESUMING,  /* its data is to be written */
	VFIO_STATE_RUNNING_P2P,
	VFIO_STATE_PRE_COPY, /* it runs, and part of its data can be read */
	VFIO_STATE_PRE_COPY_P2P,
	VFIO_STATE_BEYOND, /* no state: they end before it */
};
int vfio_migration_state(int device, uint32_t *ret);

/*
 * Goes to a state. *ret_data is a new descriptor for the data, which the caller closes, or -1 when
 * there is nothing new to read or write.
 */
int vfio_migration_go(int device, uint32_t state, int *ret_data);

/* How many bytes are left to read before the device must stop; -EINVAL but in PRE_COPY. */
int vfio_migration_left(int data, uint64_t *ret_initial, uint64_t *ret_dirty);

/* vfio_reset.c */

/* One function that a hot reset takes along. */
struct vfio_reset_member {
	uint32_t id; /* group: number of the IOMMU group; cdev: device id, or one of the below */
	uint16_t segment;
	uint8_t bus, devfn;
};
#define VFIO_DEVID_OWNED     0U          /* not opened, but in a group that the caller owns */
#define VFIO_DEVID_NOT_OWNED 0xffffffffU /* keeps the caller from resetting */

struct vfio_hot_reset {
	bool by_devid; /* ids are device ids: opened through the cdev */
	bool owned;    /* the caller may reset */
	struct vfio_reset_member *members;
	size_t count;
};

/* The functions of the bus or slot. -ENODEV when that cannot be reset. Caller frees ->members. */
int vfio_hot_reset_info(int device, struct vfio_hot_reset *ret);

/*
 * The member with that address in sysfs, or NULL. The kernel tells only the lower 16 bits of a
 * domain: those of VMD have more.
 */
const struct vfio_reset_member *vfio_hot_reset_member(const struct vfio_hot_reset *info,
						      const char *address);

/* Writes the member's address as sysfs has it, but for the upper bits of the domain. */
#define VFIO_MEMBER_NAME_SIZE 16
void vfio_reset_member_name(char buf[static VFIO_MEMBER_NAME_SIZE],
			    const struct vfio_reset_member *member);

/* Asks with a buffer that holds no entry: normally -ENOSPC, with the count in *ret. */
int vfio_hot_reset_count(int device, uint32_t *ret);

/*
 * Resets all functions of the bus or slot. A device opened through its group needs descriptors of
 * the groups of all of them; one opened through the cdev takes none, and the kernel looks at who
 * owns them. -EINVAL when the caller does not own all.
 */
int vfio_hot_reset(int device, const int *groups, size_t count);

/* The two requests with any size and flags; at most this much is written. */
#define VFIO_HOT_RESET_ROOM 4096U
int vfio_hot_reset_info_as(int device, uint32_t argsz, uint32_t flags);
int vfio_hot_reset_as(int device, uint32_t argsz, uint32_t flags);
