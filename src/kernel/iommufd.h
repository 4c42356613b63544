/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /dev/iommu: address spaces (IOAS) and the memory mapped into them.
 *
 * A descriptor is one context with its own set of object ids, which start at 1. Closing it, when no
 * bound device holds it open, frees everything. Failures are -errno.
 */
#pragma once

#include "base/util.h"

/* Opens a context. The caller closes it. Opens nothing, -ENODEV, unless iommufd is loaded. */
int iommufd_open(void);

/* 1 when this kernel knows the command number (0x80 ...), 0 when not, or -errno. */
int iommufd_knows(int fd, unsigned int number);

int iommufd_destroy(int fd, uint32_t id);
int iommufd_ioas_alloc(int fd, uint32_t *ret_id);

/* A range of addresses, both ends included. */
struct iova_range {
	uint64_t first, last;
};

/*
 * The addresses that may be mapped: at most size of them into ranges. Returns how many there are,
 * which may be more than size.
 */
int iommufd_iova_ranges(int fd, uint32_t ioas, struct iova_range *ranges, size_t size,
			uint64_t *ret_alignment);

/* Maps memory for reading and writing at an address that the kernel chooses. */
int iommufd_map(int fd, uint32_t ioas, void *memory, size_t size, uint64_t *ret_iova);

/* The same at a given address. */
int iommufd_map_at(int fd, uint32_t ioas, void *memory, size_t size, uint64_t iova);

/* Takes away exactly the range; -ENOENT when nothing is there. */
int iommufd_unmap(int fd, uint32_t ioas, uint64_t iova, size_t size);

/* Confines all mappings of the IOAS to these ranges. */
int iommufd_allow(int fd, uint32_t ioas, const struct iova_range *ranges, size_t count);

/* Maps part of a file, which may be a dma-buf. -ENOTTY before Linux 6.13. */
int iommufd_map_file(int fd, uint32_t ioas, int file, uint64_t start, uint64_t size,
		     uint64_t *ret_iova);

/* How pinned memory is counted: 0 against the user, 1 against the process. */
int iommufd_rlimit_mode(int fd, uint64_t *ret);
int iommufd_set_rlimit_mode(int fd, uint64_t mode);

/* The IOAS that container ioctls on this descriptor work on; -ENODEV while there is none. */
int iommufd_vfio_ioas(int fd, uint32_t *ret_id);

/* What kind of IOMMU is behind a bound device; -ENOENT when devid is no such device. */
int iommufd_hw_info(int fd, uint32_t devid, uint32_t *ret_type);

/* Kinds of IOMMU. */
enum {
	IOMMUFD_NO_HW = 0,
	IOMMUFD_INTEL_VTD = 1,
	IOMMUFD_ARM_SMMUV3 = 2,
	IOMMUFD_TEGRA241 = 3,
	IOMMUFD_AMD = 4,
};

/* What GET_HW_INFO tells; what this kernel does not say yet is 0. */
struct iommufd_hardware {
	uint32_t type;         /* one of the above, or one that is not known here */
	uint64_t capabilities; /* IOMMUFD_CAN_* */
	uint8_t max_pasid_log2;
	uint32_t length; /* bytes that the kernel has of the kind's own registers */
	uint8_t data[256];
};
enum {
	IOMMUFD_CAN_TRACK_DIRTY = 1 << 0,
	IOMMUFD_CAN_PASID_EXEC = 1 << 1,
	IOMMUFD_CAN_PASID_PRIV = 1 << 2,
	IOMMUFD_CANNOT_ATS = 1 << 3,
};
int iommufd_hardware(int fd, uint32_t devid, struct iommufd_hardware *ret);

/*
 * The kind's own registers alone: all *length bytes at data are overwritten, and *length becomes
 * how many of them the kernel has, which may be more.
 */
int iommufd_hardware_registers(int fd, uint32_t devid, void *data, uint32_t *length,
			       uint32_t *ret_type);

/*
 * Asks for the registers of a certain kind, IOMMUFD_NO_HW for whichever it is: -EOPNOTSUPP when the
 * IOMMU is another, and before Linux 6.17.
 */
int iommufd_hardware_as(int fd, uint32_t devid, uint32_t type);

/* A hardware page table for devices like this one, filled from the IOAS. */
enum {
	IOMMUFD_HWPT_NEST_PARENT = 1 << 0,
	IOMMUFD_HWPT_DIRTY = 1 << 1,
	IOMMUFD_HWPT_PASID = 1 << 3,
};
int iommufd_hwpt_alloc(int fd, uint32_t devid, uint32_t ioas, uint32_t flags, uint32_t *ret_id);

/* Starts or ends to note which pages devices write. -EOPNOTSUPP where it is not noted. */
int iommufd_track_dirty(int fd, uint32_t hwpt, bool on);

/* A part of the IOMMU for a guest. -EOPNOTSUPP where there is none of that type. */
int iommufd_viommu_alloc(int fd, uint32_t devid, uint32_t hwpt, uint32_t type, uint32_t *ret_id);

/*
 * The physical address behind an iova, for devices without an IOMMU. -ENOTTY before Linux 7.3,
 * -EOPNOTSUPP when it is not built or not such a device's IOAS, -EINVAL for length 0 (so ioas 0 and
 * length 0 ask for support alone), -EPERM without CAP_SYS_RAWIO.
 */
int iommufd_noiommu_pa(int fd, uint32_t ioas, uint64_t iova, uint64_t length,
		       uint64_t *ret_physical);

/* The same, with the number of bytes from there on that lie together. */
int iommufd_noiommu_span(int fd, uint32_t ioas, uint64_t iova, uint64_t *length,
			 uint64_t *ret_physical);
