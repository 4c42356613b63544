/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The variables by which a program learns which devices it was given, and where they are. Help,
 * manual check and the program go by one table.
 */
#pragma once

#include <stdio.h>

#include "host/device.h"

/* What a program is given. */
struct given {
	const struct device *const *devices;
	const int *cdev_fds; /* one for each device; NULL: none were opened */
	size_t count;
	int iommu_fd;          /* -1: none was opened */
	const char *iommu;     /* node of iommufd; NULL: no device is reached by it */
	const char *container; /* node of the container; NULL: no device is reached by it */
};

struct variable {
	const char *name; /* "VFIOCTL_CDEV"; NULL ends the table */
	const char *help;
	bool each; /* one for each device, with _0, _1 ... behind it; without, it is the first's */
	/* Prints the value, of the device at index i. False: there is none, and no variable. */
	bool (*print)(FILE *out, const struct given *given, size_t i);
};

extern const struct variable variables[];

/*
 * The environment of the program: inherited, without the variables of an outer run, and with those
 * that given has a value for. NULL when out of memory. The caller frees it.
 */
char **environment_make(char *const *inherited, const struct given *given);
void environment_free(char **environment);

static inline void environment_free_pointer(char ***environment)
{
	environment_free(*environment);
}
#define scoped_environment __attribute__((cleanup(environment_free_pointer)))
