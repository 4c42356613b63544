/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/abi.h"
#include "kernel/ioctl.h"
#include "kernel/vfio.h"

int vfio_migration_flags(int device, uint64_t *ret)
{
	struct k_migration arg = {0};
	int r = vfio_device_feature(device, VFIO_FEATURE_MIGRATION, VFIO_FEATURE_GET, &arg,
				    sizeof(arg));

	if (r >= 0)
		*ret = arg.flags;
	return r;
}

int vfio_migration_state(int device, uint32_t *ret)
{
	struct k_mig_state arg = {.data = -1};
	int r = vfio_device_feature(device, VFIO_FEATURE_MIG_STATE, VFIO_FEATURE_GET, &arg,
				    sizeof(arg));

	if (r >= 0)
		*ret = arg.state;
	return r;
}

int vfio_migration_go(int device, uint32_t state, int *ret_data)
{
	struct k_mig_state arg = {.state = state, .data = -1};
	int r = vfio_device_feature(device, VFIO_FEATURE_MIG_STATE, VFIO_FEATURE_SET, &arg,
				    sizeof(arg));

	if (r >= 0)
		*ret_data = arg.data;
	return r;
}

int vfio_migration_left(int data, uint64_t *ret_initial, uint64_t *ret_dirty)
{
	struct k_precopy_info arg = {.argsz = sizeof(arg)};
	int r = kernel_ioctl(data, K_MIG_PRECOPY_INFO, &arg);

	if (r >= 0) {
		*ret_initial = arg.initial;
		*ret_dirty = arg.dirty;
	}
	return r;
}
