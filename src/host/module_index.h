/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Are the module indexes whole? libkmod believes what is in them: one that was cut short, or that
 * leads back into itself, keeps it busy for ever.
 *
 * The format is that of depmod(8), version 2.1: a trie of nodes, big-endian, that are found by
 * their offset. The upper bits of an offset tell which parts the node has: a prefix, children for a
 * range of bytes, values.
 */
#pragma once

#include "base/util.h"

/* True when memory of that size is such an index and every node, string and value lies in it. */
bool module_index_is_whole(const void *data, size_t size);

/*
 * True when each index that this kernel release has is whole, and libkmod may open it and the texts
 * beside it (path_may_lend()); else false, and in name (of size bytes) the first file that is not
 * so. What was found to be whole is not looked at again in this process as long as it is the same
 * file.
 */
bool module_indexes_are_whole(const char *release, char *name, size_t size);
