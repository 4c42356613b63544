# SPDX-License-Identifier: GPL-2.0-or-later
# Before a reboot: what disk_read.bats looks for after it. A device is bound, and half-way back.

load common
bats_require_minimum_version 1.5.0

nvme=0000:03:00.0

@test "a file is written to the root" {
	cp /proc/sys/kernel/random/boot_id /var/lib/boot_before
}

@test "a device is bound that another driver than its own had, and the run that gives it back is killed" {
	modprobe -a pci-stub vfio-pci
	echo pci-stub >$pci/$nvme/driver_override
	echo $nvme >$pci/$nvme/driver/unbind
	echo $nvme >/sys/bus/pci/drivers/pci-stub/bind
	expect 0 vfioctl bind $nvme
	run traced -o /dev/null -e trace=sendto -e inject=sendto:signal=KILL:when=2 vfioctl restore -q $nvme
	[ "$status" -eq 137 ]
	[ -e $state/$nvme.json ]
	[ "$(echo /run/vfioctl/journal/*.json | wc -w)" -eq 1 ]
	[ -n "$(vfioctl list 2>&1 >/dev/null)" ]
	cp -a /run/vfioctl /var/lib/records_before
}
