/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/kvm.h"

#include <errno.h>

#include "base/path.h"
#include "kernel/abi_kvm.h"
#include "kernel/ioctl.h"

int kvm_open(void)
{
	if (!path_is_live() || !path_exists("/dev/kvm"))
		return -ENODEV;
	return path_open(O_RDWR, "/dev/kvm");
}

int kvm_create_machine(int kvm)
{
	return kernel_ioctl_value(kvm, K_KVM_CREATE_VM, 0);
}

int kvm_create_vfio(int machine)
{
	struct k_kvm_create_device arg = {.type = K_KVM_DEVICE_VFIO};
	int r = kernel_ioctl(machine, K_KVM_CREATE_DEVICE, &arg);

	return r < 0 ? r : (int)arg.fd;
}

static int set_file(int vfio, unsigned int attribute, int file)
{
	int32_t number = file;
	struct k_kvm_device_attr arg = {
		.group = K_KVM_VFIO_FILE,
		.attr = attribute,
		.address = (uintptr_t)&number,
	};

	return kernel_ioctl(vfio, K_KVM_SET_DEVICE_ATTR, &arg);
}

int kvm_vfio_add(int vfio, int file)
{
	return set_file(vfio, K_KVM_VFIO_FILE_ADD, file);
}

int kvm_vfio_remove(int vfio, int file)
{
	return set_file(vfio, K_KVM_VFIO_FILE_DEL, file);
}

int kvm_vfio_knows(int vfio, unsigned int attribute)
{
	struct k_kvm_device_attr arg = {.group = K_KVM_VFIO_FILE, .attr = attribute};

	return kernel_ioctl(vfio, K_KVM_HAS_DEVICE_ATTR, &arg);
}
