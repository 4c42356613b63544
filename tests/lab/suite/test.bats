# SPDX-License-Identifier: GPL-2.0-or-later
# vfioctl test on a host that offers both ways: what works passes, what does not fails with the
# reason, and nobody's device is touched.

load common
bats_require_minimum_version 1.5.0

lone=0000:03:00.0
pair0=0000:01:00.0
pair1=0000:01:00.1
port=0000:02:00.0
edu=0000:00:10.0
uuid=83b8f4f2-509f-382f-3c1e-e6bfe0fa1001
mtty=/sys/devices/virtual/mtty/mtty/mdev_supported_types/mtty-2

teardown() {
	[ -z "${holder:-}" ] || kill "$holder" 2>/dev/null || true
	[ ! -e /sys/bus/mdev/devices/$uuid ] || echo 1 >/sys/bus/mdev/devices/$uuid/remove
	echo 0 >$pci/$port/sriov_numvfs 2>/dev/null || true
	give_back $lone $pair0 $pair1 $port $edu 0000:05:00.0
}

# result PATH ID KEY: a member of one result in the document, as JSON.
result() {
	jq -c --arg path "$1" --arg id "$2" --arg key "$3" \
		'.results[] | select(.path == $path and .id == $id) | .[$key]' <<<"$output"
}

result_is() {
	local got
	got=$(result "$1" "$2" "$3")
	[ "$got" = "$4" ] && return
	printf '%s of %s through the %s is %s instead of %s\n' "$3" "$2" "$1" "$got" "$4"
	result "$1" "$2" reason
	return 1
}

@test "with no VFIO loaded all is skipped, and the exit status is 9" {
	[ ! -e /sys/class/vfio-dev ]
	expect_json 9 vfioctl.test/1 test
	json_is .passed 0
	json_is .failed 0
	json_is '[.results[].status] | unique' '["skip"]'
	[ ! -e /sys/class/vfio-dev ] # and nothing was loaded by looking
}

@test "without a device only the host is checked" {
	modprobe vfio-pci
	expect_json 0 vfioctl.test/1 test
	json_is '[.results[].path] | unique' '["host"]'
	json_is '[.results[].device] | unique' '[null]'
	json_is '[.results[] | .id + " " + .status]' '["E01 pass","E02 pass","E03 pass","E09 pass"]'
}

# bats test_tags=main
@test "a lone function passes everything, through both ways" {
	vfioctl bind -q $lone
	expect_json 0 vfioctl.test/1 test $lone
	json_is '[.failed, .skipped]' '[0,0]'
	json_is '[.results[] | select(.status != "pass")]' '[]'
	json_is '[.results[].path] | unique' '["cdev","group","host"]'
	json_is .passed "$(jq '.results | length' <<<"$output")"
	[ "$(jq .passed <<<"$output")" -ge 40 ]
}

@test "the answers are those that the kernel's interface owes" {
	vfioctl bind -q $lone
	expect_json 0 vfioctl.test/1 test --case "@(C01|C06|C11|A0[356]|X0*|G0[25])" $lone
	result_is cdev C01 got '"EINVAL"'
	result_is cdev C11 got '"EBADFD"'
	result_is cdev C06 got '"EINVAL"'
	result_is cdev A03 got '"ENOENT"'
	result_is cdev A05 got '"EBUSY"'
	result_is group X09 got '"EBUSY"'
	result_is group G02 got '"EINVAL"'
	result_is group G05 got '"ENODEV"'
	# The group keeps the cdev out until it is closed, and the other way round.
	[ "$(result cdev X01 steps | jq -c 'map(.got)')" = '["ok","ok","EBUSY","ok"]' ]
	[ "$(result cdev X04 steps | jq -c 'map(.got)')" = '["ok","ok","EBUSY","ok"]' ]
	[ "$(result cdev A06 steps | jq -c 'map(.what)')" = \
		'["open","bind","attach","DETACH","destroy the page table","destroy the address space"]' ]
}

@test "it says beforehand that opening resets the function, and it does" {
	vfioctl bind -q $lone
	before=$(resets $lone)
	run --separate-stderr vfioctl test --case C05 $lone
	[ "$status" -eq 0 ]
	[ "$stderr" = "vfioctl: Opening $lone resets the function" ]
	[ "$(resets $lone)" -gt "$before" ]
	run --separate-stderr vfioctl test --quiet --case C05 $lone
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
}

