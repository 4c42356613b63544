# SPDX-License-Identifier: GPL-2.0-or-later
# The catalogue behind a virtio-iommu, which keeps no interrupts apart: as it is, and with the switches
# that say that nobody minds.

load conformance

lone=0000:03:00.0

teardown() {
	unsafe 0
	give_back $lone
}

@test "a lone NVMe whose interrupts are not kept apart" {
	vfioctl bind -q $lone
	scene lone '*' $lone
	devices_are_as_before $lone
	table_holds
}

@test "a lone NVMe whose interrupts are said to be safe" {
	local host=virtio-unsafe
	unsafe 1
	vfioctl bind -q $lone
	scene lone '*' $lone
	devices_are_as_before $lone
	table_holds virtio-unsafe
}

@test "the kernel logged no bug" {
	kernel_logged_no_bug
}
