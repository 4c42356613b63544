# SPDX-License-Identifier: GPL-2.0-or-later
# How a device may be named, and what happens when there is none of that name.

load helper

mdev=83b8f4f2-509f-382f-3c1e-e6bfe0fa1001

# means NAME ADDRESS
means() {
	on both list -n -r -o address "$1"
	exits 0
	equals "$output" "$2"
}

# name_of ADDRESS CLASS: what the kernel called the child of that function
name_of() {
	basename "$trees/both/sys/bus/pci/devices/$1/$2"/*
}

@test "addresses, short and long, in either case" {
	means 0000:03:00.0 0000:03:00.0
	means 03:00.0 0000:03:00.0
	means 3:0.0 0000:03:00.0
	means 00:1F.2 0000:00:1f.2
}

@test "network interfaces and disks" {
	means "$(name_of 0000:01:00.0 net)" 0000:01:00.0
	disk=$(basename "$(echo "$trees"/both/sys/bus/pci/devices/0000:05:00.0/nvme/nvme*)")
	means "$disk" 0000:05:00.0
}

@test "the disk of a multipath NVMe hangs below its subsystem" {
	for name in $("$VFIOCTL" list -n -r -o logical_names 04:00.0 --sysroot "$trees/both" | tr , ' '); do
		means "$name" 0000:04:00.0
		means "/dev/$name" 0000:04:00.0
	done
	equals "$name" nvme1n1
	means /sys/block/nvme1n1 0000:04:00.0
	means /sys/class/nvme-subsystem/nvme-subsys1 0000:04:00.0
}

@test "another node of a device, and a link to one" {
	printf '@ /dev/virtio-ports\nl lab ../vport2p2\n@ /dev\nl loop loop\n' | make_tree both
	port=$(readlink "$tree/sys/dev/char/254:2" | grep -o '0000:00:[^/]*')
	for node in /dev/vport2p2 /dev/virtio-ports/lab; do
		vfioctl list -n -r -o address "$node" --sysroot "$tree"
		exits 0
		equals "$output" "$port"
	done
	for node in /dev /dev/loop /dev/virtio-ports /dev/virtio-ports/other /dev/null /dev/; do
		vfioctl list "$node" --sysroot "$tree"
		exits 8
	done
	vfioctl list /dev/virtio-ports --sysroot "$tree"
	says "it is no device node"
}

@test "VFIO nodes, an mdev, paths of sysfs" {
	means "/dev/vfio/devices/$(name_of 0000:03:00.0 vfio-dev)" 0000:03:00.0
	group=$(basename "$(readlink "$trees/both/sys/bus/pci/devices/0000:03:00.0/iommu_group")")
	means "/dev/vfio/$group" 0000:03:00.0
	means "$mdev" "$mdev"
	means /sys/bus/pci/devices/0000:03:00.0 0000:03:00.0
	means "/sys/class/vfio-dev/$(name_of 0000:03:00.0 vfio-dev)" 0000:03:00.0
}

@test "a group of several means none of them" {
	group=$(basename "$(readlink "$trees/both/sys/bus/pci/devices/0000:01:00.0/iommu_group")")
	json_on both show "/dev/vfio/$group"
	exits 2
	equals "$(query .error.code)" ambiguous
	[[ $(query .error.message) == *"0000:01:00.0, 0000:01:00.1"* ||
		$(query .error.message) == *"0000:01:00.1, 0000:01:00.0"* ]]
}

@test "standard input: words, lines, comments, blanks; and other operands beside it" {
	runs bash -c 'printf "03:00.0 01:00.0\t\n# comment 04:00.0\n\n05:00.0# x\r\n" |
		"$VFIOCTL" list -n -r -o address 02:00.0 - --sysroot "$1"' - "$trees/both"
	exits 0
	equals "${output//$'\n'/ }" "0000:02:00.0 0000:03:00.0 0000:01:00.0 0000:05:00.0"
}

@test "standard input without a device is a mistake, not everything" {
	runs bash -c '"$VFIOCTL" list - --sysroot "$1" </dev/null' - "$trees/both"
	exits 2
	says "standard input names no device"
	runs bash -c 'echo "# none" | "$VFIOCTL" show - --sysroot "$1"' - "$trees/both"
	exits 2
	runs bash -c '"$VFIOCTL" bind - </dev/null'
	exits 2
	# But who gives back all there is may have given back all.
	runs bash -c '"$VFIOCTL" restore - </dev/null'
	exits 0
	says "nothing to do"
	runs kept bash -c '"$VFIOCTL" restore - --json </dev/null'
	equals "$(jq -c '[.changed, .results]' <<<"$output")" "[false,[]]"
}

@test "a malformed address" {
	for text in 0000:03:00 03:00 03:00.8 0000:03:00.00; do
		json_on both show "$text"
		exits 2
		equals "$(query .error.code)" bad-address
		equals "$(query .error.device)" "$text"
		equals "$(query .error.remedy)" "Did you mean 0000:03:00.0?"
	done
	on both list 0000:01:00
	exits 2
	says "not a PCI address. Near it there are: 0000:01:00.0, 0000:01:00.1."
	on both list 1:2:3:4:5
	exits 2
	says "not a PCI address. Write it as 0000:03:00.0 or 03:00.0."
}

@test "other separators, letters for digits, and swapped digits" {
	for text in 03.00.0 0000.03.00.0 0000:03:00,0 0000_03_00_0 O000:03:00.0; do
		json_on both show "$text"
		exits 8
		equals "$(query .error.code)" no-such-device
		equals "$(query .error.remedy)" "Did you mean 0000:03:00.0?"
	done
	on both list 0000:30:00.0
	exits 8
	says "no such device. Near it there are: 0000:00:00.0, 0000:03:00.0."
}

@test "an mdev by a part of its UUID, as a narrow table prints it, and mistyped" {
	for text in "${mdev::8}" "${mdev::8}…${mdev: -4}" "${mdev%01}10"; do
		on both list "$text"
		exits 8
		says "no such device. Did you mean $mdev?"
	done
}

@test "a mistyped name of an interface, a disk or a node" {
	on both list enp1s0f9
	exits 8
	says "no such device. Did you mean enp1s0f0?"
	on both list /dev/nvme2n2
	exits 8
	says "no such device. Did you mean nvme2n1?"
	on both list nvme7n7
	says "Near it there are: nvme1n1, nvme2n1."
	on both list /dev/vfio/devices/vfio9
	exits 8
	says "/dev/vfio/devices/vfio0, "
	on both list nvme1c9n1 # hidden, and known by its disk's name
	[[ $stderr != *nvme1c1n1* ]]
}

@test "the number of a group is answered with one of its devices" {
	on both show 14
	exits 8
	says "14: " "It is the number of an IOMMU group: name one of its devices, such as 0000:01:00." "--group"
	on both show 9999
	exits 8
	[[ $stderr != *"IOMMU group"* ]]
}

@test "a driver in front of the device, as driverctl and dpdk-devbind have it" {
	vfioctl bind vfio-pci 03:00.0
	exits 8
	says "vfio-pci: no such device. That is a driver" "\`vfioctl bind DEVICE --driver vfio-pci\`"
}

@test "an address of no device: the neighbours are shown" {
	json_on both show 0000:01:00.5
	exits 8
	equals "$(query .error.code)" no-such-device
	equals "$(query .error.device)" 0000:01:00.5
	[[ $(query .error.remedy) == *0000:01:00.0* ]]
	on both list 01:00.5
	exits 8
	says "no such device" "0000:01:00.0"
	equals "$output" ""
}

@test "a name of no device" {
	for name in eth99 nvme99n1 /dev/sdzz /dev/vfio/9999 /dev/vfio/devices/vfio99 /sys/class/net \
		00000000-0000-0000-0000-000000000000 "" .. ../../etc/passwd /etc/passwd; do
		json_on both list "$name"
		exits 8
		equals "$(query .error.code)" no-such-device
	done
}

@test "one bad name among good ones: nothing is printed but the error" {
	on both list 03:00.0 01:00.7
	exits 8
	equals "$output" ""
}

@test "hostile names come back harmless" {
	on both list $'\e[2J\x9b31m'
	exits 8
	[[ $stderr != *$'\e'* ]]
	json_on both list $'x\e]0;title\a\xff'
	exits 8
	equals "$(query .error.device)" "x?]0;title??"
}

@test "every document of this file is valid" {
	all_documents_valid
}
