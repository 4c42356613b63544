/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program that runs in the place of this one: with its streams, its terminal and its signals, but
 * as a child, because something is to be done when it has ended.
 *
 * It stays in the process group, so that a terminal treats both as one: Ctrl-C and Ctrl-Z reach it
 * without help. What others send to this process is passed on. It does not end with this process.
 */
#pragma once

#include <signal.h>
#include <sys/types.h>

#include "base/util.h"

/*
 * The file that a shell would run for name, in PATH unless name has a slash. 0, -ENOENT when there
 * is none, -EACCES when it cannot be executed, or -ENAMETOOLONG.
 */
int child_find(char *ret, size_t size, const char *name);

struct child_request {
	const char *file; /* child_find() */
	char *const *argv;
	char *const *environment;
	const int *descriptors; /* it inherits these, close-on-exec or not, beside what it would */
	size_t n_descriptors;
	const sigset_t *mask; /* signals that it finds blocked */
};

/*
 * Starts it, and from then on holds back the signals that child_wait() passes on. 0, or -errno when
 * it could not be executed. This process closes the descriptors itself when it has no use for them.
 */
int child_start(pid_t *ret, const struct child_request *request);

/*
 * Passes on signals until the child ends: its wait status. Signals stay held back, for what the
 * caller has to do now is not to be cut short. One that the child was sent by a terminal, or sent
 * itself, is not sent again.
 */
int child_wait(pid_t pid);

/*
 * Ends this process as the signal would, without a core dump: who waits for it then sees what
 * became of the child. Returns when that signal does not end it.
 */
void child_die_too(int number);
