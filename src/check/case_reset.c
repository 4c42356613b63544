/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cases of hot reset.
 */
#include "check/case.h"

const struct test_case cases_reset[] = {
	{.id = NULL},
};