@test "a terminal is shown what is being tried, and the line goes again" {
	vfioctl bind -q $lone
	line=$'\r\e[Kvfioctl: testing '$lone
	script -qec "vfioctl test --case C05 $lone" /dev/null >"$BATS_TEST_TMPDIR/tty"
	tty=$(<"$BATS_TEST_TMPDIR/tty")
	[[ $tty == *"$line: C05 through the cdev"* ]]
	# What stays of each line is what stands behind the last time that it was cleared.
	! sed 's/.*\r\x1b\[K//' <<<"$tty" | grep -q testing || return 1
	script -qec "vfioctl test --quiet --case C05 $lone" /dev/null >"$BATS_TEST_TMPDIR/tty"
	[[ $(<"$BATS_TEST_TMPDIR/tty") != *testing* ]]
}

@test "the text has a part for each way, and ends with the counts" {
	vfioctl bind -q $lone
	expect 0 vfioctl test -q --case "@(E0[1-3]|C0[145]|X04|G04|X09)" $lone
	[ "${lines[0]}" = "The host" ]
	says "$lone through the cdev"
	says "$lone through the group"
	[[ ${lines[-1]} =~ ^[0-9]+\ passed,\ 0\ failed,\ 0\ skipped$ ]]
	grep -qE '^X04 +pass .* EBUSY|^X04 +pass .* ok' <<<"$output"
}

@test "the device is left as it was" {
	vfioctl bind -q $lone
	node=$(cdev_of $lone)
	expect 0 vfioctl test -q --case "@(C0[1-6]|C17|C27|D0*)" $lone
	[ "$(driver_of $lone)" = vfio-pci ]
	[ "$(cdev_of $lone)" = "$node" ]
	[ "$(cat $pci/$lone/enable)" -eq 0 ]
	expect 0 vfioctl restore $lone
	[ "$(driver_of $lone)" = nvme ]
}

@test "columns: one table; a mistyped one is found out before anything is reset" {
	vfioctl bind -q $lone
	expect 0 vfioctl test -q -n -o path,id,status --case "@(E01|C05|G04)" $lone
	grep -qx 'cdev *C05 *pass' <<<"$output"
	[ "$(awk '{ print $1 }' <<<"$output" | uniq | paste -sd' ')" = "host cdev group" ]
	before=$(resets $lone)
	expect 2 vfioctl test -o nothing $lone
	[ "$(resets $lone)" -eq "$before" ]
}

@test "a device without a VFIO driver: exit 9, and how to bind it" {
	expect_json 9 vfioctl.error/1 test $lone
	json_is .error.code '"not-bound"'
	json_is .error.device "\"$lone\""
	expect 9 vfioctl test $lone
	says "vfioctl bind $lone"
}

@test "a device that is not there: exit 8" {
	expect_json 8 vfioctl.error/1 test 0000:55:00.0
}

@test "one unfit device of several: none is opened" {
	vfioctl bind -q $lone
	before=$(resets $lone)
	expect_json 9 vfioctl.error/1 test $lone 0000:05:00.0
	json_is .error.device '"0000:05:00.0"'
	[ "$(resets $lone)" -eq "$before" ]
}

# bats test_tags=main
@test "in use through the cdev: refused, the holder named, nothing reset" {
	vfioctl bind -q $lone
	hold "$(cdev_of $lone)"
	before=$(resets $lone)
	expect_json 3 vfioctl.error/1 test $lone
	json_is .error.code '"vfio-open"'
	expect 3 vfioctl test $lone
	says "pid $holder (sleep) has $(cdev_of $lone) open"
	[ "$(resets $lone)" -eq "$before" ]
	# It is refused in the words in which restore refuses it.
	refusal=$output
	expect 3 vfioctl restore $lone
	[ "$output" = "$refusal" ]
}

@test "in use through the group: refused, the holder named" {
	vfioctl bind -q $lone
	hold "$(group_of $lone)"
	expect 3 vfioctl test $lone
	says "pid $holder (sleep) has $(group_of $lone) open"
}

@test "another member of the group in use: refused, the member named" {
	vfioctl bind -q $pair0 $pair1
	hold "$(cdev_of $pair1)"
	before=$(resets $pair0)
	expect_json 3 vfioctl.error/1 test $pair0
	json_is .error.code '"group"'
	expect 3 vfioctl test $pair0
	says "$pair1 of the same IOMMU group"
	says "pid $holder (sleep)"
	[ "$(resets $pair0)" -eq "$before" ]
	refusal=$output
	expect 3 vfioctl restore $pair0
	[ "$output" = "$refusal" ]
}

