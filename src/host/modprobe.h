/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What modprobe(8) is told about modules: the lines of modprobe.d(5), and what stands for such
 * lines on the kernel's command line. libkmod reads both, but does not tell where a line stands,
 * and of the command line it knows only that of the running machine.
 */
#pragma once

#include "base/util.h"

/* Where its files are, the most important first; ended by NULL. */
enum { MODPROBE_DIRECTORIES = 5 };
extern const char *const modprobe_directories[MODPROBE_DIRECTORIES + 1];

struct modprobe_line {
	const char *file;
	int64_t number;      /* -1: the command line */
	const char *command; /* "options", "blacklist", "install", "softdep" ... */
	const char *module;  /* with '_' everywhere */
	const char *rest;    /* as it stands there; "" when there is no more */
};

/* Is told of each line; nothing of it is there any more when it has returned. */
typedef void modprobe_fn(void *arg, const struct modprobe_line *line);

/* The lines of the files, in the order in which modprobe takes them. */
void modprobe_read_files(modprobe_fn *fn, void *arg);

/*
 * "modprobe.blacklist=a,b" and "module_blacklist=a,b" as a line `blacklist` for each,
 * "MODULE.OPTION=VALUE" as a line `options`. 0, or -errno when it cannot be read.
 */
int modprobe_read_command_line(modprobe_fn *fn, void *arg);

/* True when one of them has a line `blacklist` for the module, its name with '_'. */
bool modprobe_blacklists(const char *module);

/*
 * Takes a word off *rest, in place; quotes are taken away, blanks within them are not an end. NULL
 * when there is no more.
 */
char *modprobe_word(char **rest);
