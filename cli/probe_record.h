/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an open device tells (check/probe.h), as `vfioctl show --probe` prints it.
 */
#pragma once

#include "check/probe.h"
#include "cli/field.h"

/* struct probe */
extern const struct record_type probe_record_type;

/* Its lists (probe_lists.c): what one line of each is. */
extern const struct record_type probe_register_record;   /* struct hardware_register */
extern const struct record_type probe_trait_record;      /* struct probe_trait */
extern const struct record_type probe_range_record;      /* struct iova_range */
extern const struct record_type probe_reserved_record;   /* struct iommu_reserved */
extern const struct record_type probe_capability_record; /* struct vfio_capability */
extern const struct record_type probe_region_record;     /* struct probe_region */
extern const struct record_type probe_area_record;       /* struct probe_area */
extern const struct record_type probe_irq_record;        /* struct probe_irq */
extern const struct record_type probe_feature_record;    /* struct vfio_feature */
extern const struct record_type probe_member_record;     /* struct probe_member */
extern const struct record_type probe_failure_record;    /* struct probe_failure */

/* Something that an IOMMU can do or not, or a number. */
struct probe_trait {
	const char *name;
	enum answer supported; /* ANSWER_UNKNOWN: it is a number */
	int64_t value;         /* -1: it is not */
};

/* A region or interrupt together with the device, which says what its index means. */
struct probe_region {
	const struct vfio_description *device;
	const struct vfio_region_description *region;
};

struct probe_irq {
	const struct vfio_description *device;
	const struct vfio_irq_description *irq;
};

/* Part of a region. */
struct probe_area {
	unsigned int region;
	struct vfio_area area;
};

/* Yes, no, or not known. */
static inline struct value value_answer(enum answer answer)
{
	return answer == ANSWER_UNKNOWN ? VALUE_UNKNOWN : value_bool(answer == ANSWER_YES);
}

/* The name of the i-th bit that is set, or "bit-9" where it has none. */
struct value value_bit(const struct vfio_name *names, uint64_t set, size_t i);
