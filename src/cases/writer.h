/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes to sysfs that the kernel keeps waiting while somebody has a VFIO device open: the unbind
 * of its driver, the removal of an mdev.
 *
 * Such a write is deaf to every signal, so it is done by a process of its own, and the case looks
 * how it fares. That process holds nothing of the case's open; it ends when the kernel lets the
 * write go, at the latest when the case has ended. It hears SIGINT, and goes on. Failures are
 * -errno.
 */
#pragma once

#include "base/worker.h"
#include "host/device.h"

struct case_writer {
	struct worker worker;
	char value[64], path[256];
};

#define CASE_WRITER_NONE ((struct case_writer){.worker = {.result = -1}})

/* Starts to write value to the file of that name. */
int case_write_start(struct case_writer *ret, const char *value, const char *fmt, ...) PRINTF(3, 4);

/* The same for the unbind of the driver that has the device; -ENODEV when none has. */
int case_unbind_start(struct case_writer *ret, const struct device *dev);

/*
 * Waits for the write: its result, 0 or -errno, or -ETIMEDOUT when it still waits after that time
 * (ask again).
 */
int case_write_end(struct case_writer *writer, int64_t timeout_ms);

/* Leaves a write alone that still waits. Fine on one that has ended. */
void case_write_leave(struct case_writer *writer);
#define scoped_writer __attribute__((cleanup(case_write_leave)))
