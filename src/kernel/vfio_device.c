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

int vfio_hot_reset_count(int device, uint32_t *ret)
{
	struct k_hot_reset_info arg = {.argsz = sizeof(arg)};
	int r = kernel_ioctl(device, K_PCI_HOT_RESET_INFO, &arg);

	*ret = arg.count;
	return r;
}

static struct vfio_reset_member member_from_kernel(const struct k_hot_reset_entry *entry)
{
	return (struct vfio_reset_member){
		.id = entry->id,
		.segment = entry->segment,
		.bus = entry->bus,
		.devfn = entry->devfn,
	};
}

static int hot_reset_from_kernel(struct vfio_hot_reset *ret, const struct k_hot_reset_info *info)
{
	struct vfio_reset_member *members = calloc(info->count, sizeof(*members));

	if (!members)
		return -ENOMEM;
	for (uint32_t i = 0; i < info->count; i++)
		members[i] = member_from_kernel(&info->entries[i]);
	*ret = (struct vfio_hot_reset){
		.by_devid = info->flags & K_HOT_RESET_DEV_ID,
		.owned = info->flags & K_HOT_RESET_OWNED,
		.members = members,
		.count = info->count,
	};
	return 0;
}

int vfio_hot_reset_info(int device, struct vfio_hot_reset *ret)
{
	scoped_free struct k_hot_reset_info *info = NULL;
	uint32_t count;
	size_t size;
	int r = vfio_hot_reset_count(device, &count);

	if (r != -ENOSPC)
		return r < 0 ? r : -EPROTO;
	size = sizeof(*info) + count * sizeof(info->entries[0]);
	info = calloc(1, size);
	if (!info)
		return -ENOMEM;
	info->argsz = (uint32_t)size;
	r = kernel_ioctl(device, K_PCI_HOT_RESET_INFO, info);
	if (r < 0)
		return r;
	return info->count && info->count <= count ? hot_reset_from_kernel(ret, info) : -EPROTO;
}
