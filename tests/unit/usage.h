/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A function in a captured tree, and what the tests of host/usage.h say about it. */
#pragma once

#include "host/usage.h"
#include "tests/unit/tree.h"

#define FUNCTION "/sys/devices/pci0000:00/0000:00:1f.0"
#define DISK     FUNCTION "/nvme/nvme0/nvme0n1"
#define UP       "0x1003\n"
#define DOWN     "0x1002\n"

static const struct device device = {
	.address = "0000:00:1f.0",
	.bus = "pci",
	.syspath = FUNCTION,
	.class_id = 0x010802,
	.iommu_group = -1,
};

/* The reasons against changing dev; freed by the next call. */
static inline const struct usages *look_at(const struct device *dev)
{
	static struct usages usages;
	struct error err = {0};

	usages_free(&usages);
	if (usage_of_device(&usages, dev, false, &err) < 0)
		fail_msg("%s", err.message);
	return &usages;
}

static inline size_t count_of(const struct usages *usages, enum usage_reason reason)
{
	size_t count = 0;

	for (size_t i = 0; i < usages->count; i++)
		count += usages->list[i].reason == reason;
	return count;
}

static inline void print(const struct usages *usages)
{
	for (size_t i = 0; i < usages->count; i++)
		print_error("  %s: %s\n", usage_reasons[usages->list[i].reason].name,
			    usages->list[i].evidence);
}

static inline void assert_only(const struct usages *usages, enum usage_reason reason,
			       const char *evidence)
{
	if (usages->count == 1 && usages->list[0].reason == reason &&
	    streq(usages->list[0].evidence, evidence) && *usages->list[0].remedy)
		return;
	print(usages);
	fail_msg("expected only %s: %s", usage_reasons[reason].name, evidence);
}

static inline void assert_none(const struct usages *usages)
{
	print(usages);
	assert_int_equal(usages->count, 0);
}

static inline void make_node(const char *path, const char *number, const char *subsystem,
			     const char *type, const char *name)
{
	char buf[512];

	snprintf(buf, sizeof(buf), "%s/dev", path);
	tree_file(buf, number);
	snprintf(buf, sizeof(buf), "%s/subsystem", path);
	tree_link(buf, subsystem);
	snprintf(buf, sizeof(buf), "/sys/dev/%s/%s/uevent", type, number);
	tree_file(buf, name);
}

static inline void make_process(const char *pid, const char *fd, const char *target)
{
	char path[128];

	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	tree_file(path, "dd\n");
	snprintf(path, sizeof(path), "/proc/%s/maps", pid);
	tree_file(path, "");
	snprintf(path, sizeof(path), "/proc/%s/fd/%s", pid, fd);
	tree_link(path, target);
}

/* An NVMe controller with a disk of two partitions, nobody using it. */
static inline void make_disk(void)
{
	make_node(FUNCTION "/nvme/nvme0", "240:0", "../../../../../class/nvme", "char",
		  "DEVNAME=nvme0\n");
	make_node(DISK, "259:0", "../../../../../../class/block", "block", "DEVNAME=nvme0n1\n");
	make_node(DISK "/nvme0n1p1", "259:1", "../../../../../../../class/block", "block",
		  "DEVNAME=nvme0n1p1\n");
	make_node(DISK "/nvme0n1p2", "259:2", "../../../../../../../class/block", "block",
		  "DEVNAME=nvme0n1p2\n");
	tree_file(DISK "/nvme0n1p1/partition", "1\n");
	tree_file(DISK "/nvme0n1p2/partition", "2\n");
	tree_dir(DISK "/holders");
	tree_dir(DISK "/nvme0n1p1/holders");
	tree_dir(DISK "/nvme0n1p2/holders");
	tree_file("/proc/swaps", "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
	tree_file("/proc/self/mountinfo",
		  "22 1 259:9 / / rw,relatime shared:1 - ext4 /dev/nvme1n1p9 rw\n");
	tree_file("/proc/consoles", "ttyS0                -W- (EC p a)    4:64\n");
}
