/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shared by holder.c, which goes through all processes, holder_process.c, which looks at the
 * descriptors of one, and holder_maps.c, which reads its mappings. Not for anybody else.
 */
#pragma once

#include <sys/stat.h>

#include "base/arena.h"
#include "host/holder.h"

#define VFIO_DEVICE "anon_inode:[vfio-device]"
#define KVM_DEVICE  "anon_inode:kvm-vfio"

enum { MAX_HOLDERS = 65536, NODE_NAME_SIZE = 128 };

/* Paths of a target's node and group node, or "". */
struct node_names {
	char node[NODE_NAME_SIZE], group[NODE_NAME_SIZE];
};

/* What a node with that number is. */
struct numbered {
	dev_t number;
	bool block, group;
	size_t target;
};

/* One call of holders_find(); in memory shared with the worker, but for targets and pids. */
struct search {
	struct arena *arena;
	const struct holder_target *targets;
	size_t n_targets;
	struct node_names *names; /* of the targets; NULL: not needed */
	struct numbered *numbers; /* sorted */
	size_t n_numbers;
	pid_t *pids;
	size_t n_pids;
	struct holder *found;
	size_t n_found;
	size_t hidden;
	struct holder kvm[ARRAY_SIZE(((struct holders *)0)->kvm)];
	size_t n_kvm;
	bool *mine; /* by target: the process at hand has its group or a descriptor that names it */
};

/* The process at hand. */
struct process {
	struct search *search;
	pid_t pid;
	char directory[64]; /* "/proc/812", "/proc/812/task/813" */
	bool identified;
	uid_t uid;
	char command[sizeof(((struct holder *)0)->command)];
	size_t n_fds;
	bool hidden;
	bool has_named;  /* a group, or a descriptor that names its device: whichever device */
	int unnamed[16]; /* VFIO descriptors that could be of any device */
	size_t n_unnamed;
	bool mapped_unnamed; /* the same for mappings */
};

/* Adds what the process holds to search->found; counts it as hidden if it cannot be seen. */
void holder_look_at_process(struct search *search, pid_t pid);

/* Device number and type behind a link in /proc whose text is text; zeros when there is none. */
void holder_stat_node(struct stat *ret, const char *link, const char *text);

/* Notes the process as holder (fd -1: by a mapping) of the targets that st or text is. */
bool holder_match_node(struct process *process, const struct stat *st, int fd, const char *text);

/* A thread of the kernel has no descriptors that anybody could hide. */
bool holder_is_kernel_thread(pid_t pid);

/* Looks through the process's mappings. 0 or -errno. */
int holder_look_at_maps(struct process *process);
