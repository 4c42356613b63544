/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/path_record.h"

#include <stdatomic.h>

struct path_record {
	struct arena *arena;
	_Atomic(struct path_seen *) last;
	_Atomic size_t lost;
};

struct path_record *path_record_new(struct arena *arena)
{
	struct path_record *record = arena_alloc(arena, sizeof(*record));

	if (record)
		record->arena = arena;
	return record;
}

void path_record_add(struct path_record *record, const char *path, enum path_use use, bool follows)
{
	size_t size = strlen(path) + 1;
	struct path_seen *seen = arena_alloc(record->arena, sizeof(*seen) + size);

	if (!seen) {
		atomic_fetch_add(&record->lost, 1);
		return;
	}
	*seen = (struct path_seen){.use = use, .follows = follows};
	memcpy(seen->path, path, size);
	seen->next = atomic_load(&record->last);
	while (!atomic_compare_exchange_weak(&record->last, &seen->next, seen))
		;
}

static int compare(const void *a, const void *b)
{
	const struct path_seen *left = *(const struct path_seen *const *)a;
	const struct path_seen *right = *(const struct path_seen *const *)b;
	int r = strcmp(left->path, right->path);

	if (r == 0)
		r = (int)right->use - (int)left->use;
	return r ? r : (int)right->follows - (int)left->follows;
}

/* Of equals, those that follow a link or do not are both kept: they end at different files. */
static size_t drop_weaker(const struct path_seen **list, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (kept == 0 || !streq(list[kept - 1]->path, list[i]->path) ||
		    list[kept - 1]->follows != list[i]->follows)
			list[kept++] = list[i];
	return kept;
}

const struct path_seen **path_record_sorted(const struct path_record *record, size_t *ret_count)
{
	const struct path_seen **list;
	size_t count = 0, n = 0;

	for (const struct path_seen *seen = atomic_load(&record->last); seen; seen = seen->next)
		count++;
	*ret_count = 0;
	list = calloc(count + 1, sizeof(*list));
	if (!list)
		return NULL;
	for (const struct path_seen *seen = atomic_load(&record->last); seen && n < count;
	     seen = seen->next)
		list[n++] = seen;
	qsort(list, n, sizeof(*list), compare);
	*ret_count = drop_weaker(list, n);
	return list;
}

size_t path_record_lost(const struct path_record *record)
{
	return atomic_load(&record->lost);
}
