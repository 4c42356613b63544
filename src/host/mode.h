/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What this host offers to user space, as far as files tell. What only the kernel itself can answer
 * when a node is opened is asked by kernel/probe.h.
 */
#pragma once

#include "base/error.h"
#include "host/device.h"
#include "host/module.h"

/* Answers that may be unknown: nothing loaded and no way to tell. */
enum answer { ANSWER_UNKNOWN = -1, ANSWER_NO = 0, ANSWER_YES = 1 };

struct host_iommu {
	const char *name; /* "dmar0" */
	const char *kind; /* as host_iommu_kind() says, or NULL */
	int64_t devices;
};

struct host_module {
	const char *name;
	enum module_state state;
};

/* The ways to a device that the kernel's VFIO was built with. */
struct host_ways {
	bool vfio_running;           /* the vfio core is there: loaded or built in */
	bool from_module;            /* it is not, and the rest was read from vfio.ko on disk */
	enum answer group;           /* VFIO_GROUP */
	enum answer cdev;            /* VFIO_DEVICE_CDEV */
	enum answer iommufd;         /* vfio was built with iommufd */
	enum answer noiommu;         /* VFIO_NOIOMMU */
	enum answer noiommu_enabled; /* enable_unsafe_noiommu_mode */
};

struct host_mode {
	const char *kernel; /* release of the running kernel */
	struct host_ways ways;
	bool container; /* somebody provides /dev/vfio/vfio now (misc device "vfio") */
	/* Who would provide it once loaded: a module's name, or NULL; only with ways.from_module.
	 */
	const char *container_module;
	bool iommufd_running; /* misc device "iommu" is there */
	enum answer type1;    /* vfio_iommu_type1 is there */
	enum answer unsafe_interrupts_type1, unsafe_interrupts_iommufd;
	enum answer interrupt_remapping;
	const char *iommu_node, *container_node; /* node paths that exist, or NULL */
	const struct host_iommu *iommus;
	size_t n_iommus;
	int64_t iommu_groups;
	const struct host_module *modules;
	size_t n_modules;
};

/*
 * Whether the platform remaps interrupts, which keeps those of devices apart. Told by the names of
 * interrupt chips, which only x86 names after it: elsewhere it is unknown.
 */
enum answer host_interrupt_remapping(void);

/* What an IOMMU of that name is, "intel-vtd" for "dmar0"; NULL when it is not known. */
const char *host_iommu_kind(const char *name);

/* Reads the ways alone, which costs a few files while vfio is loaded. */
void host_ways_read(struct host_ways *ret);

/* Whether somebody provides /dev/vfio/vfio, or would once VFIO is loaded. */
bool host_has_container(void);

/*
 * Reads everything into ret; strings and lists are in arena. What cannot be read is unknown.
 * 0, or -1 when the arena is full.
 */
int host_mode_read(struct host_mode *ret, struct arena *arena, struct error *err);

/*
 * The MODE_* that binding dev to a VFIO driver would give on this host; for a device that a VFIO
 * driver holds, those that it offers now. Nothing for bridges.
 */
unsigned int host_ways_offer(const struct host_ways *ways, const struct device *dev);
