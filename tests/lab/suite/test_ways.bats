# SPDX-License-Identifier: GPL-2.0-or-later
# What vfioctl mode says of the hosts of the matrix, and vfioctl test where it differs: one set of
# tests for each machine; LAB_KERNEL and LAB_TOPOLOGY tell which one this is.

load common
bats_require_minimum_version 1.5.0

lone=0000:03:00.0

# What mode says of the host that offers everything: what the modules on disk tell, and what is known
# once they are loaded.
built='{"offers": "group and cdev", "container": "legacy", "group": true, "cdev": true,
	"vfio_uses_iommufd": true, "noiommu": true, "interrupt_remapping": true}'
running='{"evidence": "running kernel", "iommufd": true, "type1": true, "noiommu_enabled": false,
	"noiommu_cdev": true, "unsafe_interrupts_type1": false, "unsafe_interrupts_iommufd": false}'

setup() {
	want=${BATS_TEST_DESCRIPTION%%:*}
	[ "$want" = "$LAB_KERNEL" ] || [ "$want" = "$LAB_TOPOLOGY" ] || skip "another machine's"
	vfioctl bind -q $lone
}

teardown() {
	if [ "$LAB_TOPOLOGY" = virtio-iommu ]; then unsafe 0; fi
	give_back $lone
}

# names_host BUILT RUNNING: mode says of this host what stands above, except for these members.
names_host() {
	vfioctl restore -q $lone
	# Which of them go along with another depends on the order in which they depend on each other.
	for module in vfio_iommu_type1 vfio-pci vfio; do modprobe -r $module || true; done
	[ ! -e /sys/module/vfio ]
	expect_json 0 vfioctl.mode/1 mode
	document_has "$built + $1"
	document_has '{"evidence": "vfio module on disk, not loaded", "iommufd": false}'
	modprobe vfio-pci
	expect_json 0 vfioctl.mode/1 mode
	document_has "$built + $1"
	document_has "$running + $2"
}

# document_has OBJECT: the document in $output has these members, with these values.
document_has() {
	json_is "($1) as \$want | with_entries(select(.key | in(\$want))) == \$want" true
}

status_of() {
	jq -r --arg path "$1" --arg id "$2" \
		'.results[] | select(.path == $path and .id == $id).status' <<<"$output"
}

reason_of() {
	jq -r --arg path "$1" --arg id "$2" \
		'.results[] | select(.path == $path and .id == $id).reason' <<<"$output"
}

# Alone and with its bus.
is_reset_both_ways() {
	for scope in function hot; do
		expect_json 0 vfioctl.reset/1 reset --scope $scope $lone
		json_is '.results[0] | [.reset, .restored]' '[true,true]'
	done
}

@test "dual: mode names the host" {
	names_host '{}' '{}'
}

@test "dual-6.12: mode names the host" {
	names_host '{}' '{"noiommu_cdev": false}'
}

@test "dual-6.12: both ways pass" {
	expect_json 0 vfioctl.test/1 test $lone
	json_is '[.failed, .skipped]' '[0,0]'
	json_is '[.results[].path] | unique' '["cdev","group","host"]'
}

@test "cdev-only: mode names the host" {
	names_host '{"offers": "cdev only", "container": "none", "group": false}' \
		'{"type1": false, "unsafe_interrupts_type1": null}'
}

@test "cdev-only: the cdev is tested, and there is no group" {
	expect_json 0 vfioctl.test/1 test $lone
	json_is .failed 0
	json_is '[.results[].path] | unique' '["cdev","host"]'
	json_is '[.results[] | select(.status == "skip").id]' '["E02","X01","X03","X04"]'
	[ "$(status_of host E01)" = pass ]
}

@test "iommufd-container: mode names the host" {
	names_host '{"container": "iommufd"}' '{"type1": false, "unsafe_interrupts_type1": null}'
}

@test "iommufd-container: both ways pass, with iommufd's container" {
	expect_json 0 vfioctl.test/1 test $lone
	json_is '[.failed, .skipped]' '[0,0]'
	json_is '[.results[].path] | unique' '["cdev","group","host"]'
}

@test "debian: mode names the host" {
	names_host '{"offers": "group only", "cdev": false, "vfio_uses_iommufd": false, "noiommu": false}' \
		'{"iommufd": false, "noiommu_enabled": null, "noiommu_cdev": null,
		"unsafe_interrupts_iommufd": null}'
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

@test "noiommu: mode names the host" {
	names_host '{"interrupt_remapping": false}' '{"noiommu_enabled": true}'
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
	run --separate-stderr kept setpriv --bounding-set -sys_rawio vfioctl test --json $lone
	[ "$status" -eq 1 ]
	[ "$(status_of cdev C04)" = fail ]
	[[ $(reason_of cdev C04) == *EPERM*CAP_SYS_RAWIO* ]]
	[[ $(reason_of group G01) == *EPERM*CAP_SYS_RAWIO* ]]
}

@test "noiommu: with the mode turned off since, the group fails, and says why" {
	echo N >/sys/module/vfio/parameters/enable_unsafe_noiommu_mode
	run --separate-stderr kept vfioctl test --json $lone
	echo Y >/sys/module/vfio/parameters/enable_unsafe_noiommu_mode
	[ "$status" -eq 1 ]
	[[ $(reason_of group G03) == *ENODEV*enable_unsafe_noiommu_mode* ]]
	[ "$(status_of cdev C05)" = pass ]
}

@test "virtio-iommu: mode names the host" {
	names_host '{"interrupt_remapping": false}' '{}'
}

@test "virtio-iommu: interrupts are not kept apart, each way says which switch it wants" {
	expect_json 1 vfioctl.test/1 test $lone
	[[ $(reason_of cdev C05) == *EPERM*"allow_unsafe_interrupts of iommufd"* ]]
	[[ $(reason_of group G03) == *EPERM*"allow_unsafe_interrupts of vfio_iommu_type1"* ]]
	[[ $(reason_of group X11) == *EPERM*"allow_unsafe_interrupts of iommufd"* ]]
}

@test "virtio-iommu: with both switches set, all passes" {
	unsafe 1
	expect_json 0 vfioctl.test/1 test $lone
	json_is '[.failed, .skipped]' '[0,0]'
}

@test "cdev-only: it is reset, with its bus through the cdev" {
	is_reset_both_ways
}

@test "iommufd-container: it is reset, with its bus too" {
	is_reset_both_ways
}

@test "debian: it is reset, with its bus through the group" {
	is_reset_both_ways
}

@test "noiommu: it is reset, with its bus too" {
	is_reset_both_ways
}

@test "virtio-iommu: VFIO does not give it for a reset of its bus, and says why" {
	echo 0 >/sys/module/iommufd/parameters/allow_unsafe_interrupts
	expect_json 1 vfioctl.error/1 reset --scope hot $lone
	json_is '[.error.code, .error.errno, .resets[0].reset]' '["open","EPERM",false]'
	[[ $output == *allow_unsafe_interrupts* ]]
	expect 0 vfioctl reset $lone
	echo 1 >/sys/module/iommufd/parameters/allow_unsafe_interrupts
	is_reset_both_ways
	echo 0 >/sys/module/iommufd/parameters/allow_unsafe_interrupts
}
