/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What kind of IOMMU there is and what it can do, read from its registers.
 *
 * The registers come from GET_HW_INFO or, where no cdev is offered, from sysfs. Only fields that
 * the kernel documents for user space are read, of Intel's registers those that it uses itself.
 * That the hardware can do something does not mean that the kernel lets user space have it:
 * iommufd_hwpt_alloc() tells.
 */
#pragma once

#include "kernel/iommufd.h"

/* "intel-vtd"; NULL for a kind that is not known here. */
const char *hardware_kind_name(uint32_t type);

/* A register, as it is. */
struct hardware_register {
	const char *name; /* "ecap" */
	uint64_t value;
};

/* A field of a register that has a meaning. */
struct hardware_trait {
	const char *name; /* "nesting" */
	bool is_number;   /* else the value is 0 or 1: the IOMMU can do it or not */
	uint64_t value;
};

/* More than any kind has. */
#define HARDWARE_REGISTERS 16
#define HARDWARE_TRAITS    40

/* Both return how many there are; registers that the kernel did not tell are left out. */
size_t hardware_registers(const struct iommufd_hardware *hardware,
			  struct hardware_register list[HARDWARE_REGISTERS]);
size_t hardware_traits(const struct iommufd_hardware *hardware,
		       struct hardware_trait list[HARDWARE_TRAITS]);

/*
 * The same from two registers that sysfs tells: cap and ecap of IOMMUFD_INTEL_VTD, efr and efr2 of
 * IOMMUFD_AMD. What only GET_HW_INFO knows stays 0.
 */
void hardware_from_registers(struct iommufd_hardware *ret, uint32_t type, uint64_t first,
			     uint64_t second);
