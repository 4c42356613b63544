/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A child process that does what may block in the kernel for ever.
 *
 * An unbind that waits for a VFIO user sleeps in state D and does not hear SIGKILL; so does any
 * access that needs the same device lock. Such work runs in a worker: its own session, working
 * directory "/", and no descriptor of the parent's but one pipe for its result, so that a stuck
 * one holds neither the caller's stdout nor a lock. It is killed and left behind; it can do no
 * harm when the kernel lets it go, because the signal ends it before it returns to user space.
 */
#pragma once

#include <sys/types.h>

#include "base/util.h"

struct worker {
	pid_t pid;  /* 0: none */
	int result; /* our end of the pipe, or of the socket of a serving one; -1: none */
};

/* Work to do in the child: may write up to PIPE_BUF bytes of result with one write(2) to fd. */
typedef void worker_fn(void *arg, int fd);

/* For a worker that only looks to call first: nobody hears of it any more when its parent ends. */
void worker_ends_with_parent(void);

/* Starts fn(arg) in a new process. 0 or -errno. */
int worker_start(struct worker *ret, worker_fn *fn, void *arg);

/*
 * The same for work that is told what to do as it goes: the child reads from fd what worker_send()
 * sends, and the end of file when the parent is gone or has ended it.
 */
int worker_start_serving(struct worker *ret, worker_fn *fn, void *arg);

/* Sends size bytes, no more than fit into a pipe, to a serving worker. 0, or -ECHILD: it is gone.
 */
int worker_send(struct worker *worker, const void *buf, size_t size);

/*
 * Waits for the next size bytes that the worker writes. 0, -ETIMEDOUT when timeout_ms passed, or
 * -ECHILD when it ended before. The worker is not reaped: call this again, worker_wait() or
 * worker_abandon().
 */
int worker_read(struct worker *worker, int64_t timeout_ms, void *buf, size_t size);

/*
 * Waits for the result: size bytes into buf. 0, -ETIMEDOUT when timeout_ms passed (the worker still
 * runs: wait again or abandon it), or -ECHILD when it ended without a full result. After 0 and
 * -ECHILD the worker is reaped.
 */
int worker_wait(struct worker *worker, int64_t timeout_ms, void *buf, size_t size);

/* Kills the worker and does not wait for it to die. Fine on one that has been reaped. */
void worker_abandon(struct worker *worker);

/*
 * Leaves the worker to itself: it goes on, and nobody hears of its result. For work that has to put
 * something back at its end, which a kill would prevent.
 */
void worker_leave(struct worker *worker);

/* Kills the worker and does not wait: worker_end() does, of one that several shall share a time
 * for. */
void worker_kill(const struct worker *worker);

/*
 * Kills the worker and waits at most timeout_ms for its end. True when it is gone and reaped; false
 * when the kernel does not let go of it: it is left behind.
 */
bool worker_end(struct worker *worker, int64_t timeout_ms);

/*
 * Runs fn in a worker and waits: its result, or one of the errors above; it is abandoned on
 * -ETIMEDOUT.
 */
int worker_run(worker_fn *fn, void *arg, int64_t timeout_ms, void *buf, size_t size);
