/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/iommufd.h"

#include <errno.h>

#include "base/path.h"
#include "kernel/abi_iommufd.h"
#include "kernel/ioctl.h"

static_assert(sizeof(struct iova_range) == sizeof(struct k_range), "the kernel fills it");

int iommufd_open(void)
{
	if (!path_is_live() || !path_exists("/sys/class/misc/iommu"))
		return -ENODEV;
	return path_open(O_RDWR, "/dev/iommu");
}

int iommufd_knows(int fd, unsigned int number)
{
	/* The number is looked up first, then the size found too small: nothing else happens. */
	uint32_t size = sizeof(size);
	int r = kernel_ioctl(fd, K_NUMBER(number), &size);

	if (r == -EINVAL)
		return 1;
	if (r == -ENOTTY)
		return 0;
	return r < 0 ? r : -EPROTO;
}

int iommufd_destroy(int fd, uint32_t id)
{
	struct k_destroy arg = {.size = sizeof(arg), .id = id};

	return kernel_ioctl(fd, K_IOMMU_DESTROY, &arg);
}

int iommufd_ioas_alloc(int fd, uint32_t *ret_id)
{
	struct k_ioas_alloc arg = {.size = sizeof(arg)};
	int r = kernel_ioctl(fd, K_IOAS_ALLOC, &arg);

	if (r >= 0)
		*ret_id = arg.id;
	return r;
}

int iommufd_iova_ranges(int fd, uint32_t ioas, struct iova_range *ranges, size_t size,
			uint64_t *ret_alignment)
{
	struct k_ioas_ranges arg = {
		.size = sizeof(arg),
		.ioas = ioas,
		.count = (uint32_t)size,
		.ranges = (uintptr_t)ranges,
	};
	int r = kernel_ioctl(fd, K_IOAS_IOVA_RANGES, &arg);

	/* EMSGSIZE: some did not fit, and count says how many there are. */
	if (r < 0 && r != -EMSGSIZE)
		return r;
	if (ret_alignment)
		*ret_alignment = arg.alignment;
	return (int)arg.count;
}

static int map(int fd, struct k_ioas_map *arg, uint32_t ioas, void *memory, size_t size)
{
	arg->size = sizeof(*arg);
	arg->flags |= K_IOAS_MAP_READ | K_IOAS_MAP_WRITE;
	arg->ioas = ioas;
	arg->address = (uintptr_t)memory;
	arg->length = size;
	return kernel_ioctl(fd, K_IOAS_MAP, arg);
}

int iommufd_map(int fd, uint32_t ioas, void *memory, size_t size, uint64_t *ret_iova)
{
	struct k_ioas_map arg = {0};
	int r = map(fd, &arg, ioas, memory, size);

	if (r >= 0)
		*ret_iova = arg.iova;
	return r;
}

int iommufd_map_at(int fd, uint32_t ioas, void *memory, size_t size, uint64_t iova)
{
	struct k_ioas_map arg = {.flags = K_IOAS_MAP_FIXED, .iova = iova};

	return map(fd, &arg, ioas, memory, size);
}

int iommufd_unmap(int fd, uint32_t ioas, uint64_t iova, size_t size)
{
	struct k_ioas_unmap arg = {.size = sizeof(arg), .ioas = ioas, .iova = iova, .length = size};

	return kernel_ioctl(fd, K_IOAS_UNMAP, &arg);
}

int iommufd_rlimit_mode(int fd, uint64_t *ret)
{
	struct k_option arg = {
		.size = sizeof(arg), .option = K_OPTION_RLIMIT_MODE, .op = K_OPTION_GET};
	int r = kernel_ioctl(fd, K_IOMMU_OPTION, &arg);

	if (r >= 0)
		*ret = arg.value;
	return r;
}

int iommufd_vfio_ioas(int fd, uint32_t *ret_id)
{
	struct k_vfio_ioas arg = {.size = sizeof(arg), .op = K_VFIO_IOAS_GET};
	int r = kernel_ioctl(fd, K_IOMMU_VFIO_IOAS, &arg);

	if (r >= 0)
		*ret_id = arg.ioas;
	return r;
}

int iommufd_hw_info(int fd, uint32_t devid, uint32_t *ret_type)
{
	struct k_hw_info arg = {.size = sizeof(arg), .devid = devid};
	int r = kernel_ioctl(fd, K_GET_HW_INFO, &arg);

	if (r >= 0)
		*ret_type = arg.type;
	return r;
}

