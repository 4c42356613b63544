/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shared by the usage_*.c files: what is known while devices are looked at. Not for anybody else.
 *
 * A survey looks at any number of devices at once, so that all processes, mounts, routes and
 * namespaces are gone through once and not once for each device.
 */
#pragma once

#include "host/holder.h"
#include "host/usage.h"

enum node_kind {
	NODE_BLOCK,
	NODE_CHAR,
	NODE_VFIO,  /* path is the directory of the VFIO device */
	NODE_INPUT, /* a keyboard, a mouse: no node of its own */
};

/* A device node below a function. */
struct node {
	struct node *next;      /* of the same look */
	struct node *same_hash; /* of any look */
	struct look *look;
	enum node_kind kind;
	dev_t number;
	dev_t group; /* number of the VFIO device's group node */
	bool partition;
	int tried;        /* what an exclusive open of it said: 0 or -errno */
	const char *path; /* directory in sysfs */
	const char *name; /* "nvme0n1p1": below /dev for a block device */
};

/* A network interface below a function. */
struct interface {
	struct interface *next;      /* of the same look */
	struct interface *same_hash; /* of any look */
	struct look *look;
	const char *path, *name;
	const char *parent; /* name of the device that it belongs to: "0000:03:00.0", "virtio2" */
	int index;
	bool up;
	bool has_address;
	bool lost; /* it is in another network namespace: neither path nor name */
};

struct noted {
	struct noted *next;
	struct usage usage;
};

/* One device. All in memory shared with workers: steps that may block run there. */
struct look {
	struct survey *survey;
	const struct device *dev;
	const char *syspath;   /* NULL: not found */
	struct look *physical; /* of a VF that is looked at on account of its PF */
	struct noted *first, *last;
	size_t count;
	struct node *nodes;
	struct interface *interfaces;
	bool is_enabled; /* a VFIO driver has enabled the function, as it does only while it is open
			  */
};

enum { SURVEY_BUCKETS = 1024 };

struct survey {
	struct arena *arena;
	struct look *looks; /* the devices asked about, then VFs of those that have any */
	size_t n_asked, n_looks;
	struct node *nodes[SURVEY_BUCKETS];           /* by number */
	struct interface *interfaces[SURVEY_BUCKETS]; /* by index */
};

#define for_each_look(look, survey)                                                                \
	for (struct look *look = (survey)->looks; look < (survey)->looks + (survey)->n_looks;      \
	     look++)

/* A survey of these devices, about which nothing is known yet. NULL when there is no memory. */
struct survey *survey_new(struct arena *arena, const struct device *const *devices, size_t count);

/* Adds looks at the VFs of every PF that is asked about. 0, or -ENOMEM. */
int survey_add_functions(struct survey *survey);

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

bool look_has(const struct look *look, enum node_kind kind);

/* USAGE_UNSEEN, as usage_unseen(), for all looks for which concerns() is true. */
void survey_unseen(struct survey *survey, bool (*concerns)(const struct look *look), int errnum,
		   const char *what);
bool look_has_disk(const struct look *look);
bool look_has_interface(const struct look *look);

/* Makes a node and an interface known, found in the directory path; NULL when memory is short. */
struct node *look_add_node(struct look *look, enum node_kind kind, dev_t number, const char *path);
struct interface *look_add_interface(struct look *look, const char *path);

/* The interface gets a number by which it is found. */
void survey_index_interface(struct interface *interface, int index);
struct interface *survey_interface(const struct survey *survey, uint32_t index);

/* The first node with that number (after == NULL), the one after another: disks may be shared. */
struct node *survey_node(const struct survey *survey, enum node_kind kind, dev_t number,
			 const struct node *after);

/*
 * Calls found for each node of that kind that a program calls path: by its device number, or by
 * name where there is no such file here: in a captured tree, and for who has another /dev.
 */
void survey_nodes_by_path(const struct survey *survey, enum node_kind kind, const char *path,
			  void (*found)(struct node *node, void *arg), void *arg);

/* Calls fn(arg) for every path that pattern matches: "/sys/block/loop*". */
typedef void usage_match_fn(struct survey *survey, const char *path, const void *arg);
void usage_expand(struct survey *survey, const char *pattern, usage_match_fn *fn, const void *arg);

/* usage_walk.c: fills nodes and interfaces. */
void usage_find_nodes(struct look *look);

/* usage_function.c */
void usage_look_at_function(struct look *look);
void usage_look_at_display(struct look *look);
void usage_look_at_inputs(struct look *look);
void usage_look_at_consoles(struct survey *survey);
void usage_look_at_framebuffers(struct survey *survey);

/* usage_block.c */
void usage_look_at_mounts(struct survey *survey);
void usage_look_at_swaps(struct survey *survey);

/* usage_kernel.c */
void usage_look_at_block_holders(struct look *look);
void usage_look_at_kernel_users(struct survey *survey);

/* usage_net.c */
void usage_look_at_uppers(struct look *look);
void usage_look_at_addresses(struct survey *survey);

/* usage_namespace.c */
void usage_look_at_namespaces(struct survey *survey);

/* usage_process.c: not a step, because it has its own. 0 or -1. */
int usage_look_at_processes(struct survey *survey, struct error *err);

/*
 * usage_claim.c: takes the block devices of those that were asked about, or notes who must have
 * them; ret is an array. 0 or -1.
 */
int usage_claim(struct survey *survey, struct usages *ret, struct error *err);
