/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Takes out of text what identifies a single machine: MAC addresses, names of SCSI and NVMe, and
 * what stands behind words such as "serial" or "machine_id". Equal values are replaced by equal
 * ones, also in several texts.
 */
#pragma once

#include "base/arena.h"

struct redactor;

/* The values found lie in the arena, so that several processes, one after another, share them.
 * NULL when it is full. */
struct redactor *redactor_new(struct arena *arena);

/* A copy of text[size], redacted, with its size in *ret_size; NULL when out of memory. The caller
 * frees it. */
char *redact(struct redactor *redactor, const char *text, size_t size, size_t *ret_size);

/*
 * The same for the content of a file, whose name may say more of it: that it is nothing but such a
 * value, the kernel's command line, a log, or accounts, in which none is.
 */
char *redact_file(struct redactor *redactor, const char *path, const char *text, size_t size,
		  size_t *ret_size);

/* How many different values were replaced. */
size_t redactor_count(const struct redactor *redactor);