int iommufd_noiommu_span(int fd, uint32_t ioas, uint64_t iova, uint64_t *length,
			 uint64_t *ret_physical)
{
	struct k_noiommu_pa arg = {
		.size = sizeof(arg), .ioas = ioas, .iova = iova, .length = *length};
	int r = kernel_ioctl(fd, K_NOIOMMU_GET_PA, &arg);

	if (r < 0)
		return r;
	*length = arg.length;
	*ret_physical = arg.physical;
	return r;
}

int iommufd_noiommu_pa(int fd, uint32_t ioas, uint64_t iova, uint64_t length,
		       uint64_t *ret_physical)
{
	return iommufd_noiommu_span(fd, ioas, iova, &length, ret_physical);
}

int iommufd_allow(int fd, uint32_t ioas, const struct iova_range *ranges, size_t count)
{
	struct k_allow_iovas arg = {
		.size = sizeof(arg),
		.ioas = ioas,
		.count = (uint32_t)count,
		.ranges = (uintptr_t)ranges,
	};

	return kernel_ioctl(fd, K_IOAS_ALLOW_IOVAS, &arg);
}

int iommufd_map_file(int fd, uint32_t ioas, int file, uint64_t start, uint64_t size,
		     uint64_t *ret_iova)
{
	struct k_ioas_map_file arg = {
		.size = sizeof(arg),
		.flags = K_IOAS_MAP_READ | K_IOAS_MAP_WRITE,
		.ioas = ioas,
		.fd = file,
		.start = start,
		.length = size,
	};
	int r = kernel_ioctl(fd, K_IOAS_MAP_FILE, &arg);

	if (r >= 0)
		*ret_iova = arg.iova;
	return r;
}

int iommufd_set_rlimit_mode(int fd, uint64_t mode)
{
	struct k_option arg = {
		.size = sizeof(arg),
		.option = K_OPTION_RLIMIT_MODE,
		.op = K_OPTION_SET,
		.value = mode,
	};

	return kernel_ioctl(fd, K_IOMMU_OPTION, &arg);
}

int iommufd_hardware(int fd, uint32_t devid, struct iommufd_hardware *ret)
{
	struct iommufd_hardware hardware = {.type = IOMMUFD_NO_HW};
	struct k_hw_info arg = {
		.size = sizeof(arg),
		.devid = devid,
		.data_length = sizeof(hardware.data),
		.data = (uintptr_t)hardware.data,
	};
	int r = kernel_ioctl(fd, K_GET_HW_INFO, &arg);

	if (r < 0)
		return r;
	hardware.type = arg.type;
	hardware.capabilities = arg.capabilities;
	hardware.max_pasid_log2 = arg.max_pasid_log2;
	hardware.length = arg.data_length;
	*ret = hardware;
	return r;
}

int iommufd_hardware_registers(int fd, uint32_t devid, void *data, uint32_t *length,
			       uint32_t *ret_type)
{
	struct k_hw_info arg = {
		.size = sizeof(arg),
		.devid = devid,
		.data_length = *length,
		.data = (uintptr_t)data,
	};
	int r = kernel_ioctl(fd, K_GET_HW_INFO, &arg);

	if (r < 0)
		return r;
	*length = arg.data_length;
	*ret_type = arg.type;
	return r;
}

int iommufd_hardware_as(int fd, uint32_t devid, uint32_t type)
{
	struct k_hw_info arg = {
		.size = sizeof(arg), .flags = K_HW_INFO_INPUT_TYPE, .devid = devid, .type = type};

	return kernel_ioctl(fd, K_GET_HW_INFO, &arg);
}

int iommufd_hwpt_alloc(int fd, uint32_t devid, uint32_t ioas, uint32_t flags, uint32_t *ret_id)
{
	struct k_hwpt_alloc arg = {
		.size = K_HWPT_ALLOC_MIN, .flags = flags, .devid = devid, .pt_id = ioas};
	int r = kernel_ioctl(fd, K_HWPT_ALLOC, &arg);

	if (r >= 0)
		*ret_id = arg.id;
	return r;
}

int iommufd_track_dirty(int fd, uint32_t hwpt, bool on)
{
	struct k_set_dirty arg = {.size = sizeof(arg), .flags = on, .hwpt = hwpt};

	return kernel_ioctl(fd, K_SET_DIRTY, &arg);
}

int iommufd_viommu_alloc(int fd, uint32_t devid, uint32_t hwpt, uint32_t type, uint32_t *ret_id)
{
	struct k_viommu_alloc arg = {
		.size = sizeof(arg), .type = type, .devid = devid, .hwpt = hwpt};
	int r = kernel_ioctl(fd, K_VIOMMU_ALLOC, &arg);

	if (r >= 0)
		*ret_id = arg.id;
	return r;
}
