/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What went wrong, as a value: which device, why, what to do next, and the exit status it means.
 *
 * Two conventions run through the library. Functions close to the kernel return 0 or more on
 * success and -errno on failure. Functions that can explain themselves take a struct error and
 * return 0, or -1 with the error filled; on success they leave it alone.
 */
#pragma once

#include "base/util.h"

/* Exit status of the program; the numbers are part of its interface. */
enum status {
	STATUS_OK = 0,
	STATUS_FAILED = 1,        /* failed, previous state restored */
	STATUS_USAGE = 2,         /* command line or configuration */
	STATUS_REFUSED = 3,       /* a safety check said no */
	STATUS_PERMISSION = 4,    /* not allowed */
	STATUS_BROKEN = 5,        /* failed and NOT restored */
	STATUS_TIMEOUT = 6,       /* a deadline passed */
	STATUS_LOCKED = 7,        /* another run is changing or testing devices */
	STATUS_NO_DEVICE = 8,     /* no such device */
	STATUS_UNSUPPORTED = 9,   /* not supported here; every test skipped */
	STATUS_WOULD_CHANGE = 10, /* --dry-run --detailed-exitcode found work to do */

	/* What `run` adds to the statuses of its program, as env(1) does. */
	STATUS_WRAPPER = 125,      /* it failed itself, by whatever */
	STATUS_NOT_EXECUTED = 126, /* the program cannot be executed */
	STATUS_NO_PROGRAM = 127,   /* there is no such program */
};

struct error {
	enum status status;
	int errnum;         /* positive errno when a system call is behind it, else 0 */
	const char *code;   /* stable word for programs ("vfio-open"); a literal */
	char device[128];   /* what the error is about, or "" */
	char message[1024]; /* cause, without the device */
	char remedy[512];   /* next step, or "" */
};

/*
 * Fills err (which may be NULL) and returns -1, so that callers can `return error_set(...)`.
 * device may be NULL. errnum may be given with either sign. A remedy set earlier is dropped.
 */
int error_set(struct error *err, enum status status, int errnum, const char *code,
	      const char *device, const char *fmt, ...) PRINTF(6, 7);

/* Adds the next step to an error that error_set() filled. Returns -1, like error_set(). */
int error_remedy(struct error *err, const char *fmt, ...) PRINTF(2, 3);

/*
 * error_set() for a failed system call: the status follows from the errno (EACCES and EPERM are
 * STATUS_PERMISSION, everything else STATUS_FAILED) and the message ends in its text and name.
 */
int error_errno(struct error *err, int errnum, const char *code, const char *device,
		const char *fmt, ...) PRINTF(5, 6);

/* error_set() for memory that could not be had. */
int error_out_of_memory(struct error *err);
