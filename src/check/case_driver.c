/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cases of drivers that come and go.
 */
#include "check/case.h"

const struct test_case cases_driver[] = {
	{.id = NULL},
};
