/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cases of VF tokens.
 */
#include "check/case.h"

const struct test_case cases_token[] = {
	{.id = NULL},
};
