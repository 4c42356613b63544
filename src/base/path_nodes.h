/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a captured tree cannot hold by itself, since only root may make it and copying it on loses
 * it: that a file was a device node, and whose it was. A line of the file PATH_NODES for each:
 *
 *   MODE UID GID MAJOR:MINOR PATH
 *
 * MODE is the octal st_mode with the type in it; PATH is inside the root and has no link in it.
 */
#pragma once

#include <sys/stat.h>

#include "base/util.h"

#define PATH_NODES "/vfioctl/nodes"

/* Reads the file of the tree whose top is root (-1: the live machine, which needs none). */
void path_nodes_load(int root);

/* Corrects what stat(2) said of a file of the tree. */
void path_nodes_correct(struct stat *st, const char *path);

/* True when there is anything to correct. */
bool path_nodes_any(void);

/* The line for a file, with its newline. False when it did not fit. */
bool path_nodes_line(char *buf, size_t size, const struct stat *st, const char *path);