@test "another member of the group whose unbind waits for its user: refused, the user named" {
	vfioctl bind -q $pair0 $pair1
	hold "$(cdev_of $pair1)"
	(echo $pair1 >$pci/$pair1/driver/unbind) 3>&- &
	unbind=$!
	eventually test ! -e $pci/$pair1/driver
	expect 3 vfioctl restore $pair1
	says "pid $holder (sleep) has "
	for verb in test restore; do
		expect_json 3 vfioctl.error/1 $verb $pair0
		json_is .error.code '"group"'
		json_is '.error.message | contains("'"$pair1 of the same IOMMU group"'") and contains("'"pid $holder "'")' true
	done
	[ "$(driver_of $pair0)" = vfio-pci ]
	kill "$holder"
	wait $unbind
}

# Binds the device and keeps its descriptor only in a message on its way, where /proc shows nothing.
hide() {
	python3 -c '
import fcntl, os, socket, struct, sys, time
device, iommufd = (os.open(node, os.O_RDWR) for node in (sys.argv[1], "/dev/iommu"))
fcntl.ioctl(device, 0x3b76, struct.pack("IIiI", 16, 0, iommufd, 0))
here, there = socket.socketpair()
socket.send_fds(here, [b"x"], [device])
os.close(device)
time.sleep(100)' "$1" 3>&- &
	holder=$!
}

@test "in use by somebody who cannot be seen: refused" {
	vfioctl bind -q $lone
	hide "$(cdev_of $lone)"
	eventually grep -qx 1 $pci/$lone/enable
	eventually eval '! ls -l /proc/$holder/fd | grep -q vfio'
	before=$(resets $lone)
	expect_json 3 vfioctl.error/1 test $lone
	json_is .error.code '"vfio-open"'
	expect 3 vfioctl test $lone
	says "$lone is in use by something that cannot be seen from here"
	[ "$(resets $lone)" -eq "$before" ]
}

@test "a member of the group with the host's driver: fails, the member and driver named" {
	modprobe vfio-pci
	echo vfio-pci >$pci/$pair0/driver_override
	echo $pair0 >$pci/$pair0/driver/unbind
	echo $pair0 >/sys/bus/pci/drivers/vfio-pci/bind
	[ "$(driver_of $pair1)" = e1000e ]
	expect_json 1 vfioctl.test/1 test --case "@(C0[145]|A01|G0*|D02)" $pair0
	result_is cdev C05 status '"fail"'
	result_is cdev C05 got '"EPERM"'
	result_is group G01 status '"fail"'
	for way in "cdev C05" "group G01"; do
		# shellcheck disable=SC2086 # two words
		[[ $(result $way reason) == *"$pair1 "*e1000e* ]]
	done
	# What builds on these is skipped, not failed as well.
	json_is .failed 2
	result_is cdev A01 reason '"C05 failed"'
	result_is group D02 reason '"G01 failed"'
	[ "$(driver_of $pair1)" = e1000e ]
}

has_lock() { # PID
	[ "$(cat /run/vfioctl/lock)" = "$1" ] && ! flock -n /run/vfioctl/lock true
}

@test "bind and restore wait while a device is tested, and give up in time" {
	vfioctl bind -q $lone
	vfioctl test -q --case "@(C0*)" $lone 3>&- &
	test=$!
	eventually has_lock $test
	kill -STOP $test
	expect_json 7 vfioctl.error/1 restore $lone --timeout 1
	json_is .error.code '"locked"'
	json_is '.error.message | contains("pid '$test'")' true
	expect 7 vfioctl bind $pair0 $pair1 --timeout 1
	expect 7 vfioctl test $lone --timeout 0
	[ "$(driver_of $lone)" = vfio-pci ]
	[ "$(driver_of $pair0)" = e1000e ]
	expect 0 vfioctl test --timeout 0 # the host alone is nobody's device
	kill -CONT $test
	wait $test
	expect 0 vfioctl restore $lone
}

@test "test waits for a run that changes devices, and gives up in time" {
	vfioctl bind -q $lone
	flock /run/vfioctl/lock sleep 2 3>&- &
	eventually eval '! flock -n /run/vfioctl/lock true'
	before=$(resets $lone)
	expect_json 7 vfioctl.error/1 test $lone --timeout 0
	json_is .error.code '"locked"'
	[ "$(resets $lone)" -eq "$before" ]
	expect 0 vfioctl test -q --case C05 $lone --timeout 20
	wait
}

@test "a user who may not take the lock tests without it, and is told with -v" {
	vfioctl bind -q $lone
	chown tester "$(cdev_of $lone)" /dev/iommu
	hold_lock
	expect 0 as_tester vfioctl test -q -v --case C05 $lone
	chown root /dev/iommu
	says "going on without the lock: /run/vfioctl/lock: "
	says EACCES
}

