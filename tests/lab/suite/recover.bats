# SPDX-License-Identifier: GPL-2.0-or-later
# Runs that were killed, devices that are stuck, and what `vfioctl recover` makes of them.

load common
bats_require_minimum_version 1.5.0

nvme=0000:03:00.0
disk=0000:05:00.0
pair=(0000:01:00.0 0000:01:00.1)
journal=/run/vfioctl/journal
slow_rule=/run/udev/rules.d/99-slow.rules

teardown() {
	[ -z "${holder:-}" ] || kill "$holder" 2>/dev/null || true
	vfioctl recover -q --timeout 20 || true
	rm -rf $journal
	rm -f $slow_rule
	[ -e $pci/$nvme ] || echo 1 >/sys/bus/pci/rescan
	give_back $nvme $disk "${pair[@]}" 0000:07:01.0 0000:07:02.0
}

journals() {
	find $journal -name '*.json' 2>/dev/null | wc -l
}

# A run that is killed when it sends its Nth job: 1 sets the override, 2 moves the device.
killed_at_job() {
	local n=$1
	shift
	modprobe vfio-pci
	run traced -o /dev/null -e trace=sendto -e inject=sendto:signal=KILL:when="$n" "$@"
	[ "$status" -eq 137 ]
	[ "$(journals)" -eq 1 ]
}

go_on() {
	pkill -CONT -x vfioctl
}

as_it_was() {
	local device
	for device; do [[ "$(driver_of "$device") $(override_of "$device")" =~ ^(nvme|e1000e)\ \(null\)$ ]] || return; done
}

