# SPDX-License-Identifier: GPL-2.0-or-later
# What is in use is refused, with who uses it, and nothing is changed.

load common
bats_require_minimum_version 1.5.0

disk=0000:05:00.0
net=0000:02:00.0

setup() {
	eventually eval '[ -b "/dev/$(disk_of $disk)" ]'
	block=/dev/$(disk_of $disk)
	interface=$(child_of $net net)
}

teardown() {
	umount "$BATS_TEST_TMPDIR/mnt" 2>/dev/null || true
	swapoff -a
	dmsetup remove_all 2>/dev/null || true
	mdadm --stop --scan 2>/dev/null || true
	echo 0 >$pci/$net/sriov_numvfs 2>/dev/null || true
	give_back $disk $net 0000:01:00.0 0000:01:00.1
	ip link set "$(child_of $net net)" down
	ip addr flush dev "$(child_of $net net)"
}

# refused REASON DEVICE [TEXT...]: bind refuses for that reason, says so, and changes nothing.
refused() {
	local reason=$1 device=$2 driver
	shift 2
	driver=$(driver_of "$device")
	expect_json 3 vfioctl.error/1 bind "$device"
	json_is .error.code "\"$reason\""
	json_is .error.device "\"$device\""
	expect 3 vfioctl bind "$device"
	for text; do says "$text"; done
	[ "$(driver_of "$device")" = "$driver" ]
	[ "$(override_of "$device")" = "(null)" ]
}

# bats test_tags=main
@test "a mounted disk" {
	mkfs.ext4 -q "$block"
	mkdir "$BATS_TEST_TMPDIR/mnt"
	mount "$block" "$BATS_TEST_TMPDIR/mnt"
	refused mounted $disk "${block#/dev/} is mounted on" "$BATS_TEST_TMPDIR/mnt"
}

@test "a disk mounted in another mount namespace only" {
	mkfs.ext4 -q -F "$block"
	mkdir "$BATS_TEST_TMPDIR/mnt"
	unshare -m --propagation private sh -c "mount $block $BATS_TEST_TMPDIR/mnt && exec sleep 60" 3>&- &
	holder=$!
	eventually grep -q "$block" "/proc/$holder/mountinfo"
	refused mounted $disk "$BATS_TEST_TMPDIR/mnt"
	release
}

@test "a partition table alone is no use" {
	parted -s "$block" mklabel gpt mkpart a 1MiB 100%
	udevadm settle
	expect 0 vfioctl bind $disk
	expect 0 vfioctl restore $disk
	eventually test -b "$block"
	wipefs -qa "$block"
}

@test "swap" {
	mkswap -q "$block" 2>/dev/null || mkswap "$block"
	swapon "$block"
	refused block-held $disk swap
}

@test "a device-mapper table on the disk" {
	echo "0 8192 linear $block 0" | dmsetup create held
	refused block-held $disk
}

@test "an md array on the disk" {
	mdadm --create /dev/md/held --run --force --level=1 --raid-devices=1 --metadata=1.2 "$block"
	udevadm settle
	refused block-held $disk
	mdadm --stop /dev/md/held
	mdadm --zero-superblock "$block"
}

@test "an interface that was moved to another network namespace" {
	ip netns add away
	ip link set "$interface" netns away
	refused net-namespace $net "another network namespace" away
	ip netns exec away ip link set "$interface" netns 1
	ip netns del away
	eventually test -d "$pci/$net/net/$interface"
}

@test "a process that has the disk open" {
	hold "$block"
	refused block-open $disk "pid $holder (sleep)" "$block"
	release
}

@test "a process that has the controller's character device open" {
	hold "${block%n1}"
	refused char-open $disk "pid $holder (sleep)" "${block%n1}"
	release
}

@test "an interface with an address; IPv6 too" {
	ip link set "$interface" up
	ip addr add 192.0.2.1/24 dev "$interface"
	refused net-address $net "$interface" 192.0.2.1
	ip addr flush dev "$interface"
	ip addr add 2001:db8::1/64 dev "$interface"
	refused net-address $net "$interface" 2001:db8::1
}

@test "an interface with a route in another table" {
	ip link set "$interface" up
	ip route add 198.51.100.0/24 dev "$interface" table 77
	refused net-route $net "$interface"
}

