# SPDX-License-Identifier: GPL-2.0-or-later
# The catalogue where it takes KVM: a machine with --cpu EPYC.

load conformance

lone=0000:03:00.0
host=kvm

teardown() {
	give_back $lone
}

@test "KVM and a lone NVMe" {
	modprobe kvm_amd
	[ -e /dev/kvm ]
	vfioctl bind -q $lone
	scene lone 'K*' $lone
	devices_are_as_before $lone
}

@test "the results are those of the table" {
	table_holds kvm
}

@test "the kernel logged no bug" {
	kernel_logged_no_bug
}
