# SPDX-License-Identifier: GPL-2.0-or-later
# vfioctl reset: what is asked for is reset and comes back as it was, all that is reset along is told
# and looked at before, and what is set for the time of a reset is put back whatever happens.

load common
bats_require_minimum_version 1.5.0

lone=0000:03:00.0
port_of_lone=0000:00:04.0
pair0=0000:01:00.0
pair1=0000:01:00.1
old0=0000:07:01.0
old1=0000:07:02.0
net=0000:02:00.0
disk=0000:05:00.0
edu=0000:00:10.0

# Three devices stay with VFIO; a test that gives one away gets it back before the next.
setup() {
	secondary=$(setpci -s $port_of_lone SECONDARY_BUS)
	for device in $lone $pair0 $pair1; do
		[ "$(driver_of $device)" = vfio-pci ] || vfioctl bind -q $device --force=group
	done
}

teardown() {
	[ -z "${holder:-}" ] || kill "$holder" 2>/dev/null || true
	setpci -s $port_of_lone SECONDARY_BUS="$secondary"
}

teardown_file() {
	give_back $lone $pair0 $pair1 $old0 $old1 $edu
}

# What a reset may change for its time.
settings() {
	cat "$pci/$1/reset_method" "$pci/$1/power/control" "$pci/$1/driver_override"
}

# slowly SECONDS DEVICE COMMAND...: the kernel is told of the reset of that device so much later.
slowly() {
	local seconds=$1 file
	file=$(readlink -f "$pci/$2/reset")
	shift 2
	traced -o /dev/null -P "$file" -e trace=write -e inject=write:delay_enter="${seconds}s" "$@"
}

# refused STATUS CODE TEXT ARGUMENTS...: reset says so, and resets nothing.
refused() {
	local wanted=$1 code=$2 text=$3 before
	shift 3
	before=$(dmesg | grep -c 'reset done' || true)
	expect_json "$wanted" vfioctl.error/1 reset "$@"
	json_is .error.code "\"$code\""
	says "$text"
	json_is '[.resets[].reset] | unique' '[false]'
	[ "$before" = "$(dmesg | grep -c 'reset done' || true)" ]
}

@test "a function is reset, once, and is as before" {
	before=$(settings $lone)
	count=$(resets $lone)
	expect_json 0 vfioctl.reset/1 reset $lone
	json_is '.results[0] | [.address, .scope, .method, .reset, .restored, .error]' \
		"[\"$lone\",\"function\",\"flr\",true,true,null]"
	json_is '.results[0].affected | map([.address, .driver, .owned, .used_by])' \
		"[[\"$lone\",\"vfio-pci\",true,[]]]"
	jq -e '.results[0].duration_ms >= 0' <<<"$output" >/dev/null
	[ "$(resets $lone)" -eq $((count + 1)) ]
	[ "$(settings $lone)" = "$before" ]
	eventually grep -qx suspended "$pci/$lone/power/runtime_status"
}

@test "the method asked for is the only one for the time of the reset" {
	[ "$(cat $pci/$lone/reset_method)" = "flr bus" ]
	expect 0 traced -o "$BATS_TEST_TMPDIR/writes" -s 32 -e trace=write \
		-P "$(readlink -f $pci/$lone/reset_method)" -P "$(readlink -f $pci/$lone/reset)" \
		vfioctl reset --method bus $lone
	sed -nE 's/.*write\([0-9]+, "([^"]*)".*/\1/p' "$BATS_TEST_TMPDIR/writes" >"$BATS_TEST_TMPDIR/values"
	diff "$BATS_TEST_TMPDIR/values" - <<<$'bus\n1\nflr bus'
	[ "$(cat $pci/$lone/reset_method)" = "flr bus" ]
	grep -qE "^$lone function bus " <<<"$output"
}

@test "a method that it has not, or that the kernel no longer takes" {
	refused 9 no-such-method "It can by: flr bus." --method pm $lone
	# Found when the other function was not there yet.
	[ "$(cat $pci/$pair0/reset_method)" = "pm bus" ]
	refused 9 no-such-method "cannot be reset by 'bus'" --method bus $pair0
	[ "$(cat $pci/$pair0/reset_method)" = "pm bus" ]
	[ "$(cat $pci/$pair0/power/control)" = auto ]
	echo >$pci/$lone/reset_method
	refused 9 no-reset "echo default > " $lone
	echo default >$pci/$lone/reset_method
}

@test "a hot reset takes both functions, once, and tells so" {
	expect_json 0 vfioctl.reset/1 reset --scope hot $pair0 $pair1
	json_is '[.results[] | [.address, .along, .reset, .restored]]' \
		"[[\"$pair0\",[\"$pair1\"],true,true],[\"$pair1\",[\"$pair0\"],true,true]]"
	json_is '[.results[].affected | map(.address)]' \
		"[[\"$pair0\",\"$pair1\"],[\"$pair1\",\"$pair0\"]]"
	json_is '.results | map(.duration_ms) | unique | length' 1
	[ "$(cat $pci/$pair0/enable $pci/$pair1/enable)" = $'0\n0' ]
}

