# SPDX-License-Identifier: GPL-2.0-or-later
# A device that is stuck in unbind, on a kernel whose attributes wait for the device lock: nothing but
# that device is lost, and nothing hangs. Wants the kernel locked-attributes.

load common
load doctor
bats_require_minimum_version 1.5.0

stuck=0000:03:00.0
other=0000:05:00.0

# From here to the last test $stuck waits for its user to go.
setup_file() {
	vfioctl bind -q $stuck
	kept vfioctl list --json >"$BATS_FILE_TMPDIR/before"
	hold "$(cdev_of $stuck)"
	export holder
	echo $stuck >/sys/bus/pci/drivers/vfio-pci/unbind 3>&- &
	eventually test ! -e $pci/$stuck/driver
}

teardown_file() {
	if kill "$holder" 2>/dev/null; then eventually device_answers $stuck; fi
	give_back $stuck $other
}

# Whoever reads an attribute of the stuck device cannot even be killed: it is left behind.
readable() {
	local mark
	mark=$(mktemp -u "$BATS_TEST_TMPDIR/XXXXXX")
	{ cat "$1" && touch "$mark"; } >/dev/null 2>&1 3>&- &
	for ((i = 0; i < 20; i++)); do
		[ ! -e "$mark" ] || return 0
		sleep 0.1
	done
	return 1
}

device_answers() {
	readable "$pci/$1/driver_override"
}

# within SECONDS COMMAND...: it succeeds, and in time.
within() {
	local limit=$1 start=$EPOCHREALTIME took
	shift
	"$@" || return
	took=$((${EPOCHREALTIME/./} - ${start/./}))
	[ $took -le $((limit * 1000000)) ] && return
	printf '%d ms: %s\n' $((took / 1000)) "$*"
	return 1
}

@test "reading the attributes of the stuck device waits, those of another do not" {
	for attribute in driver_override uevent; do
		run ! readable $pci/$stuck/$attribute
		readable $pci/$other/$attribute
	done
}

@test "list answers within 3 seconds, without what it cannot know" {
	run --separate-stderr within 3 vfioctl list --noheadings --raw -o address,state,driver,vendor
	[ "$status" -eq 0 ]
	[ "$(grep -c ' ok ' <<<"$output")" -gt 10 ]
	[ "$(grep -v ' ok ' <<<"$output")" = "$stuck locked - -" ]
	[[ "$stderr" == *"$stuck does not answer"*"vfioctl doctor $stuck"* ]]
}

@test "list --json: the stuck device is locked and null, the others are as before" {
	expect_json 0 vfioctl.list/1 list
	expect 0 within 3 kept vfioctl list --json
	json_is "[.devices[] | select(.state != \"ok\").address]" "[\"$stuck\"]"
	json_is ".devices[] | select(.address == \"$stuck\") | del(.address, .bus, .state, .syspath, .iommu_group,
			.iommu_instance) | [.[] | select(. != null and . != [])]" '[]'
	# Links, whose reading waits for nobody.
	links=".devices[] | select(.address == \"$stuck\") | [.iommu_group, .iommu_instance]"
	json_is "$links" "$(jq -c "$links" "$BATS_FILE_TMPDIR/before")"
	others="[.devices[] | select(.address != \"$stuck\")]"
	diff <(jq "$others" "$BATS_FILE_TMPDIR/before") <(jq "$others" <<<"$output")
}

@test "another device is shown" {
	expect 0 within 3 kept vfioctl show --json $other
	json_is '[.devices[] | .address, .state]' "[\"$other\",\"ok\"]"
}

@test "doctor tells that it does not answer, and what names its user; of another it tells nothing" {
	finds not-answering $stuck
	[ "$remedy" = "\`vfioctl show $stuck\` names who has it open: stop that" ]
	expect 0 vfioctl show $stuck
	says "$holder"
	silent not-answering $other
}

@test "another device is bound and given back" {
	expect 0 within 10 vfioctl bind $other
	[ "$(driver_of $other)" = vfio-pci ]
	expect 0 within 10 vfioctl restore $other
	[ "$(driver_of $other)" = nvme ]
}

@test "the stuck device itself is refused" {
	expect_json 6 vfioctl.error/1 bind $stuck
	json_is '[.error.code, .error.device]' "[\"locked\",\"$stuck\"]"
}

@test "when its user has gone, all is as ever" {
	kill "$holder"
	eventually device_answers $stuck
	expect 0 within 2 kept vfioctl list --json
	json_is '[.devices[] | select(.state != "ok")]' '[]'
	silent not-answering $stuck
	expect 0 vfioctl restore $stuck
	[ "$(driver_of $stuck)" = nvme ]
	[ "$(override_of $stuck)" = "(null)" ]
}
