# SPDX-License-Identifier: GPL-2.0-or-later
# What goes wrong half-way is put back, and nothing hangs.

load common
bats_require_minimum_version 1.5.0

nvme=0000:03:00.0

teardown() {
	give_back $nvme 0000:01:00.0 0000:01:00.1 0000:05:00.0
	rm -f /run/modprobe.d/test.conf
}

# Makes the Nth write(2) of a worker (strace counts for each by itself) fail, as a driver that refuses the device would.
with_failing_write() {
	local n=$1 error=$2
	shift 2
	traced -o /dev/null -P "/sys/bus/pci/drivers/vfio-pci/bind" -e trace=write \
		-e inject=write:error="$error":when="$n" "$@"
}

# bats test_tags=main
@test "a driver that refuses: the device is put back, exit 1" {
	modprobe vfio-pci
	expect 1 with_failing_write 1 EINVAL vfioctl bind $nvme
	says "$nvme: cannot bind to vfio-pci"
	says EINVAL
	[ "$(driver_of $nvme)" = nvme ]
	[ "$(override_of $nvme)" = "(null)" ]
	[ ! -e $state/$nvme.json ]
}

@test "the second of two fails: both are put back" {
	modprobe vfio-pci
	expect 1 with_failing_write 2 EBUSY vfioctl bind --jobs 1 01:00.0 01:00.1
	for device in 0000:01:00.0 0000:01:00.1; do
		[ "$(driver_of $device)" = e1000e ]
		[ "$(override_of $device)" = "(null)" ]
	done
}

@test "a bind that claims success and binds nothing is a failure" {
	modprobe vfio-pci
	expect 1 traced -o /dev/null -P /sys/bus/pci/drivers/vfio-pci/bind -e trace=write \
		-e inject=write:retval=12:when=1 vfioctl bind $nvme
	says "no driver instead of vfio-pci"
	[ "$(driver_of $nvme)" = nvme ]
}

@test "a journal that cannot be written: nothing is begun, and no record stays" {
	modprobe vfio-pci
	mkdir -p /run/vfioctl/journal
	expect 1 traced -o /dev/null -P /run/vfioctl/journal -e trace=renameat,renameat2 \
		-e inject=renameat,renameat2:error=ENOSPC vfioctl bind 01:00.0 01:00.1
	says "cannot note in"
	for device in 0000:01:00.0 0000:01:00.1; do
		[ "$(driver_of $device)" = e1000e ]
		[ "$(override_of $device)" = "(null)" ]
		[ ! -e $state/$device.json ]
	done
}

@test "what cannot be put back is exit 5, with the commands to run" {
	modprobe vfio-pci
	expect 5 traced -o /dev/null -P /sys/bus/pci/drivers/vfio-pci/bind \
		-P /sys/bus/pci/drivers/nvme/bind -e trace=write -e inject=write:error=EIO vfioctl bind $nvme
	says "echo $nvme > /sys/bus/pci/drivers/nvme/bind"
	[ "$(driver_of $nvme)" = none ]
	# So it is when recover fails as well.
	expect 5 traced -o /dev/null -P /sys/bus/pci/drivers/nvme/bind -e trace=write -e inject=write:error=EIO \
		vfioctl recover
	says "To mend it run: printf '\n' > /sys/bus/pci/devices/$nvme/driver_override; echo $nvme > /sys/bus/pci/drivers/nvme/bind"
	expect 0 vfioctl recover
	[ "$(driver_of $nvme)" = nvme ]
}

# Nothing can be written to these files, until somebody lifts what covers them.
cover() {
	for file; do mount --bind /dev/full "$file"; done
}

uncover() {
	for file; do while umount "$file" 2>/dev/null; do :; done; done
}

@test "a driver that cannot take the device back yet is asked again" {
	modprobe vfio-pci
	drivers=/sys/bus/pci/drivers
	cover $drivers/vfio-pci/bind $drivers/nvme/bind
	{
		eventually test ! -e $pci/$nvme/driver
		sleep 1
		uncover $drivers/nvme/bind
	} 3>&- &
	run vfioctl bind $nvme
	wait $!
	uncover $drivers/vfio-pci/bind $drivers/nvme/bind
	[ "$status" -eq 1 ] || { echo "$status: $output"; return 1; }
	says "$nvme: cannot bind to vfio-pci"
	[ "$(driver_of $nvme) $(override_of $nvme)" = "nvme (null)" ]
	[ ! -e $state/$nvme.json ]
}

