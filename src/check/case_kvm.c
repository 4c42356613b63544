/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cases of KVM and the files of devices.
 */
#include "check/case.h"

const struct test_case cases_kvm[] = {
	{.id = NULL},
};
