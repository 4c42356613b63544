# SPDX-License-Identifier: GPL-2.0-or-later
# What vfioctl doctor finds on hosts that offer less, or something else, as test_ways.bats has them.

load common
load doctor
bats_require_minimum_version 1.5.0

lone=0000:03:00.0
noiommu_mode=/sys/module/vfio/parameters/enable_unsafe_noiommu_mode

setup() {
	want=${BATS_TEST_DESCRIPTION%%:*}
	[ "$want" = "$LAB_KERNEL" ] || [ "$want" = "$LAB_TOPOLOGY" ] || skip "another machine's"
	vfioctl bind -q $lone
}

teardown() {
	[ "$LAB_TOPOLOGY" != noiommu ] || echo Y >$noiommu_mode
	if [ "$LAB_TOPOLOGY" = virtio-iommu ]; then unsafe 0; fi
	give_back $lone
}

is_healthy() {
	expect_json 0 vfioctl.doctor/1 doctor --fail-on warning
	json_is '[.errors, .warnings, .devices]' "[0,0,[\"$lone\"]]"
}

@test "dual-6.12: it is healthy, and lacks nothing" {
	is_healthy
	silent 'kernel-*'
}

@test "debian: neither cdev nor iommufd, and that is no trouble" {
	is_healthy
	finds kernel-no-cdev
	[[ $remedy == "Use groups, or "*CONFIG_VFIO_DEVICE_CDEV ]]
	[ ! -e /dev/vfio/devices ]
	finds kernel-no-iommufd
	[[ $remedy == "Use groups, or "*CONFIG_IOMMUFD ]]
	silent kernel-no-group
	silent module-missing
	expect 0 vfioctl test $lone # by its group, as the remedy says
}

@test "cdev-only: no group, and who cannot do without is named" {
	is_healthy
	finds kernel-no-group
	[[ $remedy == "Use the cdev, or "*CONFIG_VFIO_GROUP ]]
	silent kernel-no-cdev
	silent kernel-no-iommufd
	silent vmm-too-old-for-cdev --for qemu $lone
	finds vmm-needs-group --for spdk $lone
	expect_json 1 vfioctl.doctor/1 doctor --for spdk --ignore 'hugepages-*' $lone
	json_is '.answers[0] | [.ready, (.steps | map(.rule) | index("vmm-needs-group") != null)]' '[false,true]'
	expect 0 vfioctl test $lone
}

@test "iommufd-container: it is healthy, and lacks nothing" {
	is_healthy
	silent 'kernel-*'
}

@test "noiommu: the mode is warned about, and without it there is no IOMMU" {
	silent iommu-off-firmware
	mends noiommu-enabled
	[ "$(<$noiommu_mode)" = N ]
	finds iommu-off-firmware
	json_is '.findings[0].severity' '"error"'
}

@test "noiommu: a device without an IOMMU is none for a user" {
	finds device-unguarded --user tester $lone
	json_is '[.findings[].value] | any(contains("CAP_SYS_RAWIO"))' true
	silent node-no-access --user tester $lone
	finds device-unguarded --for qemu $lone
	silent device-unguarded $lone
}

@test "virtio-iommu: interrupts are not remapped, unless that is allowed" {
	unsafe 0
	finds no-interrupt-remapping
	json_is '.findings[0].severity' '"error"'
	expect 1 vfioctl test $lone
	says EPERM
	expect_json 1 vfioctl.doctor/1 doctor --for qemu $lone
	json_is '.answers[0] | [.ready, .steps[0].rule]' '[false,"no-interrupt-remapping"]'
	unsafe 1
	silent no-interrupt-remapping
	expect 0 vfioctl test $lone
	finds unsafe-interrupts-allowed
	json_is '.findings | length' 2
	eval "$(jq -r '.findings[].command' <<<"$output")"
	silent unsafe-interrupts-allowed
	finds no-interrupt-remapping
}
