/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The catalogue of rules, in the order in which they are listed.
 */
#include "rules/catalogue.h"

const struct rule *const rule_tables[] = {
	rules_host_iommu,   rules_host_kernel,   rules_host_modules, rules_host_access,
	rules_host_guard,   rules_host_managers, rules_host_program, rules_group,
	rules_device_state, rules_device_pci,    rules_device_link,  rules_device_iommu,
	rules_device_reset, rules_device_sriov,  rules_device_boot,  NULL,
};
