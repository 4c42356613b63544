/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Builds captured trees for unit tests: a directory that stands for "/", made in $TMPDIR.
 */
#pragma once

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include <cmocka.h>

#include "base/path.h"

static char tree_root[256];

/* Makes what is above a path of the tree; returns the path outside of it. */
static inline const char *tree_path(const char *path)
{
	static char full[8192];
	size_t start = (size_t)snprintf(full, sizeof(full), "%s", tree_root);

	snprintf(full + start, sizeof(full) - start, "%s", path);
	for (char *p = full + start + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		mkdir(full, 0755);
		*p = '/';
	}
	return full;
}

static inline void tree_file(const char *path, const char *text)
{
	FILE *f = fopen(tree_path(path), "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static inline void tree_dir(const char *path)
{
	assert_int_equal(mkdir(tree_path(path), 0755), 0);
}

static inline void tree_link(const char *path, const char *target)
{
	assert_int_equal(symlink(target, tree_path(path)), 0);
}

static inline void tree_fifo(const char *path)
{
	assert_int_equal(mkfifo(tree_path(path), 0644), 0);
}

static inline void nap_ms(int ms)
{
	nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L}, NULL);
}

/*
 * As if the machine was paused: the process and its one child stand still for so long. The parent
 * is the first to go on, and sees how late it is before its child did anything.
 */
static inline void pause_with_child(pid_t pid, int ms)
{
	char path[64];
	int child = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
	f = fopen(path, "re");
	assert_non_null(f);
	assert_int_equal(fscanf(f, "%d", &child), 1);
	fclose(f);
	assert_int_equal(kill(pid, SIGSTOP), 0);
	assert_int_equal(kill(child, SIGSTOP), 0);
	nap_ms(ms);
	assert_int_equal(kill(pid, SIGCONT), 0);
	nap_ms(300);
	assert_int_equal(kill(child, SIGCONT), 0);
}

/* The process ends by itself, with status 0. */
static inline void ends_well(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* Setup and teardown of a test that has an empty tree as its root. */
static inline int tree_setup(void **state)
{
	const char *dir = getenv("TMPDIR");

	(void)state;
	snprintf(tree_root, sizeof(tree_root), "%s/vfioctl-XXXXXX", dir ? dir : "/tmp");
	return mkdtemp(tree_root) && path_set_root(tree_root) == 0 ? 0 : -1;
}

static inline int tree_remove_entry(const char *path, const struct stat *st, int type,
				    struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline int tree_teardown(void **state)
{
	(void)state;
	path_set_root("/");
	return nftw(tree_root, tree_remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

#define tree_test(f) cmocka_unit_test_setup_teardown(f, tree_setup, tree_teardown)
