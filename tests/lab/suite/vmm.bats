# SPDX-License-Identifier: GPL-2.0-or-later
# A program that nobody here wrote uses what bind has prepared: QEMU, through either way.

load common
bats_require_minimum_version 1.5.0

nvme=0000:03:00.0

teardown() {
	give_back $nvme 0000:01:00.0 0000:01:00.1
}

# Starts a VM, not running, with the device in it; asks it what is on its PCI bus.
pci_of_vm() {
	printf '%s\n' '{"execute":"qmp_capabilities"}' '{"execute":"query-pci"}' '{"execute":"quit"}' |
		timeout 60 qemu-system-x86_64 -M q35 -m 64M -nodefaults -display none -S -accel tcg \
			-qmp stdio "$@"
}

# bats test_tags=main
@test "QEMU takes the device by its cdev and iommufd" {
	vfioctl bind -q $nvme
	expect 0 pci_of_vm -object iommufd,id=iommufd0 -device vfio-pci,host=$nvme,iommufd=iommufd0
	says '"vendor": 6966'
	says '"device": 16'
}

# bats test_tags=main
@test "QEMU takes the device by its group and the container" {
	vfioctl bind -q $nvme
	expect 0 pci_of_vm -device vfio-pci,host=$nvme
	says '"vendor": 6966'
}

@test "QEMU takes a whole group of two functions" {
	vfioctl bind -q 01:00.0 --group
	expect 0 pci_of_vm -object iommufd,id=iommufd0 -device vfio-pci,host=01:00.0,iommufd=iommufd0 \
		-device vfio-pci,host=01:00.1,iommufd=iommufd0
	says '"device": 4307'
}

@test "while QEMU has the device restore refuses and names it, and test does too" {
	vfioctl bind -q $nvme
	qemu-system-x86_64 -M q35 -m 64M -nodefaults -display none -S -accel tcg -monitor none \
		-object iommufd,id=iommufd0 -device vfio-pci,host=$nvme,iommufd=iommufd0 3>&- &
	eventually grep -q '^[1-9]' $pci/$nvme/enable
	expect 3 vfioctl restore $nvme
	says "pid $! (qemu-system"
	expect 3 vfioctl test $nvme
	says "qemu-system"
	kill $!
	wait $! || true
	expect 0 vfioctl restore $nvme
}
