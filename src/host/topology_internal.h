/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shared by topology.c, which makes the tree, and topology_bond.c, which finds what hangs together
 * in it. Not for anybody else.
 */
#pragma once

#include "host/topology.h"

/* Fills groups, and what each node says of its own. 0 or -ENOMEM. */
int topology_find_groups(struct topology *topology, struct arena *arena);

/* Fills sets. 0 or -ENOMEM. */
int topology_find_sets(struct topology *topology, struct arena *arena);

/* Fills iommus and numa. 0 or -ENOMEM. */
int topology_find_places(struct topology *topology, struct arena *arena);

/* Fills them again, of the nodes that there are by now. */
void topology_count_places(struct topology *topology);
