/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables of mounts and swaps, mappings, and what a descriptor says of itself: one text for all. */
#include "host/usage.h"
#include "tests/fuzz/fuzz.h"

#define FUNCTION "/sys/devices/pci0000:00/0000:01:00.0"
#define DISK     FUNCTION "/nvme/nvme0/nvme0n1"

static void make_machine(void)
{
	static bool made;

	if (made)
		return;
	made = true;
	fuzz_tree();
	fuzz_text(DISK "/dev", "259:1\n");
	fuzz_link(DISK "/subsystem", "../../../../../../class/block");
	fuzz_text(FUNCTION "/vfio-dev/vfio0/dev", "510:0\n");
	fuzz_text("/sys/dev/block/259:1/uevent", "DEVNAME=nvme0n1\n");
	fuzz_text("/proc/7/comm", "qemu\n");
	fuzz_link("/proc/7/fd/3", "anon_inode:[vfio-device]");
	fuzz_link("/proc/7/fd/4", "/dev/nvme0n1");
	fuzz_link("/proc/7/ns/mnt", "mnt:[1]");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct device dev = {.address = "0000:01:00.0",
				   .bus = "pci",
				   .syspath = FUNCTION,
				   .driver = "vfio-pci",
				   .is_vfio = true,
				   .class_id = 0x010802,
				   .iommu_group = -1};
	static const char *const files[] = {
		"/proc/self/mountinfo", "/proc/7/mountinfo", "/proc/7/maps",  "/proc/7/fdinfo/3",
		"/proc/7/stat",         "/proc/swaps",       "/proc/consoles"};
	struct usages usages;
	struct error err = {0};

	make_machine();
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		fuzz_file(files[i], data, size);
	must(usage_of_device(&usages, &dev, false, &err) == 0);
	usages_free(&usages);
	return 0;
}
