# SPDX-License-Identifier: GPL-2.0-or-later
# Devices that are bound while a command runs: what it is given, and that all of it goes back.
# Signals are in run_signal.bats.

load common
load run
bats_require_minimum_version 1.5.0

# What a driver in user space does first, for each device on the one iommufd: not before BIND does the
# device answer, then it is attached to an address space.
setup_file() {
	cat >"$BATS_FILE_TMPDIR/driver.py" <<-'END'
		import fcntl, os, struct
		def ask(fd, number, form, *words):
		    buffer = bytearray(struct.pack(form, *words))
		    fcntl.ioctl(fd, 0x3b00 + number, buffer)
		    return struct.unpack(form, buffer)
		iommu = int(os.environ["VFIOCTL_IOMMU_FD"])
		ioas = ask(iommu, 0x81, "III", 12, 0, 0)[2]
		for i in range(int(os.environ["VFIOCTL_COUNT"])):
		    cdev = int(os.environ[f"VFIOCTL_CDEV_FD_{i}"])
		    assert os.readlink(f"/proc/self/fd/{cdev}") == os.environ[f"VFIOCTL_CDEV_{i}"]
		    try:
		        ask(cdev, 107, "IIIIII", 24, 0, 0, 0, 0, 0)
		        raise SystemExit("it answered before BIND")
		    except OSError:
		        pass
		    ask(cdev, 118, "IIiI", 16, 0, iommu, 0)
		    ask(cdev, 119, "III", 12, 0, ioas)
		    flags, regions = ask(cdev, 107, "IIIIII", 24, 0, 0, 0, 0, 0)[1:3]
		    print(os.environ[f"VFIOCTL_ADDRESS_{i}"], regions)
	END
}

