/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cases of ATTACH and DETACH: replacing, refusing, and devices of one group.
 */
#include "check/case.h"

const struct test_case cases_attach[] = {
	{.id = NULL},
};
