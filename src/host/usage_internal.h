/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shared by the usage_*.c files: what is known while one device is looked at. Not for anybody else.
 */
#pragma once

#include "host/holder.h"
#include "host/usage.h"

enum node_kind { NODE_BLOCK, NODE_CHAR, NODE_VFIO };

/* A device node below the function. For NODE_VFIO path is the directory of the VFIO device. */
struct node {
	struct node *next;
	enum node_kind kind;
	dev_t number;
	dev_t group; /* number of the VFIO device's group node */
	bool partition;
	const char *path; /* directory in sysfs */
	const char *name; /* "nvme0n1p1": below /dev for a block device */
};

/* A network interface below the function. */
struct interface {
	struct interface *next;
	const char *path, *name;
	int index;
	bool up;
	bool has_address;
};

/* All in memory shared with workers: steps that may block run there. */
struct look {
	struct arena *arena;
	const struct device *dev;
	const char *syspath; /* NULL: not found */
	struct usage *list;
	size_t count;
	struct node *nodes;
	struct interface *interfaces;
	bool is_enabled; /* a VFIO driver has enabled the function, as it does only while it is open
			  */
};

/* What is known of dev: nothing yet. NULL when the arena is full. */
struct look *usage_look_new(struct arena *arena, const struct device *dev);

/* Moves what was noted to ret, whose claims stay. 0 or -1. */
int usage_hand_over(struct usages *ret, const struct look *look, struct error *err);

/*
 * Notes a reason, unless the same is noted already; of one kind only so many are. remedy may be
 * NULL: the usual one.
 */
void usage_add(struct look *look, enum usage_reason reason, const char *remedy, const char *fmt,
	       ...) PRINTF(4, 5);

/* Notes USAGE_UNSEEN for something that could not be read, but not if it is just not there. */
void usage_unseen(struct look *look, int errnum, const char *what);

/* True when a reason with an evidence that begins like this is noted. */
bool usage_is_noted(const struct look *look, enum usage_reason reason, const char *evidence);

struct node *usage_block_node(const struct look *look, dev_t number);

/* The block node that a program calls path: by its device number, or by name in a captured tree. */
struct node *usage_block_node_by_path(const struct look *look, const char *path);

/* usage_walk.c: fills nodes and interfaces. */
void usage_find_nodes(struct look *look);

/* usage_block.c */
void usage_look_at_mounts(struct look *look);
void usage_look_at_swaps(struct look *look);

/* usage_kernel.c */
void usage_look_at_kernel_users(struct look *look);

/* usage_net.c */
void usage_look_at_interfaces(struct look *look);

/* usage_process.c: not a step, because it has its own. 0 or -1. */
int usage_look_at_processes(struct look *look, struct error *err);

/* usage_claim.c: takes the block devices, or notes who must have them. 0 or -1. */
int usage_claim(struct look *look, struct usages *ret, struct error *err);
