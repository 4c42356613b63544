/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * late_error LOG CALL ERRNO N COMMAND [ARG...]: the Nth such system call of each task is made, and
 * the task is told that it failed. strace can only do without the call. ERRNO is a number. What was
 * done goes to LOG; the exit status is that of the command.
 *
 * Part of the lab, whose machine is an x86: the register of the result has no name that is the same
 * everywhere before Linux 6.16 (PTRACE_SET_SYSCALL_INFO).
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define CALL(name)                                                                                 \
	{                                                                                          \
#name, SYS_##name                                                                  \
	}
static const struct {
	const char *name;
	long number;
} calls[] = {
	CALL(write),    CALL(sendto),     CALL(openat), CALL(rename), CALL(renameat),
	CALL(unlink),   CALL(unlinkat),   CALL(mkdir),  CALL(fsync),  CALL(ftruncate),
	CALL(pwrite64), CALL(socketpair), CALL(pipe2),
};

enum { MAX_TASKS = 4096 };

struct task {
	pid_t pid;
	long calls; /* of that kind so far */
};

static struct task tasks[MAX_TASKS];
static size_t n_tasks;
static long number = -1, wanted;
static int error;
static FILE *report;

static struct task *task_of(pid_t pid)
{
	for (size_t i = 0; i < n_tasks; i++)
		if (tasks[i].pid == pid)
			return &tasks[i];
	if (n_tasks == MAX_TASKS) {
		fprintf(stderr, "late_error: too many tasks\n");
		exit(125);
	}
	tasks[n_tasks].pid = pid;
	return &tasks[n_tasks++];
}

/* At the end of a call that succeeded. */
static void tell_error(pid_t pid)
{
	struct user_regs_struct registers;

	if (ptrace(PTRACE_GETREGS, pid, NULL, &registers) < 0 || (long long)registers.rax < 0)
		return;
	registers.rax = (unsigned long long)-error;
	if (ptrace(PTRACE_SETREGS, pid, NULL, &registers) == 0)
		fprintf(report, "%d: INJECTED\n", (int)pid);
}

static void see_call(pid_t pid)
{
	struct user_regs_struct registers;
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GETREGS, pid, NULL, &registers) < 0 ||
	    (long)registers.orig_rax != number ||
	    ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) < 0 ||
	    info.op != PTRACE_SYSCALL_INFO_EXIT)
		return;
	if (++task_of(pid)->calls == wanted)
		tell_error(pid);
}

static int signal_to_pass_on(pid_t pid, int status)
{
	int signal = WSTOPSIG(status);

	if (signal == (SIGTRAP | 0x80)) {
		see_call(pid);
		return 0;
	}
	/* PTRACE_EVENT_*, and the stop that a new task begins with. */
	return status >> 16 || signal == SIGSTOP ? 0 : signal;
}

static int watch(pid_t first)
{
	int status, result = 125;
	pid_t pid;

	while ((pid = waitpid(-1, &status, __WALL)) > 0) {
		if (WIFSTOPPED(status)) {
			ptrace(PTRACE_SYSCALL, pid, NULL, (long)signal_to_pass_on(pid, status));
			continue;
		}
		if (pid == first)
			result = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	}
	return result;
}

static pid_t start(char **command)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		execvp(command[0], command);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 ||
	    ptrace(PTRACE_SETOPTIONS, pid, NULL,
		   PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
			   PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC) < 0 ||
	    ptrace(PTRACE_SYSCALL, pid, NULL, NULL) < 0) {
		perror("late_error");
		exit(125);
	}
	return pid;
}

int main(int argc, char **argv)
{
	if (argc < 6) {
		fprintf(stderr, "usage: late_error LOG CALL ERRNO N COMMAND [ARG...]\n");
		return 125;
	}
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if (strcmp(calls[i].name, argv[2]) == 0)
			number = calls[i].number;
	error = atoi(argv[3]);
	wanted = atol(argv[4]);
	report = fopen(argv[1], "w");
	if (number < 0 || error <= 0 || wanted <= 0 || !report) {
		fprintf(stderr, "late_error: cannot do that: %s %s %s\n", argv[2], argv[3],
			argv[4]);
		return 125;
	}
	setlinebuf(report);
	return watch(start(argv + 5));
}
