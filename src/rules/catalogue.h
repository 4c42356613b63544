/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tables of rules, one a file.
 */
#pragma once

#include "check/rule.h"

extern const struct rule rules_host_iommu[], rules_host_kernel[], rules_host_modules[],
	rules_host_access[], rules_host_guard[], rules_host_managers[], rules_host_program[],
	rules_group[], rules_device_state[], rules_device_pci[], rules_device_link[],
	rules_device_iommu[], rules_device_reset[], rules_device_sriov[], rules_device_boot[];
