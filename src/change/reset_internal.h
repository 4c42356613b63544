/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shared by reset.c, which goes through all devices, reset_admit.c, which decides, and
 * reset_work.c and reset_hot.c, which reset one. Not for anybody else.
 */
#pragma once

#include <limits.h>

#include "change/reset.h"
#include "kernel/config_space.h"

/* --- reset_admit.c ------------------------------------------------------------------------ */

/* Finds all that is reset along with the device. 0 or -ENOMEM. */
int reset_find_members(struct reset_result *result, const struct inventory *inventory);

/*
 * May the device be reset, as the request says? 0, or -1: it has no such reset
 * (STATUS_UNSUPPORTED), it or what is reset along is in use or not VFIO's (STATUS_REFUSED), it is
 * not bound to a VFIO driver itself (STATUS_UNSUPPORTED, "not-bound").
 */
int reset_admit(struct reset_result *result, const struct reset_request *request,
		const struct inventory *inventory, struct error *err);

/* Says that the device cannot be reset by that method, and by which it can. Returns -1. */
int reset_no_method(const struct reset_result *result, const char *method, struct error *err);

/* --- reset_work.c ------------------------------------------------------------------------- */

/* One reset, as its worker is told of it. */
struct reset_job {
	const struct reset_result *result;
	bool narrow;      /* only result->method may be used */
	char control[16]; /* power/control as it was; "" when there is none */
};

/* What the worker tells at its end; small enough for one write to a pipe. */
struct reset_report {
	bool done;
	int restored; /* as in struct reset_result */
	int64_t duration_ms;
	struct reset_write writes[RESET_WRITES_MAX];
	size_t n_writes;
	struct error error;
};
_Static_assert(sizeof(struct reset_report) <= PIPE_BUF, "a report is written at once");

/* Notes what is going to be set for the time of the reset: nothing for a hot one. */
void reset_prepare(struct reset_job *ret, const struct reset_result *result, bool narrow);

/* The worker_fn that resets; arg is the job. Writes a report. */
void reset_work(void *arg, int fd);

/* The worker_fn that only puts back what a job sets, should its own worker have died. */
void reset_put_back(void *arg, int fd);

/*
 * Reads configuration space before a reset, and looks at it afterwards: does the function answer,
 * and is all as it was? It must be awake. 0, or -1.
 */
int reset_look(struct config_space *ret, const struct device *dev, struct error *err);
int reset_judge(const struct config_space *before, const struct device *dev, struct error *err);

/*
 * The gate was passed a moment ago; this is the last look. 0, or -1 (STATUS_REFUSED) when somebody
 * has the VFIO device by now.
 */
int reset_check_unopened(const struct device *dev, struct error *err);

/* --- reset_hot.c -------------------------------------------------------------------------- */

/* Opens all members, resets them together, and looks at each. */
void reset_hot(const struct reset_result *result, struct reset_report *report);
