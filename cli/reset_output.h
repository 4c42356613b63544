/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What `vfioctl reset` prints: all that is reset, and what became of each device.
 */
#pragma once

#include "change/reset.h"
#include "cli/command.h"

/* struct reset_result (change/reset.h) */
extern const struct record_type reset_result_record;

/* The document: a struct reset. */
extern const struct record_type reset_document;

/* The i-th result of a struct reset. */
struct value reset_result_item(const void *reset, size_t i);

/* Prints a reset that was done, or would be, with the columns for what was done. */
void reset_print_success(const struct reset *reset, const struct options *opts,
			 const struct columns *columns);

/* Prints one that was refused or failed, at least in part. */
void reset_print_failure(const struct reset *reset, const struct options *opts,
			 const struct columns *columns, const struct error *err);

/* Tells a person how far it is. */
void reset_print_progress(const struct reset *reset, int64_t waited_ms);
