# SPDX-License-Identifier: GPL-2.0-or-later
# What the suites share. Each test leaves the machine as it found it: teardown gives devices back.
# shellcheck shell=bash

pci=/sys/bus/pci/devices
state=/run/vfioctl/devices

driver_of() {
	basename "$(readlink "$pci/$1/driver" || echo none)"
}

# has_driver ADDRESS NAME: the same question without a process.
has_driver() {
	[ "$pci/$1/driver" -ef "/sys/bus/pci/drivers/$2" ]
}

override_of() {
	cat "$pci/$1/driver_override"
}

# The name of the network interface or block device below a function.
child_of() {
	local path
	for path in "$pci/$1"/"$2"/* "$pci/$1"/nvme/nvme*/nvme*n1; do
		[ ! -d "$path" ] || basename "$path"
	done | head -n 1
}

# The disk of an NVMe function. With multipath its path device nvme1c1n1 stands for nvme1n1.
disk_of() {
	child_of "$1" block | sed 's/c[0-9]*n/n/'
}

# The nodes of a device that VFIO has.
cdev_of() {
	echo "/dev/vfio/devices/$(ls "$pci/$1/vfio-dev")"
}

group_of() {
	echo "/dev/vfio/$(basename "$(readlink "$pci/$1/iommu_group")")"
}

# How often the kernel reset a function since boot, VFIO at each first open too.
resets() {
	dmesg | grep -c "$1: reset done" || true
}

# unsafe NUMBER: both ways take devices whose interrupts are not kept apart, or neither does.
unsafe() {
	echo "$1" >/sys/module/iommufd/parameters/allow_unsafe_interrupts
	echo "$1" >/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts
}

# Runs a command as a user without any right.
as_tester() {
	setpriv --reuid tester --regid tester --clear-groups "$@"
}

# Runs a command and checks its exit status: expect 3 vfioctl bind ...
# Its output, both streams together, is in $output as with bats' run.
expect() {
	local wanted=$1
	shift
	run "$@"
	[ "$status" -eq "$wanted" ] && return
	printf 'exit status %s instead of %s: %s\n%s\n' "$status" "$wanted" "$*" "$output"
	return 1
}

# kept COMMAND...: runs vfioctl with --json, however it is called. Its document is printed, and kept in
# /out/documents, where the host holds it against its schema.
documents=/out/documents
kept() {
	local file status=0
	mkdir -p "$documents"
	file=$(mktemp "$documents/$(basename "$BATS_TEST_FILENAME")-${BATS_TEST_NUMBER:-0}-XXXXXX.json")
	"$@" >"$file" || status=$?
	cat "$file"
	return "$status"
}

# Runs vfioctl with --json: expect_json STATUS SCHEMA VERB... The document is in $output, and kept.
expect_json() {
	local wanted=$1 schema=$2
	shift 2
	run --separate-stderr kept vfioctl "$@" --json
	[ "$status" -eq "$wanted" ] || {
		printf 'exit status %s instead of %s: vfioctl %s --json\n%s\n' "$status" "$wanted" "$*" "$output"
		return 1
	}
	[ -z "${stderr:-}" ] || { printf 'not silent on stderr: %s\n' "$stderr"; return 1; }
	jq -e --arg schema "$schema" '.schema == $schema' <<<"$output" >/dev/null || {
		printf 'not a %s document: %s\n' "$schema" "$output"
		return 1
	}
}

# says 'text': $output contains it.
says() {
	[[ $output == *"$1"* ]] && return
	printf 'missing "%s" in: %s\n' "$1" "$output"
	return 1
}

# json_is FILTER VALUE: what jq makes of the document in $output.
json_is() {
	local got
	got=$(jq -c "$1" <<<"$output")
	[ "$got" = "$2" ] && return
	printf '%s is %s instead of %s in: %s\n' "$1" "$got" "$2" "$(head -n 30 <<<"$output")"
	return 1
}

# hold FILE: a process that has it open, and nothing else; its pid is in $holder.
hold() {
	local held
	exec {held}<"$1"
	sleep 300 3>&- &
	holder=$!
	exec {held}<&-
}

# Another run of vfioctl that changes devices, as far as the lock tells; release() ends it.
hold_lock() {
	mkdir -p /run/vfioctl
	flock --no-fork /run/vfioctl/lock sleep 300 3>&- &
	holder=$!
	eventually eval '! flock -n /run/vfioctl/lock true'
}

release() {
	kill "$holder"
	wait "$holder" 2>/dev/null || true
}

# strace, of a build that may have the leak checker, which cannot work under it.
traced() {
	ASAN_OPTIONS=detect_leaks=0 strace -f -qq "$@"
}

# A run whose worker stops when it has taken the device from its driver.
stopped_bind() {
	modprobe vfio-pci
	traced -o /dev/null -P /sys/bus/pci/drivers/nvme/unbind -P /sys/bus/pci/drivers/pci-stub/unbind \
		-e trace=write -e inject=write:signal=STOP:when=1 vfioctl bind -q "$1" >"$BATS_TEST_TMPDIR/bind" 2>&1 3>&- &
	is_driverless "$1" || { cat "$BATS_TEST_TMPDIR/bind"; return 1; }
}

is_driverless() {
	eventually test ! -e "$pci/$1/driver" || eventually test ! -e "$pci/$1/driver"
}

# Waits up to ten seconds for a command to succeed.
eventually() {
	local i
	for ((i = 0; i < 100; i++)); do
		"$@" 2>/dev/null && return
		sleep 0.1
	done
	printf 'never true: %s\n' "$*"
	return 1
}

# Gives devices back whatever a test did to them; no record of it stays either.
give_back() {
	local address
	for address; do
		! has_driver "$address" vfio-pci || vfioctl restore -q "$address"
		echo >"$pci/$address/driver_override"
		[ -e "$pci/$address/driver" ] || echo "$address" >/sys/bus/pci/drivers_probe
		rm -f "$state/$address.json"
	done
	udevadm settle
}
