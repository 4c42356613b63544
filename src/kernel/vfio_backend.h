/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The single steps of the two ways to a device, for those who test them one by one.
 * Others use the operations in kernel/vfio.h. Failures are -errno.
 */
#pragma once

#include "kernel/chain.h"
#include "kernel/vfio.h"

extern const struct vfio_ops vfio_cdev_ops, vfio_group_ops;

/* vfio_cdev.c */

/* Opens the node of a device; changes nothing, any number of processes can. */
int vfio_cdev_open(const char *node);

/*
 * Gives the device to an iommufd. Resets the function. Never to be tried on a device that somebody
 * else may use: even a failing BIND takes away what KVM knew of it.
 */
int vfio_cdev_bind(int device, int iommufd, uint32_t *ret_devid);

/* A BIND as a test wants it: any size, flags and token. */
struct vfio_bind_request {
	uint32_t argsz; /* 0: without the token, which every kernel with a cdev takes */
	bool with_token;
	uint32_t unknown_flags;
	int iommufd;
	const void *token; /* 16 bytes, or an address that is none */
	uint64_t tail;     /* what stands behind the structure, where argsz takes it in */
};
#define VFIO_BIND_MIN   16U /* without the token */
#define VFIO_BIND_TOKEN 24U
#define VFIO_BIND_TAIL  32U
int vfio_cdev_bind_as(int device, const struct vfio_bind_request *request, uint32_t *ret_devid);

/* pt_id: in, an IOAS or HWPT; out, what the device is attached to. */
int vfio_cdev_attach(int device, uint32_t *pt_id);
int vfio_cdev_detach(int device);

/* The same with any size and flags. */
#define VFIO_ATTACH_MIN 12U
#define VFIO_DETACH_MIN 8U
int vfio_cdev_attach_as(int device, uint32_t argsz, uint32_t flags, uint32_t *pt_id);
int vfio_cdev_detach_as(int device, uint32_t argsz, uint32_t flags);

/* The same for one PASID of the device. -EOPNOTSUPP where its driver has no such thing. */
int vfio_cdev_attach_pasid(int device, uint32_t pasid, uint32_t *pt_id);
int vfio_cdev_detach_pasid(int device, uint32_t pasid);

/* vfio_group.c */

/* IOMMU models of a container. */
enum { VFIO_TYPE1 = 1, VFIO_TYPE1V2 = 3, VFIO_NOIOMMU = 8 };

int vfio_group_open(const char *node);

struct vfio_group_status {
	bool viable; /* no member is held by a driver of the host */
	bool has_container;
};
int vfio_group_status(int group, struct vfio_group_status *ret);
int vfio_group_set_container(int group, int container);
int vfio_group_unset_container(int group);

/*
 * A new descriptor of the member with that name. A VF whose PF has a VFIO driver wants the token
 * behind it: "0000:02:10.0 vf_token=UUID".
 */
int vfio_group_get_device(int group, const char *name);

int vfio_container_open(const char *node);
int vfio_container_set_iommu(int container, int model);
/* 1 or more when the container has the extension of that number. */
int vfio_container_extension(int container, int number);
int vfio_container_map(int container, void *memory, size_t size, uint64_t iova);
int vfio_container_unmap(int container, uint64_t iova, size_t size);
int vfio_container_iova_ranges(int container, struct iova_range *ranges, size_t size);

/*
 * The ranges in what the kernel answered: -EOPNOTSUPP when it told none, -EPROTO when it
 * contradicts itself. A function of its own for the tests.
 */
int vfio_container_parse_ranges(const struct vfio_answer *answer, struct iova_range *ranges,
				size_t size);

/* What a container with an IOMMU says of the mappings that it takes. */
struct vfio_limits {
	uint64_t page_sizes;   /* a bit for each size; 0: not told */
	int64_t mappings_left; /* -1: not told */
};
int vfio_container_limits(int container, struct vfio_limits *ret);
int vfio_container_parse_limits(const struct vfio_answer *answer, struct vfio_limits *ret);