# bats test_tags=main
@test "an unbind that waits for a user ends in time with exit 6, and nothing else hangs" {
	vfioctl bind $nvme
	held=$(cdev_of $nvme)
	hold "$held"
	start=$SECONDS
	expect 6 vfioctl restore $nvme --force=vfio-open --timeout 2
	[ $((SECONDS - start)) -le 10 ]
	says "$nvme: cannot unbind from vfio-pci: it did not end in time, and the kernel goes on waiting: pid $holder ("
	says "has $held (deleted) open"

	expect 0 vfioctl list
	expect 0 timeout 20 vfioctl bind 05:00.0
	expect 0 timeout 20 vfioctl restore 05:00.0
	release
	eventually test ! -e $pci/$nvme/driver
	expect 0 vfioctl restore $nvme
	[ "$(driver_of $nvme)" = nvme ]
}

@test "a run that has the lock makes the others wait, at most their timeout" {
	hold_lock
	expect_json 7 vfioctl.error/1 bind $nvme --timeout 1
	json_is .error.code '"locked"'
	[ "$(driver_of $nvme)" = nvme ]
	release
}

@test "a blacklisted module and one with an install line are not loaded" {
	modprobe -r vfio-pci
	mkdir -p /run/modprobe.d
	echo "blacklist vfio_pci" >/run/modprobe.d/test.conf
	expect 1 vfioctl bind $nvme
	says "blacklist"
	echo "install vfio_pci /bin/false" >/run/modprobe.d/test.conf
	expect 1 vfioctl bind $nvme
	says "install line"
	[ "$(driver_of $nvme)" = nvme ]
}

@test "a device with a left-over override is not bound by the way" {
	modprobe -r vfio-pci
	other=0000:00:10.0
	echo vfio-pci >$pci/$other/driver_override
	expect 3 vfioctl bind $nvme
	says $other
	[ "$(driver_of $nvme)" = nvme ]
	[ "$(driver_of $other)" = none ]
	expect 0 vfioctl restore $other
	[ "$(override_of $other)" = "(null)" ]
	expect 0 vfioctl bind $nvme
	[ "$(driver_of $other)" = none ]
}

@test "a driver that does not exist" {
	expect 9 vfioctl bind $nvme --driver no-such-vfio-pci
	says "no such module"
	[ "$(driver_of $nvme)" = nvme ]
}

# A shell starts what it leaves in the background deaf to SIGINT.
hearing() {
	exec env --default-signal=INT,QUIT "$@"
}

@test "an interrupt leaves the device whole" {
	for signal in INT TERM HUP; do for delay in 0.05 0.1 0.3; do
		hearing vfioctl bind -q $nvme 3>&- &
		sleep $delay
		kill -$signal $! 2>/dev/null || true
		wait $! || true
		case $(driver_of $nvme) in
		nvme) [ "$(override_of $nvme)" = "(null)" ] ;;
		vfio-pci) vfioctl restore -q $nvme ;;
		*) false ;;
		esac
	done; done
}

@test "an interrupt of restore leaves the device whole, too" {
	for signal in INT TERM HUP; do for delay in 0.05 0.1 0.3; do
		vfioctl bind -q $nvme
		hearing vfioctl restore -q $nvme 3>&- &
		sleep $delay
		kill -$signal $! 2>/dev/null || true
		wait $! || true
		echo "$signal after $delay: $(driver_of $nvme) $(override_of $nvme) $(ls $state)"
		case $(driver_of $nvme) in
		nvme) [ "$(override_of $nvme)" = "(null)" ] && [ ! -e $state/$nvme.json ] ;;
		vfio-pci) [ "$(override_of $nvme)" = vfio-pci ] && [ -e $state/$nvme.json ] ;;
		*) false ;;
		esac
		[ -z "$(ls /run/vfioctl/journal)" ]
	done; done
}

@test "a reader that goes away in the middle leaves no device half-way" {
	bash -c 'vfioctl bind -v 01:00.0 01:00.1 2>&1 | true'
	eventually has_driver 0000:01:00.1 vfio-pci
	[ "$(driver_of 0000:01:00.0)" = vfio-pci ]
}

