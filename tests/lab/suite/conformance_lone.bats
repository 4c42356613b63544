# SPDX-License-Identifier: GPL-2.0-or-later
# The catalogue on a function that shares nothing, on every host.

load conformance

lone=0000:03:00.0

teardown() {
	give_back $lone
}

@test "mode names the host" {
	local offers='group and cdev'
	case $LAB_KERNEL in
	*cdev-only) offers='cdev only' ;;
	debian) offers='group only' ;;
	esac
	expect_json 0 vfioctl.mode/1 mode
	json_is .offers "\"$offers\""
}

@test "a lone NVMe: all cases" {
	vfioctl bind -q $lone
	scene lone '*' $lone
	devices_are_as_before $lone
}

@test "the kernel logged no bug" {
	kernel_logged_no_bug
}
