# SPDX-License-Identifier: GPL-2.0-or-later
# The DMA witness of vfioctl test: what it says of data that arrive, or do not, is what the IOMMU
# says, and a controller whose storage the host uses by another path is not stopped.

load common
bats_require_minimum_version 1.5.0

lone=0000:03:00.0
port=0000:04:00.0
net=0000:08:00.0

teardown() {
	give_back $lone
	[ "$(driver_of $net)" = virtio-pci ] || vfioctl restore -q $net
	echo 0 >$pci/$port/sriov_numvfs 2>/dev/null || true
	echo 1 >$pci/$port/sriov_drivers_autoprobe
}

# How often the IOMMU kept the function from memory since boot.
faults() {
	dmesg | grep -c "DMAR: .*Request device \[$1\]" || true
}

# case_is PATH ID STATUS: in the document.
case_is() {
	local got
	got=$(jq -r --arg path "$1" --arg id "$2" \
		'.results[] | select(.path == $path and .id == $id) | .status' <<<"$output")
	[ "$got" = "$3" ] && return
	printf '%s through the %s: %s instead of %s\n' "$2" "$1" "$got" "$3"
	jq . <<<"$output"
	return 1
}

@test "data arrive, and the IOMMU has nothing to complain of" {
	vfioctl bind -q $lone
	before=$(faults $lone)
	expect_json 0 vfioctl.test/1 test $lone --conformance --case 'W0[145]'
	for id in W01 W04; do case_is cdev $id pass; done
	for id in W01 W05; do case_is group $id pass; done
	[ "$(faults $lone)" -eq "$before" ]
}

@test "what the witness sees blocked is what the IOMMU kept from memory" {
	vfioctl bind -q $lone
	for id in W02 W03 A17; do
		before=$(faults $lone)
		expect_json 0 vfioctl.test/1 test $lone --conformance --destructive --case $id
		case_is cdev $id pass
		[ "$(faults $lone)" -gt "$before" ]
	done
	case_is group A17 pass
}

@test "DMA is not blocked without --destructive" {
	vfioctl bind -q $lone
	before=$(faults $lone)
	expect_json 9 vfioctl.test/1 test $lone --conformance --case A17
	case_is cdev A17 skip
	[ "$(faults $lone)" -eq "$before" ]
}

@test "a controller that is another path to storage of the host's is not blocked" {
	local controller vf
	controller=/dev/$(ls $pci/$port/nvme)
	echo 0 >$pci/$port/sriov_drivers_autoprobe
	echo 1 >$pci/$port/sriov_numvfs
	vf=$(basename "$(readlink $pci/$port/virtfn0)")
	vfioctl bind -q "$vf"
	# Before it has got anything to work with, there is no controller.
	expect_json 9 vfioctl.test/1 test "$vf" --conformance --destructive --case A17
	json_is '.results[0].reason | test("not online")' true
	nvme virt-mgmt "$controller" -c 1 -r 1 -n 1 -a 8
	nvme virt-mgmt "$controller" -c 1 -r 0 -n 2 -a 8
	nvme virt-mgmt "$controller" -c 1 -r 0 -n 0 -a 9
	before=$(faults "$vf")
	expect_json 0 vfioctl.test/1 test "$vf" --conformance --destructive --case 'W0[123]'
	case_is cdev W01 pass
	case_is cdev W02 skip
	case_is cdev W03 skip
	json_is '[.results[] | select(.id == "W02").reason] | unique' \
		"[\"the host has another path to its storage: ${controller#/dev/}\"]"
	[ "$(faults "$vf")" -eq "$before" ]
}

@test "a device that may translate by itself is told to wait for the end of a reset" {
	vfioctl bind -q $net
	strace -f -e trace=ioctl -o "$BATS_TEST_TMPDIR/calls" \
		vfioctl test -q $net --conformance --case A23
	grep -q 'ATTACH.* EBUSY' "$BATS_TEST_TMPDIR/calls"
}
