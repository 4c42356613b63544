/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cases of group and cdev against each other.
 */
#include "check/case.h"

const struct test_case cases_exclusive[] = {
	{.id = NULL},
};
