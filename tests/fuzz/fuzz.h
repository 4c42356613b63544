/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the fuzzers share: a tree that is the root, and work that is done in this process.
 *
 * A fuzzer sees only crashes of its own process, and forking costs more than what is tested: so
 * inline_worker.c takes the place of base/worker.c and runs workers where they are started. Nothing
 * here blocks: the files of the tree are files.
 */
#pragma once

#include <stdint.h>
#include <stdlib.h>

#include "base/util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the program unless condition holds: a finding. */
#define must(condition)                                                                            \
	do {                                                                                       \
		if (!(condition))                                                                  \
			abort();                                                                   \
	} while (0)

/* Makes an empty tree the root, once; it is removed at the end. */
void fuzz_tree(void);

/* Makes a file of the tree, in place of what was there, with the directories above it. */
void fuzz_file(const char *path, const void *data, size_t size);
void fuzz_text(const char *path, const char *text);
void fuzz_link(const char *path, const char *target);
void fuzz_remove(const char *path);

/* A copy with a NUL at its end. The caller frees it. */
char *fuzz_string(const uint8_t *data, size_t size);
