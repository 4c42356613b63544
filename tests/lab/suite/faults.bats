# SPDX-License-Identifier: GPL-2.0-or-later
# A part of `make check-faults` that fits into a minute: system calls that fail, and runs that are
# killed in them. tests/lab/sweep does it.

load common
bats_require_minimum_version 1.5.0

nvme=0000:03:00.0
disk=0000:05:00.0
pf=0000:02:00.0

teardown() {
	vfioctl recover -q --timeout 20 || true
	echo 0 >$pci/$pf/sriov_numvfs || true
	give_back $nvme $disk $pf
}

# Says which points, too, when one of them left something half-way.
sweep() {
	expect 0 /vfioctl-src/tests/lab/sweep --seconds 9 "$@" $nvme $disk
	says " 0 left something not whole"
}

@test "bind is whole whichever system call fails" {
	sweep --verb bind --what error --seed 1
}

@test "bind is whole whichever system call succeeds and is said to have failed" {
	sweep --verb bind --what late --seed 5
}

# bats test_tags=main
@test "bind is whole wherever it is killed" {
	sweep --verb bind --what kill --seed 2
}

# bats test_tags=main
@test "restore is whole whichever system call fails" {
	sweep --verb restore --what error --seed 3
}

@test "restore is whole whichever system call succeeds and is said to have failed" {
	sweep --verb restore --what late --seed 6
}

@test "restore is whole wherever it is killed" {
	sweep --verb restore --what kill --seed 4
}

@test "run is whole whichever system call fails" {
	sweep --verb run --what error --seed 7
}

@test "run is whole wherever it is killed" {
	sweep --verb run --what kill --seed 8
}

@test "VFs are made or not whichever system call fails" {
	sweep --verb sriov --what error --seed 9
}

@test "VFs are made or not wherever it is killed" {
	sweep --verb sriov --what kill --seed 10
}

@test "VFs are taken away or not whichever system call fails" {
	sweep --verb sriov-none --what error --seed 11
}

@test "VFs are taken away or not wherever it is killed" {
	sweep --verb sriov-none --what kill --seed 12
}