@test "two functions of one group, one after the other" {
	vfioctl bind -q $pair0 $pair1
	expect_json 0 vfioctl.test/1 test --case "@(E01|C05|A0[16]|X0[14]|G04|D0*|H0[12])" $pair0 $pair1
	json_is '[.failed, .skipped]' '[0,0]'
	json_is '[.results[].device] | unique' "[null,\"$pair0\",\"$pair1\"]"
}

@test "a function on the root bus has no bus reset: skipped" {
	vfioctl bind -q $edu
	expect_json 0 vfioctl.test/1 test --case "@(C05|C27|G0*|H0[12])" $edu
	json_is .failed 0
	for way in cdev group; do
		result_is $way H01 status '"skip"'
		result_is $way H02 reason '"the bus of this function cannot be reset"'
		result_is $way C27 got '"EINVAL"' # nor a function reset
	done
}

@test "an mdev passes through both ways, without what it cannot have" {
	modprobe mtty
	echo $uuid >$mtty/create
	udevadm settle
	expect_json 0 vfioctl.test/1 test $uuid
	json_is .failed 0
	for id in C05 A01 A03 A06 X01 X04 D02; do result_is cdev $id status '"pass"'; done
	for id in G04 G06 X11 D02; do result_is group $id status '"pass"'; done
	result_is cdev A16 status '"skip"'
	result_is group H02 reason '"the device is not a PCI function"'
}

@test "a VF whose PF has a VFIO driver is skipped: it wants a token" {
	echo 1 >$pci/$port/sriov_drivers_autoprobe
	modprobe vfio-pci
	echo Y >/sys/module/vfio_pci/parameters/enable_sriov
	vfioctl bind -q $port
	echo 1 >$pci/$port/sriov_numvfs
	vf=$(basename "$(readlink $pci/$port/virtfn0)")
	[ "$(driver_of "$vf")" = vfio-pci ] || vfioctl bind -q "$vf"
	expect_json 0 vfioctl.test/1 test --case "@(C05|A01|G0*)" "$vf"
	json_is .failed 0
	result_is cdev C05 status '"skip"'
	[[ $(result cdev C05 reason) == *"$port"*token* ]]
	result_is group G04 status '"skip"'
	result_is group G03 status '"pass"'
}

@test "a user without the nodes: exit 4" {
	vfioctl bind -q $lone
	expect 4 as_tester vfioctl test $lone
	says "cannot open $(cdev_of $lone) (owner root, group root, mode 0600): Permission denied (EACCES). Run as root"
	says "vfioctl bind --owner tester $lone"
}

@test "a user with the nodes of one way: the other is skipped" {
	vfioctl bind -q $lone
	chown tester "$(cdev_of $lone)" /dev/iommu
	run kept as_tester vfioctl test --json --case "@(C05|X01|G01)" $lone
	chown root /dev/iommu
	[ "$status" -eq 0 ]
	json_is .failed 0
	result_is cdev C05 status '"pass"'
	result_is cdev X01 status '"skip"'
	result_is group G01 reason "\"this user may not open $(group_of $lone)\""
}

@test "a user who may lock no memory: mapping fails, and the limit is named" {
	vfioctl bind -q $lone
	chown tester "$(cdev_of $lone)" /dev/iommu
	run kept as_tester bash -c "ulimit -l 0 && vfioctl test --json --case D02 $lone"
	chown root /dev/iommu
	[ "$status" -eq 1 ]
	json_is .failed 1
	result_is cdev D02 got '"ENOMEM"'
	[[ $(result cdev D02 reason) == *"ulimit -l"* ]]
}

@test "nodes that a case had made anew belong to whom they did before" {
	vfioctl bind -q $lone
	chown tester:tester "$(cdev_of $lone)" "$(group_of $lone)"
	chmod 0640 "$(cdev_of $lone)"
	before=$(stat -c %i "$(cdev_of $lone)")
	expect_json 0 vfioctl.test/1 test $lone --conformance --destructive --case B01
	[ "$(stat -c %i "$(cdev_of $lone)")" != "$before" ]
	[ "$(stat -c '%U %G %a' "$(cdev_of $lone)")" = "tester tester 640" ]
	[ "$(stat -c '%U %G %a' "$(group_of $lone)")" = "tester tester 600" ]
}

# bats test_tags=main
@test "the kernel logged no bug" {
	bugs=$(dmesg | grep -E 'BUG:|WARNING:|general protection|segfault' || true)
	[ -z "$bugs" ] || { echo "$bugs"; false; }
}
