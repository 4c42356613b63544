/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "base/path.h"
#include "kernel/abi.h"
#include "kernel/ioctl.h"
#include "kernel/vfio_backend.h"

enum { GROUP_VIABLE = 1 << 0, GROUP_CONTAINER_SET = 1 << 1 };

int vfio_group_open(const char *node)
{
	return path_is_live() ? path_open(O_RDWR, "%s", node) : -EXDEV;
}

int vfio_group_status(int group, struct vfio_group_status *ret)
{
	struct k_group_status arg = {.argsz = sizeof(arg)};
	int r = kernel_ioctl(group, K_GROUP_GET_STATUS, &arg);

	if (r < 0)
		return r;
	*ret = (struct vfio_group_status){
		.viable = arg.flags & GROUP_VIABLE,
		.has_container = arg.flags & GROUP_CONTAINER_SET,
	};
	return 0;
}

int vfio_group_set_container(int group, int container)
{
	int32_t arg = container;

	return kernel_ioctl(group, K_GROUP_SET_CONTAINER, &arg);
}

int vfio_group_unset_container(int group)
{
	return kernel_ioctl(group, K_GROUP_UNSET_CONTAINER, NULL);
}

int vfio_group_get_device(int group, const char *name)
{
	char arg[128] = "";

	if (!append(arg, sizeof(arg), "%s", name))
		return -ENAMETOOLONG;
	return kernel_ioctl(group, K_GROUP_GET_DEVICE_FD, arg);
}

int vfio_container_open(const char *node)
{
	return path_is_live() ? path_open(O_RDWR, "%s", node) : -EXDEV;
}

int vfio_container_set_iommu(int container, int model)
{
	return kernel_ioctl_value(container, K_SET_IOMMU, (unsigned long)model);
}

int vfio_container_extension(int container, int number)
{
	return kernel_ioctl_value(container, K_CHECK_EXTENSION, (unsigned long)number);
}

int vfio_container_map(int container, void *memory, size_t size, uint64_t iova)
{
	struct k_type1_map arg = {
		.argsz = sizeof(arg),
		.flags = K_TYPE1_MAP_READ | K_TYPE1_MAP_WRITE,
		.address = (uintptr_t)memory,
		.iova = iova,
		.size = size,
	};

	return kernel_ioctl(container, K_TYPE1_MAP_DMA, &arg);
}

int vfio_container_unmap(int container, uint64_t iova, size_t size)
{
	struct k_type1_unmap arg = {.argsz = sizeof(arg), .iova = iova, .size = size};
	int r = kernel_ioctl(container, K_TYPE1_UNMAP_DMA, &arg);

	/* type1 takes nothing away and succeeds where nothing was mapped; it says how much it was.
	 */
	return r >= 0 && arg.size != size ? -ENOENT : r;
}

static int ask_type1(struct vfio_answer *ret, int container)
{
	const struct k_type1_info head = {.argsz = sizeof(head)};

	return vfio_answer_ask(ret, container, K_TYPE1_GET_INFO, &head, sizeof(head));
}

/* The structure that the answer begins with; without capabilities, cap_offset is 0. */
static int read_type1(const struct vfio_answer *answer, struct k_type1_info *ret)
{
	if (vfio_answer_read(answer, 0, ret, sizeof(*ret)) < 0)
		return -EPROTO;
	if (!(ret->flags & K_TYPE1_INFO_CAPS))
		ret->cap_offset = 0;
	return 0;
}

int vfio_container_parse_ranges(const struct vfio_answer *answer, struct iova_range *ranges,
				size_t size)
{
	struct k_type1_info info;
	struct k_type1_iova_ranges cap;
	struct capability found;
	size_t offset;

	if (read_type1(answer, &info) < 0)
		return -EPROTO;
	if (!chain_find(answer, info.cap_offset, K_TYPE1_CAP_IOVA_RANGE, &found))
		return -EOPNOTSUPP;
	if (vfio_answer_read(answer, found.offset, &cap, sizeof(cap)) < 0)
		return -EPROTO;
	offset = found.offset + sizeof(cap);
	if (cap.count > INT32_MAX || cap.count > (answer->size - offset) / sizeof(ranges[0]))
		return -EPROTO;
	if (vfio_answer_read(answer, offset, ranges,
			     (cap.count < size ? cap.count : size) * sizeof(ranges[0])) < 0)
		return -EPROTO;
	return (int)cap.count;
}

