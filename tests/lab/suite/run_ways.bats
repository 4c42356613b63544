# SPDX-License-Identifier: GPL-2.0-or-later
# What vfioctl run gives to its command on hosts that offer less, or something else. LAB_KERNEL and
# LAB_TOPOLOGY tell which one this is.

load common
load run
bats_require_minimum_version 1.5.0

setup() {
	want=${BATS_TEST_DESCRIPTION%%:*}
	[ "$want" = "$LAB_KERNEL" ] || [ "$want" = "$LAB_TOPOLOGY" ] || skip "another machine's"
}

teardown() {
	give_back $nvme
}

# What a command is told, one blank between the names of the variables that are there.
told() {
	expect 0 vfioctl run "$@" $nvme -- bash -c 'env | sed -n "s/^VFIOCTL_\([A-Z_]*\)=.*/\1/p" | sort | xargs'
}

@test "debian: groups only; --pass-fd is refused before the device is touched" {
	modprobe -r vfio-pci || true
	expect 125 vfioctl run -v --pass-fd $nvme -- touch "$BATS_TEST_TMPDIR/ran"
	says "--pass-fd needs a device cdev and iommufd, and this kernel offers none"
	[ "${#lines[@]}" -eq 1 ]
	[ ! -e "$BATS_TEST_TMPDIR/ran" ]
	told
	[ "$output" = "ADDRESS CONTAINER COUNT DEVICES DRIVER GROUP GROUP_NODE" ]
	whole $nvme
}

@test "cdev-only: no group, and no container" {
	told --pass-fd
	[ "$output" = "ADDRESS CDEV CDEV_FD COUNT DEVICES DRIVER GROUP IOMMU IOMMU_FD" ]
	told
	[ "$output" = "ADDRESS CDEV COUNT DEVICES DRIVER GROUP IOMMU" ]
	whole $nvme
}

@test "noiommu: nodes that say so" {
	expect 0 vfioctl run $nvme -- bash -c 'for node in $VFIOCTL_CDEV $VFIOCTL_GROUP_NODE; do [ -c $node ] || exit; echo $node; done'
	says noiommu-
	expect 125 vfioctl run --owner tester $nvme -- true
	says "no IOMMU guards its DMA"
	whole $nvme
}
