/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Making a tree for --sysroot. dir is its top, by its name in the file system of this process; path
 * is below that, begins with '/', and leads through real directories: no link in it is followed,
 * and nothing outside of dir is ever touched. 0 or -errno.
 */
#pragma once

#include <sys/stat.h>

#include "base/util.h"

/* A new directory; -EEXIST when there is something of that name. */
int tree_begin(const char *dir);

/* A directory, with those that lead to it; one that is there stays. */
int tree_directory(const char *dir, const char *path);

/* Takes from a directory the right to be read: it could not be listed. */
int tree_directory_unreadable(const char *dir, const char *path);

/* A file and what is in it, in place of one that is there; without read permission in mode it is
 * one that could not be read. */
int tree_file(const char *dir, const char *path, const char *data, size_t size, mode_t mode);

/* An empty file, for one of which only that it is there is known; one that is there stays. */
int tree_placeholder(const char *dir, const char *path, mode_t mode);

/* A symbolic link; one that is there stays. */
int tree_link(const char *dir, const char *path, const char *target);

/* Adds to a file, which is made when it is missing. */
int tree_append(const char *dir, const char *path, const char *text);

/* Takes the whole tree away, as far as that is possible. */
void tree_remove(const char *dir);

/* Gives the tree its name, which must be free or that of an empty directory. */
int tree_publish(const char *dir, const char *name);

/* 1 when name is free or an empty directory, else 0, or -errno. */
int tree_is_free(const char *name);
