# SPDX-License-Identifier: GPL-2.0-or-later
# A device is pulled out, and another one is put into its slot: what was noted of the first is not done to
# the second. The machine does it for real (machine.bash).

load common
load machine
bats_require_minimum_version 1.5.0

journal=/run/vfioctl/journal
access=/run/vfioctl/access

setup() {
	modprobe -a vfio-pci iommufd
	iommu_before=$(getfacl -cpn /dev/iommu)
	plug nvme
}

teardown() {
	[ -z "${holder:-}" ] || kill "$holder" 2>/dev/null || true
	pkill -CONT -x vfioctl || true
	vfioctl recover -q --timeout 20 || true
	empty_slot
	rm -rf $journal $access
	rm -f $state/$slot.json /run/udev/rules.d/99-vfioctl-*
	setfacl -b /dev/iommu
	chmod 660 /dev/iommu
}

journals() {
	find $journal -name '*.json' 2>/dev/null | wc -l
}

swap() {
	pull
	plug "$1"
}

# The device that came is as the kernel made it.
untouched() {
	[ "$(driver_of $slot) $(override_of $slot)" = "$1 (null)" ]
}

# A run that is killed when it sends its Nth job: 1 sets the override, 2 moves the device.
killed_at_job() {
	local n=$1
	shift
	run traced -o /dev/null -e trace=sendto -e inject=sendto:signal=KILL:when="$n" "$@"
	[ "$status" -eq 137 ]
	[ "$(journals)" -eq 1 ]
}

@test "swapped after a bind: restore leaves the new one alone, says so, and forgets the old one" {
	vfioctl bind -q $slot
	swap e1000e
	expect_json 0 vfioctl.restore/1 restore $slot
	json_is '[.changed, .results[0].driver]' '[false,"e1000e"]'
	json_is '.results[0].warnings' '["another device had this address before; what was noted of it is dropped"]'
	[ ! -e $state/$slot.json ]
	untouched e1000e
	expect 0 vfioctl restore $slot
	[ "$output" = "$(vfioctl restore $slot 2>&1)" ]
	says "nothing to do"
	[[ $output != *warning* ]]
}

@test "swapped after a bind: bind records the new one, and restore brings that back" {
	vfioctl bind -q $slot
	swap e1000e
	expect 0 vfioctl bind $slot
	[ "$(driver_of $slot)" = vfio-pci ]
	[ "$(jq -r .driver $state/$slot.json)" = e1000e ]
	expect 0 vfioctl restore $slot
	untouched e1000e
	[ ! -e $state/$slot.json ]
}

@test "swapped, and VFIO has the new one by other means: restore does not give it the old one's driver" {
	vfioctl bind -q $slot
	swap e1000e
	echo vfio-pci >$pci/$slot/driver_override
	echo $slot >$pci/$slot/driver/unbind
	echo $slot >/sys/bus/pci/drivers/vfio-pci/bind
	expect 0 vfioctl restore $slot
	untouched e1000e
}

@test "swapped after a run was killed: recover calls it replaced, touches nothing, and forgets" {
	killed_at_job 2 vfioctl bind -q $slot
	swap e1000e
	expect_json 0 vfioctl.recover/1 recover
	json_is '.results[0] | [.address, .verb, .state, .error]' "[\"$slot\",\"bind\",\"replaced\",null]"
	untouched e1000e
	[ "$(journals)" -eq 0 ]
	expect 0 vfioctl recover
	says "nothing to recover"
}

@test "swapped after a run was killed: the next bind is of the new one alone" {
	killed_at_job 2 vfioctl bind -q $slot
	swap e1000e
	expect 0 vfioctl bind $slot
	expect 0 vfioctl restore $slot
	untouched e1000e
	[ ! -e $state/$slot.json ]
	vfioctl recover
	[ "$(journals)" -eq 0 ]
}

@test "pulled after a run was killed: recover calls it gone" {
	killed_at_job 2 vfioctl bind -q $slot
	pull
	expect_json 0 vfioctl.recover/1 recover
	json_is '.results[0] | [.address, .state]' "[\"$slot\",\"gone\"]"
	[ "$(journals)" -eq 0 ]
	expect 0 vfioctl restore $slot
	says "$slot: it is gone; what was noted of it is dropped"
	expect 8 vfioctl restore $slot
}

