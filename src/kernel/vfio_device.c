/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>

#include "kernel/abi.h"
#include "kernel/ioctl.h"
#include "kernel/vfio.h"

/* Index of the region that is PCI configuration space, and where the command register is there. */
#define CONFIG_REGION 7
#define PCI_COMMAND   4

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

/* Where configuration space has these bytes in the descriptor. */
static off_t find_config(int device, size_t size, off_t offset)
{
	struct k_region_info arg = {.argsz = sizeof(arg), .index = CONFIG_REGION};
	int r = kernel_ioctl(device, K_DEVICE_GET_REGION_INFO, &arg);

	if (r < 0)
		return r;
	if (offset < 0 || (uint64_t)offset + size > arg.size)
		return -EINVAL;
	return (off_t)arg.offset + offset;
}

ssize_t vfio_device_read_config(int device, void *buf, size_t size, off_t offset)
{
	off_t at = find_config(device, size, offset);
	ssize_t n;

	if (at < 0)
		return at;
	n = pread(device, buf, size, at);
	return n < 0 ? -errno : n;
}

ssize_t vfio_device_write_config(int device, const void *buf, size_t size, off_t offset)
{
	off_t at = find_config(device, size, offset);
	ssize_t n;

	if (at < 0)
		return at;
	n = pwrite(device, buf, size, at);
	return n < 0 ? -errno : n;
}

int vfio_device_command(int device, unsigned int clear, unsigned int set)
{
	uint16_t command;
	ssize_t n = vfio_device_read_config(device, &command, sizeof(command), PCI_COMMAND);

	if (n != sizeof(command))
		return n < 0 ? (int)n : -EIO;
	command = htole16((uint16_t)((le16toh(command) & ~clear) | set));
	n = vfio_device_write_config(device, &command, sizeof(command), PCI_COMMAND);
	return n < 0 ? (int)n : 0;
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

int vfio_device_dma_buf(int device, unsigned int region, uint64_t offset, uint64_t size)
{
	struct k_dma_buf arg = {
		.region = region,
		.open_flags = O_RDWR | O_CLOEXEC,
		.count = 1,
		.range = {.offset = offset, .length = size},
	};

	return vfio_device_feature(device, VFIO_FEATURE_DMA_BUF, VFIO_FEATURE_GET, &arg,
				   sizeof(arg));
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
