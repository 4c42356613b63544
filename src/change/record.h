/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records: what is saved about one device, a document in a directory of its own below
 * STATE_DIRECTORY. A record is true in this boot and for this very device only.
 */
#pragma once

#include "base/document.h"
#include "host/device.h"

/* A record of dev that says no more than whose it is; the caller frees it. NULL: out of memory. */
struct document *record_new(const struct device *dev);

/*
 * 1 with the record of dev, which the caller frees; 0 when there is none, or it is from another
 * boot or of another device at the same address; -errno when it cannot be read.
 */
int record_load(struct document **ret, const char *directory, const struct device *dev);

/*
 * The same, of a record of this boot that is of another device, which had the address before: 1, or
 * 0 without one that can be read.
 */
int record_load_stale(struct document **ret, const char *directory, const struct device *dev);

/* Writes it durably. 0 or -errno. */
int record_save(const struct document *doc, const char *directory, const struct device *dev);

/* Drops it; a missing one is fine. */
void record_forget(const char *directory, const struct device *dev);
