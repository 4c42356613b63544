/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The binary interface of /dev/iommu, like kernel/abi.h for VFIO.
 *
 * An iommufd structure begins with size, and must be zero beyond what the kernel knows.
 */
#pragma once

#include "kernel/abi.h"

/* Command numbers are consecutive from here; kernel_commands[] in probe.c names them. */
#define K_IOMMUFD_FIRST    0x80
#define K_IOMMU_DESTROY    K_NUMBER(0x80)
#define K_IOAS_ALLOC       K_NUMBER(0x81)
#define K_IOAS_ALLOW_IOVAS K_NUMBER(0x82)
#define K_IOAS_IOVA_RANGES K_NUMBER(0x84)
#define K_IOAS_MAP         K_NUMBER(0x85)
#define K_IOAS_UNMAP       K_NUMBER(0x86)
#define K_IOMMU_OPTION     K_NUMBER(0x87)
#define K_IOMMU_VFIO_IOAS  K_NUMBER(0x88)
#define K_HWPT_ALLOC       K_NUMBER(0x89)
#define K_GET_HW_INFO      K_NUMBER(0x8a)
#define K_SET_DIRTY        K_NUMBER(0x8b)
#define K_IOAS_MAP_FILE    K_NUMBER(0x8f)
#define K_VIOMMU_ALLOC     K_NUMBER(0x90)
#define K_NOIOMMU_GET_PA   K_NUMBER(0x95)

struct k_destroy {
	uint32_t size;
	uint32_t id;
};
K_SIZE(k_destroy, 8);

struct k_ioas_alloc {
	uint32_t size;
	uint32_t flags;
	uint32_t id;
};
K_SIZE(k_ioas_alloc, 12);

struct k_ioas_ranges {
	uint32_t size;
	uint32_t ioas;
	uint32_t count;
	uint32_t reserved;
	uint64_t ranges;
	uint64_t alignment;
};
K_SIZE(k_ioas_ranges, 32);

enum { K_IOAS_MAP_FIXED = 1 << 0, K_IOAS_MAP_WRITE = 1 << 1, K_IOAS_MAP_READ = 1 << 2 };

struct k_ioas_map {
	uint32_t size;
	uint32_t flags;
	uint32_t ioas;
	uint32_t reserved;
	uint64_t address;
	uint64_t length;
	uint64_t iova;
};
K_SIZE(k_ioas_map, 40);
K_OFFSET(k_ioas_map, iova, 32);

struct k_ioas_unmap {
	uint32_t size;
	uint32_t ioas;
	uint64_t iova;
	uint64_t length;
};
K_SIZE(k_ioas_unmap, 24);

enum { K_OPTION_RLIMIT_MODE = 0 };
enum { K_OPTION_SET = 0, K_OPTION_GET = 1 };

struct k_option {
	uint32_t size;
	uint32_t option;
	uint16_t op;
	uint16_t reserved;
	uint32_t object;
	uint64_t value;
};
K_SIZE(k_option, 24);
K_OFFSET(k_option, value, 16);

enum { K_VFIO_IOAS_GET = 0 };

struct k_vfio_ioas {
	uint32_t size;
	uint32_t ioas;
	uint16_t op;
	uint16_t reserved;
};
K_SIZE(k_vfio_ioas, 12);

struct k_hw_info {
	uint32_t size;
	uint32_t flags;
	uint32_t devid;
	uint32_t data_length;
	uint64_t data;
	uint32_t type;
	uint8_t max_pasid_log2;
	uint8_t reserved[3];
	uint64_t capabilities;
};
K_SIZE(k_hw_info, 40);
K_OFFSET(k_hw_info, capabilities, 32);

struct k_noiommu_pa {
	uint32_t size;
	uint32_t flags;
	uint32_t ioas;
	uint32_t reserved;
	uint64_t iova;
	uint64_t length;
	uint64_t physical;
};
K_SIZE(k_noiommu_pa, 40);
K_OFFSET(k_noiommu_pa, physical, 32);

struct k_allow_iovas {
	uint32_t size;
	uint32_t ioas;
	uint32_t count;
	uint32_t reserved;
	uint64_t ranges;
};
K_SIZE(k_allow_iovas, 24);

enum {
	K_HWPT_NEST_PARENT = 1 << 0,
	K_HWPT_DIRTY_TRACKING = 1 << 1,
	K_HWPT_FAULT = 1 << 2,
	K_HWPT_PASID = 1 << 3,
};

struct k_hwpt_alloc {
	uint32_t size;
	uint32_t flags;
	uint32_t devid;
	uint32_t pt_id;
	uint32_t id;
	uint32_t reserved;
	uint32_t data_type;
	uint32_t data_length;
	uint64_t data;
	uint32_t fault;
	uint32_t reserved2;
};
K_SIZE(k_hwpt_alloc, 48);
K_OFFSET(k_hwpt_alloc, data, 32);
/* Up to Linux 6.6 without anything that is for nesting. */
#define K_HWPT_ALLOC_MIN offsetof(struct k_hwpt_alloc, data_type)

enum { K_HW_INFO_INPUT_TYPE = 1 << 0 };

struct k_set_dirty {
	uint32_t size;
	uint32_t flags;
	uint32_t hwpt;
	uint32_t reserved;
};
K_SIZE(k_set_dirty, 16);

struct k_ioas_map_file {
	uint32_t size;
	uint32_t flags;
	uint32_t ioas;
	int32_t fd;
	uint64_t start;
	uint64_t length;
	uint64_t iova;
};
K_SIZE(k_ioas_map_file, 40);
K_OFFSET(k_ioas_map_file, iova, 32);

struct k_viommu_alloc {
	uint32_t size;
	uint32_t flags;
	uint32_t type;
	uint32_t devid;
	uint32_t hwpt;
	uint32_t id;
};
K_SIZE(k_viommu_alloc, 24);
