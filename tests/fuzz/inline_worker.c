/* SPDX-License-Identifier: GPL-2.0-or-later */
/* base/worker.h without processes: the work is done when it is started. See fuzz.h. */
#include "base/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>

int worker_start(struct worker *ret, worker_fn *fn, void *arg)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	fn(arg, ends[1]);
	close(ends[1]);
	*ret = (struct worker){.pid = 0, .result = ends[0]};
	return 0;
}

int worker_start_serving(struct worker *ret, worker_fn *fn, void *arg)
{
	(void)ret, (void)fn, (void)arg;
	return -ENOSYS; /* only changing needs it */
}

int worker_send(struct worker *worker, const void *buf, size_t size)
{
	(void)worker, (void)buf, (void)size;
	return -ECHILD;
}

int worker_read(struct worker *worker, int64_t timeout_ms, void *buf, size_t size)
{
	(void)timeout_ms;
	return read(worker->result, buf, size) == (ssize_t)size ? 0 : -ECHILD;
}

int worker_wait(struct worker *worker, int64_t timeout_ms, void *buf, size_t size)
{
	int r = worker_read(worker, timeout_ms, buf, size);

	close_fd(&worker->result);
	return r;
}

void worker_abandon(struct worker *worker)
{
	close_fd(&worker->result);
}

void worker_ends_with_parent(void)
{
}

void worker_leave(struct worker *worker)
{
	close_fd(&worker->result);
}

bool worker_end(struct worker *worker, int64_t timeout_ms)
{
	(void)timeout_ms;
	close_fd(&worker->result);
	return true;
}

int worker_run(worker_fn *fn, void *arg, int64_t timeout_ms, void *buf, size_t size)
{
	struct worker worker;
	int r = worker_start(&worker, fn, arg);

	return r < 0 ? r : worker_wait(&worker, timeout_ms, buf, size);
}