@test "pulled while it is tested: one case fails for it, and the rest is skipped" {
	local said=$BATS_TEST_TMPDIR/said.json status=0
	vfioctl bind -q $slot
	kept vfioctl test --conformance --json $slot >"$said" 2>/dev/null 3>&- &
	eventually eval 'find /proc/[0-9]*/fd -lname "/dev/vfio/*" 2>/dev/null | grep -q .'
	pull
	wait $! || status=$?
	[ "$status" -eq 1 ]
	run -0 jq -c '[.results[] | select(.status == "fail").reason]' "$said"
	[ "$output" = '["the device was removed"]' ]
	# Whatever comes behind it, on both ways.
	run -0 jq -c "(.results | map(.status == \"fail\") | index(true)) as \$n |
		[.results[\$n + 1:][] | .status + \" \" + .reason] | unique" "$said"
	[ "$output" = "[\"skip $slot is gone\"]" ]
	expect 0 vfioctl restore $slot
}

# swapped_at FILE CALL VERB CONDITION: the machine swaps the device while the run is held up for twenty seconds
# in that call, on that file; the condition holds when it is there. It refuses to do anything to the new one,
# and leaves nothing.
swapped_at() {
	traced -o /dev/null -P "$1" -e trace="$2" -e inject="$2":delay_enter=20000000:when=1 \
		vfioctl "$3" $slot >"$BATS_TEST_TMPDIR/said" 2>&1 3>&- &
	runner=$!
	eventually eval "$4" || eventually eval "$4"
	swap e1000e
	status=0
	wait $runner || status=$?
	cat "$BATS_TEST_TMPDIR/said"
	untouched e1000e
	grep -q "$slot: another device has this address now" "$BATS_TEST_TMPDIR/said"
	[ "$status" -eq 3 ] || [ "$status" -eq 1 ]
	[ "$(journals)" -eq 0 ]
	[ ! -e $state/$slot.json ]
}

@test "swapped while a bind waits for the lock: bound as the device that it is, or not at all" {
	hold_lock
	vfioctl bind $slot >"$BATS_TEST_TMPDIR/said" 2>&1 3>&- &
	runner=$!
	sleep 2 # it has looked at the nvme
	swap e1000e
	release
	holder=
	status=0
	wait $runner || status=$?
	cat "$BATS_TEST_TMPDIR/said"
	[ "$status" -ne 0 ] || [ "$(jq -r .driver $state/$slot.json)" = e1000e ]
	[ "$(journals)" -eq 0 ]
	vfioctl restore -q $slot
	untouched e1000e
}

@test "swapped when a bind has its plan, before the first write" {
	mkdir -p $journal
	swapped_at $journal renameat,renameat2 bind "ls -A $journal | grep -q json"
}

@test "swapped when a bind has set the override, before the unbind" {
	swapped_at /sys/bus/pci/drivers/nvme/unbind write bind '[ "$(override_of $slot)" = vfio-pci ]'
}

@test "swapped when a restore has its plan, before the first write" {
	vfioctl bind -q $slot
	swapped_at $journal renameat,renameat2 restore "ls -A $journal | grep -q json"
}

@test "swapped during a run: what comes back at its end is not the new one's driver" {
	expect 0 vfioctl run $slot -- bash -c "
		. /vfioctl-src/tests/lab/suite/common.bash
		. /vfioctl-src/tests/lab/suite/machine.bash
		pull && plug e1000e"
	says "$slot"
	untouched e1000e
	[ "$(journals)" -eq 0 ]
}

@test "what was given to a user of the old one is not given with the new one" {
	vfioctl bind -q --owner tester $slot
	sleep 4 # udevd has the rule now
	swap e1000e
	expect 0 vfioctl bind $slot
	udevadm settle
	[ "$(stat -c %U "$(cdev_of $slot)") $(stat -c %U "$(group_of $slot)")" = "root root" ]
	expect 4 as_tester vfioctl test $slot
	vfioctl restore -q $slot
	untouched e1000e
	[ "$(getfacl -cpn /dev/iommu)" = "$iommu_before" ] || { getfacl -cpn /dev/iommu; false; }
	left=$(find $access /run/udev/rules.d -name '*0000:*' 2>/dev/null || true)
	[ -z "$left" ] || { echo "left: $left"; false; }
}

@test "pulled at any moment of a bind and of a restore: told as gone, and nothing is left" {
	local verb delay
	for verb in bind restore; do for delay in 0 0.05 0.1 0.2 0.3 0.5; do
		[ "$verb" = bind ] || vfioctl bind -q $slot
		vfioctl $verb -q $slot >"$BATS_TEST_TMPDIR/said" 2>&1 3>&- &
		sleep $delay
		pull
		status=0
		wait $! || status=$?
		echo "$verb after $delay: $status $(cat "$BATS_TEST_TMPDIR/said")"
		[[ $status =~ ^[018]$ ]]
		vfioctl recover -q
		[ "$(journals)" -eq 0 ]
		plug nvme
		untouched nvme
	done; done
}

@test "the kernel logged no bug" {
	bugs=$(dmesg | grep -E 'BUG:|WARNING:|general protection|segfault' || true)
	[ -z "$bugs" ] || { echo "$bugs"; false; }
}
