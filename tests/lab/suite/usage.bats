# SPDX-License-Identifier: GPL-2.0-or-later
# Who uses a device: what the kernel hides from those who do not ask in the right place. Refusals in
# general are in refuse.bats.

load common
bats_require_minimum_version 1.5.0

disk=0000:05:00.0
shared=0000:04:00.0 # an NVMe whose namespaces hang below its subsystem
net=0000:02:00.0
nvmet=/sys/kernel/config/nvmet/subsystems

setup() {
	eventually eval '[ -b "/dev/$(disk_of $disk)" ]'
	eventually eval '[ -b "/dev/$(disk_of $shared)" ]'
	block=/dev/$(disk_of $disk)
	interface=$(child_of $net net)
}

teardown() {
	[ -z "${holder:-}" ] || release
	umount "$BATS_TEST_TMPDIR/mnt" 2>/dev/null || true
	losetup -D 2>/dev/null || true
	end_export
	ip netns del away 2>/dev/null || true
	ip link del mv0 2>/dev/null || true
	[ ! -e $pci/0000:02:10.0 ] || give_back 0000:02:10.0
	echo 0 >$pci/$net/sriov_numvfs 2>/dev/null || true
	give_back $disk $shared $net
	eventually test -d "$pci/$net/net"
}

# used DEVICE REASON TEXT...: list has the reason, show has it and the text, bind refuses for it.
used() {
	local device=$1 reason=$2 driver
	shift 2
	driver=$(driver_of "$device")
	expect_json 0 vfioctl.list/1 list -o usage "$device"
	json_is ".devices[0].usage | index(\"$reason\") != null" true
	expect_json 0 vfioctl.show/1 show "$device"
	json_is '.devices[0].in_use' true
	json_is "[.devices[0].usage[].reason] | index(\"$reason\") != null" true
	for text; do says "$text"; done
	expect_json 3 vfioctl.error/1 bind "$device"
	json_is .error.code "\"$reason\""
	for text; do says "$text"; done
	[ "$(driver_of "$device")" = "$driver" ]
}

idle() {
	expect_json 0 vfioctl.list/1 list -o usage "$1"
	json_is '.devices[0].usage' '[]'
}

begin_export() {
	modprobe nvmet
	mkdir $nvmet/lab $nvmet/lab/namespaces/1
	echo 1 >$nvmet/lab/attr_allow_any_host
	echo -n "$1" >$nvmet/lab/namespaces/1/device_path
	echo 1 >$nvmet/lab/namespaces/1/enable
}

end_export() {
	mountpoint -q /sys/kernel/config || mount -t configfs none /sys/kernel/config
	[ -d $nvmet/lab ] || return 0
	echo 0 >$nvmet/lab/namespaces/1/enable || true
	rmdir $nvmet/lab/namespaces/1 $nvmet/lab
	modprobe -r nvmet
}

# opened FILE: block devices that a traced program opened, one a line
opened() {
	sed -nE 's|.*open[a-z0-9]*\([^"]*"/dev/([^"]*)".* = [0-9].*|\1|p' "$1" | sort -u | while read -r name; do
		[ ! -b "/dev/$name" ] || echo "$name"
	done
}

@test "list and show open no block device, bind claims it" {
	local trace=$BATS_TEST_TMPDIR/trace
	traced -e trace=open,openat,openat2 -o "$trace" vfioctl list -o address,usage
	[ -z "$(opened "$trace")" ]
	traced -e trace=open,openat,openat2 -o "$trace" vfioctl show $disk $shared
	[ -z "$(opened "$trace")" ]
	traced -e trace=open,openat,openat2 -o "$trace" vfioctl bind $disk
	# The node is gone by now, or the trace would be worth nothing.
	grep -q "\"$block\".*O_EXCL" "$trace"
}

@test "the claim is kept until unbind has returned" {
	local trace=$BATS_TEST_TMPDIR/trace returned closed claim
	traced -y -e trace=openat,openat2,write,close -o "$trace" vfioctl bind $disk
	claim=$(grep "\"$block\".*O_EXCL" "$trace" | tail -n 1) # the first one is a try, in a worker
	returned=$(grep -nE '(write\([0-9]+<[^>]*/unbind>.*|write resumed>.*) = 12$' "$trace" | head -n 1)
	closed=$(grep -nE "^${claim%% *} +close\([0-9]+<$block>" "$trace" | tail -n 1)
	[ -n "$returned" ] && [ -n "$closed" ]
	[ "${closed%%:*}" -gt "${returned%%:*}" ]
}

@test "one search of the processes, however many devices" {
	local trace=$BATS_TEST_TMPDIR/trace
	traced -e trace=open,openat,openat2 -o "$trace" vfioctl list -o usage
	[ "$(grep -c '"/proc/1/fd"' "$trace")" -eq 1 ]
	[ "$(grep -c '"/proc/1/maps"' "$trace")" -eq 1 ]
}

@test "a disk that the NVMe target exports, which an exclusive open would not notice" {
	idle $disk
	begin_export "$block"
	python3 -c 'import os, sys; os.open(sys.argv[1], os.O_RDONLY | os.O_EXCL)' "$block"
	used $disk block-held "exported by the NVMe target" "$nvmet/lab/namespaces/1"
	echo 0 >$nvmet/lab/namespaces/1/enable
	idle $disk
}