# A journal as a run that is dead would have left it: forge ADDRESS [JQ-FILTER]
forge() {
	killed_at_job 2 vfioctl bind -q "$1"
	local file
	file=$(echo $journal/*.json)
	jq "${2:-.}" "$file" >"$BATS_TEST_TMPDIR/forged"
	cat "$BATS_TEST_TMPDIR/forged" >"$file"
}

@test "nothing to recover" {
	expect 0 vfioctl recover
	says "nothing to recover"
	expect_json 0 vfioctl.recover/1 recover
	json_is .results '[]'
}

@test "killed when nothing had moved: recover finds it whole" {
	killed_at_job 1 vfioctl bind -q $nvme
	as_it_was $nvme
	expect_json 0 vfioctl.recover/1 recover
	json_is '.results[0] | [.address, .verb, .direction, .state, .driver]' "[\"$nvme\",\"bind\",\"back\",\"done\",\"nvme\"]"
	[ "$(journals)" -eq 0 ]
}

@test "killed half-way: the next command says so, recover undoes it" {
	killed_at_job 2 vfioctl bind -q $nvme
	[ "$(override_of $nvme)" = vfio-pci ]
	run --separate-stderr vfioctl list -n -r -o address
	[ "$status" -eq 0 ]
	[[ $stderr == *"vfioctl bind, pid "*"has not come to its end: \`vfioctl recover\`"* ]]
	[[ $output != *recover* ]]
	expect 0 vfioctl recover --dry-run
	says planned
	[ "$(override_of $nvme)" = vfio-pci ]
	[ "$(journals)" -eq 1 ]
	expect 0 vfioctl recover
	says "$nvme bind back"
	as_it_was $nvme
	[ "$(journals)" -eq 0 ]
	[ ! -e $state/$nvme.json ]
	run --separate-stderr vfioctl list
	[ -z "$stderr" ]
}

@test "killed in restore: recover brings it to where restore had found it" {
	vfioctl bind -q $nvme
	killed_at_job 2 vfioctl restore -q $nvme
	expect 0 vfioctl recover
	[ "$(driver_of $nvme) $(override_of $nvme)" = "vfio-pci vfio-pci" ]
	expect 0 vfioctl restore $nvme
	as_it_was $nvme
}

@test "killed while a worker works: recover waits for that, then undoes" {
	stopped_bind $nvme
	kill -KILL "$(pgrep -o -x vfioctl)"
	expect 6 vfioctl recover --timeout 1
	says waits
	expect 3 vfioctl bind $nvme --driver vfio-pci
	says "is not finished with it"
	go_on
	expect_json 0 vfioctl.recover/1 recover
	json_is '.results[0].driver_before' '"vfio-pci"'
	as_it_was $nvme
}

@test "killed with its workers, between two drivers" {
	stopped_bind $nvme
	pkill -KILL -x vfioctl
	wait $! || true
	[ "$(driver_of $nvme)" = none ]
	expect 0 vfioctl recover
	as_it_was $nvme
}

@test "a worker that is killed: the run undoes it by itself" {
	modprobe vfio-pci
	expect 1 traced -o /dev/null -P /sys/bus/pci/drivers/vfio-pci/bind -e trace=write \
		-e inject=write:signal=KILL:when=1 vfioctl bind $nvme
	says "the process that did the work has died"
	as_it_was $nvme
	[ "$(journals)" -eq 0 ]
}

@test "killed on the way back: recover does not meddle with the worker that goes on" {
	modprobe pci-stub
	stopped_bind $nvme
	# Somebody takes the device meanwhile, so that it cannot be bound, and has to go back.
	echo pci-stub >$pci/$nvme/driver_override
	echo $nvme >/sys/bus/pci/drivers/pci-stub/bind
	go_on
	is_driverless $nvme
	kill -KILL "$(pgrep -o -x vfioctl)"
	expect 6 vfioctl recover --timeout 1
	go_on
	expect 0 vfioctl recover
	as_it_was $nvme
}

@test "a new bind has the last word, and keeps what was there at first" {
	killed_at_job 2 vfioctl bind -q $nvme
	expect 0 vfioctl bind $nvme
	[ "$(journals)" -eq 0 ]
	expect 0 vfioctl restore $nvme
	as_it_was $nvme
}

@test "so has a restore; the other devices of that run stay in its journal" {
	killed_at_job 3 vfioctl bind -q "${pair[@]}"
	expect 0 vfioctl restore "${pair[0]}"
	as_it_was "${pair[0]}"
	[ "$(journals)" -eq 1 ]
	expect_json 0 vfioctl.recover/1 recover
	json_is '[.results[].address]' "[\"${pair[1]}\"]"
	as_it_was "${pair[@]}"
}

@test "an unbind that is stuck goes on when the device is closed, and recover ends it" {
	vfioctl bind -q $nvme
	hold "$(cdev_of $nvme)"
	expect 6 vfioctl restore $nvme --force=vfio-open --timeout 1
	[ "$(journals)" -eq 1 ]
	expect_json 6 vfioctl.recover/1 recover --timeout 1
	json_is '.results[0] | [.state, .direction, .error.code]' '["waits","forward","in-flight"]'
	expect 3 vfioctl bind $nvme
	release
	expect 0 vfioctl recover
	as_it_was $nvme
	[ "$(journals)" -eq 0 ]
	[ ! -e $state/$nvme.json ]
}

@test "no pipe of the caller's stays open behind a stuck one, nor the lock" {
	vfioctl bind -q $nvme
	hold "$(cdev_of $nvme)"
	start=$SECONDS
	expect 0 timeout 60 bash -c "vfioctl restore $nvme --force=vfio-open --timeout 1 2>&1 | cat"
	says "cannot unbind from vfio-pci"
	[ $((SECONDS - start)) -le 20 ]
	flock -n /run/vfioctl/lock true
	release
}

@test "to keep going: one is refused, the other one is bound" {
	hold "/dev/$(disk_of $disk)"
	expect_json 3 vfioctl.error/1 bind --keep-going $disk $nvme
	json_is '[.results[] | [.address, .changed, .driver, .error.code]]' \
		"[[\"$disk\",false,\"nvme\",\"block-open\"],[\"$nvme\",true,\"vfio-pci\",null]]"
	as_it_was $disk
	[ "$(journals)" -eq 0 ]
	release
}

@test "to keep going: one does not exist, the other one is bound, and given back" {
	expect_json 8 vfioctl.error/1 bind --keep-going 0000:ee:00.0 eth-none $nvme 0000:ee:00.0
	json_is '[.results[] | [.address, .changed, .driver, .error.code]]' \
		"[[\"0000:ee:00.0\",false,null,\"no-such-device\"],[\"eth-none\",false,null,\"no-such-device\"],[\"$nvme\",true,\"vfio-pci\",null]]"
	[ "$(driver_of $nvme)" = vfio-pci ]
	expect 8 bash -c "echo 0000:ee:00.0 $nvme | vfioctl restore --keep-going -"
	says "vfioctl: 0000:ee:00.0: "
	as_it_was $nvme
	[ "$(journals)" -eq 0 ]
	expect 2 vfioctl bind --keep-going 0000:03:00.9 $nvme
	as_it_was $nvme
}

@test "to keep going: one fails half-way and is put back, the other one is bound" {
	modprobe vfio-pci
	expect 1 traced -o /dev/null -P /sys/bus/pci/drivers/vfio-pci/bind -e trace=write \
		-e inject=write:error=EINVAL:when=1 vfioctl bind --keep-going --jobs 1 $disk $nvme
	as_it_was $disk
	[ "$(driver_of $nvme)" = vfio-pci ]
	[ "$(journals)" -eq 0 ]
	[ ! -e $state/$disk.json ]
}

@test "another device is at the address now: it is left alone" {
	forge $nvme '.devices[0].identity = "8086:10d3:8086:a01f"'
	expect_json 0 vfioctl.recover/1 recover
	json_is '.results[0].state' '"replaced"'
	[ "$(override_of $nvme)" = vfio-pci ]
	[ "$(journals)" -eq 0 ]
	rm -f $state/$nvme.json
}

@test "a device that is gone is nobody's any more" {
	forge $nvme '.devices[0].address = "0000:ff:00.0"'
	expect_json 0 vfioctl.recover/1 recover
	json_is '.results[0].state' '"gone"'
	[ "$(journals)" -eq 0 ]
	rm -f $state/$nvme.json
}

@test "a journal of another boot is of no concern" {
	forge $nvme '.boot_id = "another"'
	run --separate-stderr vfioctl list
	[ -z "$stderr" ]
	[ "$(journals)" -eq 0 ]
	expect 0 vfioctl recover
	says "nothing to recover"
	rm -f $state/$nvme.json
}

@test "a damaged journal is named, and nothing is done" {
	mkdir -p $journal
	echo '{"verb":' >$journal/1-1.json
	expect 1 vfioctl recover
	says "$journal/1-1.json"
	expect 1 vfioctl bind $nvme
	as_it_was $nvme
	rm $journal/1-1.json
}

@test "a full or closed standard output: the work is done, and the exit status tells" {
	run bash -c "vfioctl bind --json $nvme >/dev/full" # not kept: it does not arrive
	[ "$status" -eq 1 ]
	says "cannot write to standard output"
	[ "$(driver_of $nvme)" = vfio-pci ]
	run bash -c "vfioctl restore $nvme >&-"
	[ "$status" -eq 1 ]
	as_it_was $nvme
	run bash -c "vfioctl list --json | head -c 10; exit \${PIPESTATUS[0]}" # not kept: its end is cut off
	[ "$status" -ne 0 ] || [ "${#output}" -eq 10 ]
}

@test "the third of four fails: all four go back, the last one first" {
	four=("${pair[@]}" 0000:07:01.0 0000:07:02.0)
	modprobe vfio-pci
	udevadm monitor --kernel --subsystem-match=pci >"$BATS_TEST_TMPDIR/events" 3>&- &
	holder=$!
	eventually grep -q KERNEL "$BATS_TEST_TMPDIR/events"
	expect 1 traced -o /dev/null -P /sys/bus/pci/drivers/vfio-pci/bind -e trace=write \
		-e inject=write:error=EBUSY:when=3 vfioctl bind --jobs 1 "${four[@]}"
	says "0000:07:01.0: cannot bind to vfio-pci"
	as_it_was "${pair[@]}"
	[ "$(driver_of 0000:07:01.0) $(driver_of 0000:07:02.0)" = "e1000 e1000" ]
	[ "$(override_of 0000:07:01.0)" = "(null)" ]
	order=$(sed -nE 's|^KERNEL.* bind .*/(0000:[^ /]+) .*|\1|p' "$BATS_TEST_TMPDIR/events" | paste -sd' ')
	echo "$order"
	[ "$order" = "${four[0]} ${four[1]} ${four[2]} ${four[1]} ${four[0]}" ]
}

@test "a device that is removed in the middle is told as gone, and leaves no journal" {
	for delay in 0 0.1 0.2 0.4 0.7; do
		vfioctl bind -q $nvme >"$BATS_TEST_TMPDIR/said" 2>&1 3>&- &
		sleep $delay
		echo 1 >$pci/$nvme/remove
		status=0
		wait $! || status=$?
		echo "after $delay: $status $(cat "$BATS_TEST_TMPDIR/said")"
		[[ $status =~ ^[01368]$ ]]
		echo 1 >/sys/bus/pci/rescan
		eventually test -e $pci/$nvme
		vfioctl recover -q
		[ "$(journals)" -eq 0 ]
		[ "$(driver_of $nvme)" != vfio-pci ] || vfioctl restore -q $nvme
		[ -e $pci/$nvme/driver ] || echo $nvme >/sys/bus/pci/drivers_probe
		as_it_was $nvme
		rm -f $state/$nvme.json
	done
}

# udev takes that many seconds for each cdev.
slow_nodes() {
	mkdir -p "${slow_rule%/*}"
	printf 'SUBSYSTEM=="vfio-dev", PROGRAM="/bin/sleep %s"\n' "$1" >$slow_rule
	udevadm control --reload
}

@test "a node that udev is slow with is waited for, and no longer than the timeout" {
	slow_nodes 2
	start=$(date +%s%N)
	expect 0 vfioctl bind $nvme
	[ $(($(date +%s%N) - start)) -ge 2000000000 ]
	vfioctl restore -q $nvme
	slow_nodes 60
	expect 6 vfioctl bind $nvme --timeout 5
	says "/dev/vfio/devices/vfio"
	as_it_was $nvme
	[ "$(journals)" -eq 0 ]
}

@test "eight at once: every one ends well, and no driver is forgotten" {
	devices=("$nvme" "$disk" "${pair[0]}" 0000:02:00.0)
	for i in {0..7}; do
		{
			for verb in bind restore bind restore; do
				vfioctl $verb -q --force=group "${devices[i % 4]}" || echo "$verb: $?"
			done >"$BATS_TEST_TMPDIR/$i" 2>&1
		} 3>&- &
		pids[i]=$!
	done
	wait "${pids[@]}"
	cat "$BATS_TEST_TMPDIR"/[0-7]
	# Of the pair one is bound without the other, and that is said.
	[ -z "$(cat "$BATS_TEST_TMPDIR"/[0-7] | grep -vE 'stays not viable|--force overrode: group')" ]
	vfioctl restore -q "${devices[@]}"
	as_it_was $nvme $disk "${pair[0]}"
	[ "$(driver_of 0000:02:00.0) $(override_of 0000:02:00.0)" = "igb (null)" ]
	[ "$(journals)" -eq 0 ]
	[ -z "$(ls $state)" ]
}

# counted DEVICE...: "FORKS WRITES" of a bind
counted() {
	traced -o "$BATS_TEST_TMPDIR/trace" -e trace=fork,vfork,clone,clone3,openat,execve vfioctl bind -q --jobs 2 "$@"
	[ "$(grep -c execve "$BATS_TEST_TMPDIR/trace")" -eq 1 ]
	echo "$(grep -cE ' (fork|vfork|clone3?)\(' "$BATS_TEST_TMPDIR/trace")" \
		"$(grep -cE 'openat.*"/sys/.*O_(WRONLY|RDWR)' "$BATS_TEST_TMPDIR/trace")"
	vfioctl restore -q "$@"
}

@test "no process for a step: no more for four devices than for two, and three writes each" {
	modprobe vfio-pci
	vfioctl list >/dev/null
	# Readers of sysfs that are slow get company: on a busy machine that is not the first try.
	for _ in 1 2 3; do
		read -r forks writes <<<"$(counted "${pair[@]}")"
		read -r more_forks more_writes <<<"$(counted "${pair[@]}" 0000:07:01.0 0000:07:02.0)"
		echo "$forks $writes, $more_forks $more_writes"
		[ "$more_forks" -gt $((forks + 3)) ] || break
	done
	[ "$more_forks" -le $((forks + 3)) ]
	[ "$writes" -eq 6 ]
	[ "$more_writes" -eq 12 ]
}

@test "the system's log has a line for each change" {
	vfioctl bind -q $nvme
	vfioctl restore -q $nvme
	eventually bash -c "journalctl -q -t vfioctl -n 2 -o cat | grep -F 'restore: $nvme: vfio-pci -> nvme (uid 0'"
	journalctl -q -t vfioctl -n 2 -o cat | grep -F "bind: $nvme: nvme -> vfio-pci (uid 0"
}

@test "what a killed run left of a journal half written goes with the next recover" {
	mkdir -p $journal
	touch $journal/.12-34.json.12 $journal/.keep
	expect 0 vfioctl recover --dry-run
	[ -e $journal/.12-34.json.12 ]
	expect 0 vfioctl recover
	[ ! -e $journal/.12-34.json.12 ]
	[ -e $journal/.keep ]
}

@test "restore of a device that a killed run left without a driver brings its driver back" {
	stopped_bind $nvme
	pkill -KILL -x vfioctl
	wait $! || true
	echo >$pci/$nvme/driver_override
	rm -f $state/$nvme.json
	expect 0 vfioctl restore $nvme
	as_it_was $nvme
	[ "$(journals)" -eq 0 ]
}

@test "a device that is taken away while its node is awaited is not waited for any longer" {
	mkdir -p ${slow_rule%/*}
	echo 'SUBSYSTEM=="vfio-dev", PROGRAM="/bin/sleep 20"' >$slow_rule
	udevadm control --reload
	modprobe vfio-pci
	start=$SECONDS
	vfioctl bind $nvme >"$BATS_TEST_TMPDIR/said" 2>&1 3>&- &
	pid=$!
	eventually has_driver $nvme vfio-pci
	echo 1 >$pci/$nvme/remove
	status=0
	wait $pid || status=$?
	[[ $status =~ ^(1|8)$ ]]
	[ $((SECONDS - start)) -lt 60 ]
	grep -qE 'removed meanwhile|taken away|is gone' "$BATS_TEST_TMPDIR/said"
	rm -f $slow_rule
	udevadm control --reload
	pkill sleep || true
	[ "$(journals)" -eq 0 ]
}
