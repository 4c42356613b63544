/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mounts, in the mount namespace of every process, and swap.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/sysmacros.h>

#include "base/path.h"
#include "host/mount_library.h"
#include "host/usage_internal.h"

enum { MAX_TABLE = 16 << 20 };

static void free_table(struct libmnt_table **table)
{
	mnt_unref_table(*table);
}
#define scoped_table __attribute__((cleanup(free_table)))

/* What the callbacks below want to know. */
struct table {
	struct survey *survey;
	const char *origin; /* ", as process 812 sees it" */
};

static void unseen(struct table *table, int r)
{
	survey_unseen(table->survey, look_has_disk, r, "a table of mounts or swaps");
}

/* Calls found(table, entry) for each line of the text of a mountinfo or swaps file. */
static void parse_entries(struct table *table, char *text,
			  void (*found)(struct table *, struct libmnt_fs *))
{
	scoped_table struct libmnt_table *entries = mnt_new_table();
	struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_FORWARD);
	FILE *stream = *text ? fmemopen(text, strlen(text), "r") : NULL;
	struct libmnt_fs *fs;

	if (*text && (!entries || !iter || !stream ||
		      mnt_table_parse_stream(entries, stream, "mountinfo") < 0))
		unseen(table, EINVAL);
	else
		while (*text && mnt_table_next_fs(entries, iter, &fs) == 0)
			found(table, fs);
	if (stream)
		fclose(stream);
	mnt_free_iter(iter);
}

static void for_each_entry(struct table *table, char *text,
			   void (*found)(struct table *, struct libmnt_fs *))
{
	if (mount_library_load())
		parse_entries(table, text, found);
	else
		unseen(table, ELIBACC);
}

struct mounted {
	const char *target, *origin;
};

static void note_mount(struct node *node, void *arg)
{
	const struct mounted *mounted = arg;
	char evidence[200] = "";

	append(evidence, sizeof(evidence), "%s is mounted on %s", node->name,
	       mounted->target ? mounted->target : "?");
	if (!usage_is_noted(node->look, USAGE_MOUNTED, evidence))
		usage_add(node->look, USAGE_MOUNTED, NULL, "%s%s", evidence, mounted->origin);
}

/* Btrfs and the like mount under a number of their own: there the source tells. */
static void look_at_mount(struct table *table, struct libmnt_fs *fs)
{
	struct mounted mounted = {mnt_fs_get_target(fs), table->origin};
	dev_t number = mnt_fs_get_devno(fs);
	const char *source = mnt_fs_get_srcpath(fs);
	struct node *node = NULL;

	if (number && major(number) != 0)
		while ((node = survey_node(table->survey, NODE_BLOCK, number, node)))
			note_mount(node, &mounted);
	else if (source && startswith(source, "/dev/"))
		survey_nodes_by_path(table->survey, NODE_BLOCK, source, note_mount, &mounted);
}

/* Mount namespaces that were looked at: inode numbers, or hashes of their tables. */
struct seen {
	uint64_t *list;
	size_t count, room;
};

static int compare_keys(const void *a, const void *b)
{
	const uint64_t *left = a, *right = b;

	return *left < *right ? -1 : *left > *right;
}

/* Without room for it nothing happens, which only costs time. */
static void add_key(struct seen *seen, uint64_t key)
{
	if (seen->count == seen->room) {
		size_t room = seen->room ? seen->room * 2 : 64;
		uint64_t *list = reallocarray(seen->list, room, sizeof(*list));

		if (!list)
			return;
		seen->list = list;
		seen->room = room;
	}
	seen->list[seen->count++] = key;
}

/* Notes key; false when it was there already. */
static bool first_seen(struct seen *seen, uint64_t key)
{
	for (size_t i = 0; i < seen->count; i++)
		if (seen->list[i] == key)
			return false;
	add_key(seen, key);
	return true;
}

static uint64_t hash(const char *text)
{
	uint64_t h = 0xcbf29ce484222325;

	while (*text)
		h = (h ^ (unsigned char)*text++) * 0x100000001b3;
	return h;
}

/* A process sees only the mounts below its root: the same namespace may show more to another. */
static bool is_new(struct seen *seen, const char *pid, bool *ret_known)
{
	char name[64], root[PATH_MAX], both[PATH_MAX + 64];

	*ret_known = path_readlink(name, sizeof(name), "/proc/%s/ns/mnt", pid) > 0;
	if (!*ret_known)
		return true;
	if (path_readlink(root, sizeof(root), "/proc/%s/root", pid) < 0)
		*root = '\0';
	snprintf(both, sizeof(both), "%s %s", name, root);
	return first_seen(seen, hash(both));
}

static void look_at_namespace_of(struct survey *survey, const char *pid, struct seen *seen)
{
	scoped_free char *text = NULL;
	struct table table = {.survey = survey};
	char origin[64] = "";
	bool known;
	int r;

	if (!is_new(seen, pid, &known))
		return;
	r = path_read_all(&text, MAX_TABLE, "/proc/%s/mountinfo", pid);
	if (r == -EFBIG || r == -EACCES || r == -EPERM)
		survey_unseen(survey, look_has_disk, r, "a table of mounts");
	if (r < 0 || (!known && !first_seen(seen, hash(text))))
		return;
	if (!streq(pid, "self"))
		snprintf(origin, sizeof(origin), ", as process %.16s sees it", pid);
	table.origin = origin;
	for_each_entry(&table, text, look_at_mount);
}

void usage_look_at_mounts(struct survey *survey)
{
	scoped_dir DIR *dir = path_opendir("/proc");
	struct seen seen = {0}, pids = {0};
	const char *name;
	char text[24];
	uint64_t pid;

	look_at_namespace_of(survey, "self", &seen);
	while (dir && (name = path_next(dir)))
		if (parse_number(name, 10, INT_MAX, &pid) == 0)
			add_key(&pids, pid);
	/* In a captured tree they come in any order. */
	if (pids.count)
		qsort(pids.list, pids.count, sizeof(*pids.list), compare_keys);
	for (size_t i = 0; i < pids.count; i++) {
		snprintf(text, sizeof(text), "%llu", (unsigned long long)pids.list[i]);
		look_at_namespace_of(survey, text, &seen);
	}
	free(pids.list);
	free(seen.list);
}

static void note_swap(struct node *node, void *arg)
{
	(void)arg;
	usage_add(node->look, USAGE_BLOCK_HELD, "Switch it off first (swapoff).",
		  "%s is in use as swap", node->name);
}

static void look_at_swap(struct table *table, struct libmnt_fs *fs)
{
	const char *source = mnt_fs_get_srcpath(fs);

	if (source && startswith(source, "/dev/"))
		survey_nodes_by_path(table->survey, NODE_BLOCK, source, note_swap, NULL);
}

void usage_look_at_swaps(struct survey *survey)
{
	scoped_free char *text = NULL;
	struct table table = {.survey = survey};
	int r = path_read_all(&text, MAX_TABLE, "/proc/swaps");

	if (r < 0)
		survey_unseen(survey, look_has_disk, r, "/proc/swaps");
	else
		for_each_entry(&table, text, look_at_swap);
}
