/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cases in which an NVMe controller moves data by DMA, or is kept from it.
 */
#include "check/case.h"

const struct test_case cases_witness[] = {
	{.id = NULL},
};
