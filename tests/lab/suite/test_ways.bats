# SPDX-License-Identifier: GPL-2.0-or-later
# vfioctl test on hosts that offer less, or something else, than both ways with an IOMMU: one set of
# tests for each machine; LAB_KERNEL and LAB_TOPOLOGY tell which one this is.

load common
bats_require_minimum_version 1.5.0

lone=0000:03:00.0

setup() {
	want=${BATS_TEST_DESCRIPTION%%:*}
	[ "$want" = "$LAB_KERNEL" ] || [ "$want" = "$LAB_TOPOLOGY" ] || skip "another machine's"
	vfioctl bind -q $lone
}

teardown() {
	give_back $lone
}

status_of() {
	jq -r --arg path "$1" --arg id "$2" \
		'.results[] | select(.path == $path and .id == $id).status' <<<"$output"
}

reason_of() {
	jq -r --arg path "$1" --arg id "$2" \
		'.results[] | select(.path == $path and .id == $id).reason' <<<"$output"
}

@test "cdev-only: the cdev is tested, and there is no group" {
	expect_json 0 vfioctl.test/1 test $lone
	json_is .failed 0
	json_is '[.results[].path] | unique' '["cdev","host"]'
	json_is '[.results[] | select(.status == "skip").id]' '["E02","X01","X03","X04"]'
	[ "$(status_of host E01)" = pass ]
}

@test "iommufd-container: both ways pass, with iommufd's container" {
	expect_json 0 vfioctl.test/1 test $lone
	json_is '[.failed, .skipped]' '[0,0]'
	json_is '[.results[].path] | unique' '["cdev","group","host"]'
}

@test "debian: the group is tested, and there is neither cdev nor iommufd" {
	expect_json 0 vfioctl.test/1 test $lone
	json_is .failed 0
	json_is '[.results[].path] | unique' '["group","host"]'
	json_is '[.results[] | select(.status == "skip").id]' '["E03","E09","X07","X11"]'
	[ "$(reason_of group X11)" = "iommufd is not there" ]
}

@test "debian: without the IOMMU model the container is found out" {
	rmmod vfio_iommu_type1
	expect_json 1 vfioctl.test/1 test $lone
	[ "$(status_of host E02)" = fail ]
	[[ $(reason_of host E02) == *vfio_iommu_type1* ]]
	modprobe vfio_iommu_type1
}

@test "noiommu: both ways pass; a group maps nothing, a cdev does" {
	compgen -G '/sys/class/vfio/noiommu-*'
	expect_json 0 vfioctl.test/1 test $lone
	json_is .failed 0
	[ "$(status_of cdev D02)" = pass ]
	[ "$(status_of group G04)" = pass ]
	json_is '[.results[] | select(.status == "skip") | .path + " " + .id]' \
		'["cdev A16","group D02","group A16"]'
}

@test "noiommu: without CAP_SYS_RAWIO it fails, and says why" {
	run --separate-stderr setpriv --bounding-set -sys_rawio vfioctl test --json $lone
	[ "$status" -eq 1 ]
	[ "$(status_of cdev C04)" = fail ]
	[[ $(reason_of cdev C04) == *EPERM*CAP_SYS_RAWIO* ]]
	[[ $(reason_of group G01) == *EPERM*CAP_SYS_RAWIO* ]]
}

@test "noiommu: with the mode turned off since, the group fails, and says why" {
	echo N >/sys/module/vfio/parameters/enable_unsafe_noiommu_mode
	run --separate-stderr vfioctl test --json $lone
	echo Y >/sys/module/vfio/parameters/enable_unsafe_noiommu_mode
	[ "$status" -eq 1 ]
	[[ $(reason_of group G03) == *ENODEV*enable_unsafe_noiommu_mode* ]]
	[ "$(status_of cdev C05)" = pass ]
}

@test "virtio-iommu: interrupts are not kept apart, each way says which switch it wants" {
	expect_json 1 vfioctl.test/1 test $lone
	[[ $(reason_of cdev C05) == *EPERM*"allow_unsafe_interrupts of iommufd"* ]]
	[[ $(reason_of group G03) == *EPERM*"allow_unsafe_interrupts of vfio_iommu_type1"* ]]
	[[ $(reason_of group X11) == *EPERM*"allow_unsafe_interrupts of iommufd"* ]]
}

@test "virtio-iommu: with both switches set, all passes" {
	echo 1 >/sys/module/iommufd/parameters/allow_unsafe_interrupts
	echo 1 >/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts
	expect_json 0 vfioctl.test/1 test $lone
	json_is '[.failed, .skipped]' '[0,0]'
}
