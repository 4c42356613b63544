/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel's command line says of the IOMMU.
 *
 * The kernel goes through it from left to right, and through each option word by word, with commas
 * between; it knows a word by how that begins.
 */
#pragma once

#include "check/rule.h"

/*
 * "iommu=pt", which lets devices of the host bypass the IOMMU; NULL: nothing does, or something
 * behind it has them translated.
 */
const char *iommu_option_passthrough(const struct rule_run *run);

/*
 * "intel_iommu=off", which switches off the IOMMU that the firmware's table of that name describes
 * ("DMAR"); of any when that is NULL. NULL: nothing does.
 */
const char *iommu_option_off(const struct rule_run *run, const char *table);

/* "intel_iommu=on", which Intel's may need to run; NULL: nothing says so. */
const char *iommu_option_on(const struct rule_run *run);
