/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the pictures of a topology have in common: its rows, of which equal functions share one.
 */
#pragma once

#include <stdio.h>

#include "cli/option.h"
#include "host/topology.h"

/* A node of the tree, or several that differ in nothing but address and group. */
struct topology_row {
	const struct topology_node *node, *last; /* of several, the first and the last */
	size_t count;                            /* how many there are */
	size_t parent;                           /* row above it; TOPOLOGY_NO_ROW: none */
	char address[64];                        /* "0000:02:10.0 and 6 more" */
	char groups[32];                         /* "14", "24-30"; "" without a group */
	char reset[24];                          /* "with 2": others that are reset along; or "" */
	char offer[32]; /* "cdev,group" when it is ready, "blocked", "unguarded"; or "" */
};

#define TOPOLOGY_NO_ROW SIZE_MAX

struct topology_rows {
	const struct topology *topology;
	struct topology_row *list; /* each behind its parent; lives in the inventory's arena */
	size_t count;
};

/* 0, or -1 when the arena is full. */
int topology_rows_make(struct topology_rows *ret, const struct topology *topology,
		       struct arena *arena, struct error *err);

/* The host bridge that a node is below; NULL: none. */
const struct topology_node *topology_host_of(const struct topology_node *node);

/*
 * "NUMA node 0, IOMMU dmar0" of a host bridge, as far as that is the same for all below it; brief:
 * "node 0, dmar0".
 */
void topology_place(char *buf, size_t size, const struct topology_node *host, bool brief);

/* "PCI bridge" of a node that has no better name; never NULL. The string is not scrubbed. */
const char *topology_name(const struct topology_node *node);

/* Those that are more than one and have a function among them are worth a word. */
bool topology_group_binds(const struct topology_group *group);

/* The head line: what the machine has, "2 IOMMUs (intel-vtd), 121 groups". */
void topology_headline(char *buf, size_t size, const struct topology *topology);

/* The renderers, each a whole picture. */
void topology_print_tree(FILE *out, const struct topology_rows *rows, const struct options *opts);
void topology_print_dot(FILE *out, const struct topology_rows *rows);
void topology_print_svg(FILE *out, const struct topology_rows *rows);
