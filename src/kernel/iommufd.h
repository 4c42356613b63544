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

/* How pinned memory is counted: 0 against the user, 1 against the process. */
int iommufd_rlimit_mode(int fd, uint64_t *ret);

/* The IOAS that container ioctls on this descriptor work on; -ENODEV while there is none. */
int iommufd_vfio_ioas(int fd, uint32_t *ret_id);

/* What kind of IOMMU is behind a bound device; -ENOENT when devid is no such device. */
int iommufd_hw_info(int fd, uint32_t devid, uint32_t *ret_type);

/*
 * The physical address behind an iova, for devices without an IOMMU. -ENOTTY before Linux 7.3,
 * -EOPNOTSUPP when it is not built or not such a device's IOAS, -EINVAL for length 0 (so ioas 0 and
 * length 0 ask for support alone), -EPERM without CAP_SYS_RAWIO.
 */
int iommufd_noiommu_pa(int fd, uint32_t ioas, uint64_t iova, uint64_t length,
		       uint64_t *ret_physical);
