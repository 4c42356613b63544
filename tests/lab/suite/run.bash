# SPDX-License-Identifier: GPL-2.0-or-later
# What the suites about `vfioctl run` share.
# shellcheck shell=bash

nvme=0000:03:00.0
disk=0000:05:00.0
pair=(0000:01:00.0 0000:01:00.1)
journal=/run/vfioctl/journal
access=/run/vfioctl/access
rules=/run/udev/rules.d

setup() {
	modprobe -a vfio-pci iommufd
	iommu_before=$(getfacl -cpn /dev/iommu)
}

teardown() {
	[ -z "${holder:-}" ] || kill "$holder" 2>/dev/null || true
	[ -z "${runner:-}" ] || kill -KILL "$runner" 2>/dev/null || true
	[ -z "${terminal:-}" ] || kill -KILL "$terminal" 2>/dev/null || true
	[ -z "${command:-}" ] || kill -KILL "$command" 2>/dev/null || true
	vfioctl recover -q --timeout 20 || true
	rm -rf $journal
	[ -e $pci/$nvme ] || echo 1 >/sys/bus/pci/rescan
	give_back $nvme $disk "${pair[@]}"
	rm -rf $access
	rm -f $rules/99-vfioctl-*
	setfacl -b /dev/iommu
	chmod 660 /dev/iommu
}

journals() {
	find $journal -name '*.json' 2>/dev/null | wc -l
}

# Each is as it was at first, and nothing is left of any run.
whole() {
	local device
	for device; do
		[[ "$(driver_of "$device") $(override_of "$device")" =~ ^(nvme|e1000e)\ \(null\)$ ]] && continue
		echo "$device has $(driver_of "$device"), override $(override_of "$device")"
		return 1
	done
	[ "$(journals)" -eq 0 ] || { cat $journal/*; return 1; }
}

nothing_given() {
	[ "$(getfacl -cpn /dev/iommu)" = "$iommu_before" ] || { getfacl -cpn /dev/iommu; return 1; }
	left=$(find $access $rules -name '*0000:*' 2>/dev/null || true)
	[ -z "$left" ] || { echo "left: $left"; return 1; }
}

# start_run ARGUMENT...: vfioctl run in the background, whose command has begun; its pid is in $runner. The
# shell would have it ignore Ctrl-C.
start_run() {
	env --default-signal=INT,QUIT vfioctl run "$@" >"$BATS_TEST_TMPDIR/said" 2>&1 3>&- &
	runner=$!
	eventually has_child
}

# The children before are workers, which have the name of vfioctl, and come and go.
has_child() {
	pgrep -P "$runner" --list-name | grep -qv ' vfioctl$'
}

# end_run STATUS: sends it SIGTERM and waits.
end_run() {
	local status=0
	kill -TERM "$runner"
	wait "$runner" || status=$?
	runner=
	[ "$status" -eq "$1" ] || { echo "ended with $status"; cat "$BATS_TEST_TMPDIR/said"; return 1; }
}
