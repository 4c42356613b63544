/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Resetting functions that VFIO drivers hold, alone or with all that share their bus.
 *
 * function  The kernel resets the one function, by the first of its methods (reset_method in sysfs)
 *           that works.
 * hot       The bus or slot is reset, and with it every function there. VFIO does this for who owns
 *           all of them, so each is opened for it, which resets it alone as well.
 *
 * The order of work is that of a change: look, find all that is reset along, ask the gate about
 * each, and only then begin; each reset in a process of its own with a deadline. What is set for
 * the time of a reset is put back by that process, even when nobody waits for it any more.
 */
#pragma once

#include "change/gate.h"
#include "host/holder.h"

enum reset_scope { RESET_FUNCTION, RESET_HOT };

/* "function", "hot" */
const char *reset_scope_name(enum reset_scope scope);

/* The words of scopes and of methods, by number; NULL behind the last. */
const char *reset_scope_word(size_t i);
const char *reset_method_word(size_t i);

/* NULL is "function". 0, or -1 with STATUS_USAGE. */
int reset_scope_parse(enum reset_scope *ret, const char *word, struct error *err);

/* 0 for a word that some kernel has as reset method, or NULL; else -1 with STATUS_USAGE. */
int reset_method_check(const char *word, struct error *err);

struct reset;

struct reset_request {
	const char *const *addresses; /* sysfs names, as device_resolve() gives them */
	size_t count;
	enum reset_scope scope;
	const char *method;  /* NULL: the kernel's choice */
	unsigned int forced; /* gate_parse_force() */
	bool dry_run;        /* stop before anything is opened or written */
	int64_t timeout_ms;  /* for each reset, and for the lock */
	/* Told a few times a second while resets run; may be NULL. */
	void (*on_wait)(const struct reset *reset, int64_t waited_ms);
};

/* A function that is reset. */
struct reset_member {
	const struct device *dev;
	bool owned;             /* nobody but VFIO, or no driver at all, stands in the way */
	struct usages usages;   /* who uses it */
	struct holders holders; /* those of them who have its VFIO device open */
};

/* What a reset wrote to a file of the device. */
struct reset_write {
	const char *name; /* below the device's directory */
	char value[128];
};

enum { RESET_WRITES_MAX = 5 };

struct reset_result {
	const struct device *dev;
	enum reset_scope scope;
	char methods[128]; /* function: those that the kernel can do, in order */
	char method[32];   /* the one asked for, else the first of them; "" when it is unknown */
	struct reset_member *members; /* all that is reset, the device itself first */
	size_t n_members;
	/* hot: the result of an earlier device whose reset takes this one along; else NULL. */
	const struct reset_result *with;
	unsigned int overridden; /* reasons that --force overrode, REASON_BIT() */
	bool running;
	bool done;           /* it was reset */
	int restored;        /* its configuration space is as before; -1: it was not looked at */
	int64_t duration_ms; /* of the kernel's part; -1: unknown */
	struct reset_write writes[RESET_WRITES_MAX];
	size_t n_writes;
	struct error error; /* code NULL: none */
};

struct reset {
	struct inventory inventory;
	struct reset_result *results;
	size_t count;
};

/*
 * Does what is asked. 0 when every device was reset and answers as before (or would be reset, with
 * dry_run), else -1: err is the error of the command as a whole, and each result carries its own.
 * In both cases the caller frees ret with reset_free().
 */
int reset_run(struct reset *ret, const struct reset_request *request, struct error *err);

void reset_free(struct reset *reset);
#define scoped_reset __attribute__((cleanup(reset_free)))
