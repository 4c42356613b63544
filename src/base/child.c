/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/child.h"

#include <errno.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/path.h"

/* --- which file --------------------------------------------------------------------------- */

static int check_file(const char *path)
{
	struct stat st;
	int r = path_stat(&st, "%s", path);

	if (r < 0)
		return r == -ENOTDIR ? -ENOENT : r;
	return S_ISREG(st.st_mode) ? path_access(X_OK, "%s", path) : -EACCES;
}

static int try_file(char *ret, size_t size, const char *directory, int length, const char *name)
{
	int n = length ? snprintf(ret, size, "%.*s/%s", length, directory, name)
		       : snprintf(ret, size, "%s", name);

	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : check_file(ret);
}

/* As execvp(3): what may not be executed is passed over, and told when there is nothing else. */
int child_find(char *ret, size_t size, const char *name)
{
	const char *path = getenv("PATH");
	int found = -ENOENT;

	if (strchr(name, '/'))
		return try_file(ret, size, "", 0, name);
	for (path = path ? path : "/bin:/usr/bin"; *name && path;) {
		int length = (int)strcspn(path, ":");
		int r = try_file(ret, size, length ? path : ".", length ? length : 1, name);

		if (r == 0)
			return 0;
		if (r == -EACCES)
			found = r;
		path = path[length] ? path + length + 1 : NULL;
	}
	return found;
}

/* --- starting ----------------------------------------------------------------------------- */

/* Passed on, and held back for that; but for those that are ignored, as under nohup(1). */
static void signals_of(sigset_t *ret)
{
	static const int passed_on[] = {SIGINT,  SIGTERM, SIGHUP,   SIGQUIT, SIGUSR1,
					SIGUSR2, SIGTSTP, SIGWINCH, SIGCONT};
	struct sigaction action;

	sigemptyset(ret);
	for (size_t i = 0; i < ARRAY_SIZE(passed_on); i++)
		if (sigaction(passed_on[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
			sigaddset(ret, passed_on[i]);
	sigaddset(ret, SIGCHLD);
}

/* A descriptor that is made a copy of itself is inherited. */
static int inherit(posix_spawn_file_actions_t *actions, const struct child_request *request)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < request->n_descriptors; i++)
		r = posix_spawn_file_actions_adddup2(actions, request->descriptors[i],
						     request->descriptors[i]);
	return r;
}

static int spawn(pid_t *ret, const char *file, char *const *argv,
		 const struct child_request *request)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int r;

	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
	posix_spawnattr_setsigmask(&attributes, request->mask);
	r = inherit(&actions, request);
	if (r == 0)
		r = posix_spawn(ret, file, &actions, &attributes, argv, request->environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return -r;
}

/* A script that does not say what is to read it: for the shell, as execvp(3) has it. */
static int spawn_script(pid_t *ret, const struct child_request *request)
{
	static const char shell[] = "/bin/sh";
	scoped_free char **argv = NULL;
	size_t count = 0;

	while (request->argv[count])
		count++;
	argv = calloc(count + 2, sizeof(*argv));
	if (!argv)
		return -ENOMEM;
	/* Arguments are not written to, but argv has no const to say so. */
	argv[0] = (char *)(uintptr_t)shell;
	argv[1] = (char *)(uintptr_t)request->file;
	for (size_t i = 1; i < count; i++)
		argv[i + 1] = request->argv[i];
	return spawn(ret, shell, argv, request);
}

int child_start(pid_t *ret, const struct child_request *request)
{
	sigset_t signals;
	int r;

	signals_of(&signals);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	/* Were they ignored, the kernel would keep no status for us. */
	signal(SIGCHLD, SIG_DFL);
	r = spawn(ret, request->file, request->argv, request);
	return r == -ENOEXEC ? spawn_script(ret, request) : r;
}

/* --- waiting ------------------------------------------------------------------------------ */

/*
 * What a terminal sends goes to its whole process group, but that it has gone away to the leader of
 * the session alone.
 */
static bool has_it(pid_t pid, const siginfo_t *info)
{
	if (info->si_code != SI_KERNEL)
		return info->si_pid == pid;
	if (info->si_signo == SIGHUP && getsid(0) == getpid())
		return false;
	return getpgid(pid) == getpgrp();
}

/* Stopped as the signal would have done it: not at all when nobody could continue us. */
static void stop_too(void)
{
	sigset_t stop;

	sigemptyset(&stop);
	sigaddset(&stop, SIGTSTP);
	raise(SIGTSTP);
	sigprocmask(SIG_UNBLOCK, &stop, NULL);
	sigprocmask(SIG_BLOCK, &stop, NULL);
}

static void pass_on(pid_t pid, const siginfo_t *info)
{
	if (!has_it(pid, info))
		kill(pid, info->si_signo);
	if (info->si_signo == SIGTSTP)
		stop_too();
}

int child_wait(pid_t pid)
{
	sigset_t signals;
	siginfo_t info;
	int status;

	signals_of(&signals);
	for (;;) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return status;
		if (sigwaitinfo(&signals, &info) > 0 && info.si_signo != SIGCHLD)
			pass_on(pid, &info);
	}
}

void child_die_too(int number)
{
	sigset_t signals;

	prctl(PR_SET_DUMPABLE, 0);
	signal(number, SIG_DFL);
	sigemptyset(&signals);
	sigaddset(&signals, number);
	raise(number);
	sigprocmask(SIG_UNBLOCK, &signals, NULL);
}
