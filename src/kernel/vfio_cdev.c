/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "base/path.h"
#include "kernel/abi.h"
#include "kernel/ioctl.h"
#include "kernel/vfio_backend.h"

int vfio_cdev_open(const char *node)
{
	return path_is_live() ? path_open(O_RDWR, "%s", node) : -EXDEV;
}

int vfio_cdev_bind_as(int device, const struct vfio_bind_request *request, uint32_t *ret_devid)
{
	struct {
		struct k_bind bind;
		uint64_t tail;
	} arg = {
		.bind = {.argsz = request->argsz ? request->argsz : K_BIND_MIN,
			 .flags = (request->with_token ? K_BIND_TOKEN : 0) | request->unknown_flags,
			 .iommufd = request->iommufd,
			 .token = (uintptr_t)request->token},
		.tail = request->tail,
	};
	int r = kernel_ioctl(device, K_DEVICE_BIND, &arg);

	if (r >= 0)
		*ret_devid = arg.bind.devid;
	return r;
}

int vfio_cdev_bind(int device, int iommufd, uint32_t *ret_devid)
{
	return vfio_cdev_bind_as(device, &(struct vfio_bind_request){.iommufd = iommufd},
				 ret_devid);
}

static int attach(int device, struct k_attach *arg, uint32_t *pt_id)
{
	int r;

	arg->pt_id = *pt_id;
	r = kernel_ioctl(device, K_DEVICE_ATTACH, arg);
	if (r >= 0)
		*pt_id = arg->pt_id;
	return r;
}

int vfio_cdev_attach_as(int device, uint32_t argsz, uint32_t flags, uint32_t *pt_id)
{
	return attach(device, &(struct k_attach){.argsz = argsz, .flags = flags}, pt_id);
}

int vfio_cdev_attach(int device, uint32_t *pt_id)
{
	return vfio_cdev_attach_as(device, K_ATTACH_MIN, 0, pt_id);
}

int vfio_cdev_attach_pasid(int device, uint32_t pasid, uint32_t *pt_id)
{
	struct k_attach arg = {.argsz = sizeof(arg), .flags = K_ATTACH_PASID, .pasid = pasid};

	return attach(device, &arg, pt_id);
}

int vfio_cdev_detach_as(int device, uint32_t argsz, uint32_t flags)
{
	struct k_detach arg = {.argsz = argsz, .flags = flags};

	return kernel_ioctl(device, K_DEVICE_DETACH, &arg);
}

int vfio_cdev_detach(int device)
{
	return vfio_cdev_detach_as(device, K_DETACH_MIN, 0);
}

int vfio_cdev_detach_pasid(int device, uint32_t pasid)
{
	struct k_detach arg = {.argsz = sizeof(arg), .flags = K_ATTACH_PASID, .pasid = pasid};

	return kernel_ioctl(device, K_DEVICE_DETACH, &arg);
}

static_assert(VFIO_BIND_MIN == K_BIND_MIN && VFIO_BIND_TOKEN == sizeof(struct k_bind), "k_bind");
static_assert(VFIO_ATTACH_MIN == K_ATTACH_MIN && VFIO_DETACH_MIN == K_DETACH_MIN, "k_attach");

static int open_nodes(struct vfio_device *dev)
{
	if (!dev->target.cdev)
		return -ENODEV;
	dev->context = iommufd_open();
	if (dev->context < 0)
		return dev->context;
	dev->fd = vfio_cdev_open(dev->target.cdev);
	return dev->fd < 0 ? dev->fd : 0;
}

static int bind_device(struct vfio_device *dev)
{
	return vfio_cdev_bind(dev->fd, dev->context, &dev->devid);
}

static int attach_device(struct vfio_device *dev)
{
	int r = dev->ioas ? 0 : iommufd_ioas_alloc(dev->context, &dev->ioas);

	if (r < 0)
		return r;
	dev->pt_id = dev->ioas;
	return vfio_cdev_attach(dev->fd, &dev->pt_id);
}

static int detach_device(struct vfio_device *dev)
{
	return vfio_cdev_detach(dev->fd);
}

static int map_memory(struct vfio_device *dev, void *memory, size_t size, uint64_t *ret_iova)
{
	return iommufd_map(dev->context, dev->ioas, memory, size, ret_iova);
}

static int unmap_memory(struct vfio_device *dev, uint64_t iova, size_t size)
{
	return iommufd_unmap(dev->context, dev->ioas, iova, size);
}

static int list_ranges(struct vfio_device *dev, struct iova_range *ranges, size_t size)
{
	return iommufd_iova_ranges(dev->context, dev->ioas, ranges, size, NULL);
}

const struct vfio_ops vfio_cdev_ops = {
	.name = "cdev",
	.open = open_nodes,
	.bind = bind_device,
	.attach = attach_device,
	.detach = detach_device,
	.map = map_memory,
	.unmap = unmap_memory,
	.iova_ranges = list_ranges,
};
