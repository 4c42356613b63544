/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hot reset: which functions a reset of the bus or slot takes along, and the reset itself.
 */
#include <errno.h>
#include <stdio.h>

#include "kernel/abi.h"
#include "kernel/ioctl.h"
#include "kernel/vfio.h"

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

void vfio_reset_member_name(char buf[static VFIO_MEMBER_NAME_SIZE],
			    const struct vfio_reset_member *member)
{
	snprintf(buf, VFIO_MEMBER_NAME_SIZE, "%04x:%02x:%02x.%d", member->segment, member->bus,
		 member->devfn >> 3, member->devfn & 7);
}

const struct vfio_reset_member *vfio_hot_reset_member(const struct vfio_hot_reset *info,
						      const char *address)
{
	unsigned int domain, bus, slot, function;

	if (sscanf(address, "%x:%x:%x.%u", &domain, &bus, &slot, &function) != 4)
		return NULL;
	for (size_t i = 0; i < info->count; i++) {
		const struct vfio_reset_member *member = &info->members[i];

		if (member->segment == (domain & 0xffff) && member->bus == bus &&
		    member->devfn == (slot << 3 | function))
			return member;
	}
	return NULL;
}

int vfio_hot_reset_info_as(int device, uint32_t argsz, uint32_t flags)
{
	scoped_free struct k_hot_reset_info *info = calloc(1, VFIO_HOT_RESET_ROOM);

	if (!info)
		return -ENOMEM;
	info->argsz = argsz;
	info->flags = flags;
	return kernel_ioctl(device, K_PCI_HOT_RESET_INFO, info);
}

int vfio_hot_reset_as(int device, uint32_t argsz, uint32_t flags)
{
	struct k_hot_reset arg = {.argsz = argsz, .flags = flags};

	return kernel_ioctl(device, K_PCI_HOT_RESET, &arg);
}

int vfio_hot_reset(int device, const int *groups, size_t count)
{
	size_t size = sizeof(struct k_hot_reset) + count * sizeof(int32_t);
	scoped_free struct k_hot_reset *arg = calloc(1, size);

	if (!arg)
		return -ENOMEM;
	arg->argsz = (uint32_t)size;
	arg->count = (uint32_t)count;
	for (size_t i = 0; i < count; i++)
		arg->groups[i] = groups[i];
	return kernel_ioctl(device, K_PCI_HOT_RESET, arg);
}
