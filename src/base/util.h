/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Small things that every other file uses: scope-bound cleanup, array sizes, bounded strings.
 */
#pragma once

#include <dirent.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ARRAY_SIZE(a)      (sizeof(a) / sizeof((a)[0]))
#define PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))

/* Variables declared with these are released when they leave scope. */
#define scoped_free __attribute__((cleanup(free_pointer)))
#define scoped_fd   __attribute__((cleanup(close_fd)))
#define scoped_dir  __attribute__((cleanup(close_dir)))

/* Hands an owned pointer to the caller: the scoped variable is left empty. */
#define take_ptr(p)                                                                                \
	({                                                                                         \
		__typeof__(p) taken_ = (p);                                                        \
		(p) = NULL;                                                                        \
		taken_;                                                                            \
	})

/* The same for a descriptor: the scoped variable is left at -1. */
static inline int take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

static inline void free_pointer(void *p)
{
	free(*(void **)p);
}

/* Closes *fd when it is one, keeping errno for the caller that is about to report it. */
void close_fd(int *fd);
void close_dir(DIR **dir);

static inline bool streq(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

/* Like streq(), but two NULLs are equal and NULL differs from any string. */
static inline bool streq_null(const char *a, const char *b)
{
	return a == b || (a && b && streq(a, b));
}

static inline const char *startswith(const char *s, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(s, prefix, n) == 0 ? s + n : NULL;
}

/* What follows the last '/', or the whole string. */
const char *base_name(const char *path);

/*
 * Appends to the string in buf[size], always NUL-terminated. Returns false when it had to cut:
 * a cut is marked by a final "...".
 */
bool append(char *buf, size_t size, const char *fmt, ...) PRINTF(3, 4);

/*
 * Parses all of s as an unsigned number in the given base, at most max.
 * Returns 0, -EINVAL (not a number) or -ERANGE (too large); *ret is untouched on failure.
 */
int parse_number(const char *s, int base, uint64_t max, uint64_t *ret);

/* Milliseconds on the monotonic clock. */
int64_t now_ms(void);

/* "EBUSY" for EBUSY (either sign), "E?" for a number that has no name. */
const char *errno_name(int errnum);
