# SPDX-License-Identifier: GPL-2.0-or-later
# A host whose firmware tells of an IOMMU, and whose kernel was told not to use it.

load common
load doctor
bats_require_minimum_version 1.5.0

lone=0000:03:00.0

@test "doctor names the word on the kernel's command line, and does not blame the firmware" {
	finds iommu-off-cmdline
	[ "$remedy" = "Boot without intel_iommu=off on the kernel's command line" ] || { echo "$remedy"; return 1; }
	silent iommu-off-firmware
	expect 1 vfioctl doctor
	says "intel_iommu=off"
}

@test "mode and list offer nothing of an IOMMU" {
	expect_json 0 vfioctl.mode/1 mode
	json_is '.iommus' '[]'
	expect_json 0 vfioctl.list/1 list $lone
	json_is '.devices[0] | [.iommu, .iommu_group, .would_offer]' '["none",null,[]]'
}

@test "bind refuses before anything is changed, and says what is missing" {
	local before
	before=$(driver_of $lone)
	expect_json 9 vfioctl.error/1 bind $lone
	json_is '[.error.code, .error.device]' "[\"no-iommu\",\"$lone\"]"
	expect 9 vfioctl bind $lone
	says "no IOMMU guards its DMA"
	says "vfioctl mode"
	[ "$(driver_of $lone)" = "$before" ]
}
