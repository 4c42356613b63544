/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What this host offers, as `vfioctl mode` prints it.
 */
#pragma once

#include "cli/field.h"
#include "host/mode.h"
#include "kernel/probe.h"

/* All that is known of the host: what files tell, and what the kernel answered. */
struct mode {
	struct host_mode host;
	struct kernel_container container;
	struct kernel_iommufd iommufd;
	char summary[256];
	char unseen[4][192];
	size_t n_unseen;
	bool for_people; /* what is not known of anything is left out */
};

/* struct host_iommu (host/mode.h) */
extern const struct record_type iommu_record;

/* The document of the verb: a struct mode. */
extern const struct record_type mode_document;

/* "group and cdev", "group only", "cdev only", "none", or NULL when it is not known. */
const char *mode_ways_word(const struct host_ways *ways);