@test "the port of a bridge and of a bond, and a VLAN's lower device" {
	ip link add br9 type bridge
	ip link set "$interface" master br9
	refused net-upper $net br9
	ip link del br9
	ip link add link "$interface" name vlan9 type vlan id 9
	refused net-upper $net vlan9
	ip link del vlan9
}

@test "an interface that is up and has nothing is free" {
	ip link set "$interface" up
	sleep 2 # long enough for the automatic link-local address
	expect 0 vfioctl bind $net
}

@test "a PF with VFs" {
	echo 2 >$pci/$net/sriov_numvfs
	refused live-vfs $net "2 "
}

@test "a bridge" {
	expect 3 vfioctl bind 00:02.0
	says bridge
	[ "$(driver_of 0000:00:02.0)" = pcieport ]
}

# bats test_tags=main
@test "a group that would stay not viable, naming the members" {
	refused group 0000:01:00.0 "IOMMU group" "0000:01:00.1 is bound to e1000e" "--group"
}

@test "a group that is forced is of no use, and that is said" {
	expect 0 vfioctl bind --force=group 01:00.0
	says "stays not viable: nobody can open the device"
	run vfioctl test 01:00.0
	[ "$status" -ne 0 ]
	expect 0 vfioctl restore 01:00.0
}

# bats test_tags=main
@test "an open VFIO device: restore refuses and names the holder" {
	vfioctl bind $disk
	hold "$(cdev_of $disk)"
	expect_json 3 vfioctl.error/1 restore $disk
	json_is .error.code '"vfio-open"'
	says "pid $holder (sleep)"
	[ "$(driver_of $disk)" = vfio-pci ]
	release
	expect 0 vfioctl restore $disk
}

@test "another member of the group in use keeps this one from its native driver" {
	vfioctl bind 01:00.0 01:00.1
	group=$(basename "$(readlink $pci/0000:01:00.0/iommu_group)")
	hold "$(cdev_of 0000:01:00.1)"
	expect 3 vfioctl restore 01:00.0
	says "0000:01:00.1 of the same IOMMU group $group"
	says "pid $holder (sleep)"
	release
}

@test "--force overrides exactly the reason that it names" {
	ip link set "$interface" up
	ip addr add 192.0.2.1/24 dev "$interface"
	ip route add 198.51.100.0/24 dev "$interface"
	expect 3 vfioctl bind $net --force=net-address
	says route
	expect 3 vfioctl bind $net --force=net-route,mounted
	says 192.0.2.1
	expect_json 0 vfioctl.bind/1 bind $net --force=net-address,net-route
	json_is '.results[0].overridden' '["net-address","net-route"]'
	expect 2 vfioctl bind $net --force=everything
	says "net-address"
}

@test "one refused device keeps all from being changed, each with its reason" {
	hold "$block"
	expect_json 3 vfioctl.error/1 bind 03:00.0 $disk
	json_is '[.results[] | [.address, .error.code]]' "[[\"0000:03:00.0\",null],[\"$disk\",\"block-open\"]]"
	[ "$(driver_of 0000:03:00.0)" = nvme ]
	release
}

@test "an unprivileged user is told so, and changes nothing" {
	run setpriv --reuid=65534 --regid=65534 --clear-groups vfioctl bind 03:00.0
	[ "$status" -eq 4 ]
	says root
	[ "$(driver_of 0000:03:00.0)" = nvme ]
	vfioctl bind -q 03:00.0
	run setpriv --reuid=65534 --regid=65534 --clear-groups vfioctl restore 03:00.0
	[ "$status" -eq 4 ]
	says "Changing devices needs root."
	[ "$(driver_of 0000:03:00.0)" = vfio-pci ]
	vfioctl restore -q 03:00.0
}

@test "a member in use keeps the others: what is wrong with it is said, and nobody is told to bind it too" {
	local interface
	interface=$(ls $pci/0000:01:00.0/net)
	ip link set "$interface" up
	ip addr add 192.0.2.1/24 dev "$interface"
	expect 3 vfioctl bind --group 0000:01:00.0
	says "192.0.2.1"
	says "0000:01:00.0 is bound to e1000e. That is refused for a reason of its own."
	[[ $output != *"Bind it too"* ]]
	ip addr flush dev "$interface"
	ip link set "$interface" down
	[ "$(driver_of 0000:01:00.0) $(driver_of 0000:01:00.1)" = "e1000e e1000e" ]
}
