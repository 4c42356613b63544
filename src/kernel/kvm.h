/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A virtual machine without a processor, as far as VFIO is concerned: it has a device that is told
 * of the files of VFIO devices and groups (Linux: Documentation/virt/kvm/devices/vfio.rst).
 *
 * Such a machine keeps the files that it was told of: closing their descriptors does not end them.
 * Failures are -errno; descriptors are closed by the caller.
 */
#pragma once

#include "base/util.h"

/* Opens /dev/kvm; -ENODEV when this host has none. */
int kvm_open(void);

/* A new virtual machine. */
int kvm_create_machine(int kvm);

/* The machine's VFIO device; -EBUSY when it has one, -ENODEV when KVM is built without. */
int kvm_create_vfio(int machine);

/* Files of groups are taken by every kernel, those of devices since Linux 6.6. */
int kvm_vfio_add(int vfio, int file);
int kvm_vfio_remove(int vfio, int file);

/* 0 when the VFIO device knows the attribute of its file group; -ENXIO when not. */
enum { KVM_VFIO_ADD = 1, KVM_VFIO_REMOVE = 2, KVM_VFIO_SPAPR = 3 };
int kvm_vfio_knows(int vfio, unsigned int attribute);