int vfio_container_iova_ranges(int container, struct iova_range *ranges, size_t size)
{
	scoped_vfio_answer struct vfio_answer answer = {.data = NULL};
	int r = ask_type1(&answer, container);

	return r < 0 ? r : vfio_container_parse_ranges(&answer, ranges, size);
}

int vfio_container_parse_limits(const struct vfio_answer *answer, struct vfio_limits *ret)
{
	struct vfio_limits limits = {.mappings_left = -1};
	struct k_type1_available available;
	struct k_type1_info info;
	struct capability found;

	if (read_type1(answer, &info) < 0)
		return -EPROTO;
	if (info.flags & K_TYPE1_INFO_PAGE_SIZES)
		limits.page_sizes = info.page_sizes;
	if (chain_find(answer, info.cap_offset, K_TYPE1_CAP_AVAILABLE, &found)) {
		if (vfio_answer_read(answer, found.offset, &available, sizeof(available)) < 0)
			return -EPROTO;
		limits.mappings_left = available.count;
	}
	*ret = limits;
	return 0;
}

int vfio_container_limits(int container, struct vfio_limits *ret)
{
	scoped_vfio_answer struct vfio_answer answer = {.data = NULL};
	int r = ask_type1(&answer, container);

	return r < 0 ? r : vfio_container_parse_limits(&answer, ret);
}

static int open_nodes(struct vfio_device *dev)
{
	if (!dev->target.group || !dev->target.container)
		return -ENODEV;
	dev->context = vfio_container_open(dev->target.container);
	if (dev->context < 0)
		return dev->context;
	dev->group = vfio_group_open(dev->target.group);
	return dev->group < 0 ? dev->group : 0;
}

static int bind_device(struct vfio_device *dev)
{
	int r = vfio_group_set_container(dev->group, dev->context);

	if (r >= 0)
		r = vfio_container_set_iommu(dev->context,
					     dev->target.noiommu ? VFIO_NOIOMMU : VFIO_TYPE1V2);
	if (r >= 0)
		r = dev->fd = vfio_group_get_device(dev->group, dev->target.name);
	return r < 0 ? r : 0;
}

/* The container's address space is the group's since it has an IOMMU. */
static int attach_device(struct vfio_device *dev)
{
	return dev->fd < 0 ? -EINVAL : 0;
}

static int detach_device(struct vfio_device *dev)
{
	close_fd(&dev->fd);
	return vfio_group_unset_container(dev->group);
}

/* An address for size bytes that is allowed, aligned to it and at least from, which is not 0. */
static int choose_iova(struct vfio_device *dev, size_t size, uint64_t from, uint64_t *ret)
{
	/* Above the first MiB, where a platform has most of its reserved addresses. */
	struct iova_range ranges[32] = {{0x100000, UINT32_MAX}};
	int n = vfio_container_iova_ranges(dev->context, ranges, ARRAY_SIZE(ranges));

	/* No range is told when only emulated devices are in the container: then all are allowed.
	 */
	if (n == -EOPNOTSUPP)
		n = 1;
	if (n < 0)
		return n;
	for (int i = 0; i < n && i < (int)ARRAY_SIZE(ranges); i++) {
		uint64_t lowest = ranges[i].first > from ? ranges[i].first : from;
		uint64_t start = (lowest + size - 1) / size * size;

		if (start >= lowest && start <= ranges[i].last &&
		    ranges[i].last - start >= size - 1) {
			*ret = start;
			return 0;
		}
	}
	return -ENOSPC;
}

/* The container tells what is allowed, not what is taken. */
static int map_memory(struct vfio_device *dev, void *memory, size_t size, uint64_t *ret_iova)
{
	uint64_t iova = 0, from = 1;
	int r;

	do {
		r = choose_iova(dev, size, from, &iova);
		if (r >= 0)
			r = vfio_container_map(dev->context, memory, size, iova);
		from = iova + size;
	} while (r == -EEXIST && from > iova);
	if (r >= 0)
		*ret_iova = iova;
	return r;
}

static int unmap_memory(struct vfio_device *dev, uint64_t iova, size_t size)
{
	return vfio_container_unmap(dev->context, iova, size);
}

static int list_ranges(struct vfio_device *dev, struct iova_range *ranges, size_t size)
{
	return vfio_container_iova_ranges(dev->context, ranges, size);
}

const struct vfio_ops vfio_group_ops = {
	.name = "group",
	.open = open_nodes,
	.bind = bind_device,
	.attach = attach_device,
	.detach = detach_device,
	.map = map_memory,
	.unmap = unmap_memory,
	.iova_ranges = list_ranges,
};