@test "an export that cannot be seen counts" {
	begin_export "$block"
	umount /sys/kernel/config
	used $disk unseen "what the NVMe target exports cannot be seen"
}

@test "a loop device over the disk" {
	modprobe loop
	losetup /dev/loop0 "$block"
	used $disk block-held "backs loop0"
	losetup -d /dev/loop0
	idle $disk
}

@test "a process that has only mapped the disk" {
	python3 -c '
import ctypes, os, sys, time
libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
fd = os.open(sys.argv[1], os.O_RDONLY)
assert libc.mmap(None, 4096, 1, 1, fd, 0) != ctypes.c_void_p(-1).value
os.close(fd)
open(sys.argv[2], "w").close()
time.sleep(300)' "$block" "$BATS_TEST_TMPDIR/mapped" 3>&- &
	holder=$!
	eventually test -e "$BATS_TEST_TMPDIR/mapped"
	used $disk block-open "pid $holder (python3)" "$block mapped"
}

@test "a mount in a namespace that no process is in" {
	mkfs.ext4 -q -F "$block"
	mkdir "$BATS_TEST_TMPDIR/mnt" "$BATS_TEST_TMPDIR/kept"
	mount --bind "$BATS_TEST_TMPDIR/kept" "$BATS_TEST_TMPDIR/kept"
	mount --make-private "$BATS_TEST_TMPDIR/kept"
	touch "$BATS_TEST_TMPDIR/kept/ns"
	unshare --mount="$BATS_TEST_TMPDIR/kept/ns" --propagation private mount "$block" "$BATS_TEST_TMPDIR/mnt"
	used $disk mounted "is mounted (ext4), but nowhere that a process sees"
	umount "$BATS_TEST_TMPDIR/kept/ns"
	umount "$BATS_TEST_TMPDIR/kept"
	eventually eval '! test -e /sys/fs/ext4/$(basename '"$block"')'
	idle $disk
	wipefs -qa "$block"
}

@test "a multipath namespace: mounted, open, and its other node" {
	local head
	head=$(disk_of $shared) # the controllers are probed at once: which is the first differs
	[ "$(ls -d "$pci/$shared"/nvme/nvme*/"$head" 2>/dev/null)" = "" ] # it hangs below the subsystem
	idle $shared
	mkfs.ext4 -q -F "/dev/$head"
	mkdir "$BATS_TEST_TMPDIR/mnt"
	mount "/dev/$head" "$BATS_TEST_TMPDIR/mnt"
	used $shared mounted "$head is mounted on"
	umount "$BATS_TEST_TMPDIR/mnt"
	wipefs -qa "/dev/$head"
	hold "/dev/$head"
	used $shared block-open "pid $holder (sleep) has /dev/$head open"
	release
	hold "/dev/${head/nvme/ng}"
	used $shared char-open "pid $holder (sleep) has /dev/${head/nvme/ng} open"
	release
	holder=
}

@test "a macvlan on the interface, here and in another network namespace" {
	modprobe macvlan
	idle $net
	ip link add link "$interface" name mv0 type macvlan
	used $net net-upper "$interface is below mv0"
	ip netns add away
	ip link set mv0 netns away
	[ ! -e "/sys/class/net/$interface/upper_mv0" ] # the kernel does not show it any more
	used $net net-upper "$interface is below mv0 in another network namespace, away"
	ip netns exec away ip link del mv0
	idle $net
}

has_own_network() {
	[ "$(readlink "/proc/$1/ns/net")" != "$(readlink /proc/self/ns/net)" ]
}

@test "an interface in another network namespace: whose it is; --force says that it was overridden" {
	ip netns add away
	ip link set "$interface" netns away
	used $net net-namespace "$interface of it is in another network namespace, away"
	unshare --net sleep 300 3>&- &
	holder=$!
	eventually has_own_network "$holder"
	ip netns exec away ip link set "$interface" netns "$holder"
	used $net net-namespace "that of pid $holder (sleep)"
	expect 3 vfioctl bind $net --force=net-upper,unseen
	expect 0 vfioctl bind $net --force=net-namespace,unseen --dry-run
	says "warning: $net: --force overrode: net-namespace"
	expect_json 0 vfioctl.bind/1 bind $net --force=net-namespace,unseen
	json_is '.results[0].overridden' '["net-namespace"]'
	eventually eval 'journalctl -q -t vfioctl -o cat | grep -q "bind: $net: igb -> vfio-pci, forced: net-namespace (uid 0"'
}

@test "a PF is told who uses its VFs" {
	echo 2 >$pci/$net/sriov_numvfs
	eventually test -e $pci/0000:02:10.0/driver
	used $net live-vfs "2 virtual functions of it exist"
	vfioctl bind 02:10.0
	hold "$(cdev_of 0000:02:10.0)"
	used $net live-vfs "0000:02:10.0 is in use: pid $holder (sleep)"
}

@test "what a user without rights cannot see is said to be unseen" {
	run as_tester vfioctl list -n -r -o usage $disk
	[ "$output" = unseen ]
	ip link set "$interface" up
	run as_tester vfioctl list -n -r -o usage $net
	ip link set "$interface" down
	[ "$output" = unseen ]
}
