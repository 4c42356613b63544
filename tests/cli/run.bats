# SPDX-License-Identifier: GPL-2.0-or-later
# vfioctl run, as far as nothing is changed: wrong use, and commands that are none.

load helper

setup() {
	ran=$BATS_TEST_TMPDIR/ran
}

# fails STATUS TEXT ARGUMENTS...: with that text on stderr, nothing on stdout, and the command not run.
fails() {
	local wanted=$1 text=$2
	shift 2
	vfioctl run "$@"
	exits "$wanted"
	equals "$output" ""
	equals "${#stderr_lines[@]}" 1
	says "vfioctl: " "$text"
	[ ! -e "$ran" ]
}

@test "without a command it says how it is written" {
	for arguments in "" "03:00.0" "03:00.0 --" "--" "03:00.0 touch $ran" "03:00.0 touch -c $ran" "03:00.0 --pas-fd"; do
		# shellcheck disable=SC2086 # words
		fails 125 "run needs \`--\`, and behind it the command to run. Write: vfioctl run DEVICE... -- COMMAND" $arguments
	done
}

@test "without a device" {
	fails 125 "run needs an operand. Write: vfioctl run DEVICE... -- COMMAND" -- touch "$ran"
	: >"$BATS_TEST_TMPDIR/empty"
	fails 125 "standard input names no device" - -- touch "$ran" <"$BATS_TEST_TMPDIR/empty"
}

@test "an option that is none, and those of the command are none of ours" {
	fails 125 "there is no option --pas-fd. Did you mean --pass-fd?" --pas-fd 03:00.0 -- touch "$ran"
	fails 125 "--pass-fd=yes takes no argument" --pass-fd=yes 03:00.0 -- touch "$ran"
	fails 125 "--jobs wants a whole number" --jobs x 03:00.0 -- touch "$ran"
	fails 125 "there is no option --keep-going" --keep-going 03:00.0 -- touch "$ran"
	fails 125 "no such device" fffe:fe:1f.7 -- touch --jsn "$ran"
	vfioctl run 03:00.0 --help -- touch --jsn "$ran"
	exits 0
	prints "Usage: vfioctl run"
	[ ! -e "$ran" ]
}

@test "a device that is none" {
	fails 125 "fffe:fe:1f.7: no such device" fffe:fe:1f.7 -- touch "$ran"
	fails 125 "fffe:fe:1f.7: no such device" --dry-run fffe:fe:1f.7 -- touch "$ran"
}

@test "a command that is none is found out first" {
	printf 'x\n' >"$BATS_TEST_TMPDIR/file"
	fails 127 "no-such-command: there is no such command in PATH. " fffe:fe:1f.7 -- no-such-command
	fails 127 "/no/such/command: there is no such file. " fffe:fe:1f.7 -- /no/such/command
	fails 127 ": there is no such command in PATH. " fffe:fe:1f.7 -- ""
	fails 126 "/file: it cannot be executed: Permission denied (EACCES). " fffe:fe:1f.7 -- "$BATS_TEST_TMPDIR/file"
	fails 126 "it cannot be executed" fffe:fe:1f.7 -- "$BATS_TEST_TMPDIR"
	fails 127 "no-such-command: there is no such command in PATH" --dry-run fffe:fe:1f.7 -- no-such-command
}

@test "values that make no sense" {
	device=$("$VFIOCTL" list -n -r -o address | head -n 1)
	[ -n "$device" ] || skip "this machine has no PCI function"
	fails 125 "--timeout 0 leaves no time" --timeout 0 "$device" -- touch "$ran"
	fails 125 "--force: there is no reason 'all'" --force all "$device" -- touch "$ran"
	fails 125 "--node-mode needs --owner" --node-mode 0600 "$device" -- touch "$ran"
	fails 125 "there is no such user" --owner nobody-knows "$device" -- touch "$ran"
}

@test "it prints no JSON, and says so in JSON" {
	json run --json fffe:fe:1f.7 -- true
	exits 125
	equals "$stderr" ""
	equals "$(query '.schema, .error.message')" $'vfioctl.error/1\n--json is not for run: it prints no JSON'
	# Behind -- it is meant for the command.
	fails 125 "no such device" fffe:fe:1f.7 -- echo --json # not kept: it is for echo
}

@test "without rights nothing is bound, and the command does not run" {
	device=$(kept "$VFIOCTL" list --json | jq -r 'first(.devices[] | select(.driver != null and .modes == [])).address')
	[ -n "$device" ] && [ "$device" != null ] || skip "this machine has no PCI function with a driver"
	before=$(readlink "/sys/bus/pci/devices/$device/driver")
	runs as_nobody "$VFIOCTL" run "$device" --driver pci-stub -- echo ran
	exits 125
	says "Changing devices needs root."
	equals "$output" ""
	equals "$(readlink "/sys/bus/pci/devices/$device/driver")" "$before"
}

@test "every document of this file is valid" {
	all_documents_valid
}

teardown_file() {
	forget_nobody
}
