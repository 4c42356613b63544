# SPDX-License-Identifier: GPL-2.0-or-later
# This machine itself, whatever it is. Nothing is ever changed here: verbs that change run without
# rights, or with --dry-run.

load helper

setup() {
	[ -d /sys/bus/pci/devices ] || skip "this machine has no PCI"
	# One that no VFIO driver has: nobody shall be surprised by what is said of theirs.
	device=$(kept "$VFIOCTL" list --json | jq -r 'first(.devices[] | select(.driver != null and .modes == [])).address')
	before=$(readlink "/sys/bus/pci/devices/$device/driver" || true)
	[ -n "$device" ] || skip "this machine has no PCI function with a driver"
}

unchanged() {
	equals "$(readlink "/sys/bus/pci/devices/$device/driver" || true)" "$before"
	equals "$(cat "/sys/bus/pci/devices/$device/driver_override")" "(null)"
}

@test "list, show and mode work, with and without rights" {
	for arguments in "list" "mode" "show $device"; do
		# shellcheck disable=SC2086 # words
		json $arguments --json
		exits 0
		# shellcheck disable=SC2086 # words
		runs kept as_nobody "$VFIOCTL" $arguments --json
		exits 0
	done
}

@test "list sees what sysfs has" {
	json list --json
	equals "$(query '.devices[].address' | LC_ALL=C sort | tr '\n' ' ')" \
		"$(cd /sys/bus/pci/devices && printf '%s\n' * | LC_ALL=C sort | tr '\n' ' ')"
	equals "$(query ".devices[] | select(.address == \"$device\").driver")" "$(basename "$before")"
}

@test "bind without rights changes nothing and says what is missing" {
	# A driver that need not exist on this machine: rights are asked for before it is loaded.
	runs as_nobody "$VFIOCTL" bind "$device" --driver pci-stub
	exits 4
	says "Changing devices needs root."
	unchanged
	runs kept as_nobody "$VFIOCTL" bind "$device" --driver pci-stub --json
	exits 4
	equals "$(jq -r .schema <<<"$output")" vfioctl.error/1
	equals "$(jq -r .error.remedy <<<"$output")" "Changing devices needs root."
	unchanged
}

@test "bind to a VFIO driver without rights: 9 where this machine has none, else 4" {
	json mode --json
	runs as_nobody "$VFIOCTL" bind "$device"
	if [ "$(query '.modules[] | select(.name == "vfio_pci").state')" = absent ] &&
		[ ! -e /sys/bus/pci/drivers/vfio-pci ]; then
		exits 9
		says "this kernel has no VFIO driver for it"
	else
		exits 4
		says "Changing devices needs root."
	fi
	unchanged
}

@test "restore of a device that was never ours is nothing to do" {
	runs as_nobody "$VFIOCTL" restore "$device"
	exits 0
	says "nothing to do"
	unchanged
}

@test "a dry run prints a plan or a refusal, and writes nothing" {
	json bind "$device" --driver vfio-pci --dry-run --json
	[[ $status =~ ^[039]$ ]] || exits 0
	unchanged
	json restore "$device" --dry-run --json
	exits 0
	equals "$(query '.steps | length')" 0
	unchanged
}

@test "a dry run of a reset shows it or refuses, and does nothing" {
	json reset "$device" --dry-run --json
	[[ $status =~ ^[039]$ ]] || exits 0
	[[ $(query .schema) =~ ^vfioctl\.(reset|error)/1$ ]]
	equals "$(query '[.results[]?, .resets[]?] | map(.reset) | unique | join(",")')" false
	unchanged
	runs as_nobody "$VFIOCTL" reset "$device"
	exits 4
	says "root"
	unchanged
}

@test "the function that carries the root file system is refused" {
	source=$(findmnt -no SOURCE / | sed 's/\[.*//')
	[ -b "$source" ] || skip "/ is on no block device"
	disk=$("$VFIOCTL" list -n -r -o address "$source") || skip "/ hangs on no PCI function"
	[ "$(id -u)" -eq 0 ] || skip "not root: nothing could be seen"
	json bind "$disk" --driver vfio-pci --dry-run --json
	exits 3
	[[ $(query '.results[0].error.message') == *"mounted on /"* ]]
}

@test "hostile surroundings have no effect" {
	runs kept env MODPROBE_OPTIONS=-C/nonexistent PAGER=false TMPDIR=/nonexistent \
		LIBSMARTCOLS_DEBUG=all SYSTEMD_COLORS=1 COLUMNS=1 "$VFIOCTL" list --json
	exits 0
	equals "$(jq -r .schema <<<"$output")" vfioctl.list/1
}

@test "every document of this file is valid" {
	all_documents_valid
}

teardown_file() {
	forget_nobody
}
