/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The program that `vfioctl run` runs, and what it is given: variables that name the devices, and
 * with
 * --pass-fd their open cdevs and an iommufd (Documentation/driver-api/vfio.rst).
 */
#pragma once

#include <limits.h>

#include "change/change.h"
#include "cli/option.h"
#include "cli/select.h"

/* A program, and what it is given once the devices are there. */
struct program {
	const struct options *opts;
	struct selection selection;
	const char *name;
	char file[PATH_MAX];
	const struct device **devices;
	int *fds; /* the cdevs' in the order of devices, then iommufd's */
	size_t n_devices, n_fds;
};

/*
 * Finds it on PATH before anything is moved: a typo shall not move devices. 0, or -1 with
 * STATUS_NO_PROGRAM or STATUS_NOT_EXECUTED.
 */
int program_find(struct program *program, struct error *err);

/* Whether this kernel can ever give what --pass-fd wants. 0, or -1 with STATUS_UNSUPPORTED. */
int program_check_ways(const struct options *opts, struct error *err);

/*
 * Its devices: those that were named, in this order, then those that --group took along. They stay
 * the change's. 0, or -1 with STATUS_NO_DEVICE when one was taken away meanwhile.
 */
int program_give(struct program *program, const struct change *session, struct error *err);

/* Opens what --pass-fd is about; program_close() closes it. 0 or -1. */
int program_open(struct program *program, struct error *err);

/* Open in this process they would keep the devices from going back. */
void program_close(struct program *program);

/* With -v, what it gets. */
void program_tell(const struct program *program);

/* Runs it to its end. 0 with its wait status, or -1 when it was not started. */
int program_run(struct program *program, const struct change *session, int *ret_status,
		struct error *err);

/* "ended with exit status 1", "was ended by SIGTERM" */
void program_describe_end(char *buf, size_t size, int status);

/* Frees what program_find() and the others have filled in, selection included. */
void program_free(struct program *program);
#define scoped_program __attribute__((cleanup(program_free)))
