/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cases of emulated devices.
 */
#include "check/case.h"

const struct test_case cases_mdev[] = {
	{.id = NULL},
};