@test "an interrupt does not cut a slow driver short" {
	modprobe vfio-pci
	traced -o /dev/null -P /sys/bus/pci/drivers/vfio-pci/bind -e trace=write \
		-e inject=write:delay_enter=4000000 vfioctl bind -q $nvme >"$BATS_TEST_TMPDIR/log" 2>&1 3>&- &
	eventually test ! -e $pci/$nvme/driver
	pkill -TERM -x vfioctl
	wait $! || true
	cat "$BATS_TEST_TMPDIR/log"
	[ "$(driver_of $nvme)" = vfio-pci ]
	vfioctl restore -q $nvme
	[ "$(driver_of $nvme)" = nvme ]
}

@test "nor does one in restore, of whichever kind" {
	for signal in INT TERM HUP; do
		vfioctl bind -q $nvme
		traced -o /dev/null -P /sys/bus/pci/drivers/nvme/bind -e trace=write \
			-e inject=write:delay_enter=4000000 env --default-signal=INT,QUIT vfioctl restore -q $nvme \
			>"$BATS_TEST_TMPDIR/log" 2>&1 3>&- &
		eventually test ! -e $pci/$nvme/driver
		pkill -$signal -o -x vfioctl
		wait $! || true
		cat "$BATS_TEST_TMPDIR/log"
		[ "$(driver_of $nvme) $(override_of $nvme)" = "nvme (null)" ]
		[ ! -e $state/$nvme.json ]
	done
}

@test "what a device had before is known after a bind that broke half-way" {
	vfioctl bind -q $nvme
	echo $nvme >$pci/$nvme/driver/unbind
	expect 0 vfioctl bind $nvme
	expect 0 vfioctl restore $nvme
	[ "$(driver_of $nvme)" = nvme ]
	[ "$(override_of $nvme)" = "(null)" ]
}

# Killed, but kept by the kernel in what it does: SIGKILL, the ninth, is pending, and the state is D. No process is
# started to find out: they are slow here, and the killed one has two seconds to end.
is_kept() {
	local status=
	IFS= read -r -d '' status 2>/dev/null <"/proc/$1/status" || true
	[[ $status =~ State:[[:space:]]D && $status =~ (Sig|Shd)Pnd:[[:space:]][0-9a-f]*[13579bdf][0-9a-f][0-9a-f][[:space:]] ]]
}

# The user of a device lets go as soon as a process that waits for it has been killed.
release_after_a_kill() {
	local pid i nothing pids=()
	exec {nothing}<> <(:)
	for ((i = 0; i < 2000; i++)); do
		[ $((i % 3)) -ne 0 ] || mapfile -t pids < <(pgrep -x vfioctl)
		for pid in ${pids[@]+"${pids[@]}"}; do
			is_kept "$pid" || continue
			read -rt 0.05 -u "$nothing" || true
			# Not one that was about to end
			! is_kept "$pid" || break 2
		done
		read -rt 0.02 -u "$nothing" || true
	done
	kill "$holder"
}

# late_step: one that the kernel ends when it has been given up. On a busy machine that may be too late for it.
late_step() {
	vfioctl bind -q $nvme
	hold "$(cdev_of $nvme)"
	release_after_a_kill 3>&- &
	expect 6 vfioctl restore $nvme --force=vfio-open --timeout 1
	wait $!
	wait "$holder" || true
	says "it did not end in time"
	echo "$output"
	[ "$(driver_of $nvme)" != vfio-pci ] || return 0
	eventually test ! -e $pci/$nvme/driver
	vfioctl recover -q
	give_back $nvme
	return 1
}

@test "a step that ends after its deadline is taken back" {
	late_step || late_step || late_step || late_step || late_step
	[ "$(override_of $nvme)" = vfio-pci ]
	expect 0 vfioctl restore $nvme
	[ "$(driver_of $nvme)" = nvme ]
}

@test "--driver and --timeout take nothing that makes no sense" {
	for name in '' . .. ../vfio-pci nvme e1000e; do expect 2 vfioctl bind $nvme --driver="$name"; done
	expect 2 vfioctl bind $nvme --timeout 0
	expect 9 vfioctl bind $nvme --driver no-such-vfio-pci --dry-run
	[ "$(driver_of $nvme)" = nvme ]
}

@test "a device that does not answer is not bound, and nothing is written" {
	local port=0000:00:04.0 secondary
	secondary=$(setpci -s $port SECONDARY_BUS)
	setpci -s $port SECONDARY_BUS=0
	run vfioctl bind 0000:03:00.0
	setpci -s $port SECONDARY_BUS="$secondary"
	[ "$status" -eq 1 ]
	says "it does not answer"
	[ "$(driver_of 0000:03:00.0)" = nvme ]
	[ "$(override_of 0000:03:00.0)" = "(null)" ]
}
