/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel of this host answers when asked without any device.
 *
 * Nothing here changes anything and nothing loads a module: a node is opened only when its driver
 * is known to be there. Outside of the live root (base/path.h) nothing is asked at all.
 */
#pragma once

#include "base/util.h"

/* Who answers on /dev/vfio/vfio. */
enum kernel_provider {
	KERNEL_CONTAINER_NONE,    /* nobody: not loaded, or built without a container */
	KERNEL_CONTAINER_LEGACY,  /* the vfio module */
	KERNEL_CONTAINER_IOMMUFD, /* iommufd, emulating the container */
	KERNEL_CONTAINER_UNKNOWN, /* it is there but could not be asked; see errnum */
};

/* An extension that VFIO_CHECK_EXTENSION knows. */
struct kernel_extension {
	int number;
	const char *name; /* "type1v2" */
};

#define KERNEL_EXTENSIONS 7
/* Numbers 1, 3, 4, 6, 8, 9, 10, in this order. */
extern const struct kernel_extension kernel_extensions[KERNEL_EXTENSIONS];

struct kernel_container {
	enum kernel_provider provider;
	int errnum;      /* why it is unknown, else 0 */
	bool link;       /* /dev/vfio/vfio leads to /dev/iommu */
	int api_version; /* -1: not known */
	/*
	 * Answers on a fresh descriptor, in the order of kernel_extensions: 0, 1 or more, or
	 * -errno. All 0 without a provider. dma_cc is -ENODEV on iommufd until a device is there.
	 */
	int extensions[KERNEL_EXTENSIONS];
};

/* Opens /dev/vfio/vfio if /sys/class/misc/vfio exists, asks and closes it. */
void kernel_probe_container(struct kernel_container *ret);

/* A command of /dev/iommu. */
struct kernel_command {
	unsigned int number; /* 0x80 ... */
	const char *name;    /* "IOAS_ALLOC"; NULL for the number after the last that is known */
};

#define KERNEL_COMMANDS 23
/* Numbers 0x80 to 0x96, in this order. */
extern const struct kernel_command kernel_commands[KERNEL_COMMANDS];

struct kernel_iommufd {
	bool present; /* /sys/class/misc/iommu exists */
	int errnum;   /* why /dev/iommu could not be asked, else 0 */
	/* 1: this kernel has the command, 0: it has not, -1: not known. */
	int commands[KERNEL_COMMANDS];
	/* Device nodes for devices without an IOMMU (noiommu-vfioN), 7.3: 1, 0 or -1, as above. */
	int noiommu_cdev;
};

/* Opens /dev/iommu if iommufd is there, asks which commands it knows and closes it. */
void kernel_probe_iommufd(struct kernel_iommufd *ret);
