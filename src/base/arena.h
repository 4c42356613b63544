/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory that a process and the children it forks later see at the same address.
 *
 * A reader process can leave its records here and the parent follows their pointers as they are:
 * no serialisation. Nothing is freed singly; the arena goes as a whole. Allocation is safe from
 * several processes at once. Pages that are never touched cost nothing.
 */
#pragma once

#include "base/util.h"

struct arena;

/* An arena of at most size bytes; NULL with errno set. The caller frees it with arena_free(). */
struct arena *arena_new(size_t size);

/* NULL is fine. */
void arena_free(struct arena *arena);

static inline void arena_free_pointer(struct arena **arena)
{
	arena_free(*arena);
}
#define scoped_arena __attribute__((cleanup(arena_free_pointer)))

/* Zeroed memory, aligned for any type; NULL when the arena is full. */
void *arena_alloc(struct arena *arena, size_t size);

/* A copy of s, or NULL when s is NULL or the arena is full. */
const char *arena_strdup(struct arena *arena, const char *s);

/* A formatted string; NULL when the arena is full. */
const char *arena_printf(struct arena *arena, const char *fmt, ...) PRINTF(2, 3);