# bats test_tags=main
@test "a command finds its device by the variables; then the device is what it was" {
	run --separate-stderr vfioctl run $nvme -- bash -c '
		for node in $VFIOCTL_CDEV $VFIOCTL_GROUP_NODE $VFIOCTL_IOMMU $VFIOCTL_CONTAINER; do [ -c $node ] || exit; done
		[ "$VFIOCTL_CDEV $VFIOCTL_GROUP_NODE" = "$VFIOCTL_CDEV_0 $VFIOCTL_GROUP_NODE_0" ] || exit
		[ $VFIOCTL_GROUP_NODE = /dev/vfio/$VFIOCTL_GROUP ] || exit
		[ -z "${VFIOCTL_CDEV_FD-}${VFIOCTL_IOMMU_FD-}" ] || exit
		driver=$(readlink /sys/bus/pci/devices/$VFIOCTL_ADDRESS_0/driver)
		echo $VFIOCTL_COUNT $VFIOCTL_DEVICES $VFIOCTL_DRIVER ${driver##*/}'
	[ "$status" -eq 0 ]
	[ "$output" = "1 $nvme vfio-pci vfio-pci" ]
	[ -z "$stderr" ]
	whole $nvme
}

@test "a program uses the descriptors that it was passed" {
	expect 0 vfioctl run --pass-fd $nvme -- python3 "$BATS_FILE_TMPDIR/driver.py"
	[ "$output" = "$nvme 9" ]
	whole $nvme
}

# As the manual has it.
@test "QEMU uses them, as a user who has no right to the nodes" {
	printf '%s\n' '{"execute":"qmp_capabilities"}' '{"execute":"query-pci"}' '{"execute":"quit"}' >"$BATS_TEST_TMPDIR/qmp"
	expect 0 timeout 60 vfioctl run --pass-fd $nvme -- sh -c 'ulimit -l unlimited
		exec setpriv --reuid tester --regid tester --init-groups \
		qemu-system-x86_64 -M q35 -m 64M -nodefaults -display none -S -accel tcg -qmp stdio \
		-object iommufd,id=iommufd0,fd=$VFIOCTL_IOMMU_FD \
		-device vfio-pci,fd=$VFIOCTL_CDEV_FD,iommufd=iommufd0' <"$BATS_TEST_TMPDIR/qmp"
	says '"vendor": 6966'
	whole $nvme
}

@test "two devices on one iommufd, in the order in which they were named" {
	expect 0 vfioctl run --pass-fd $disk $nvme -- python3 "$BATS_FILE_TMPDIR/driver.py"
	[ "$output" = "$disk 9"$'\n'"$nvme 9" ]
	expect 0 vfioctl run $disk $nvme -- bash -c 'echo "$VFIOCTL_COUNT $VFIOCTL_DEVICES $VFIOCTL_ADDRESS_1"'
	[ "$output" = "2 $disk $nvme $nvme" ]
	whole $nvme $disk
}

@test "without --pass-fd nothing is opened, with it nothing else" {
	expect 0 vfioctl run $nvme -- bash -c 'ls -l /proc/$$/fd'
	run grep -cE '/dev/(vfio|iommu)|/run/vfioctl' <<<"$output"
	[ "$output" -eq 0 ]
	expect 0 vfioctl run --pass-fd $nvme -- bash -c 'ls -l /proc/$$/fd'
	run grep -oE '/dev/(vfio|iommu).*|/run/vfioctl.*' <<<"$output"
	[ "$(sed 's/vfio[0-9]*$/vfioN/' <<<"$output" | sort | xargs)" = "/dev/iommu /dev/vfio/devices/vfioN" ]
}

@test "its streams are those of vfioctl, which were closed, too" {
	run bash -c "echo in | vfioctl run $nvme -- cat"
	[ "$output" = in ]
	run bash -c "vfioctl run --pass-fd $nvme -- bash -c '[ \$VFIOCTL_CDEV_FD -gt 2 ] && [ \$VFIOCTL_IOMMU_FD -gt 2 ] &&
		[ ! -e /proc/\$\$/fd/0 ]' <&-"
	[ "$status" -eq 0 ]
	run bash -c "echo $nvme | vfioctl run - -- bash -c 'cat; echo \$VFIOCTL_DEVICES'"
	[ "$output" = $nvme ]
	whole $nvme
}

@test "the exit status is the command's" {
	expect 7 vfioctl run $nvme -- sh -c 'exit 7'
	whole $nvme
	expect 125 vfioctl run $nvme -- sh -c 'exit 125'
	[ -z "$output" ]
	expect 137 vfioctl run $nvme -- sh -c 'kill -KILL $$'
	expect 139 vfioctl run $nvme -- sh -c 'kill -SEGV $$'
	expect 143 vfioctl run $nvme -- sh -c 'kill -TERM $$'
	whole $nvme
}

@test "a command that does not exist: 127, and no device is touched" {
	vfioctl list >/dev/null
	run -127 traced -o "$BATS_TEST_TMPDIR/trace" -e trace=openat,mkdir,rename vfioctl run $nvme -- no-such-command
	says "no-such-command: there is no such command in PATH"
	run grep -E '"/(sys|run/vfioctl).*O_(WRONLY|RDWR)|/run/vfioctl' "$BATS_TEST_TMPDIR/trace"
	[ "$status" -eq 1 ]
	run -127 vfioctl run $nvme -- /no/such/command
	expect 126 vfioctl run $nvme -- /etc/passwd
	says "it cannot be executed"
	whole $nvme
}

@test "one that turns out not to run when the device is there: it goes back" {
	printf '#!/no/such/interpreter\n' >"$BATS_TEST_TMPDIR/script"
	chmod +x "$BATS_TEST_TMPDIR/script"
	run -127 vfioctl run -v $nvme -- "$BATS_TEST_TMPDIR/script"
	says "wrote"
	says "interpreter"
	whole $nvme
	printf 'echo "$VFIOCTL_ADDRESS $1"; exit 3\n' >"$BATS_TEST_TMPDIR/script"
	expect 3 vfioctl run $nvme -- "$BATS_TEST_TMPDIR/script" 'for the shell'
	[ "$output" = "$nvme for the shell" ]
	whole $nvme
}

@test "what vfioctl itself fails by is 125, and the command does not run" {
	for mistake in "0000:ff:00.0" "$nvme --driver nvme" "$nvme --timeout 0" "$nvme --owner nosuchuser" \
		"$nvme --force nonsense" "$nvme --jon"; do
		# shellcheck disable=SC2086 # words
		expect 125 vfioctl run $mistake -- touch "$BATS_TEST_TMPDIR/ran"
	done
	hold_lock
	expect 125 vfioctl run $nvme --timeout 1 -- touch "$BATS_TEST_TMPDIR/ran"
	says "another vfioctl is changing"
	release
	chmod 755 "$BATS_TEST_TMPDIR"
	expect 125 as_tester vfioctl run $nvme -- true
	says "needs root"
	[ ! -e "$BATS_TEST_TMPDIR/ran" ]
	whole $nvme
}

@test "a device that is in use is refused, and so are those beside it" {
	hold "/dev/$(disk_of $disk)"
	expect 125 vfioctl run $nvme $disk -- touch "$BATS_TEST_TMPDIR/ran"
	says "$disk: "
	says "pid $holder (sleep)"
	[ ! -e "$BATS_TEST_TMPDIR/ran" ]
	whole $nvme $disk
	[ ! -e $state/$nvme.json ]
	release
}

@test "the second one fails half-way: none is bound, and the command does not run" {
	modprobe vfio-pci
	expect 125 traced -o /dev/null -P /sys/bus/pci/drivers/vfio-pci/bind -e trace=write \
		-e inject=write:error=EINVAL:when=2 vfioctl run --jobs 1 $nvme $disk -- touch "$BATS_TEST_TMPDIR/ran"
	says "cannot bind to vfio-pci"
	[ ! -e "$BATS_TEST_TMPDIR/ran" ]
	whole $nvme $disk
}

@test "a device that VFIO had already stays there, with its record" {
	vfioctl bind -q $nvme
	node=$(cdev_of $nvme)
	expect 0 vfioctl run $nvme $disk -- bash -c 'echo "$VFIOCTL_CDEV"'
	[ "$output" = "$node" ]
	[ "$(driver_of $nvme) $(override_of $nvme)" = "vfio-pci vfio-pci" ]
	[ "$(cdev_of $nvme)" = "$node" ]
	[ -e $state/$nvme.json ]
	[ "$(journals)" -eq 0 ]
	whole $disk
	expect 0 vfioctl run --pass-fd $nvme -- true
	expect 0 vfioctl restore -q $nvme
	whole $nvme
}

@test "one that VFIO had already and somebody else has open is refused" {
	vfioctl bind -q $nvme
	hold "$(cdev_of $nvme)"
	expect 125 vfioctl run $disk $nvme -- touch "$BATS_TEST_TMPDIR/ran"
	says "$nvme: "
	says "pid $holder (sleep)"
	[ ! -e "$BATS_TEST_TMPDIR/ran" ]
	whole $disk
	expect 0 vfioctl run --force=vfio-open $nvme -- true
	release
	[ "$(driver_of $nvme)" = vfio-pci ]
	expect 0 vfioctl restore -q $nvme
	whole $nvme
}

@test "a driver and an override that stood before are brought back" {
	echo nvme >$pci/$nvme/driver_override
	expect 0 vfioctl run $nvme -- true
	[ "$(driver_of $nvme) $(override_of $nvme)" = "nvme nvme" ]
	echo $nvme >$pci/$nvme/driver/unbind
	echo >$pci/$nvme/driver_override
	expect 0 vfioctl run $nvme -- true
	[ "$(driver_of $nvme) $(override_of $nvme)" = "none (null)" ]
	modprobe pci-stub
	expect 0 vfioctl run --driver pci-stub $nvme -- bash -c 'echo "$VFIOCTL_DRIVER${VFIOCTL_CDEV-}"'
	[ "$output" = pci-stub ]
	[ "$(driver_of $nvme) $(override_of $nvme)" = "none (null)" ]
}

@test "--group takes the others along, behind those that were named" {
	expect 125 vfioctl run "${pair[1]}" -- true
	says "--group"
	expect 0 vfioctl run --group "${pair[1]}" -- bash -c 'echo "$VFIOCTL_DEVICES"'
	[ "$output" = "${pair[1]} ${pair[0]}" ]
	expect 0 vfioctl run --group --pass-fd "${pair[1]}" -- python3 "$BATS_FILE_TMPDIR/driver.py"
	whole "${pair[@]}"
}

@test "--dry-run prints the steps and runs nothing" {
	expect 0 vfioctl run --dry-run $nvme -- touch "$BATS_TEST_TMPDIR/ran"
	says "$pci/$nvme/driver_override"
	[ ! -e "$BATS_TEST_TMPDIR/ran" ]
	[ "$(journals)" -eq 0 ]
	expect 125 vfioctl run --dry-run "${pair[0]}" -- true
	run bash -c "vfioctl run --dry-run $nvme -- true >/dev/full"
	[ "$status" -eq 125 ]
	whole $nvme
}

@test "-v tells what is done, on standard error" {
	run --separate-stderr vfioctl run -v $nvme -- echo out
	[ "$output" = out ]
	[[ $stderr == *"driver_override: wrote \"vfio-pci\""*"$nvme: vfio-pci has it; /dev/vfio/devices/vfio"* ]]
	[[ $stderr == *"echo ended with exit status 0"*"drivers/nvme/bind: wrote"* ]]
}

@test "others are kept from the devices, and from no other; with the lock free" {
	start_run $nvme -- sleep 300
	for verb in bind restore; do
		expect 3 vfioctl $verb $nvme --timeout 5
		says "vfioctl run, pid $runner, is not finished with it"
	done
	expect 125 vfioctl run $nvme -- true
	says "vfioctl run, pid $runner"
	flock -n /run/vfioctl/lock true
	expect 0 vfioctl run $disk -- true
	run --separate-stderr vfioctl list -n -o driver $nvme
	[ "$output$stderr" = vfio-pci ]
	expect_json 0 vfioctl.recover/1 recover --timeout 60
	json_is '.results[0] | [.verb, .state]' '["run","waits"]'
	[ "$(driver_of $nvme)" = vfio-pci ]
	end_run 143
	whole $nvme $disk
}

@test "so is a device that VFIO had already" {
	vfioctl bind -q $nvme
	start_run $nvme -- sleep 300
	expect 3 vfioctl restore $nvme
	end_run 143
	expect 0 vfioctl restore $nvme
	whole $nvme
}

@test "in a run others can be made, of other devices, and the tools of this one used" {
	expect 0 vfioctl run --pass-fd $nvme -- vfioctl run $disk -- bash -c 'env | grep ^VFIOCTL_ | sort'
	run grep -E "_1=|_FD|$nvme" <<<"$output"
	[ "$status" -eq 1 ]
	expect 0 vfioctl run $nvme -- vfioctl test -q $nvme
	whole $nvme $disk
}

@test "who is left behind with the device keeps it: 125, its name, and recover" {
	expect 125 vfioctl run --pass-fd $nvme $disk -- bash -c 'sleep 300 >/dev/null 2>&1 3>&- &
		echo $! >'"$BATS_TEST_TMPDIR/pid"'; exit 4'
	holder=$(cat "$BATS_TEST_TMPDIR/pid")
	says "$nvme: "
	says "pid $holder (sleep)"
	says "\`vfioctl recover\` gives back"
	says "bash ended with exit status 4"
	[ "$(driver_of $nvme)" = vfio-pci ]
	[ "$(journals)" -eq 1 ]
	expect 3 vfioctl recover
	kill "$holder"
	eventually test ! -e "/proc/$holder"
	expect 0 vfioctl recover
	whole $nvme $disk
}

@test "with --force=vfio-open the device goes back as soon as it is closed" {
	expect 125 vfioctl run --force=vfio-open --timeout 2 --pass-fd $nvme -- bash -c 'sleep 300 >/dev/null 2>&1 3>&- &
		echo $! >'"$BATS_TEST_TMPDIR/pid"
	says "$nvme: cannot unbind from vfio-pci"
	says "\`vfioctl recover\` gives back"
	[ "$(journals)" -eq 1 ]
	kill "$(cat "$BATS_TEST_TMPDIR/pid")"
	eventually test ! -e $pci/$nvme/driver
	expect 0 vfioctl recover
	whole $nvme
}

@test "who is about to end is waited for" {
	expect 4 vfioctl run --pass-fd $nvme -- bash -c 'sleep 1 >/dev/null 2>&1 3>&- & exit 4'
	whole $nvme
}

@test "killed: the command goes on, and recover makes all whole when it has ended" {
	start_run --pass-fd $nvme $disk -- sleep 300
	command=$(pgrep -P "$runner" sleep)
	kill -KILL "$runner"
	wait "$runner" || true
	kill -0 "$command"
	run --separate-stderr vfioctl list -n -o address
	[[ $stderr == *"vfioctl run, pid $runner, has not come to its end"* ]]
	expect 3 vfioctl recover
	says "pid $command (sleep)"
	kill "$command"
	eventually test ! -e "/proc/$command"
	expect 0 vfioctl recover
	says "$nvme run"
	whole $nvme $disk
}

@test "killed and started again: the second one brings it back to where the first had found it" {
	start_run $nvme -- sleep 300
	command=$(pgrep -P "$runner" sleep)
	kill -KILL "$runner" "$command"
	wait "$runner" || true
	expect 7 vfioctl run $nvme -- sh -c 'exit 7'
	whole $nvme
	[ ! -e $state/$nvme.json ]
}

@test "the way back fails: 125, and recover ends it" {
	expect 125 traced -o /dev/null -P /sys/bus/pci/drivers/nvme/bind -e trace=write \
		-e inject=write:error=EIO vfioctl run $nvme $disk -- true
	says "cannot bind to nvme"
	says "\`vfioctl recover\` gives back"
	[ "$(journals)" -eq 1 ]
	expect 0 vfioctl recover
	whole $nvme $disk
}

@test "a journal that somebody removes is missed" {
	expect 125 vfioctl run $nvme -- rm -rf $journal
	says "is gone, and with it what the devices had before"
	expect 0 vfioctl restore -q $nvme
	whole $nvme
}

@test "a device that is taken away meanwhile is told, and is no failure" {
	expect 6 vfioctl run $nvme $disk -- bash -c "echo 1 >$pci/$nvme/remove; exit 6"
	says "$nvme: the device was removed meanwhile"
	[ "$(journals)" -eq 0 ]
	echo 1 >/sys/bus/pci/rescan
	eventually test -e $pci/$nvme
	whole $disk
}

@test "--owner gives the nodes for as long as the command runs, which is not run as that user" {
	expect 0 vfioctl run --owner tester $nvme -- bash -c 'stat -c "%U %a" "$VFIOCTL_CDEV" "$VFIOCTL_GROUP_NODE"; id -un
		getfacl -cp /dev/iommu | grep ^user:'
	[ "$(xargs <<<"$output")" = "tester 600 tester 600 root user::rw- user:tester:rw-" ]
	whole $nvme
	nothing_given
	expect 0 vfioctl run --owner tester $nvme -- setpriv --reuid tester --regid tester --clear-groups \
		vfioctl test -q $nvme
	nothing_given
}

@test "--owner of a device that is given already: it goes back to whom it belonged" {
	useradd -M someone 2>/dev/null || true
	vfioctl bind -q --owner tester $nvme
	expect 0 vfioctl run --owner someone $nvme -- bash -c 'stat -c %U "$VFIOCTL_CDEV"'
	[ "$output" = someone ]
	[ "$(stat -c '%U %a' "$(cdev_of $nvme)")" = "tester 600" ]
	[ "$(driver_of $nvme)" = vfio-pci ]
	expect 0 vfioctl run $nvme -- bash -c 'stat -c %U "$VFIOCTL_CDEV"'
	[ "$output" = tester ]
	[ "$(stat -c '%U %a' "$(cdev_of $nvme)")" = "tester 600" ]
	vfioctl restore -q $nvme
	nothing_given
}

@test "killed with --owner: recover, or the next run, takes it from the user" {
	for next in "vfioctl recover" "vfioctl run --owner tester $nvme -- true" "vfioctl run $nvme -- true"; do
		start_run --owner tester $nvme -- sleep 300
		command=$(pgrep -P "$runner" sleep)
		kill -KILL "$runner" "$command"
		wait "$runner" || true
		[ "$(stat -c %U "$(cdev_of $nvme)")" = tester ]
		# shellcheck disable=SC2086 # words
		expect 0 $next
		whole $nvme
		nothing_given
	done
}

@test "the log says who moved what, by the name of run" {
	vfioctl run $nvme -- true
	eventually eval "journalctl -q -t vfioctl -o cat | tail -n 2 | xargs | grep -q 'run: $nvme: nvme -> vfio-pci .* run: $nvme: vfio-pci -> nvme'"
}

@test "the kernel logged no bug" {
	bugs=$(dmesg | grep -E 'BUG:|WARNING:|general protection|segfault' || true)
	[ -z "$bugs" ] || { echo "$bugs"; false; }
}

@test "a disk comes back under its own name" {
	before=$(disk_of $nvme)
	[ -n "$before" ]
	expect 0 vfioctl run $nvme -- true
	udevadm settle
	eventually eval '[ "$(disk_of $nvme)" = "$before" ]'
}
