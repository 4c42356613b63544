/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Saved state in a /run of the tests' own: nobody else sees it, and it ends with them.
 */
#pragma once

#include "base/error.h"
#include "change/lock.h"
#include "host/device.h"
#include "tests/unit/tree.h"

static struct arena *arena;
static struct error err;
static struct device devices[2];

static inline int setup(void **state)
{
	(void)state;
	devices[0] = (struct device){.address = "0000:03:00.0",
				     .bus = "pci",
				     .syspath = "/sys/devices/pci0000:00/0000:03:00.0",
				     .vendor_id = 0x1b36,
				     .device_id = 0x10,
				     .state = DEVICE_OK,
				     .driver = "nvme"};
	devices[1] = devices[0];
	devices[1].address = "0000:04:00.0";
	devices[1].syspath = "/sys/devices/pci0000:00/0000:04:00.0";
	err = (struct error){0};
	arena = arena_new(1 << 20);
	return arena && mkdir("/run/vfioctl", 0755) == 0 ? 0 : -1;
}

static inline int teardown(void **state)
{
	(void)state;
	arena_free(arena);
	return nftw("/run/vfioctl", tree_remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

#define state_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

/* Without CAP_SYS_ADMIN there is no /run of our own. */
static inline void nothing_is_tested(void **state)
{
	(void)state;
	skip();
}

/* The tests of an array, where this process may have a /run of its own; else one that is skipped.
 */
#define run_state_tests(tests)                                                                     \
	(path_cover("/run") < 0                                                                    \
		 ? cmocka_run_group_tests(                                                         \
			   ((const struct CMUnitTest[]){cmocka_unit_test(nothing_is_tested)}),     \
			   NULL, NULL)                                                             \
		 : cmocka_run_group_tests(tests, NULL, NULL))
