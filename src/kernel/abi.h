/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The binary interface of VFIO, declared here because the headers that a distribution
 * installs may be older than the kernel that runs (Debian 12 knows neither the cdev nor
 * /dev/iommu).
 *
 * All names are our own, so that <linux/vfio.h> and the like can be included beside this: abi.c
 * does, and compares. iommufd and KVM have files of their own. Only src/kernel/ includes these.
 *
 * A VFIO structure begins with argsz; what lies beyond the kernel's own is ignored, except by BIND.
 */
#pragma once

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>

#define K_NUMBER(nr) _IO(0x3b, nr)

/* Checks a structure's size, and where one of its members lies. */
#define K_SIZE(type, size)         static_assert(sizeof(struct type) == (size), #type)
#define K_OFFSET(type, member, at) static_assert(offsetof(struct type, member) == (at), #type)

/* ---- container and group ---- */

#define K_GET_API_VERSION       K_NUMBER(0x64)
#define K_CHECK_EXTENSION       K_NUMBER(0x65)
#define K_SET_IOMMU             K_NUMBER(0x66)
#define K_GROUP_GET_STATUS      K_NUMBER(0x67)
#define K_GROUP_SET_CONTAINER   K_NUMBER(0x68)
#define K_GROUP_UNSET_CONTAINER K_NUMBER(0x69)
#define K_GROUP_GET_DEVICE_FD   K_NUMBER(0x6a)

struct k_group_status {
	uint32_t argsz;
	uint32_t flags;
};
K_SIZE(k_group_status, 8);

/* ---- type1 memory of a container ---- */

#define K_TYPE1_GET_INFO  K_NUMBER(0x70)
#define K_TYPE1_MAP_DMA   K_NUMBER(0x71)
#define K_TYPE1_UNMAP_DMA K_NUMBER(0x72)

enum { K_TYPE1_INFO_PAGE_SIZES = 1 << 0, K_TYPE1_INFO_CAPS = 1 << 1 };
enum { K_TYPE1_CAP_IOVA_RANGE = 1, K_TYPE1_CAP_AVAILABLE = 3 };
enum { K_TYPE1_MAP_READ = 1 << 0, K_TYPE1_MAP_WRITE = 1 << 1 };

struct k_type1_info {
	uint32_t argsz;
	uint32_t flags;
	uint64_t page_sizes;
	uint32_t cap_offset;
	uint32_t reserved;
};
K_SIZE(k_type1_info, 24);
K_OFFSET(k_type1_info, cap_offset, 16);

struct k_cap {
	uint16_t id;
	uint16_t version;
	uint32_t next; /* offset from the start of the info structure; 0: last */
};
K_SIZE(k_cap, 8);

struct k_range {
	uint64_t first;
	uint64_t last;
};
K_SIZE(k_range, 16);

struct k_type1_iova_ranges {
	struct k_cap cap;
	uint32_t count;
	uint32_t reserved;
	struct k_range ranges[];
};
K_SIZE(k_type1_iova_ranges, 16);

struct k_type1_available {
	struct k_cap cap;
	uint32_t count;
};
K_SIZE(k_type1_available, 12);

struct k_type1_map {
	uint32_t argsz;
	uint32_t flags;
	uint64_t address;
	uint64_t iova;
	uint64_t size;
};
K_SIZE(k_type1_map, 32);

struct k_type1_unmap {
	uint32_t argsz;
	uint32_t flags;
	uint64_t iova;
	uint64_t size;
};
K_SIZE(k_type1_unmap, 24);

/* ---- device ---- */

#define K_DEVICE_GET_INFO        K_NUMBER(0x6b)
#define K_DEVICE_GET_REGION_INFO K_NUMBER(0x6c)
#define K_DEVICE_GET_IRQ_INFO    K_NUMBER(0x6d)
#define K_DEVICE_SET_IRQS        K_NUMBER(0x6e)
#define K_DEVICE_RESET           K_NUMBER(0x6f)
#define K_PCI_HOT_RESET_INFO     K_NUMBER(0x70)
#define K_PCI_HOT_RESET          K_NUMBER(0x71)
#define K_QUERY_GFX_PLANE        K_NUMBER(0x72)
#define K_DEVICE_FEATURE         K_NUMBER(0x75)
#define K_DEVICE_BIND            K_NUMBER(0x76)
#define K_DEVICE_ATTACH          K_NUMBER(0x77)
#define K_DEVICE_DETACH          K_NUMBER(0x78)
#define K_MIG_PRECOPY_INFO       K_NUMBER(0x79) /* of the descriptor for the data */
/* A number that no kernel has given a meaning. */
#define K_NOT_A_COMMAND K_NUMBER(0xff)

enum {
	K_DEVICE_FLAG_RESET = 1 << 0,
	K_DEVICE_FLAG_PCI = 1 << 1,
	K_DEVICE_FLAG_CCW = 1 << 4,
	K_DEVICE_FLAG_CAPS = 1 << 7,
};
enum { K_DEVICE_CAP_ATOMIC = 5 };

struct k_device_info {
	uint32_t argsz;
	uint32_t flags;
	uint32_t regions;
	uint32_t irqs;
	uint32_t cap_offset;
	uint32_t reserved;
};
K_SIZE(k_device_info, 24);
K_OFFSET(k_device_info, cap_offset, 16);

