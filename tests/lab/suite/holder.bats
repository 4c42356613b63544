# SPDX-License-Identifier: GPL-2.0-or-later
# Who has a VFIO device in ways that do not show as an open node: a cdev that was never bound, a mapping
# that outlived its descriptor, a file that only KVM refers to. Wants /dev/kvm: a machine with --cpu EPYC.

load common
load doctor
bats_require_minimum_version 1.5.0

nvme=0000:03:00.0

# use.py DEVICE WAY MARK: has the device in that way, makes the file MARK, and waits.
setup_file() {
	cat >"$BATS_FILE_TMPDIR/use.py" <<-'END'
		import ctypes, fcntl, os, socket, struct, sys, time
		address, way, mark = sys.argv[1:]
		sysfs = f"/sys/bus/pci/devices/{address}"
		libc = ctypes.CDLL(None, use_errno=True)
		libc.mmap.restype = ctypes.c_void_p
		libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + [ctypes.c_int] * 3 + [ctypes.c_long]
		def ask(fd, number, form, *words):
		    buffer = bytearray(struct.pack(form, *words))
		    fcntl.ioctl(fd, number, buffer)
		    return struct.unpack(form, buffer)
		def open_cdev():
		    return os.open("/dev/vfio/devices/" + os.listdir(f"{sysfs}/vfio-dev")[0], os.O_RDWR)
		def bind_cdev():
		    cdev, iommu = open_cdev(), os.open("/dev/iommu", os.O_RDWR)
		    ask(cdev, 0x3b00 + 118, "IIiI", 16, 0, iommu, 0)
		    return [cdev, iommu]
		def open_group():
		    group = os.open("/dev/vfio/" + os.path.basename(os.readlink(f"{sysfs}/iommu_group")), os.O_RDWR)
		    container = os.open("/dev/vfio/vfio", os.O_RDWR)
		    ask(group, 0x3b00 + 104, "i", container)
		    fcntl.ioctl(container, 0x3b00 + 102, 3)
		    return [fcntl.ioctl(group, 0x3b00 + 106, bytearray(address.encode() + b"\0")), container, group]
		def map_bar(device):
		    flags, _, _, size, offset = ask(device, 0x3b00 + 108, "IIIIQQ", 32, 0, 0, 0, 0, 0)[1:]
		    assert flags & 4 and libc.mmap(None, size, 3, 1, device, offset) != ctypes.c_void_p(-1).value
		def give_to_kvm(device):
		    machine = fcntl.ioctl(os.open("/dev/kvm", os.O_RDWR), 0xae01, 0)
		    vfio = ask(machine, 0xc00caee0, "III", 4, 0, 0)[1]
		    number = ctypes.c_int(device)
		    ask(vfio, 0x4018aee1, "IIQQ", 0, 1, 1, ctypes.addressof(number))
		opened = [open_cdev()] if way.startswith("opened") else bind_cdev() if way.startswith("cdev") else open_group()
		if way.endswith("-mapped"):
		    map_bar(opened[0])
		if way.endswith("-kvm"):
		    give_to_kvm(opened[0])
		if way.endswith("-sent"):
		    pair = socket.socketpair()
		    socket.send_fds(pair[0], [b"x"], opened)
		if "-" in way:
		    for fd in opened:
		        os.close(fd)
		open(mark, "w").close()
		time.sleep(300)
	END
}

setup() {
	modprobe -a vfio-pci iommufd vfio_iommu_type1
	vfioctl bind -q $nvme
}

teardown() {
	[ -z "${holder:-}" ] || kill -KILL "$holder" 2>/dev/null || true
	vfioctl recover -q --timeout 20 || true
	rm -rf /run/vfioctl/journal
	give_back $nvme
}

# use WAY: somebody has the device in that way; the pid is in $holder.
use() {
	python3 "$BATS_FILE_TMPDIR/use.py" $nvme "$1" "$BATS_TEST_TMPDIR/ready" 3>&- &
	holder=$!
	eventually test -e "$BATS_TEST_TMPDIR/ready"
}

# open_of TEXT: the first descriptor of the holder whose link says that.
open_of() {
	local fd
	for fd in "/proc/$holder/fd"/*; do
		[ "$(readlink "$fd")" = "$1" ] && { echo "${fd##*/}"; return; }
	done
}

