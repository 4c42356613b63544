/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A row of small jobs, any of which may block in the kernel for ever, done without ever hanging.
 */
#pragma once

#include <signal.h>

#include "base/error.h"

struct steps {
	size_t count;
	int64_t deadline_ms; /* for one step */
	/* When it becomes true the rest is given up, the step that runs included; may be NULL. */
	const volatile sig_atomic_t *stop;
	void *arg;
	/* Does step i. Runs in a worker (base/worker.h): only what it writes to shared memory is
	 * seen. */
	void (*run)(void *arg, size_t i);
	/* Told, in this process, of a step that did not end in time or killed its worker. */
	void (*given_up)(void *arg, size_t i);
};

/*
 * Runs the steps in order. A step that does not end is given up and the row goes on behind it;
 * after a few such the rest is given up too, so that the whole is bounded. 0, or -1 when no process
 * could be started.
 */
int steps_run(const struct steps *steps, struct error *err);
