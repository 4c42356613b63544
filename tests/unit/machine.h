/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A small machine as a captured tree (tests/unit/tree.h): functions, groups, drivers, interfaces.
 */
#pragma once

#include "tests/unit/tree.h"

#define MACHINE_PATH(buf, ...)                                                                     \
	do {                                                                                       \
		int n_ = snprintf(buf, sizeof(buf), __VA_ARGS__);                                  \
		assert_true(n_ > 0 && (size_t)n_ < sizeof(buf));                                   \
	} while (0)

/* A function below a host bridge; driver may be NULL, group below 0 is none. */
static inline void machine_add(const char *address, const char *driver, int group)
{
	char path[256], text[512];

	MACHINE_PATH(path, "/sys/devices/pci0000:00/%s/uevent", address);
	MACHINE_PATH(text,
		     "%s%s%sPCI_CLASS=20000\nPCI_ID=8086:10D3\nPCI_SUBSYS_ID=8086:A01F\n"
		     "PCI_SLOT_NAME=%s\n"
		     "MODALIAS=pci:v00008086d000010D3sv00008086sd0000A01Fbc02sc00i00\n",
		     driver ? "DRIVER=" : "", driver ? driver : "", driver ? "\n" : "", address);
	tree_file(path, text);
	MACHINE_PATH(path, "/sys/devices/pci0000:00/%s/driver_override", address);
	tree_file(path, "(null)\n");
	MACHINE_PATH(path, "/sys/devices/pci0000:00/%s/subsystem", address);
	tree_link(path, "../../../bus/pci");
	MACHINE_PATH(path, "/sys/bus/pci/devices/%s", address);
	MACHINE_PATH(text, "../../../devices/pci0000:00/%s", address);
	tree_link(path, text);
	if (driver) {
		MACHINE_PATH(path, "/sys/devices/pci0000:00/%s/driver", address);
		MACHINE_PATH(text, "../../../bus/pci/drivers/%s", driver);
		tree_link(path, text);
	}
	if (group < 0)
		return;
	MACHINE_PATH(path, "/sys/devices/pci0000:00/%s/iommu_group", address);
	MACHINE_PATH(text, "../../../kernel/iommu_groups/%d", group);
	tree_link(path, text);
	MACHINE_PATH(path, "/sys/devices/pci0000:00/%s/iommu", address);
	tree_link(path, "../../virtual/iommu/dmar0");
	MACHINE_PATH(path, "/sys/kernel/iommu_groups/%d/devices/%s", group, address);
	MACHINE_PATH(text, "../../../../devices/pci0000:00/%s", address);
	tree_link(path, text);
}

/* An entry of a class below a function: an interface, a disk, a VFIO device. */
static inline void machine_add_child(const char *address, const char *class, const char *name)
{
	char path[256], text[256];

	MACHINE_PATH(path, "/sys/devices/pci0000:00/%s/%s/%s/device", address, class, name);
	MACHINE_PATH(text, "../../../%s", address);
	tree_link(path, text);
	MACHINE_PATH(path, "/sys/devices/pci0000:00/%s/%s/%s/subsystem", address, class, name);
	MACHINE_PATH(text, "../../../../../class/%s", class);
	tree_link(path, text);
	MACHINE_PATH(path, "/sys/class/%s/%s", class, name);
	MACHINE_PATH(text, "../../devices/pci0000:00/%s/%s/%s", address, class, name);
	tree_link(path, text);
}
