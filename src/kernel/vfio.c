/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/vfio.h"

#include "kernel/vfio_backend.h"

static const struct vfio_ops *const backends[] = {
	[VFIO_CDEV] = &vfio_cdev_ops,
	[VFIO_GROUP] = &vfio_group_ops,
};

int vfio_open(struct vfio_device *ret, const struct vfio_target *target, enum vfio_path path)
{
	struct vfio_device dev = VFIO_DEVICE_NONE;
	int r;

	dev.ops = backends[path];
	dev.target = *target;
	r = dev.ops->open(&dev);
	if (r < 0) {
		vfio_close(&dev);
		return r;
	}
	*ret = dev;
	return 0;
}

void vfio_close(struct vfio_device *dev)
{
	close_fd(&dev->fd);
	close_fd(&dev->group);
	close_fd(&dev->context);
	dev->devid = dev->ioas = dev->pt_id = 0;
}
