/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/path.h"

/*
 * Keeps only the result pipe, moved to descriptor 3 with /dev/null on 0 to 2, and the root of a
 * captured tree behind it. The pipe may be on any of these at first, when the parent was started
 * with its standard streams closed.
 */
static void detach_from_parent(int result)
{
	int null, last;

	path_may_wait();
	result = fcntl(result, F_DUPFD, 5);
	last = path_move_root(4);
	null = open("/dev/null", O_RDWR);
	setsid();
	if (chdir("/") < 0)
		_exit(1);
	for (int fd = 0; fd <= 2; fd++)
		dup2(null, fd);
	dup2(result, 3);
	close_range((unsigned int)last + 1, ~0U, 0);
	/* The parent decides what an interrupt means; the work is not cut in the middle. */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
}

/* The parent may have ended before the kernel was asked to tell: then nobody reads our pipe. */
void worker_ends_with_parent(void)
{
	struct pollfd pfd = {.fd = 3};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (poll(&pfd, 1, 0) > 0)
		_exit(1);
}

/* ends: ours and the child's. */
static int start(struct worker *ret, const int ends[2], worker_fn *fn, void *arg)
{
	pid_t pid = fork();

	if (pid < 0) {
		int saved = errno;

		close(ends[0]);
		close(ends[1]);
		return -saved;
	}
	if (pid == 0) {
		detach_from_parent(ends[1]);
		fn(arg, 3);
		_exit(0);
	}
	close(ends[1]);
	*ret = (struct worker){.pid = pid, .result = ends[0]};
	return 0;
}

int worker_start(struct worker *ret, worker_fn *fn, void *arg)
{
	int ends[2];

	return pipe2(ends, O_CLOEXEC) < 0 ? -errno : start(ret, ends, fn, arg);
}

int worker_start_serving(struct worker *ret, worker_fn *fn, void *arg)
{
	int ends[2];

	return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0
		       ? -errno
		       : start(ret, ends, fn, arg);
}

int worker_send(struct worker *worker, const void *buf, size_t size)
{
	ssize_t n;

	do
		n = send(worker->result, buf, size, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)size ? 0 : -ECHILD;
}

static void reap(struct worker *worker, int flags)
{
	while (worker->pid > 0 && waitpid(worker->pid, NULL, flags) < 0 && errno == EINTR)
		;
	worker->pid = 0;
	close_fd(&worker->result);
}

/*
 * Waits for something to read, and for no longer than *left, from which it takes how long that was:
 * time in which this program could run. After a pause of the machine, in which the worker could not
 * either, nobody is blamed for it. Returns false when nothing is left.
 */
static bool wait_awake(struct pollfd *pfd, int64_t *left)
{
	enum { LOOK_MS = 100 };
	int64_t before = now_ms(), passed;

	poll(pfd, 1, *left < LOOK_MS ? (int)*left : LOOK_MS);
	passed = now_ms() - before;
	*left -= passed < 2 * LOOK_MS ? passed : 2 * LOOK_MS;
	return pfd->revents || *left > 0;
}

int worker_read(struct worker *worker, int64_t timeout_ms, void *buf, size_t size)
{
	int64_t left = timeout_ms > 0 ? timeout_ms : 0;
	size_t used = 0;

	while (used < size) {
		struct pollfd pfd = {.fd = worker->result, .events = POLLIN};
		ssize_t n;

		if (!wait_awake(&pfd, &left))
			return -ETIMEDOUT;
		if (!pfd.revents)
			continue; /* not yet, or interrupted */
		left = left > 0 ? left : 0;
		n = read(worker->result, (char *)buf + used, size - used);
		if (n <= 0)
			return -ECHILD;
		used += (size_t)n;
	}
	return 0;
}

int worker_wait(struct worker *worker, int64_t timeout_ms, void *buf, size_t size)
{
	int r = worker_read(worker, timeout_ms, buf, size);

	if (r != -ETIMEDOUT)
		reap(worker, 0);
	return r;
}

void worker_abandon(struct worker *worker)
{
	if (worker->pid > 0)
		kill(worker->pid, SIGKILL);
	reap(worker, WNOHANG);
}

void worker_leave(struct worker *worker)
{
	reap(worker, WNOHANG);
}

void worker_kill(const struct worker *worker)
{
	if (worker->pid > 0)
		kill(worker->pid, SIGKILL);
}

bool worker_end(struct worker *worker, int64_t timeout_ms)
{
	int64_t deadline = now_ms() + timeout_ms;
	char rest[256];
	int r;

	worker_kill(worker);
	/* Whatever it still reported is of no interest; its end closes the pipe. */
	do
		r = worker_read(worker, deadline - now_ms(), rest, sizeof(rest));
	while (r == 0);
	reap(worker, r == -ECHILD ? 0 : WNOHANG);
	return r == -ECHILD;
}

int worker_run(worker_fn *fn, void *arg, int64_t timeout_ms, void *buf, size_t size)
{
	struct worker worker;
	int r = worker_start(&worker, fn, arg);

	if (r < 0)
		return r;
	r = worker_wait(&worker, timeout_ms, buf, size);
	if (r == -ETIMEDOUT)
		worker_abandon(&worker);
	return r;
}
