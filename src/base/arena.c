/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/arena.h"

#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>

struct arena {
	size_t size; /* of the whole mapping, this header included */
	_Atomic size_t used;
};

#define ALIGNMENT _Alignof(max_align_t)

static size_t align_up(size_t n)
{
	return (n + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
}

struct arena *arena_new(size_t size)
{
	struct arena *arena;

	size += align_up(sizeof(*arena));
	arena = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE,
		     -1, 0);
	if (arena == MAP_FAILED)
		return NULL;
	arena->size = size;
	atomic_init(&arena->used, align_up(sizeof(*arena)));
	return arena;
}

void arena_free(struct arena *arena)
{
	if (arena)
		munmap(arena, arena->size);
}

void *arena_alloc(struct arena *arena, size_t size)
{
	size_t room = align_up(size), start;

	if (room < size || room > arena->size)
		return NULL;
	start = atomic_fetch_add(&arena->used, room);
	if (start > arena->size - room) {
		atomic_store(&arena->used, arena->size); /* full stays full, never wraps */
		return NULL;
	}
	return (char *)arena + start;
}

const char *arena_strdup(struct arena *arena, const char *s)
{
	size_t size;
	char *copy;

	if (!s)
		return NULL;
	size = strlen(s) + 1;
	copy = arena_alloc(arena, size);
	return copy ? memcpy(copy, s, size) : NULL;
}

const char *arena_printf(struct arena *arena, const char *fmt, ...)
{
	va_list ap, again;
	char *text = NULL;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n >= 0)
		text = arena_alloc(arena, (size_t)n + 1);
	if (text)
		vsnprintf(text, (size_t)n + 1, fmt, again);
	va_end(again);
	return text;
}