@test "a hot reset through the groups, where there is no iommufd to be had" {
	number=$(stat -c '%Hr %Lr' /dev/iommu)
	rm /dev/iommu
	run vfioctl reset --scope hot $pair1 $lone
	# shellcheck disable=SC2086 # two words
	mknod -m 660 /dev/iommu c $number
	[ "$status" -eq 0 ]
	grep -qE "^$pair1 hot +- +$pair0 yes +yes " <<<"$output"
	grep -qE "^$lone hot +- +- +yes +yes " <<<"$output"
}

@test "functions behind a conventional bridge are reset with its bus" {
	vfioctl bind -q $old0 $old1
	expect 0 vfioctl reset --scope hot $old0
	grep -qE "^$old0 hot +- +$old1 yes +yes " <<<"$output"
}

@test "a dry run shows all that would be reset, and opens nothing for it" {
	count=$(dmesg | grep -c 'reset done' || true)
	expect 0 traced -o "$BATS_TEST_TMPDIR/opens" -e trace=open,openat,openat2 \
		vfioctl reset --dry-run --scope hot $pair0 $lone
	[ "${lines[0]}" = "hot reset of $pair0" ]
	grep -qE "^$pair1 +vfio-pci +[0-9]+ yes +-$" <<<"$output"
	[ -z "$(grep -E 'O_RDWR|O_WRONLY' "$BATS_TEST_TMPDIR/opens" | grep -v /dev/null)" ]
	run ! grep -E '/dev/vfio|/dev/iommu|/config"' "$BATS_TEST_TMPDIR/opens"
	[ "$(dmesg | grep -c 'reset done' || true)" = "$count" ]
	expect_json 0 vfioctl.reset/1 reset --dry-run $lone
	json_is '.results[0] | [.method, .reset, .restored, .duration_ms]' '["flr",false,null,null]'
}

@test "a device that is open is refused, with who has it" {
	hold "$(cdev_of $lone)"
	refused 3 vfio-open "pid $holder (sleep)" $lone
	json_is '.resets[0].affected[0].holders | map([.pid, .command])' "[[$holder,\"sleep\"]]"
	refused 3 vfio-open "pid $holder (sleep)" --scope hot --force=vfio-open $lone
	expect_json 0 vfioctl.reset/1 reset --force=vfio-open $lone
	json_is '.results[0].overridden' '["vfio-open"]'
	release
	hold "$(group_of $lone)"
	refused 3 vfio-open "pid $holder (sleep)" $lone
	release
	expect 0 vfioctl reset $lone
}

@test "what is reset along must be free, and VFIO's" {
	hold "$(cdev_of $pair1)"
	refused 3 vfio-open "$pair1 is reset along with it: pid $holder (sleep)" --scope hot $pair0
	expect 3 vfioctl reset --scope hot --dry-run $pair0
	grep -qE "^$pair1 .* pid $holder" <<<"$output"
	# Alone, the other one does not matter.
	expect 0 vfioctl reset $pair0
	release
	vfioctl restore -q $pair1
	refused 3 not-owned "$pair1, which has the driver e1000e" --scope hot $pair0
	says "vfioctl bind $pair1"
	echo $pair1 >$pci/$pair1/driver/unbind
	refused 3 not-owned "$pair1, which has no driver" --scope hot $pair0
	expect 0 vfioctl reset $pair1
}

@test "one device that may not be reset keeps all from it, each with its reason" {
	hold "$(cdev_of $lone)"
	refused 3 vfio-open "pid $holder (sleep)" $lone $pair0 $disk
	json_is '[.resets[] | [.address, .error.code]]' \
		"[[\"$lone\",\"vfio-open\"],[\"$pair0\",null],[\"$disk\",\"not-bound\"]]"
}

@test "a device with a driver of the host is refused, in use or not" {
	refused 9 not-bound "but to nvme" $disk
	block=/dev/$(disk_of $disk)
	mkfs.ext4 -q "$block"
	mkdir "$BATS_TEST_TMPDIR/mnt"
	mount "$block" "$BATS_TEST_TMPDIR/mnt"
	refused 3 mounted "is mounted on" $disk
	refused 9 not-bound "but to nvme" --force=mounted $disk
	umount "$BATS_TEST_TMPDIR/mnt"
	wipefs -qa "$block"
}

@test "a PF takes its virtual functions along" {
	echo 2 >$pci/$net/sriov_numvfs
	refused 3 live-vfs "2 virtual functions" $net
	json_is '.resets[0].along | length' 2
	echo 0 >$pci/$net/sriov_numvfs
}

@test "what cannot be reset says so" {
	vfioctl bind -q $edu
	refused 9 no-reset "no way to reset it alone" $edu
	refused 9 no-hot-reset "a root bus cannot be reset" --scope hot $edu
}

