/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A machine with a little of everything, and words that name its devices, or do not. */
#pragma once

#include "host/resolve.h"
#include "tests/unit/machine.h"

static struct error err;

static inline void make_machine(void)
{
	machine_add("0000:03:00.0", "nvme", 7);
	machine_add("0000:04:00.0", "e1000e", 8);
	machine_add("0000:04:00.1", "vfio-pci", 8);
	machine_add("10000:e1:00.0", "nvme", 9);
	machine_add_child("0000:03:00.0", "block", "nvme0n1");
	machine_add_child("0000:04:00.0", "net", "eth0");
	machine_add_child("0000:04:00.0", "net", "eth1");
	machine_add_child("0000:04:00.1", "vfio-dev", "vfio3");
	tree_file("/sys/devices/pci0000:00/0000:03:00.0/block/nvme0n1/nvme0n1p1/partition", "1\n");
	tree_link("/sys/class/block/nvme0n1p1",
		  "../../devices/pci0000:00/0000:03:00.0/block/nvme0n1/nvme0n1p1");
	tree_link("/sys/devices/pci0000:00/0000:03:00.0/block/nvme0n1/nvme0n1p1/subsystem",
		  "../../../../../../class/block");
	tree_file("/sys/devices/virtual/net/lo/ifindex", "1\n");
	tree_link("/sys/class/net/lo", "../../devices/virtual/net/lo");
	tree_link("/sys/bus/mdev/devices/83b8f4f2-509f-382f-3c1e-e6bfe0fa1001",
		  "../../../devices/virtual/mtty/mtty/83b8f4f2-509f-382f-3c1e-e6bfe0fa1001");
	tree_link("/sys/devices/virtual/mtty/mtty/83b8f4f2-509f-382f-3c1e-e6bfe0fa1001/subsystem",
		  "../../../../../bus/mdev");
}

static inline void expect(const char *text, enum resolve_for purpose, const char *device)
{
	char name[DEVICE_NAME_SIZE] = "";

	err = (struct error){0};
	if (device_resolve(name, text, purpose, &err) < 0)
		fail_msg("%s: %s", text, err.message);
	assert_string_equal(name, device);
	assert_null(err.code);
}

static inline void refuse(const char *text, enum resolve_for purpose, enum status status,
			  const char *code)
{
	char name[DEVICE_NAME_SIZE] = "";

	err = (struct error){0};
	assert_int_equal(device_resolve(name, text, purpose, &err), -1);
	assert_int_equal(err.status, status);
	assert_string_equal(err.code, code);
	assert_string_not_equal(err.remedy, "");
}

/* near TEXT REMEDY: what is said of a text that names no device. */
static inline void near(const char *text, enum status status, const char *remedy)
{
	refuse(text, RESOLVE_TO_READ, status,
	       status == STATUS_USAGE ? "bad-address" : "no-such-device");
	if (!streq(err.remedy, remedy))
		fail_msg("%s: \"%s\" instead of \"%s\"", text, err.remedy, remedy);
}
