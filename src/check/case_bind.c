/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cases of BIND in all its arguments, and of two devices bound together or against each other.
 */
#include "check/case.h"

const struct test_case cases_bind[] = {
	{.id = NULL},
};