/* Which atomic operations of the device the way to memory completes. */
struct k_device_atomic {
	struct k_cap cap;
	uint32_t widths;
	uint32_t reserved;
};
K_SIZE(k_device_atomic, 16);

struct k_region_info {
	uint32_t argsz;
	uint32_t flags;
	uint32_t index;
	uint32_t cap_offset;
	uint64_t size;
	uint64_t offset;
};
K_SIZE(k_region_info, 32);
K_OFFSET(k_region_info, offset, 24);

enum {
	K_REGION_READ = 1 << 0,
	K_REGION_WRITE = 1 << 1,
	K_REGION_MMAP = 1 << 2,
	K_REGION_CAPS = 1 << 3,
};
enum { K_REGION_CAP_SPARSE = 1, K_REGION_CAP_TYPE = 2, K_REGION_CAP_MSIX_MAPPABLE = 3 };

struct k_region_area {
	uint64_t offset;
	uint64_t size;
};
K_SIZE(k_region_area, 16);

struct k_region_sparse {
	struct k_cap cap;
	uint32_t count;
	uint32_t reserved;
	struct k_region_area areas[];
};
K_SIZE(k_region_sparse, 16);

struct k_region_type {
	struct k_cap cap;
	uint32_t type;
	uint32_t subtype;
};
K_SIZE(k_region_type, 16);

struct k_irq_info {
	uint32_t argsz;
	uint32_t flags;
	uint32_t index;
	uint32_t count;
};
K_SIZE(k_irq_info, 16);

enum { K_IRQ_DATA_EVENTFD = 1 << 2, K_IRQ_ACTION_TRIGGER = 1 << 5 };

/* With one eventfd behind it, as much as is ever set here. */
struct k_irq_set {
	uint32_t argsz;
	uint32_t flags;
	uint32_t index;
	uint32_t start;
	uint32_t count;
	int32_t eventfd;
};
K_SIZE(k_irq_set, 24);
K_OFFSET(k_irq_set, eventfd, 20);

struct k_gfx_plane {
	uint32_t argsz;
	uint32_t flags;
	uint32_t type;
	uint32_t drm_format;
	uint64_t drm_format_mod;
	uint32_t width;
	uint32_t height;
	uint32_t stride;
	uint32_t size;
	uint32_t cursor[4];
	uint32_t id; /* of the region or the dma-buf */
	uint32_t reserved;
};
K_SIZE(k_gfx_plane, 64);
K_OFFSET(k_gfx_plane, size, 36);

enum { K_GFX_PROBE = 1 << 0, K_GFX_DMABUF = 1 << 1, K_GFX_REGION = 1 << 2 };

/* The id of the feature is in the lower half of flags. Data follows. */
struct k_feature {
	uint32_t argsz;
	uint32_t flags;
};
K_SIZE(k_feature, 8);

/* Feature MIGRATION tells flags; feature MIG_DEVICE_STATE goes to a state, or tells it. */
struct k_migration {
	uint64_t flags;
};
K_SIZE(k_migration, 8);

struct k_mig_state {
	uint32_t state;
	int32_t data; /* descriptor, -1: none */
};
K_SIZE(k_mig_state, 8);

struct k_precopy_info {
	uint32_t argsz;
	uint32_t flags;
	uint64_t initial;
	uint64_t dirty;
};
K_SIZE(k_precopy_info, 24);

/* Feature data: a dma-buf of one range, as much as is ever asked for here. */
struct k_dma_buf {
	uint32_t region;
	uint32_t open_flags;
	uint32_t flags;
	uint32_t count;
	struct {
		uint64_t offset;
		uint64_t length;
	} range;
};
K_SIZE(k_dma_buf, 32);

enum { K_HOT_RESET_DEV_ID = 1 << 0, K_HOT_RESET_OWNED = 1 << 1 };

struct k_hot_reset_entry {
	uint32_t id; /* a group's number, or a device's id in the caller's iommufd */
	uint16_t segment;
	uint8_t bus;
	uint8_t devfn;
};
K_SIZE(k_hot_reset_entry, 8);

struct k_hot_reset_info {
	uint32_t argsz;
	uint32_t flags;
	uint32_t count;
	struct k_hot_reset_entry entries[];
};
K_SIZE(k_hot_reset_info, 12);

struct k_hot_reset {
	uint32_t argsz;
	uint32_t flags;
	uint32_t count;
	int32_t groups[];
};
K_SIZE(k_hot_reset, 12);

/* Up to Linux 6.16 without the token; argsz tells. */
struct k_bind {
	uint32_t argsz;
	uint32_t flags;
	int32_t iommufd;
	uint32_t devid;
	uint64_t token;
};
K_SIZE(k_bind, 24);
K_OFFSET(k_bind, devid, 12);
#define K_BIND_MIN offsetof(struct k_bind, token)

/* Up to Linux 6.14 without the pasid. */
struct k_attach {
	uint32_t argsz;
	uint32_t flags;
	uint32_t pt_id;
	uint32_t pasid;
};
K_SIZE(k_attach, 16);
#define K_ATTACH_MIN offsetof(struct k_attach, pasid)

struct k_detach {
	uint32_t argsz;
	uint32_t flags;
	uint32_t pasid;
};
K_SIZE(k_detach, 12);
#define K_DETACH_MIN offsetof(struct k_detach, pasid)

enum { K_BIND_TOKEN = 1 << 0 };
enum { K_ATTACH_PASID = 1 << 0 };
