/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All that a device, its IOMMU and the kernel tell of it when it is open: what `vfioctl show
 * --probe` prints. Opening the device resets the function.
 *
 * It is opened through the cdev when that is offered and may be opened, else through the group, in
 * a process of its own with a deadline, which leaves what it learnt in an arena that both share.
 * The device is closed again before this returns.
 */
#pragma once

#include "base/arena.h"
#include "check/case.h"
#include "host/iommu.h"
#include "kernel/hardware.h"
#include "kernel/vfio_info.h"

/*
 * What is opened has been reset before and is reset after, and the kernel waits up to a minute for
 * a function to come back.
 */
#define PROBE_DEADLINE_MS 130000

struct probe_iommu {
	const char *instance; /* "dmar0"; NULL: none before the device */
	bool from_kernel;     /* GET_HW_INFO answered */
	bool from_sysfs;      /* kind and registers: that did not tell, or could not be asked */
	struct iommufd_hardware hardware;
	struct hardware_register registers[HARDWARE_REGISTERS];
	size_t n_registers;
	struct hardware_trait traits[HARDWARE_TRAITS];
	size_t n_traits;
	/* What the kernel makes for user space when asked; cdev only. */
	enum answer nesting, dirty_tracking, pasid_tables;
};

/* The address space of an attached device. */
struct probe_space {
	const struct iova_range *ranges; /* that may be mapped */
	size_t n_ranges;
	int64_t alignment;     /* bytes; -1: not told */
	int64_t mappings_left; /* group only: how many mappings the container still takes; or -1 */
	const struct iommu_reserved *reserved;
	size_t n_reserved;
};

/* Whose locked memory mappings count against. */
enum probe_counted { PROBE_COUNTED_NOT, PROBE_COUNTED_USER, PROBE_COUNTED_PROCESS };

/* The limit of locked memory, of this process. */
struct probe_memory {
	int64_t soft, hard; /* bytes; -1: no limit */
	bool exempt;        /* CAP_IPC_LOCK: the limit does not count */
	enum probe_counted counted;
	int64_t page_size;
};

/* A function that a hot reset takes along. */
struct probe_member {
	const char *address;
	int iommu_group;    /* -1: none */
	const char *driver; /* NULL: none */
	enum answer owned;  /* by whoever has opened this device; cdev only */
};

struct probe_reset {
	enum answer possible, owned; /* owned: of all members; cdev only */
	const struct probe_member *members;
	size_t count;
};

/* A question that the kernel did not answer. */
struct probe_failure {
	const char *question;
	int errnum; /* positive */
};

struct probe {
	enum case_path path;
	struct probe_iommu iommu;
	struct probe_space space;
	struct probe_memory memory;
	struct vfio_description device;
	const struct vfio_region_description *regions;
	size_t n_regions;
	const struct vfio_irq_description *irqs;
	size_t n_irqs;
	struct vfio_feature features[VFIO_FEATURES_LIMIT];
	size_t n_features;
	enum answer migrates;
	uint64_t migration; /* VFIO_MIGRATES_* */
	struct probe_reset reset;
	struct probe_failure failures[16];
	size_t n_failures;
};

/*
 * Opens the device and asks. *ret lies in the arena, with all that it leads to. 0, or -1 with the
 * reason why it could not be opened (STATUS_PERMISSION, STATUS_FAILED), or that it gave no answer
 * in time (STATUS_TIMEOUT). dev must have passed case_admit().
 */
int probe_device(const struct probe **ret, struct arena *arena, const struct case_host *host,
		 const struct device *dev, int64_t deadline_ms, struct error *err);

/* ---- the questions (probe_iommu.c, probe_device.c) ---- */

/* What they have in common. */
struct probe_run {
	struct probe *probe;
	struct arena *arena;
	const struct device *device;
	struct vfio_device *open; /* bound and, if it could be, attached */
};

/* Notes an unanswered question; r is -errno. */
void probe_fail(struct probe_run *run, const char *question, int r);

void probe_ask_iommu(struct probe_run *run);
void probe_ask_space(struct probe_run *run);
void probe_ask_memory(struct probe_run *run);

void probe_ask_device(struct probe_run *run);
void probe_ask_features(struct probe_run *run);
void probe_ask_reset(struct probe_run *run);
