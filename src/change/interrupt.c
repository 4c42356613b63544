/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/interrupt.h"

#include <time.h>

void interrupts_block(struct interrupts *ret)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE};
	struct sigaction action;

	sigemptyset(&ret->blocked);
	/* Not those that are ignored, as under nohup(1): blocked, they would become pending. */
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		if (sigaction(signals[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
			sigaddset(&ret->blocked, signals[i]);
	sigprocmask(SIG_BLOCK, &ret->blocked, &ret->before);
}

bool interrupts_are_pending(void)
{
	sigset_t pending;

	sigpending(&pending);
	return sigismember(&pending, SIGINT) || sigismember(&pending, SIGTERM) ||
	       sigismember(&pending, SIGHUP) || sigismember(&pending, SIGQUIT);
}

int interrupts_take(void)
{
	const struct timespec now = {0};
	sigset_t impatience;
	int taken;

	sigemptyset(&impatience);
	sigaddset(&impatience, SIGINT);
	sigaddset(&impatience, SIGTERM);
	sigaddset(&impatience, SIGHUP);
	sigaddset(&impatience, SIGQUIT);
	taken = sigtimedwait(&impatience, NULL, &now);
	return taken > 0 ? taken : 0;
}

void interrupts_unblock(const struct interrupts *interrupts)
{
	const struct timespec now = {0};

	while (sigtimedwait(&interrupts->blocked, NULL, &now) > 0)
		;
	sigprocmask(SIG_SETMASK, &interrupts->before, NULL);
}