# refused TEXT...: restore, and a bind to another driver, with that text, before anything is written.
refused() {
	local command text
	for command in "restore $nvme" "bind --driver pci-stub $nvme"; do
		# shellcheck disable=SC2086 # words
		expect 3 traced -o "$BATS_TEST_TMPDIR/trace" -e trace=openat,openat2,mkdir,rename,renameat,unlink vfioctl $command
		for text in "$nvme: " "$@"; do says "$text"; done
		grep -q '"/sys/bus/pci' "$BATS_TEST_TMPDIR/trace"
		run grep -E '"/sys/.*O_(WRONLY|RDWR)|"/run/vfioctl/(devices|journal|access)|(mkdir|rename|unlink).*= 0' \
			<(grep -vF 'O_RDONLY' "$BATS_TEST_TMPDIR/trace")
		[ "$status" -eq 1 ] || { echo "$output"; false; }
	done
	[ "$(driver_of $nvme) $(override_of $nvme)" = "vfio-pci vfio-pci" ]
	expect_json 3 vfioctl.error/1 restore $nvme
	json_is .error.code '"vfio-open"'
}

# piped ARGUMENT...: vfioctl with a reader behind it, who waits for its end; how long it took is in $took.
piped() {
	local start
	start=$(date +%s%3N)
	run timeout 60 bash -c "vfioctl $* 2>&1 | cat; exit \${PIPESTATUS[0]}"
	took=$(($(date +%s%3N) - start))
}

# forced: restore with --force=vfio-open ends in time, with nothing of the caller's behind it, and recover ends
# what it began as soon as the device is let go. It looks at the machine three times, which is not counted: on
# a host with a load of eight that takes seconds. test_pool.c holds the moment.
forced() {
	local looking timeout=2
	piped restore $nvme --force=vfio-open --dry-run
	looking=$took
	piped restore $nvme --force=vfio-open --timeout $timeout
	[ "$status" -eq 6 ] || { echo "exit status $status: $output"; return 1; }
	says "$nvme: cannot unbind from vfio-pci: it did not end in time, and the kernel goes on waiting: "
	echo "$took ms with --timeout $timeout, $looking ms to look"
	[ "$took" -ge $((timeout * 1000)) ]
	[ $((took - 3 * looking)) -le $((timeout * 1000 + 10000)) ] # the holder stays for minutes
	flock -n /run/vfioctl/lock true
	release
	holder=
	eventually test ! -e "$pci/$nvme/driver"
	expect 0 vfioctl recover --timeout 20
}

@test "a cdev that is open and was never bound" {
	use opened
	refused "pid $holder (python3) has $(cdev_of $nvme) open (fd $(open_of "$(cdev_of $nvme)"))"
	forced
	[ "$(driver_of $nvme) $(override_of $nvme)" = "nvme (null)" ]
}

@test "a mapping through a cdev that is closed" {
	use cdev-mapped
	[ "$(cat $pci/$nvme/enable)" = 1 ]
	refused "pid $holder (python3) has $(cdev_of $nvme) mapped"
	forced
	[ "$(driver_of $nvme) $(override_of $nvme)" = "nvme (null)" ]
}

@test "a mapping through a group that is closed" {
	use group-mapped
	[ "$(cat $pci/$nvme/enable)" = 1 ]
	refused "pid $holder (python3) has anon_inode:[vfio-device] mapped"
	forced
	[ "$(driver_of $nvme) $(override_of $nvme)" = "nvme (null)" ]
}

@test "a bound cdev that only KVM's file refers to" {
	modprobe kvm_amd
	use cdev-kvm
	[ "$(cat $pci/$nvme/enable)" = 1 ]
	refused "pid $holder (python3)" "anon_inode:kvm-vfio" "fd $(open_of anon_inode:kvm-vfio)"
	forced
	[ "$(driver_of $nvme) $(override_of $nvme)" = "nvme (null)" ]
}

@test "a device of a group that only KVM's file refers to" {
	modprobe kvm_amd
	use group-kvm
	[ "$(cat $pci/$nvme/enable)" = 1 ]
	refused "pid $holder (python3)" "anon_inode:kvm-vfio" "fd $(open_of anon_inode:kvm-vfio)"
	forced
	[ "$(driver_of $nvme) $(override_of $nvme)" = "nvme (null)" ]
}

# Nothing tells: no descriptor, no mapping, and the device is not enabled.
@test "a cdev that was never bound, and only KVM's file refers to: the command ends in time" {
	modprobe kvm_amd
	use opened-kvm
	[ "$(cat $pci/$nvme/enable)" = 0 ]
	forced
	[ "$(driver_of $nvme) $(override_of $nvme)" = "nvme (null)" ]
}

@test "a bound cdev that is in a message under way: no process shows it, and doctor says so" {
	use cdev-sent
	[ "$(cat $pci/$nvme/enable)" = 1 ]
	finds held-by-unknown $nvme
	[ "$remedy" = "Stop the virtual machine or container that has $nvme" ]
	release
	holder=
	eventually silent held-by-unknown $nvme
}

@test "the kernel logged no bug" {
	bugs=$(dmesg | grep -E 'BUG:|WARNING:|general protection|segfault' || true)
	[ -z "$bugs" ] || { echo "$bugs"; false; }
}
