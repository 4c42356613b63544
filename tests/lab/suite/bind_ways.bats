# SPDX-License-Identifier: GPL-2.0-or-later
# What bind, test and mode say on hosts that offer less, or something else. LAB_KERNEL and LAB_TOPOLOGY tell
# which one this is.

load common
bats_require_minimum_version 1.5.0

nvme=0000:03:00.0
switch=/sys/module/vfio/parameters/enable_unsafe_noiommu_mode

setup() {
	want=${BATS_TEST_DESCRIPTION%%:*}
	[ "$want" = "$LAB_KERNEL" ] || [ "$want" = "$LAB_TOPOLOGY" ] || skip "another machine's"
}

teardown() {
	[ ! -e $switch ] || echo Y >$switch
	give_back $nvme
}

@test "noiommu: switched off, bind says what is missing and what mends it, and writes nothing" {
	modprobe vfio-pci
	echo N >$switch
	for command in bind "bind --dry-run"; do
		# shellcheck disable=SC2086 # words
		expect 9 traced -o "$BATS_TEST_TMPDIR/trace" -e trace=openat,openat2 vfioctl $command $nvme
		says "$nvme: it has no IOMMU group: no IOMMU guards its DMA"
		says "Switch the IOMMU on in the firmware"
		says "vfioctl mode"
		run grep -E '"/(sys|run/vfioctl/(devices|journal)).*O_(WRONLY|RDWR|CREAT)' "$BATS_TEST_TMPDIR/trace"
		[ "$status" -eq 1 ] || { echo "$output"; false; }
	done
	expect_json 9 vfioctl.error/1 bind $nvme
	json_is '[.error.code, .error.device]' "[\"no-iommu\",\"$nvme\"]"
	[ "$(driver_of $nvme) $(override_of $nvme)" = "nvme (null)" ]
}

@test "noiommu: switched off, mode and test name the same cause" {
	modprobe vfio-pci
	echo N >$switch
	expect_json 0 vfioctl.mode/1 mode
	json_is '[.noiommu_enabled, .iommu_groups]' '[false,0]'
	[[ $(jq -r .summary <<<"$output") == *"VFIO but no IOMMU: no device can be handed out. Switch the IOMMU on"* ]]
	expect 9 vfioctl test $nvme
	says "not bound to a VFIO driver"
	expect_json 0 vfioctl.list/1 list $nvme
	json_is '.devices[0] | [.iommu, .would_offer]' '["none",[]]'
}

@test "noiommu: the switch of a module that is not loaded yet is read from the command line" {
	modprobe -r vfio-pci
	modprobe -r vfio || true
	[ ! -e $switch ]
	expect 0 vfioctl bind --dry-run $nvme
	expect 0 vfioctl bind $nvme
	[ "$(driver_of $nvme)" = vfio-pci ]
}

@test "noiommu: switched on, bind gives nodes whose names say that nothing guards them" {
	modprobe vfio-pci
	expect_json 0 vfioctl.bind/1 bind $nvme
	json_is '.results[0] | [.driver, .modes]' '["vfio-pci",["cdev","group"]]'
	[[ $(jq -r '.results[0] | .cdev, .group_node' <<<"$output" | paste -sd' ') == \
		/dev/vfio/devices/noiommu-vfio*" "/dev/vfio/noiommu-* ]]
	expect_json 0 vfioctl.list/1 list $nvme
	json_is '.devices[0].iommu' '"none"'
	expect_json 0 vfioctl.mode/1 mode
	json_is .noiommu_enabled true
	[[ $(jq -r .summary <<<"$output") == *noiommu* ]]
	expect 0 vfioctl test $nvme
	expect 0 vfioctl restore $nvme
	[ "$(driver_of $nvme) $(override_of $nvme)" = "nvme (null)" ]
}

@test "noiommu: nobody but root: --owner is refused, and why" {
	modprobe vfio-pci
	expect 9 vfioctl bind --owner tester $nvme
	says "no IOMMU guards its DMA"
	[ "$(driver_of $nvme) $(override_of $nvme)" = "nvme (null)" ]
}
