# SPDX-License-Identifier: GPL-2.0-or-later
# vfioctl show --probe on hosts that offer less, or something else, as test_ways.bats has them.

load common
bats_require_minimum_version 1.5.0

lone=0000:03:00.0

setup() {
	want=${BATS_TEST_DESCRIPTION%%:*}
	[ "$want" = "$LAB_KERNEL" ] || [ "$want" = "$LAB_TOPOLOGY" ] || skip "another machine's"
	vfioctl bind -q $lone
}

teardown() {
	[ ! -e /dev/iommu.away ] || mv /dev/iommu.away /dev/iommu
	give_back $lone
}

# show --probe succeeds; $output is what it adds to the document.
probed() {
	expect_json 0 vfioctl.show/1 show --probe $lone
	output=$(jq '.devices[0].probe' <<<"$output")
	json_is .unanswered '[]'
	json_is '[.regions[] | select(.size > 0).name]' '["bar0","config"]'
}

@test "dual-6.12: through the cdev, as far as this kernel tells" {
	probed
	json_is '[.path, .iommu_type, .iommu_source, .nesting, .dirty_tracking]' \
		'["cdev","intel-vtd","iommufd",false,false]'
	json_is '[.iova_ranges[0] | .first, .last]' '["0x0","0xfedfffff"]'
	json_is '[.features[] | select(.name == "low-power-entry").set]' '[true]'
}

@test "cdev-only: through the cdev" {
	probed
	json_is '[.path, .iommu_source, .nesting]' '["cdev","iommufd",false]'
}

@test "iommufd-container: the group, when the cdev is not this user's, with iommufd's container" {
	chown tester "/dev/vfio/$(basename "$(readlink $pci/$lone/iommu_group)")"
	run --separate-stderr kept setpriv --reuid tester --regid tester --clear-groups \
		vfioctl show --probe --json $lone
	[ "$status" -eq 0 ]
	output=$(jq '.devices[0].probe' <<<"$output")
	json_is '[.path, .iommu_source, .memlock_counted]' '["group","sysfs","process"]'
	json_is '[.iova_alignment, .mappings_left]' '[4096,null]' # it sets no limit
	json_is '[.iova_ranges[0] | .first, .last]' '["0x0","0xfedfffff"]'
	json_is .unanswered '[]'
}

@test "debian: through the group, with the IOMMU's registers from sysfs" {
	probed
	json_is '[.path, .iommu_type, .iommu_source, .mappings_left]' '["group","intel-vtd","sysfs",65535]'
	json_is .iommu_registers[1].value "\"0x$(cat $pci/$lone/iommu/intel-iommu/ecap)\""
	json_is '[.nesting, .pasid_bits]' '[null,null]'
}

@test "noiommu: there is no IOMMU to tell of; the cdev maps all addresses" {
	probed
	json_is '[.path, .iommu_instance, .iommu_type, .nesting]' '["cdev",null,null,null]'
	json_is '[.iova_ranges[] | [.first, .last]]' '[["0x0","0xffffffffffffffff"]]'
	json_is '.reserved_regions' '[]'
}

@test "noiommu: a group maps nothing" {
	mv /dev/iommu /dev/iommu.away
	probed
	json_is '[.path, .iova_alignment, .memlock_counted, .iova_ranges]' '["group",null,null,[]]'
	[[ $(jq .memlock_need <<<"$output") == *nothing* ]]
}

@test "noiommu: without CAP_SYS_RAWIO: exit 4, and why" {
	run --separate-stderr kept setpriv --bounding-set -sys_rawio vfioctl show --probe --json $lone
	[ "$status" -eq 4 ]
	json_is '[.error.code, .error.errno]' '["cannot-open","EPERM"]'
	json_is '.error.message | contains("CAP_SYS_RAWIO")' true
}

@test "virtio-iommu: exit 1, and which switch it wants; with that, a kind that tells nothing" {
	echo 0 >/sys/module/iommufd/parameters/allow_unsafe_interrupts
	expect_json 1 vfioctl.error/1 show --probe $lone
	json_is '.error.message | contains("allow_unsafe_interrupts of iommufd")' true
	echo 1 >/sys/module/iommufd/parameters/allow_unsafe_interrupts
	probed
	echo 0 >/sys/module/iommufd/parameters/allow_unsafe_interrupts
	json_is '[.iommu_type, .iommu_type_number, .iommu_registers]' '["none",0,[]]'
	json_is '[.nesting, .dirty_tracking, .pasid_tables, .pasid_bits]' '[false,false,false,0]'
	json_is '[.iova_ranges[] | .first]' '["0x0","0xfef00000"]'
}
