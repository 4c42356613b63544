/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What keeps a user from a device: its nodes, the node that all devices share, locked memory.
 */
#pragma once

#include "host/device.h"
#include "host/memlock.h"
#include "host/permission.h"

/* One thing that a user needs. */
struct reach_need {
	const char *way;    /* "cdev" or "group"; NULL: whichever way */
	const char *object; /* "/dev/iommu", the device's address, "memlock" */
	enum answer met;
	const char *cause;  /* why not, or why it is not known; NULL when it is met */
	const char *remedy; /* the next step; NULL: none, or none is needed */
};

struct reach {
	struct account account;
	struct memlock memlock;
	enum answer allowed; /* to open the device, one way or another */
	unsigned int ways;   /* MODE_*: those that are open */
	enum answer usable;  /* allowed, and so much memory may be locked that it is of use */
	struct reach_need needs[8];
	size_t n_needs;
};

/*
 * Node that user space opens beside the group's: of the container, or of iommufd that stands in;
 * the one there will be where VFIO is not loaded yet.
 */
const char *reach_container(void);

/* Fills ret for dev and the user; strings are in arena, which must outlive ret. */
void reach_of(struct reach *ret, struct arena *arena, const struct device *dev,
	      const struct account *account);
