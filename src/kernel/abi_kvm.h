/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The little of KVM that concerns VFIO: a virtual machine has a device of type VFIO, which is told
 * of the files whose devices the machine uses.
 */
#pragma once

#include "kernel/abi.h"

#define K_KVM_API_VERSION     _IO(0xae, 0x00)
#define K_KVM_CREATE_VM       _IO(0xae, 0x01)
#define K_KVM_CREATE_DEVICE   _IOWR(0xae, 0xe0, struct k_kvm_create_device)
#define K_KVM_SET_DEVICE_ATTR _IOW(0xae, 0xe1, struct k_kvm_device_attr)
#define K_KVM_HAS_DEVICE_ATTR _IOW(0xae, 0xe3, struct k_kvm_device_attr)

struct k_kvm_create_device {
	uint32_t type;
	uint32_t fd;
	uint32_t flags;
};
K_SIZE(k_kvm_create_device, 12);

enum { K_KVM_DEVICE_VFIO = 4 };

struct k_kvm_device_attr {
	uint32_t flags;
	uint32_t group;
	uint64_t attr;
	uint64_t address;
};
K_SIZE(k_kvm_device_attr, 24);

enum { K_KVM_VFIO_FILE = 1 };
enum { K_KVM_VFIO_FILE_ADD = 1, K_KVM_VFIO_FILE_DEL = 2, K_KVM_VFIO_SPAPR = 3 };