@test "several devices are reset side by side" {
	expect 0 traced -o "$BATS_TEST_TMPDIR/writes" -e trace=write -e inject=write:delay_enter=5s \
		-P "$(readlink -f $pci/$lone/reset)" -P "$(readlink -f $pci/$pair0/reset)" \
		-P "$(readlink -f $pci/$pair1/reset)" vfioctl reset $lone $pair0 $pair1
	[ "$(grep -c 'yes *yes' <<<"$output")" -eq 3 ]
	# All were begun before the first one ended.
	[ "$(sed '/resumed/q' "$BATS_TEST_TMPDIR/writes" | grep -c 'write(')" -eq 3 ]
}

# strace waits for the process that resets, too; what vfioctl itself left is noted when it ends.
@test "a reset that does not end is given up, and what it set is put back all the same" {
	before=$(settings $lone)
	slowly 10 $lone sh -c "vfioctl reset --method flr --timeout 5 $lone
		echo \$?; cat $pci/$lone/reset_method" >"$BATS_TEST_TMPDIR/text" 2>&1
	output=$(<"$BATS_TEST_TMPDIR/text")
	says "the reset did not end: its time is up"
	[ "$(tail -n 2 "$BATS_TEST_TMPDIR/text")" = $'6\nflr' ]
	[ "$(settings $lone)" = "$before" ]
}

# Starts a reset that takes a while, and waits until it is in the middle. $vfioctl and $worker are the
# two processes.
begin() {
	before=$(settings $lone)
	slowly 8 $lone vfioctl reset --method flr $lone >"$BATS_TEST_TMPDIR/text" 2>&1 3>&- &
	tracer=$!
	eventually grep -qx flr $pci/$lone/reset_method
	vfioctl=$(pgrep -o -x vfioctl)
	worker=$(pgrep -P "$vfioctl")
}

# finish STATUS: waits for the end; all is as before.
finish() {
	status=0
	wait $tracer || status=$?
	[ "$status" -eq "$1" ]
	[ "$(settings $lone)" = "$before" ]
	output=$(<"$BATS_TEST_TMPDIR/text")
}

@test "Ctrl-C ends the waiting, not the reset" {
	count=$(resets $lone)
	begin
	kill -INT "$vfioctl"
	eventually grep -q interrupted "$BATS_TEST_TMPDIR/text"
	[ "$(cat $pci/$lone/reset_method)" = flr ]
	finish 6
	[ "$(resets $lone)" -gt "$count" ]
}

@test "when vfioctl is killed, what it set is put back" {
	begin
	kill -KILL "$vfioctl"
	finish 137
}

@test "when the process that resets is killed, vfioctl puts back what it set" {
	begin
	kill -KILL "$worker"
	finish 1
	says "the process that reset it has died"
}

@test "a configuration that comes back different is told, with exit status 5" {
	kept slowly 4 $lone vfioctl reset --json $lone >"$BATS_TEST_TMPDIR/text" 3>&- &
	tracer=$!
	eventually grep -qx on $pci/$lone/power/control
	sleep 1
	setpci -s $lone CACHE_LINE_SIZE=20 INTERRUPT_LINE=7b
	status=0
	wait $tracer || status=$?
	[ "$status" -eq 5 ]
	output=$(<"$BATS_TEST_TMPDIR/text")
	json_is .error.code '"not-restored"'
	json_is '.resets[0] | [.reset, .restored]' '[true,false]'
	says "interrupt line was 0x"
	says ", is 0x7b"
	[ "$(cat $pci/$lone/power/control)" = auto ]
}

@test "a function that does not answer is not reset" {
	setpci -s $port_of_lone SECONDARY_BUS=0
	refused 1 not-answering "it does not answer" $lone
	says "/sys/bus/pci/rescan"
	setpci -s $port_of_lone SECONDARY_BUS="$secondary"
	[ "$(cat $pci/$lone/power/control)" = auto ]
}

@test "a terminal is told how long it takes, a file is not" {
	slowly 3 $lone script -qec "vfioctl reset $lone" /dev/null >"$BATS_TEST_TMPDIR/tty" 2>&1
	grep -q "vfioctl: resetting $lone, 2 s" "$BATS_TEST_TMPDIR/tty"
	run --separate-stderr slowly 2 $lone vfioctl reset $lone
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
}

@test "another run is waited for" {
	hold_lock
	expect_json 7 vfioctl.error/1 reset --timeout 1 $lone
	json_is '[.error.code, .resets]' '["locked",[]]'
	# What it does not change it does not wait for.
	expect 0 vfioctl reset --dry-run $lone
}

@test "an unprivileged user is told so" {
	run setpriv --reuid=65534 --regid=65534 --clear-groups vfioctl reset $lone
	[ "$status" -eq 4 ]
	says root
}
