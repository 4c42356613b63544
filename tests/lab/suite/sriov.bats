# SPDX-License-Identifier: GPL-2.0-or-later
# `vfioctl sriov`: VFs made for VFIO that no driver of the host ever touches, and taken away again.

load common
bats_require_minimum_version 1.5.0

pf=0000:02:00.0
vfs=(0000:02:10.0 0000:02:10.2 0000:02:10.4 0000:02:10.6)
nvme=0000:04:00.0
journal=/run/vfioctl/journal
enable=/sys/module/vfio_pci/parameters/enable_sriov

teardown() {
	[ -z "${holder:-}" ] || kill "$holder" 2>/dev/null || true
	vfioctl recover -q --timeout 20 || true
	rm -rf $journal
	local device
	for device in $pf $nvme; do
		echo 1 >$pci/$device/sriov_drivers_autoprobe
		echo 0 >$pci/$device/sriov_numvfs 2>/dev/null || true
	done
	[ ! -e $enable ] || echo N >$enable
	rm -f /run/modprobe.d/sriov.conf
	give_back $pf $nvme
	rm -f "$state"/*.json
}

# How many VFs it has, and whether drivers may probe them: "2 1".
vfs_of() {
	echo "$(cat "$pci/$1/sriov_numvfs") $(cat "$pci/$1/sriov_drivers_autoprobe")"
}

# What igbvf said of the VFs since mark().
mark() {
	echo "sriov.bats: $BATS_TEST_NUMBER" >/dev/kmsg
}

probes() {
	dmesg | sed "1,/sriov.bats: $BATS_TEST_NUMBER\$/d" | grep -c 'igbvf 0000:02:1' || true
}

# Drivers of the first COUNT VFs, in a line.
drivers() {
	local i
	for ((i = 0; i < $1; i++)); do printf '%s ' "$(driver_of "${vfs[i]}")"; done
}

journals() {
	find $journal -name '*.json' 2>/dev/null | wc -l
}

# Fails, or kills a process in, the Nth write to the file: broken FILE N WHAT COMMAND...
broken() {
	local file=$1 n=$2 what=$3
	shift 3
	run traced -o /dev/null -P "$file" -e trace=write -e inject=write:"$what":when="$n" "$@"
}

@test "VFs go straight to VFIO, and the native driver never probes them" {
	modprobe igbvf
	mark
	expect_json 0 vfioctl.sriov/1 sriov $pf 2
	json_is .changed true
	json_is '[.results[] | [.address, .physfn, .vfs, .driver, .changed]]' \
		"[[\"$pf\",null,2,\"igb\",true],[\"${vfs[0]}\",\"$pf\",0,\"vfio-pci\",true],[\"${vfs[1]}\",\"$pf\",0,\"vfio-pci\",true]]"
	json_is '[.results[1:][] | .cdev, .group_node | test("^/dev/vfio/")] | all' true
	udevadm settle
	[ "$(drivers 2)" = "vfio-pci vfio-pci " ]
	[ "$(override_of "${vfs[0]}")" = vfio-pci ]
	[ "$(vfs_of $pf)" = "2 1" ]
	[ "$(probes)" -eq 0 ]
	[ "$(journals)" -eq 0 ]
	# What the log would say of a probe.
	mark
	vfioctl sriov -q $pf 0
	echo 1 >$pci/$pf/sriov_numvfs
	udevadm settle
	[ "$(probes)" -gt 0 ]
}

@test "the same number again writes nothing" {
	vfioctl sriov -q $pf 2
	traced -o "$BATS_TEST_TMPDIR/log" -e trace=openat2,openat vfioctl sriov $pf 2
	run grep -cE '/sys/.*O_(WRONLY|RDWR)|/run/vfioctl/(journal|devices).*O_(WRONLY|RDWR|CREAT)' "$BATS_TEST_TMPDIR/log"
	[ "$output" = 0 ]
	grep -q /sys/ "$BATS_TEST_TMPDIR/log"
	expect_json 0 vfioctl.sriov/1 sriov $pf 2
	json_is .changed false
}

# counted COUNT: forks and writes to sysfs of making so many VFs; they are taken away again.
counted() {
	local log=$BATS_TEST_TMPDIR/log
	traced -o "$log" -e trace=fork,vfork,clone,clone3,openat vfioctl sriov -q --jobs 2 $pf "$1"
	echo "$(grep -cE ' (fork|vfork|clone3?)\(' "$log")" \
		"$(grep -cE 'openat.*"/sys/.*O_(WRONLY|RDWR)' "$log")"
	vfioctl sriov -q $pf 0
}

@test "no process for a VF: no more for six than for two, and two writes each" {
	modprobe vfio-pci
	vfioctl list >/dev/null
	# Readers of sysfs that are slow get company: on a busy machine that is not the first try.
	for _ in 1 2 3; do
		read -r forks writes <<<"$(counted 2)"
		read -r more_forks more_writes <<<"$(counted 6)"
		echo "$forks $writes, $more_forks $more_writes"
		[ "$more_forks" -gt $((forks + 3)) ] || break
	done
	[ "$more_forks" -le $((forks + 3)) ]
	[ "$writes" -eq $((3 + 2 * 2)) ]
	[ "$more_writes" -eq $((3 + 2 * 6)) ]
}

@test "none of them: they are gone, with what was noted of them" {
	vfioctl sriov -q $pf 2
	vfioctl bind -q --owner tester "${vfs[0]}"
	getfacl -cp /dev/iommu | grep -q user:tester:rw
	expect_json 0 vfioctl.sriov/1 sriov $pf 0
	json_is '[.results[] | [.vfs, .changed, .driver]]' '[[0,true,"igb"],[null,true,null],[null,true,null]]'
	[ "$(vfs_of $pf)" = "0 1" ]
	[ ! -e "$state/${vfs[0]}.json" ]
	run getfacl -cp /dev/iommu
	[[ $output != *user:tester* ]]
	run grep -rl 02:10.0 /run/udev/rules.d
	[ "$status" -ne 0 ]
}

@test "another number goes by none, and is refused while a VF is in use" {
	vfioctl sriov -q $pf 2
	hold "$(cdev_of "${vfs[1]}")"
	expect 3 vfioctl sriov $pf 3
	says "${vfs[1]}"
	says "$holder"
	expect 3 vfioctl sriov $pf 0
	[ "$(vfs_of $pf)" = "2 1" ]
	[ "$(drivers 2)" = "vfio-pci vfio-pci " ]
	release
	expect 0 vfioctl sriov $pf 3
	says "next: \`vfioctl bind --owner USER ${vfs[0]}\` gives one to a user, \`vfioctl sriov $pf 0\` takes all away"
	[ "$(vfs_of $pf) $(drivers 3)" = "3 1 vfio-pci vfio-pci vfio-pci " ]
	expect 0 vfioctl sriov $pf 1
	[ "$(vfs_of $pf) $(drivers 1)" = "1 1 vfio-pci " ]
}

@test "a VF of which the user cannot be waited for: exit 6, and recover makes it whole" {
	vfioctl sriov -q $pf 2
	hold "$(cdev_of "${vfs[0]}")"
	expect 6 vfioctl sriov --force=vfio-open --timeout 2 $pf 0
	says "$pf"
	[ "$(journals)" -eq 1 ]
	run timeout 20 vfioctl list -n -r -o address,state
	[ "$status" -eq 0 ]
	expect 3 vfioctl sriov $pf 0
	says "is not finished with it"
	release
	eventually test ! -e "$pci/${vfs[0]}"
	expect 0 vfioctl recover --timeout 20
	[ "$(vfs_of $pf) $(drivers 2)" = "2 1 vfio-pci vfio-pci " ]
	[ "$(journals)" -eq 0 ]
}

@test "the host's drivers, or none" {
	rmmod igbvf 2>/dev/null || true
	expect 0 vfioctl sriov --driver native $pf 2
	[ "$(drivers 2)" = "igbvf igbvf " ]
	expect 0 vfioctl sriov --driver none $pf 3
	udevadm settle
	[ "$(vfs_of $pf) $(drivers 3)" = "3 1 none none none " ]
	# nvme would take these.
	expect 0 vfioctl sriov --driver none $nvme 2
	udevadm settle
	[ ! -e $pci/0000:04:00.1/driver ]
	[ "$(vfs_of $nvme)" = "2 1" ]
}

@test "with the number that there is, only drivers change, and restore brings them back" {
	vfioctl sriov -q --driver native $pf 2
	vfioctl bind -q "${vfs[0]}"
	expect 0 vfioctl sriov $pf 2
	[ "$(drivers 2)" = "vfio-pci vfio-pci " ]
	expect 0 vfioctl restore "${vfs[@]:0:2}"
	[ "$(drivers 2)" = "igbvf igbvf " ]
	vfioctl sriov -q $pf 2
	expect 0 vfioctl sriov --driver native $pf 2
	[ "$(drivers 2)" = "igbvf igbvf " ]
	run ls "$state"
	[ -z "$output" ]
}

@test "one VF fails: there are none again, and the switch is as it was" {
	modprobe vfio-pci
	echo 0 >$pci/$pf/sriov_drivers_autoprobe
	broken /sys/bus/pci/drivers/vfio-pci/bind 3 error=EIO vfioctl sriov --jobs 1 $pf 4
	[ "$status" -eq 1 ]
	says "cannot bind to vfio-pci"
	[ "$(vfs_of $pf)" = "0 0" ]
	[ "$(journals)" -eq 0 ]
	run ls "$state"
	[ -z "$output" ]
}

@test "another number fails: there are as many as before, with the drivers that they had" {
	vfioctl sriov -q --driver native $pf 2
	vfioctl bind -q "${vfs[1]}"
	broken /sys/bus/pci/drivers/vfio-pci/bind 2 error=EIO vfioctl sriov --jobs 1 $pf 3
	[ "$status" -eq 1 ]
	[ "$(vfs_of $pf) $(drivers 2)" = "2 1 igbvf vfio-pci " ]
	[ "$(override_of "${vfs[0]}") $(override_of "${vfs[1]}")" = "(null) vfio-pci" ]
	[ "$(journals)" -eq 0 ]
	expect 0 vfioctl restore "${vfs[1]}"
	[ "$(drivers 2)" = "igbvf igbvf " ]
}

@test "the process that makes the VFs is killed when they are there: they go again" {
	modprobe vfio-pci
	broken $pci/$pf/sriov_numvfs 1 signal=KILL vfioctl sriov $pf 2
	[ "$status" -eq 1 ]
	says "the process that did the work has died"
	[ "$(vfs_of $pf)" = "0 1" ]
	[ "$(journals)" -eq 0 ]
}

# A run that is killed when it sends its Nth job.
killed_at_job() {
	local n=$1
	shift
	run traced -o /dev/null -e trace=sendto -e inject=sendto:signal=KILL:when="$n" "$@"
	[ "$status" -eq 137 ]
	[ "$(journals)" -eq 1 ]
	eventually eval '! pgrep -x vfioctl >/dev/null'
}

@test "killed at any of its jobs: recover gives back VFs and drivers" {
	local n
	modprobe vfio-pci
	killed_at_job 3 vfioctl sriov --jobs 1 $pf 2
	run vfioctl list -o address
	says "vfioctl sriov, pid "
	says "has not come to its end"
	expect_json 0 vfioctl.recover/1 recover
	json_is '.results[0] | [.address, .verb, .state]' "[\"$pf\",\"sriov\",\"done\"]"
	[ "$(vfs_of $pf)" = "0 1" ]
	for n in 1 2 3 4 5 6; do
		vfioctl sriov -q --driver native $pf 2
		vfioctl bind -q "${vfs[1]}"
		killed_at_job $n vfioctl sriov --jobs 1 $pf 3
		expect 0 vfioctl recover --timeout 20
		[ "$(vfs_of $pf) $(drivers 2)" = "2 1 igbvf vfio-pci " ]
		[ "$(journals)" -eq 0 ]
		vfioctl sriov -q $pf 0
	done
}

@test "killed, and then a VF is used: recover takes none away until that ends" {
	modprobe vfio-pci
	killed_at_job 4 vfioctl sriov --jobs 1 $pf 2
	[ "$(cat $pci/$pf/sriov_numvfs)" = 2 ]
	vfioctl list -q
	echo vfio-pci >"$pci/${vfs[0]}/driver_override"
	[ -e "$pci/${vfs[0]}/driver" ] || echo "${vfs[0]}" >/sys/bus/pci/drivers/vfio-pci/bind
	hold "$(cdev_of "${vfs[0]}")"
	expect 3 vfioctl recover --timeout 5
	says "$holder"
	[ "$(cat $pci/$pf/sriov_numvfs)" = 2 ]
	[ "$(journals)" -eq 1 ]
	release
	expect 0 vfioctl recover
	[ "$(vfs_of $pf)" = "0 1" ]
}

@test "killed: only recover knows what there was, so others are refused" {
	modprobe vfio-pci
	killed_at_job 3 vfioctl sriov --jobs 1 $pf 2
	local command
	for command in "sriov $pf 2" "sriov $pf 3" "bind $pf" "restore $pf" "bind ${vfs[0]}"; do
		# shellcheck disable=SC2086 # words
		expect 3 vfioctl $command
		says "vfioctl recover"
	done
	[ "$(journals)" -eq 1 ]
	expect 0 vfioctl recover
	[ "$(vfs_of $pf)" = "0 1" ]
}

@test "killed: a record of bind is there after recover, too" {
	vfioctl sriov -q --driver native $pf 2
	vfioctl bind -q "${vfs[1]}"
	killed_at_job 4 vfioctl sriov --jobs 1 $pf 3
	expect 0 vfioctl recover --timeout 20
	expect 0 vfioctl restore "${vfs[1]}"
	[ "$(drivers 2)" = "igbvf igbvf " ]
}

@test "no driver of the host takes them: that is a failure of native" {
	rmmod igbvf 2>/dev/null || true
	mkdir -p /run/modprobe.d
	echo 'blacklist igbvf' >/run/modprobe.d/sriov.conf
	expect 1 vfioctl sriov --driver native $pf 1
	rm /run/modprobe.d/sriov.conf
	says "it has no driver instead of a driver of its own"
	[ "$(vfs_of $pf)" = "0 1" ]
}

@test "with the switch off VFs get the host's drivers all the same, and it stays off" {
	modprobe igbvf
	echo 0 >$pci/$pf/sriov_drivers_autoprobe
	expect 0 vfioctl sriov $pf 2
	expect 0 vfioctl sriov --driver native $pf 2
	[ "$(vfs_of $pf) $(drivers 2)" = "2 0 igbvf igbvf " ]
	expect 0 vfioctl bind "${vfs[0]}"
	expect 0 vfioctl restore "${vfs[0]}"
	[ "$(drivers 2) $(override_of "${vfs[0]}")" = "igbvf igbvf  (null)" ]
	broken /sys/bus/pci/drivers/vfio-pci/bind 1 error=EIO vfioctl bind "${vfs[0]}"
	[ "$status" -eq 1 ]
	[ "$(drivers 2) $(override_of "${vfs[0]}")" = "igbvf igbvf  (null)" ]
}

@test "a VF that is made anew belongs to whom it was given before" {
	vfioctl sriov -q $pf 1
	vfioctl bind -q --owner tester "${vfs[0]}"
	expect 0 vfioctl sriov $pf 2
	[ "$(stat -c %U "$(cdev_of "${vfs[0]}")") $(stat -c %U "$(cdev_of "${vfs[1]}")")" = "tester root" ]
	expect 0 as_tester vfioctl test -q --case C05 "${vfs[0]}"
	broken /sys/bus/pci/drivers/vfio-pci/bind 3 error=EIO vfioctl sriov --jobs 1 $pf 3
	[ "$status" -eq 1 ]
	[ "$(stat -c %U "$(cdev_of "${vfs[0]}")") $(stat -c %U "$(cdev_of "${vfs[1]}")")" = "tester root" ]
	expect 0 vfioctl sriov $pf 0
	run getfacl -cp /dev/iommu
	[[ $output != *user:tester* ]]
}

@test "a VF that was taken away is not of its earlier user when it is made anew" {
	vfioctl sriov -q $pf 1
	vfioctl bind -q --owner tester "${vfs[0]}"
	sleep 4 # udevd has the rule now
	vfioctl sriov -q $pf 0
	vfioctl sriov -q $pf 1
	udevadm settle
	[ "$(stat -c %U "$(cdev_of "${vfs[0]}")")" = root ]
}

@test "a driver that calls a success what is none: told, and undone" {
	modprobe vfio-pci
	broken $pci/$pf/sriov_numvfs 1 retval=1 vfioctl sriov --jobs 1 $pf 2
	[ "$status" -eq 1 ]
	says "was told to make 2 VFs, and there are 0"
	[ "$(vfs_of $pf)" = "0 1" ]
}

@test "Ctrl-C while VFs are made: it comes to its end, or to where it began" {
	modprobe vfio-pci
	traced -o /dev/null -P $pci/$pf/sriov_numvfs -e trace=write -e inject=write:delay_exit=3000000:when=1 \
		env --default-signal=INT vfioctl sriov -q $pf 2 3>&- &
	eventually eval '[ "$(cat $pci/$pf/sriov_drivers_autoprobe)" = 0 ]'
	pkill -INT -o -x vfioctl
	status=0
	wait $! || status=$?
	[[ "$status $(vfs_of $pf)" =~ ^(0 2 1|1 0 1)$ ]]
	[ "$(journals)" -eq 0 ]
}

@test "a PF that vfio-pci has: enable_sriov, and the token" {
	vfioctl bind -q $pf
	expect 9 vfioctl sriov $pf 2
	says "enable_sriov"
	says "echo Y"
	echo Y >$enable
	expect 0 vfioctl sriov $pf 2
	says "VF token"
	[ "$(vfs_of $pf) $(drivers 2)" = "2 1 vfio-pci vfio-pci " ]
	# The kernel wants the token that the note is about.
	expect 4 vfioctl show --probe "${vfs[0]}"
	says "VF token"
	expect 0 vfioctl sriov --driver none $pf 2
	[ "$(drivers 2)" = "none none " ]
	expect 0 vfioctl sriov --driver none $pf 1
	[ "$(drivers 1) $(override_of "${vfs[0]}")" = "none  (null)" ]
	expect 0 vfioctl sriov $pf 0
}

@test "VFs that went with the driver of their PF come back with it" {
	vfioctl sriov -q --driver native $pf 2
	expect 3 vfioctl bind $pf
	says "2 virtual functions of it exist"
	says "vfioctl sriov $pf 0"
	expect 0 vfioctl bind --force=live-vfs $pf
	[ ! -e "$pci/${vfs[0]}" ]
	expect 0 vfioctl restore $pf
	[ "$(cat $pci/$pf/sriov_numvfs)" = 2 ]
}

@test "a PF that comes back from a failed bind has its VFs again" {
	vfioctl sriov -q --driver native $pf 2
	modprobe vfio-pci
	broken /sys/bus/pci/drivers/vfio-pci/bind 1 error=EIO vfioctl bind --force=live-vfs $pf
	[ "$status" -eq 1 ]
	[ "$(driver_of $pf)" = igb ]
	[ "$(cat $pci/$pf/sriov_numvfs)" = 2 ]
}

@test "the steps beforehand, and nothing is done" {
	modprobe vfio-pci
	run --separate-stderr vfioctl sriov --dry-run -n -r $pf 2
	[ "$status" -eq 0 ]
	[ "$(awk '{ print $1, $2, $3 }' <<<"$output")" = "autoprobe $pf 0
vfs $pf 2
override ${vfs[0]} vfio-pci
override ${vfs[1]} vfio-pci
autoprobe $pf 1
bind ${vfs[0]} ${vfs[0]}
verify ${vfs[0]} vfio-pci
bind ${vfs[1]} ${vfs[1]}
verify ${vfs[1]} vfio-pci
wait ${vfs[0]} -
wait ${vfs[1]} -" ]
	[ "$(vfs_of $pf)" = "0 1" ]
	expect 10 vfioctl sriov --dry-run --detailed-exitcode $pf 2
	expect_json 0 vfioctl.sriov/1 sriov --dry-run $pf 2
	json_is '.results[1] | [.driver, .target, .changed]' '[null,"vfio-pci",false]'
	traced -o "$BATS_TEST_TMPDIR/log" -e trace=openat2,openat vfioctl sriov -q --dry-run $pf 2
	run grep -cE '/(sys|run)/.*O_(WRONLY|RDWR)' "$BATS_TEST_TMPDIR/log"
	[ "$output" = 0 ]
}

@test "what cannot be: each its own message, and nothing is changed" {
	expect 9 vfioctl sriov 0000:03:00.0 1
	says "it has no SR-IOV"
	expect 2 vfioctl sriov $pf 8
	says "it can have 7 VFs, not 8"
	expect 2 vfioctl sriov $pf many
	says "COUNT"
	expect 2 vfioctl sriov $pf
	expect 2 vfioctl sriov $pf 1 --driver igbvf
	says "hands devices to user space"
	vfioctl sriov -q $pf 1
	expect 9 vfioctl sriov "${vfs[0]}" 1
	says "vfioctl sriov $pf COUNT"
	expect 4 as_tester vfioctl sriov $pf 2
	vfioctl sriov -q $pf 0
	echo $pf >/sys/bus/pci/drivers/igb/unbind
	expect 9 vfioctl sriov $pf 2
	says "no driver has it"
	[ "$(vfs_of $pf)" = "0 1" ]
}
