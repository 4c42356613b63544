# SPDX-License-Identifier: GPL-2.0-or-later
# After a reboot: the root's disk has what disk_write.bats left, and no device has.

load common
bats_require_minimum_version 1.5.0

nvme=0000:03:00.0

teardown() {
	give_back $nvme
}

as_it_was() {
	[ "$(driver_of $nvme) $(override_of $nvme)" = "nvme (null)" ]
}

@test "what was written to the root is there, in another boot" {
	[ -s /var/lib/boot_before ]
	[ "$(cat /var/lib/boot_before)" != "$(cat /proc/sys/kernel/random/boot_id)" ]
}

@test "nothing of a bind is left: the device has its own driver, and there is nothing to recover" {
	as_it_was
	[ ! -e /run/vfioctl ]
	run --separate-stderr vfioctl list
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
	expect 0 vfioctl recover
	says "nothing to recover"
	as_it_was
}

@test "records of before, where somebody kept them: nobody follows them" {
	mkdir -p /run/vfioctl
	cp -a /var/lib/records_before/. /run/vfioctl
	grep -q pci-stub $state/$nvme.json
	run --separate-stderr vfioctl list
	[ -z "$stderr" ]
	[ -z "$(ls /run/vfioctl/journal)" ]
	expect 0 vfioctl recover
	says "nothing to recover"
	as_it_was
	expect 0 vfioctl bind $nvme
	expect 0 vfioctl restore $nvme
	as_it_was
}
