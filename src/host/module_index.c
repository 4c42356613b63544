/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/module_index.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "base/path.h"

/* --- the format --------------------------------------------------------------------------- */

enum {
	MAGIC = 0xb007f457,
	MAJOR = 2,
	PART_PREFIX = 0x8,
	PART_VALUES = 0x4,
	PART_CHILDREN = 0x2,
	PARTS_SHIFT = 28,
	OFFSET_MASK = 0x0fffffff,
	DEEPEST = 512, /* more than the longest alias has bytes */
};

struct trie {
	const uint8_t *data;
	size_t size;
	size_t nodes; /* that may still come: each takes its four bytes of offset, and none is
			 shared */
};

static bool take_byte(const struct trie *trie, size_t *at, uint8_t *ret)
{
	if (*at >= trie->size)
		return false;
	*ret = trie->data[(*at)++];
	return true;
}

static bool take_word(const struct trie *trie, size_t *at, uint32_t *ret)
{
	uint8_t byte;

	*ret = 0;
	for (int i = 0; i < 4; i++) {
		if (!take_byte(trie, at, &byte))
			return false;
		*ret = *ret << 8 | byte;
	}
	return true;
}

static bool take_string(const struct trie *trie, size_t *at)
{
	const uint8_t *end =
		*at < trie->size ? memchr(trie->data + *at, '\0', trie->size - *at) : NULL;

	if (end)
		*at = (size_t)(end - trie->data) + 1;
	return end;
}

static bool take_values(const struct trie *trie, size_t *at)
{
	uint32_t count, priority;

	if (!take_word(trie, at, &count))
		return false;
	while (count--)
		if (!take_word(trie, at, &priority) || !take_string(trie, at))
			return false;
	return true;
}

static bool node_is_whole(struct trie *trie, uint32_t node, int depth);

static bool take_children(struct trie *trie, size_t *at, int depth)
{
	uint8_t first, last;
	uint32_t child;

	if (!take_byte(trie, at, &first) || !take_byte(trie, at, &last) || last < first)
		return false;
	for (int i = first; i <= last; i++)
		if (!take_word(trie, at, &child) || !node_is_whole(trie, child, depth + 1))
			return false;
	return true;
}

/* Offset 0 is that of a node that is not there; one without any part takes no bytes. */
static bool node_is_whole(struct trie *trie, uint32_t node, int depth)
{
	unsigned int parts = node >> PARTS_SHIFT;
	size_t at = node & OFFSET_MASK;

	if (at == 0)
		return true;
	if (at > trie->size || trie->nodes-- == 0 || depth > DEEPEST)
		return false;
	return (!(parts & PART_PREFIX) || take_string(trie, &at)) &&
	       (!(parts & PART_CHILDREN) || take_children(trie, &at, depth)) &&
	       (!(parts & PART_VALUES) || take_values(trie, &at));
}

bool module_index_is_whole(const void *data, size_t size)
{
	struct trie trie = {.data = data, .size = size, .nodes = size / 4};
	uint32_t magic, version, root;
	size_t at = 0;

	return take_word(&trie, &at, &magic) && magic == MAGIC && take_word(&trie, &at, &version) &&
	       version >> 16 == MAJOR && take_word(&trie, &at, &root) &&
	       node_is_whole(&trie, root, 0);
}

/* --- the files ---------------------------------------------------------------------------- */

/* All that libkmod opens. */
static const char *const names[] = {"modules.dep.bin", "modules.alias.bin", "modules.symbols.bin",
				    "modules.builtin.bin", "modules.builtin.alias.bin"};

/* And these, which are text. */
static const char *const texts[] = {"modules.softdep", "modules.weakdep",
				    "modules.builtin.modinfo"};

enum { LARGEST = 64 << 20 };

struct seen {
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec changed;
};

static bool is_same(const struct seen *seen, const struct stat *st)
{
	return seen->ino == st->st_ino && seen->dev == st->st_dev && seen->size == st->st_size &&
	       seen->changed.tv_sec == st->st_ctim.tv_sec &&
	       seen->changed.tv_nsec == st->st_ctim.tv_nsec;
}

/*
 * One that is not there, or that this user may not read, libkmod does without; so it does with an
 * empty one, as depmod leaves for aliases of what is built in when nothing tells them.
 */
static bool file_is_whole(struct seen *seen, const char *release, const char *name)
{
	scoped_free char *data = NULL;
	size_t size;
	struct stat st;
	int r;

	if (path_stat(&st, "/lib/modules/%s/%s", release, name) < 0 || st.st_size == 0 ||
	    is_same(seen, &st))
		return true;
	r = path_read_whole(&data, &size, LARGEST, "/lib/modules/%s/%s", release, name);
	if (r < 0)
		return r == -ENOENT || (r == -EACCES && geteuid() != 0);
	if (!module_index_is_whole(data, size))
		return false;
	*seen = (struct seen){
		.dev = st.st_dev, .ino = st.st_ino, .size = st.st_size, .changed = st.st_ctim};
	return true;
}

/* libkmod would not leave the root for it, nor wait. */
static bool may_lend(const char *directory, const char *name)
{
	char file[PATH_MAX];

	return (size_t)snprintf(file, sizeof(file), "%s/%s", directory, name) < sizeof(file) &&
	       path_may_lend(file);
}

/* The first file that is not as it should be, or NULL. */
static const char *find_damaged(const char *release)
{
	static struct seen seen[ARRAY_SIZE(names)];
	char directory[PATH_MAX];

	if (path_lend(directory, sizeof(directory), "/lib/modules/%s", release) < 0)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!may_lend(directory, names[i]) || !file_is_whole(&seen[i], release, names[i]))
			return names[i];
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (!may_lend(directory, texts[i]))
			return texts[i];
	return NULL;
}

bool module_indexes_are_whole(const char *release, char *name, size_t size)
{
	const char *damaged = find_damaged(release);

	if (damaged)
		snprintf(name, size, "/lib/modules/%s/%s", release, damaged);
	return !damaged;
}
