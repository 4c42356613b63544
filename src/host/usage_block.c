/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mounts, in the mount namespace of every process, and swap.
 */
#include <errno.h>
#include <libmount.h>
#include <limits.h>
#include <stdio.h>
#include <sys/sysmacros.h>

#include "base/path.h"
#include "host/usage_internal.h"

enum { MAX_TABLE = 16 << 20 };

static void free_table(struct libmnt_table **table)
{
	mnt_unref_table(*table);
}
#define scoped_table __attribute__((cleanup(free_table)))

static bool have_block_nodes(const struct look *look)
{
	for (const struct node *node = look->nodes; node; node = node->next)
		if (node->kind == NODE_BLOCK)
			return true;
	return false;
}

/* Calls found(look, entry, origin) for each line of the text of a mountinfo or swaps file. */
static void for_each_entry(struct look *look, char *text, const char *origin,
			   void (*found)(struct look *, struct libmnt_fs *, const char *))
{
	scoped_table struct libmnt_table *table = mnt_new_table();
	struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_FORWARD);
	FILE *stream = *text ? fmemopen(text, strlen(text), "r") : NULL;
	struct libmnt_fs *fs;

	if (*text &&
	    (!table || !iter || !stream || mnt_table_parse_stream(table, stream, "mountinfo") < 0))
		usage_add(look, USAGE_UNSEEN, NULL, "the table of %s could not be understood",
			  *origin ? origin : "mounts");
	else
		while (*text && mnt_table_next_fs(table, iter, &fs) == 0)
			found(look, fs, origin);
	if (stream)
		fclose(stream);
	mnt_free_iter(iter);
}

/* Btrfs and the like mount under a number of their own: there the source tells. */
static struct node *mounted_node(const struct look *look, struct libmnt_fs *fs)
{
	dev_t number = mnt_fs_get_devno(fs);
	const char *source = mnt_fs_get_srcpath(fs);

	if (number && major(number) != 0)
		return usage_block_node(look, number);
	return source ? usage_block_node_by_path(look, source) : NULL;
}

static void look_at_mount(struct look *look, struct libmnt_fs *fs, const char *origin)
{
	const struct node *node = mounted_node(look, fs);
	const char *target = mnt_fs_get_target(fs);
	char evidence[200] = "";

	if (!node)
		return;
	append(evidence, sizeof(evidence), "%s is mounted on %s", node->name,
	       target ? target : "?");
	if (!usage_is_noted(look, USAGE_MOUNTED, evidence))
		usage_add(look, USAGE_MOUNTED, NULL, "%s%s", evidence, origin);
}

/* Mount namespaces that were looked at: inode numbers, or hashes of their tables. */
struct seen {
	uint64_t *list;
	size_t count, room;
};

/* Notes key; false when it was there already. */
static bool first_seen(struct seen *seen, uint64_t key)
{
	for (size_t i = 0; i < seen->count; i++)
		if (seen->list[i] == key)
			return false;
	if (seen->count == seen->room) {
		size_t room = seen->room ? seen->room * 2 : 64;
		uint64_t *list = reallocarray(seen->list, room, sizeof(*list));

		if (!list)
			return true; /* only costs time */
		seen->list = list;
		seen->room = room;
	}
	seen->list[seen->count++] = key;
	return true;
}

static uint64_t hash(const char *text)
{
	uint64_t h = 0xcbf29ce484222325;

	while (*text)
		h = (h ^ (unsigned char)*text++) * 0x100000001b3;
	return h;
}

static void look_at_namespace_of(struct look *look, const char *pid, struct seen *seen)
{
	scoped_free char *text = NULL;
	char origin[64] = "", namespace[64];
	bool known = path_readlink(namespace, sizeof(namespace), "/proc/%s/ns/mnt", pid) > 0;
	int r;

	if (known && !first_seen(seen, hash(namespace)))
		return;
	r = path_read_all(&text, MAX_TABLE, "/proc/%s/mountinfo", pid);
	if (r == -EFBIG)
		usage_unseen(look, r, "a table of mounts");
	if (r < 0 || (!known && !first_seen(seen, hash(text))))
		return;
	if (!streq(pid, "self"))
		snprintf(origin, sizeof(origin), ", as process %.16s sees it", pid);
	for_each_entry(look, text, origin, look_at_mount);
}

void usage_look_at_mounts(struct look *look)
{
	scoped_dir DIR *dir = path_opendir("/proc");
	struct seen seen = {0};
	const char *name;
	uint64_t pid;

	if (!have_block_nodes(look))
		return;
	look_at_namespace_of(look, "self", &seen);
	while (dir && (name = path_next(dir)))
		if (parse_number(name, 10, INT_MAX, &pid) == 0)
			look_at_namespace_of(look, name, &seen);
	free(seen.list);
}

static void look_at_swap(struct look *look, struct libmnt_fs *fs, const char *origin)
{
	const char *source = mnt_fs_get_srcpath(fs);
	const struct node *node = source ? usage_block_node_by_path(look, source) : NULL;

	(void)origin;
	if (node)
		usage_add(look, USAGE_BLOCK_HELD, "Switch it off first (swapoff).",
			  "%s is in use as swap", node->name);
}

void usage_look_at_swaps(struct look *look)
{
	scoped_free char *text = NULL;
	int r;

	if (!have_block_nodes(look))
		return;
	r = path_read_all(&text, MAX_TABLE, "/proc/swaps");
	if (r < 0)
		usage_unseen(look, r, "/proc/swaps");
	else
		for_each_entry(look, text, "swaps", look_at_swap);
}
