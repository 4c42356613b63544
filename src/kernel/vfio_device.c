/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "kernel/abi.h"
#include "kernel/ioctl.h"
#include "kernel/vfio.h"

/* Index of the region that is PCI configuration space. */
#define CONFIG_REGION 7

int vfio_device_info(int device, struct vfio_info *ret)
{
	struct k_device_info arg = {.argsz = sizeof(arg)};
	int r = kernel_ioctl(device, K_DEVICE_GET_INFO, &arg);

	if (r < 0)
		return r;
	*ret = (struct vfio_info){
		.resettable = arg.flags & K_DEVICE_FLAG_RESET,
		.pci = arg.flags & K_DEVICE_FLAG_PCI,
		.regions = arg.regions,
		.irqs = arg.irqs,
	};
	return 0;
}

int vfio_device_reset(int device)
{
	return kernel_ioctl(device, K_DEVICE_RESET, NULL);
}

int vfio_device_unknown(int device)
{
	return kernel_ioctl(device, K_NOT_A_COMMAND, NULL);
}

ssize_t vfio_device_read_config(int device, void *buf, size_t size, off_t offset)
{
	struct k_region_info arg = {.argsz = sizeof(arg), .index = CONFIG_REGION};
	int r = kernel_ioctl(device, K_DEVICE_GET_REGION_INFO, &arg);
	ssize_t n;

	if (r < 0)
		return r;
	if (offset < 0 || (uint64_t)offset + size > arg.size)
		return -EINVAL;
	n = pread(device, buf, size, (off_t)arg.offset + offset);
	return n < 0 ? -errno : n;
}

int vfio_device_region(int device, unsigned int index, struct vfio_region *ret)
{
	struct k_region_info arg = {.argsz = sizeof(arg), .index = index};
	int r = kernel_ioctl(device, K_DEVICE_GET_REGION_INFO, &arg);

	if (r < 0)
		return r;
	*ret = (struct vfio_region){
		.readable = arg.flags & K_REGION_READ,
		.writable = arg.flags & K_REGION_WRITE,
		.mappable = arg.flags & K_REGION_MMAP,
		.size = arg.size,
		.offset = arg.offset,
	};
	return 0;
}

int vfio_device_irq_event(int device, unsigned int index, int eventfd)
{
	struct k_irq_set arg = {
		.argsz = sizeof(arg),
		.flags = K_IRQ_DATA_EVENTFD | K_IRQ_ACTION_TRIGGER,
		.index = index,
		.count = 1,
		.eventfd = eventfd,
	};

	return kernel_ioctl(device, K_DEVICE_SET_IRQS, &arg);
}

int vfio_device_feature(int device, unsigned int id, unsigned int flags, void *data, size_t size)
{
	scoped_free struct k_feature *arg = calloc(1, sizeof(*arg) + size);
	int r;

	if (!arg)
		return -ENOMEM;
	arg->argsz = (uint32_t)(sizeof(*arg) + size);
	arg->flags = id | flags;
	if (size)
		memcpy(arg + 1, data, size);
	r = kernel_ioctl(device, K_DEVICE_FEATURE, arg);
	if (r >= 0 && size)
		memcpy(data, arg + 1, size);
	return r;
}

int vfio_device_plane(int device, bool region)
{
	struct k_gfx_plane arg = {
		.argsz = sizeof(arg),
		.flags = K_GFX_PROBE | (region ? K_GFX_REGION : K_GFX_DMABUF),
	};

	return kernel_ioctl(device, K_QUERY_GFX_PLANE, &arg);
}

int vfio_device_plane_region(int device, struct vfio_plane *ret)
{
	struct k_gfx_plane arg = {.argsz = sizeof(arg), .flags = K_GFX_REGION};
	int r = kernel_ioctl(device, K_QUERY_GFX_PLANE, &arg);

	if (r < 0)
		return r;
	*ret = (struct vfio_plane){
		.region = arg.id,
		.width = arg.width,
		.height = arg.height,
		.stride = arg.stride,
		.size = arg.size,
	};
	return r;
}
