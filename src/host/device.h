/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The device record: what is known of one PCI function, or of one device of any bus that a VFIO
 * driver holds.
 *
 * Records live in the arena of the inventory that gathered them (host/inventory.h) and are never
 * freed singly. A string that is not known is NULL, a number that is not known is -1.
 */
#pragma once

#include <sys/types.h>

#include "base/arena.h"

enum device_state {
	DEVICE_OK,
	/*
	 * An attribute did not answer in time: somebody holds the device lock. No more is known
	 * than address, bus, syspath and iommu_group.
	 */
	DEVICE_LOCKED,
	DEVICE_GONE, /* vanished while it was looked at */
};

/* What stands between the device's DMA and memory. */
enum iommu_kind {
	IOMMU_UNKNOWN, /* the device could not be read */
	IOMMU_NONE,
	IOMMU_PHYSICAL,
	IOMMU_EMULATED, /* mdev and the like: the parent driver checks each access */
};

/* Ways for user space to get at a device; a set of these. */
enum {
	MODE_CDEV = 1 << 0,  /* /dev/vfio/devices/vfioN with iommufd */
	MODE_GROUP = 1 << 1, /* /dev/vfio/N with a container */
};

struct bar {
	int index; /* 0 to 5, 6 is the expansion ROM */
	uint64_t start, size;
	bool io, prefetchable, is64;
};

/*
 * What takes a read each, for those devices that `show`, `doctor` and `test` are about; see
 * NEED_DETAIL.
 */
struct device_detail {
	const char *reset_methods; /* "flr bus", "" when the function has no reset */
	const char *runtime_status, *power_state;
	const char *firmware_node; /* ACPI path */
	int64_t enable_count;      /* pci_enable_device() calls outstanding */
	int64_t revision;
	int64_t d3cold_allowed;
	int64_t boot_vga; /* -1: not a display device */
	int64_t sriov_total;
	const char *link_speed, *link_width; /* "8.0 GT/s PCIe", "4" */
	const struct bar *bars;
	size_t n_bars;
};

/* What the host calls a device, or a part of it: "enp1s0f0", "nvme0n1"; see host/logical_name.h. */
struct logical_name {
	const char *text;
	struct logical_name *next;
};

struct device {
	const char *address; /* name on its bus: "0000:03:00.0", an mdev's UUID */
	const char *bus;     /* "pci", "mdev", "platform" ... */
	const char *syspath; /* "/sys/devices/..." */
	enum device_state state;

	int64_t class_id; /* PCI: 24 bits, base class first */
	int64_t vendor_id, device_id, subvendor_id, subdevice_id;
	const char *modalias;

	const char *driver;
	const char *driver_override;
	int iommu_group;
	enum iommu_kind iommu;
	const char *iommu_instance; /* "dmar0": the IOMMU that guards it */
	int numa_node;              /* -1: unknown, or the platform has none */

	bool is_vfio;           /* a VFIO driver, of whatever name, has it: device_is_vfio() */
	unsigned int modes;     /* MODE_*: offered now */
	const char *vfio_name;  /* "vfio0", "noiommu-vfio0"; NULL before Linux 6.1 */
	dev_t cdev_number;      /* 0 without a cdev */
	const char *cdev;       /* node path, "/dev/vfio/devices/vfio0" */
	const char *group_node; /* "/dev/vfio/12", "/dev/vfio/noiommu-0" */

	const char *physfn; /* address of the PF of which this is a VF */
	int n_vfs;          /* VFs of this PF that exist now */

	/* Filled after the scan, from look-ups that cannot block. */
	bool is_blocked;       /* VFIO has it, and nobody can open it for a member of its group */
	const char *reset_set; /* bridge that resets it with others: reset_sets_fill() */
	unsigned int would_offer; /* MODE_* that binding to a VFIO driver would give */
	const char *vendor_name, *device_name, *class_name;
	struct logical_name *logical_names;

	unsigned int usage; /* why it would be refused, REASON_BIT() of host/usage.h */
	bool usage_known;   /* usage_of_inventory() was asked */

	const struct device_detail *detail; /* NULL unless asked for */
};

/* The numbers of a device of which nothing is known yet, for an initializer. */
#define DEVICE_BLANK                                                                               \
	.class_id = -1, .vendor_id = -1, .device_id = -1, .subvendor_id = -1, .subdevice_id = -1,  \
	.iommu_group = -1, .numa_node = -1

/* True for a PCI-to-PCI or CardBus bridge, which VFIO never takes (its header is not type 0). */
bool device_is_bridge(const struct device *dev);

/* True for a function to which no bridge leads: its bus cannot be reset. */
bool device_is_on_root_bus(const struct device *dev);

/* True while a VFIO driver, of whatever name, has the device. */
static inline bool device_is_vfio(const struct device *dev)
{
	return dev->is_vfio;
}
