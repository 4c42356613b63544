# SPDX-License-Identifier: GPL-2.0-or-later
# An IOMMU group of four: all or none, and all are named. Topology "quad".

load common
load doctor
bats_require_minimum_version 1.5.0

four=(0000:01:00.0 0000:01:00.1 0000:01:00.2 0000:01:00.3)
journal=/run/vfioctl/journal

setup() {
	modprobe vfio-pci
}

teardown() {
	[ -z "${holder:-}" ] || kill "$holder" 2>/dev/null || true
	vfioctl recover -q --timeout 20 || true
	rm -rf $journal
	give_back "${four[@]}"
}

# all DRIVER OVERRIDE: each of the four has them, and no run is unfinished.
all() {
	local device
	for device in "${four[@]}"; do
		[ "$(driver_of "$device") $(override_of "$device")" = "$1 $2" ] && continue
		echo "$device has $(driver_of "$device"), override $(override_of "$device")"
		return 1
	done
	[ -z "$(find $journal -name '*.json' 2>/dev/null)" ]
}

# watch_binds, binds: the devices that were bound meanwhile, in that order, by their functions: "0 1 1 0".
watch_binds() {
	udevadm monitor --kernel --subsystem-match=pci >"$BATS_TEST_TMPDIR/events" 3>&- &
	holder=$!
	eventually grep -q KERNEL "$BATS_TEST_TMPDIR/events"
}

binds() {
	udevadm settle
	sed -nE 's|^KERNEL.* bind .*/0000:01:00\.([0-9]) .*|\1|p' "$BATS_TEST_TMPDIR/events" | paste -sd' '
}

# failing DRIVER N COMMAND...: the Nth bind to that driver is refused.
failing() {
	local driver=$1 n=$2
	shift 2
	traced -o /dev/null -P "/sys/bus/pci/drivers/$driver/bind" -e trace=write -e inject=write:error=EBUSY:when="$n" "$@"
}

@test "the four are one group" {
	expect_json 0 vfioctl.list/1 list "${four[@]}"
	json_is '[.devices[].iommu_group] | unique | length' 1
}

@test "one of them: refused, with the three that are in the way" {
	expect_json 3 vfioctl.error/1 bind "${four[0]}"
	json_is .error.code '"group"'
	expect 3 vfioctl bind "${four[0]}"
	says "is not viable: ${four[1]} is bound to e1000e, ${four[2]} is bound to e1000e, ${four[3]} is bound to e1000e"
	says "Bind them too (--group)"
	expect 3 vfioctl bind "${four[@]:0:3}"
	says "is not viable: ${four[3]} is bound to e1000e"
	all e1000e "(null)"
}

@test "members that may stay are not in the way, and are not taken along" {
	echo "${four[1]}" >$pci/"${four[1]}"/driver/unbind
	modprobe pci-stub
	for device in "${four[@]:2}"; do
		echo pci-stub >$pci/"$device"/driver_override
		echo "$device" >$pci/"$device"/driver/unbind
		echo "$device" >/sys/bus/pci/drivers/pci-stub/bind
	done
	expect 0 vfioctl bind "${four[0]}"
	[ "$(driver_of "${four[1]}") $(driver_of "${four[2]}") $(driver_of "${four[3]}")" = "none pci-stub pci-stub" ]
	expect 0 vfioctl restore --group "${four[0]}"
	[ "$(driver_of "${four[0]}") $(driver_of "${four[2]}") $(driver_of "${four[3]}")" = "e1000e pci-stub pci-stub" ]
	for device in "${four[@]:2}"; do
		echo "$device" >$pci/"$device"/driver/unbind
	done
}

@test "the whole group there and back, from whichever member" {
	expect 0 vfioctl bind --group "${four[2]}"
	all vfio-pci vfio-pci
	expect 0 vfioctl restore --group "${four[3]}"
	all e1000e "(null)"
}

@test "the third of four does not bind: all four are what they were, the last one first" {
	watch_binds
	expect 1 failing vfio-pci 3 vfioctl bind --jobs 1 --group "${four[0]}"
	says "${four[2]}: cannot bind to vfio-pci"
	all e1000e "(null)"
	# Two came to vfio-pci; then the third, the second and the first to their own driver.
	[ "$(binds)" = "0 1 2 1 0" ] || { binds; false; }
	[ -z "$(find $state -name '0000:01*')" ]
}

@test "the third of four does not come back: all four are VFIO's again, the last one first" {
	vfioctl bind -q --group "${four[0]}"
	watch_binds
	expect 1 failing e1000e 3 vfioctl restore --jobs 1 --group "${four[0]}"
	says "${four[2]}: cannot bind to e1000e"
	all vfio-pci vfio-pci
	[ "$(binds)" = "0 1 2 1 0" ] || { binds; false; }
	expect 0 vfioctl restore --group "${four[0]}"
	all e1000e "(null)"
}

@test "four at once, with all workers: the third fails, and all are what they were" {
	expect 1 failing vfio-pci 1 vfioctl bind --group "${four[0]}"
	all e1000e "(null)"
}

@test "the third one is in use: none of the four is restored" {
	vfioctl bind -q --group "${four[0]}"
	hold "$(cdev_of "${four[2]}")"
	expect_json 3 vfioctl.error/1 restore --group "${four[0]}"
	says "pid $holder (sleep)"
	json_is '[.results[].error.code]' '["group","group","vfio-open","group"]'
	all vfio-pci vfio-pci
	release
	holder=
}

@test "ports that keep nobody apart: one group, and doctor names the port" {
	[ "$(basename "$(readlink $pci/0000:02:00.0/iommu_group)")" = "$(basename "$(readlink $pci/0000:03:00.0/iommu_group)")" ]
	finds acs-missing 0000:02:00.0
	[[ $remedy == *"ACS on for 0000:00:03."* ]]
	silent acs-missing "${four[0]}"
}

@test "a device that only its bus resets" {
	[ "$(cat $pci/0000:04:00.0/reset_method)" = bus ]
	finds reset-only-bus 0000:04:00.0
	[[ $remedy == *"\`vfioctl reset --dry-run 0000:04:00.0\`"* ]]
	silent reset-only-bus "${four[0]}"
}
