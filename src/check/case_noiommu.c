/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cases of devices without an IOMMU.
 */
#include "check/case.h"

const struct test_case cases_noiommu[] = {
	{.id = NULL},
};
