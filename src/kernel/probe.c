/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The vfio module's container and the one that iommufd emulates carry the same name and answer the
 * same requests. They differ in one: IOMMU_OPTION, a command of iommufd, is unknown to the former,
 * which without an IOMMU set answers EINVAL to all that is not one of its three own requests.
 */
#include "kernel/probe.h"

#include <errno.h>
#include <sys/sysmacros.h>

#include "base/path.h"
#include "kernel/abi_iommufd.h"
#include "kernel/ioctl.h"
#include "kernel/iommufd.h"

#define CONTAINER "/dev/vfio/vfio"
/* The character device number that is reserved for the container. */
#define CONTAINER_NUMBER makedev(10, 196)

const struct kernel_extension kernel_extensions[KERNEL_EXTENSIONS] = {
	{1, "type1"},   {3, "type1v2"},   {4, "dma_cc"},        {6, "nesting"},
	{8, "noiommu"}, {9, "unmap_all"}, {10, "update_vaddr"},
};

const struct kernel_command kernel_commands[KERNEL_COMMANDS] = {
	{0x80, "DESTROY"},
	{0x81, "IOAS_ALLOC"},
	{0x82, "IOAS_ALLOW_IOVAS"},
	{0x83, "IOAS_COPY"},
	{0x84, "IOAS_IOVA_RANGES"},
	{0x85, "IOAS_MAP"},
	{0x86, "IOAS_UNMAP"},
	{0x87, "OPTION"},
	{0x88, "VFIO_IOAS"},
	{0x89, "HWPT_ALLOC"},
	{0x8a, "GET_HW_INFO"},
	{0x8b, "HWPT_SET_DIRTY_TRACKING"},
	{0x8c, "HWPT_GET_DIRTY_BITMAP"},
	{0x8d, "HWPT_INVALIDATE"},
	{0x8e, "FAULT_QUEUE_ALLOC"},
	{0x8f, "IOAS_MAP_FILE"},
	{0x90, "VIOMMU_ALLOC"},
	{0x91, "VDEVICE_ALLOC"},
	{0x92, "IOAS_CHANGE_PROCESS"},
	{0x93, "VEVENTQ_ALLOC"},
	{0x94, "HW_QUEUE_ALLOC"},
	{0x95, "IOAS_NOIOMMU_GET_PA"},
	{0x96, NULL},
};

static bool is_container_node(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == CONTAINER_NUMBER;
}

static enum kernel_provider ask_provider(int fd, int *ret_errnum)
{
	uint64_t mode;
	int r = iommufd_rlimit_mode(fd, &mode);

	if (r >= 0)
		return KERNEL_CONTAINER_IOMMUFD;
	if (r == -EINVAL)
		return KERNEL_CONTAINER_LEGACY;
	*ret_errnum = -r;
	return KERNEL_CONTAINER_UNKNOWN;
}

static void ask_container(struct kernel_container *ret, int fd)
{
	ret->link = !is_container_node(fd);
	ret->provider = ask_provider(fd, &ret->errnum);
	if (ret->provider == KERNEL_CONTAINER_UNKNOWN)
		return;
	ret->api_version = kernel_ioctl(fd, K_GET_API_VERSION, NULL);
	for (size_t i = 0; i < KERNEL_EXTENSIONS; i++)
		ret->extensions[i] = kernel_ioctl_value(fd, K_CHECK_EXTENSION,
							(unsigned long)kernel_extensions[i].number);
}

void kernel_probe_container(struct kernel_container *ret)
{
	scoped_fd int fd = -1;

	*ret = (struct kernel_container){.provider = KERNEL_CONTAINER_NONE, .api_version = -1};
	if (!path_is_live() || !path_exists("/sys/class/misc/vfio"))
		return;
	fd = path_open(O_RDWR, CONTAINER);
	if (fd < 0) {
		ret->provider = KERNEL_CONTAINER_UNKNOWN;
		ret->errnum = -fd;
		return;
	}
	ask_container(ret, fd);
}

/*
 * Implemented: the length of zero is refused, or the caller. Not built: not supported. Older
 * kernels do not know the command.
 */
static int ask_noiommu_cdev(int fd)
{
	uint64_t physical;

	switch (iommufd_noiommu_pa(fd, 0, 0, 0, &physical)) {
	case -EINVAL:
	case -EPERM:
		return 1;
	case -EOPNOTSUPP:
	case -ENOTTY:
		return 0;
	default:
		return -1;
	}
}

void kernel_probe_iommufd(struct kernel_iommufd *ret)
{
	scoped_fd int fd = -1;

	*ret = (struct kernel_iommufd){.noiommu_cdev = -1};
	for (size_t i = 0; i < KERNEL_COMMANDS; i++)
		ret->commands[i] = -1;
	ret->present = path_exists("/sys/class/misc/iommu");
	if (!ret->present || !path_is_live())
		return;
	fd = iommufd_open();
	if (fd < 0) {
		ret->errnum = -fd;
		return;
	}
	for (size_t i = 0; i < KERNEL_COMMANDS; i++) {
		int known = iommufd_knows(fd, kernel_commands[i].number);

		ret->commands[i] = known < 0 ? -1 : known;
	}
	ret->noiommu_cdev = ask_noiommu_cdev(fd);
}
