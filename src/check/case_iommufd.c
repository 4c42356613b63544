/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cases of iommufd with a device: what the hardware is, its page tables, limits and files.
 */
#include "check/case.h"

const struct test_case cases_iommufd[] = {
	{.id = NULL},
};
