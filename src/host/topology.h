/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the devices of a machine hang together: the tree from the host bridges down, and the three
 * bonds that decide what can be handed to one user without the rest: the IOMMU group, the hot-reset
 * set, and the NUMA node and IOMMU instance that a device belongs to.
 *
 * Everything lives in the arena of the inventory that it is built from and goes with that.
 */
#pragma once

#include "host/inventory.h"
#include "host/mode.h"

enum topology_kind {
	TOPOLOGY_HOST_BRIDGE, /* "pci0000:00": where a tree of buses begins */
	TOPOLOGY_BRIDGE,      /* a port or another bridge, which VFIO never takes */
	TOPOLOGY_FUNCTION,
	TOPOLOGY_OTHER, /* on another bus: an mdev */
};

/* Can the group, or a device without one, be handed to user space as it is now? */
enum topology_handover {
	HANDOVER_READY,     /* VFIO has it, and nothing is in the way */
	HANDOVER_BLOCKED,   /* VFIO has a part, and a driver of the host another one */
	HANDOVER_HOST,      /* drivers of the host have it */
	HANDOVER_UNBOUND,   /* no driver has it */
	HANDOVER_UNGUARDED, /* VFIO has it, and no IOMMU guards it */
	HANDOVER_BRIDGES,   /* bridges only: nothing to hand over */
};

struct topology_node;

struct topology_group {
	int number;
	enum topology_handover handover;
	const char *iommu_instance;
	const struct device *blocker;   /* member that the host has; NULL: none */
	struct topology_node **members; /* in the order of the tree */
	size_t count;
};

/* Functions that a hot reset resets together. */
struct topology_set {
	const char *bridge; /* address of the bridge above them */
	struct topology_node **members;
	size_t count;
};

struct topology_numa {
	int node;
	int64_t devices;
};

struct topology_node {
	/*
	 * A copy, and first, so that it is printed as a device. Of a host bridge only name, path,
	 * and the NUMA node and IOMMU that all directly below it share are known.
	 */
	struct device device;
	enum topology_kind kind;
	enum topology_handover handover;
	unsigned int depth;
	struct topology_node *parent;       /* NULL: nothing is above it */
	const struct topology_group *group; /* NULL: it has none */
	bool named, kept;                   /* of topology_keep() alone */
};

struct topology {
	struct topology_node **nodes; /* each behind the one above it */
	size_t count;
	struct topology_group **groups; /* by number */
	size_t n_groups;
	struct topology_set **sets; /* in order of their first function */
	size_t n_sets;
	struct host_iommu *iommus; /* those that guard a device, by name, and how many each */
	size_t n_iommus;
	struct topology_numa *numa; /* by number; none where the platform has no NUMA nodes */
	size_t n_numa;
};

/* "host-bridge", "bridge", "function", "other" */
const char *topology_kind_word(enum topology_kind kind);

/* "ready", "blocked", "host", "unbound", "unguarded", "bridges" */
const char *topology_handover_word(enum topology_handover handover);

/*
 * Builds ret of a scan of the whole machine with NEED_RESET. What is below one bridge keeps the
 * order that it has in the inventory. 0, or -1 when the arena is full.
 */
int topology_build(struct topology *ret, const struct inventory *inventory, struct error *err);

enum topology_along {
	ALONG_NOTHING,   /* those devices, and what is above them */
	ALONG_WITH_BONDS /* also what shares a group or a hot-reset set with one of them */
};

/* Drops from the tree, the groups and the sets all but the devices with these addresses. */
void topology_keep(struct topology *topology, const char *const *addresses, size_t count,
		   enum topology_along along);
