# SPDX-License-Identifier: GPL-2.0-or-later
# The catalogue where it takes several devices or a special one: topology default.

load conformance

lone=0000:03:00.0
stranger=0000:05:00.0
pair0=0000:01:00.0
pair1=0000:01:00.1
port=0000:02:00.0
edu=0000:00:10.0
sriov=0000:04:00.0
uuid=83b8f4f2-509f-382f-3c1e-e6bfe0fa1001

teardown() {
	[ ! -e /sys/bus/mdev/devices/$uuid ] || echo 1 >/sys/bus/mdev/devices/$uuid/remove
	echo 0 >$pci/$port/sriov_numvfs 2>/dev/null || true
	give_back $lone $stranger $pair0 $pair1 $port $edu $sriov
}

@test "two functions of one group" {
	vfioctl bind -q $pair0 $pair1
	scene pair '@(C2[234]|X05|A1[12]|H*|B07)' $pair0 $pair1
	devices_are_as_before $pair0 $pair1
}

@test "two groups" {
	vfioctl bind -q $lone $stranger
	scene strangers '@(C21|A13)' $lone $stranger
	devices_are_as_before $lone $stranger
}

@test "a function on the root bus, without any reset" {
	vfioctl bind -q $edu
	scene root-bus '@(H*|C27|C05|A01|E04|D0*)' $edu
	devices_are_as_before $edu
}

# mdev_of MODULE TYPE: an emulated device of that type.
mdev_of() {
	modprobe "$1"
	echo $uuid >"/sys/devices/virtual/$1/$1/mdev_supported_types/$2/create"
	udevadm settle
}

@test "an emulated serial port" {
	mdev_of mtty mtty-2
	scene mdev '@(M*|I0[1-7]|C*|X*|A*|G*|D02)' $uuid
	vfioctl bind -q $lone
	scene mdev-and-nvme 'M10' $lone $uuid
}

@test "emulated displays" {
	mdev_of mdpy mdpy-vga
	scene mdpy 'M08' $uuid
	echo 1 >/sys/bus/mdev/devices/$uuid/remove
	mdev_of mbochs mbochs-small
	scene mbochs 'M08' $uuid
}

# One VF of the igb function, both with vfio-pci.
pf_and_vf() {
	modprobe vfio-pci
	echo Y >/sys/module/vfio_pci/parameters/enable_sriov
	vfioctl bind -q $port
	echo 1 >$pci/$port/sriov_numvfs
	vf=$(basename "$(readlink $pci/$port/virtfn0)")
	[ "$(driver_of "$vf")" = vfio-pci ] || vfioctl bind -q "$vf"
	udevadm settle
}

@test "a PF and its VF, both with a VFIO driver" {
	pf_and_vf
	scene pf-vf 'T*' $port "$vf"
	devices_are_as_before $port "$vf"
}

@test "a PF without VFs" {
	vfioctl bind -q $sriov
	scene pf 'B05' $sriov
	devices_are_as_before $sriov
}

@test "a VF whose PF has the host's driver" {
	modprobe igb
	echo 1 >$pci/$port/sriov_numvfs
	vf=$(basename "$(readlink $pci/$port/virtfn0)")
	vfioctl bind -q "$vf"
	scene vf 'T*' "$vf"
	devices_are_as_before "$vf"
}

@test "the kernel logged no bug" {
	kernel_logged_no_bug
}
