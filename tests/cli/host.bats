# SPDX-License-Identifier: GPL-2.0-or-later
# Machines that lack something, and what mode says of each captured one.

load helper

@test "no sysfs at all" {
	make_tree <<<'d proc'
	for verb in list "show 03:00.0"; do
		json $verb --json --sysroot "$tree"
		[ "$status" -eq 9 ] || { [ "$verb" != list ] && exits 8; }
	done
	vfioctl list --sysroot "$tree"
	exits 9
	says "there is no sysfs at /sys" "mount -t sysfs"
	json mode --json --sysroot "$tree"
	exits 0
	equals "$(query .offers)" null
	equals "$(query .kernel)" null
}

@test "a machine without PCI is an empty list" {
	make_tree <<<'d sys/bus'
	json list --json --sysroot "$tree"
	exits 0
	equals "$(query '.devices | length')" 0
	vfioctl list --sysroot "$tree"
	exits 0
	equals "$stderr" ""
}

@test "no VFIO and no modules: mode says so and how sure it is" {
	json_on without-iommu mode
	exits 0
	equals "$(query .offers)" null
	equals "$(query '.modules | map(.state) | unique | join(",")')" absent
	[[ $(query .summary) == *"offers nothing"* ]]
	[[ $(query '.unseen[0]') == *"/lib/modules"* ]]
	on without-iommu mode
	exits 0
	prints "This host offers nothing"
	says "/lib/modules"
}

@test "no VFIO: nothing would be offered" {
	json_on without-iommu list
	equals "$(query '[.devices[] | .would_offer, .modes | length] | add')" 0
	equals "$(query '[.devices[].iommu] | unique | join(",")')" none
	json_on without-iommu show 00:03.0
	equals "$(query '.devices[0].bind_driver')" null
}

@test "nothing loaded yet: the module on disk tells" {
	json_on unloaded mode
	exits 0
	equals "$(query .offers)" "group and cdev"
	equals "$(query .evidence)" "vfio module on disk, not loaded"
	equals "$(query .container)" legacy
	equals "$(query '.modules[] | select(.name == "vfio_pci").state')" loadable
	json_on unloaded show 03:00.0
	equals "$(query '.devices[0].would_offer | join(",")')" cdev,group
	equals "$(query '.devices[0].bind_driver')" vfio-pci
	equals "$(query '.devices[0].native_modules | join(",")')" nvme
}

@test "both ways" {
	json_on both mode
	equals "$(query .offers)" "group and cdev"
	equals "$(query .evidence)" "running kernel"
	equals "$(query '.iommus[0].kind')" intel-vtd
	equals "$(query .interrupt_remapping)" true
}

@test "Debian's kernel: group only, no cdev node whatever vfio-dev shows" {
	json_on group-only mode
	equals "$(query .offers)" "group only"
	equals "$(query .iommufd)" false
	json_on group-only show 03:00.0
	equals "$(query '.devices[0].cdev')" null
	equals "$(query '.devices[0].modes | join(",")')" group
	equals "$(query '.devices[0].nodes | length')" 1
}

@test "a kernel without a class of VFIO devices: the group and the driver tell" {
	json_on before-6.1 mode
	equals "$(query .kernel)" 5.10.0-32-amd64
	equals "$(query .offers)" "group only"
	equals "$(query .evidence)" "running kernel"
	json_on before-6.1 list --vfio
	equals "$(query '[.devices[].address] | join(" ")')" "0000:01:00.1 0000:03:00.0"
	equals "$(query '[.devices[] | .driver, .iommu, (.modes | join(","))] | unique | join(" ")')" "group physical vfio-pci"
	equals "$(query '.devices[1] | .vfio_name, .cdev' | sort -u)" null
	[[ $(query '.devices[1].group_node') == /dev/vfio/[0-9]* ]]
	# The twin has its own driver, which keeps the group; vfio-pci is where bind would take it.
	json_on before-6.1 show 01:00.1
	equals "$(query '.devices[0].group_members[] | "\(.address) \(.blocks_group)"')" $'0000:01:00.0 true\n0000:01:00.1 false'
	json_on before-6.1 show 01:00.0
	equals "$(query '.devices[0] | [.modes, .would_offer, .bind_driver] | flatten | join(" ")')" "group vfio-pci"
}

@test "cdev only" {
	json_on cdev-only mode
	equals "$(query .offers)" "cdev only"
	json_on cdev-only list 03:00.0
	equals "$(query '.devices[0].group_node')" null
	equals "$(query '.devices[0].modes | join(",")')" cdev
}

@test "noiommu: bound devices say that nothing guards them" {
	json_on noiommu mode
	equals "$(query .noiommu_enabled)" true
	[[ $(query .summary) == *noiommu* ]]
	json_on noiommu list 03:00.0
	equals "$(query '.devices[0].iommu')" none
	[[ $(query '.devices[0].group_node') == /dev/vfio/noiommu-* ]]
}

@test "a captured tree is not asked what only a kernel can answer" {
	for name in both group-only noiommu; do
		json_on "$name" mode
		equals "$(query .container)" null
		equals "$(query '[.iommufd_commands[].supported] | unique | map(tostring) | join(",")')" \
			"$([ "$name" = group-only ] || echo null)"
	done
}

@test "a damaged module index is no reason to fail" {
	make_tree unloaded <<<''
	for index in "$tree"/lib/modules/*/*.bin; do echo nonsense >"$index"; done
	vfioctl mode --sysroot "$tree"
	exits 0
	vfioctl show 03:00.0 --sysroot "$tree"
	exits 0
}

@test "every document of this file is valid" {
	all_documents_valid
}
