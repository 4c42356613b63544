# SPDX-License-Identifier: GPL-2.0-or-later
# vfioctl recover, and the options about many devices at once, as far as nothing is changed.

load helper

export -f kept

# In a mount namespace of its own, where /run/vfioctl is ours: in_own_run COMMANDS
in_own_run() {
	unshare -m true 2>/dev/null || skip "no mount namespace for this user"
	run --separate-stderr unshare -m bash -c "mount -t tmpfs -o mode=0755 none /run && mkdir -p /run/vfioctl/journal; $1"
}

# A journal of a run that is dead, about a device that no machine has.
journal() {
	printf '{"verb":"bind","boot_id":"%s","pid":%s,"start_time":1,"devices":[{"address":"fffe:fe:1f.7","bus":"pci",
		"identity":"8086:10d3:8086:a01f","syspath":"/sys/devices/x","driver":"e1000e","target":"vfio-pci",
		"target_override":"vfio-pci"}]}' "${1:-$(cat /proc/sys/kernel/random/boot_id)}" 2147483646
}

@test "recover takes no device, and only its own options" {
	vfioctl recover 0000:03:00.0
	exits 2
	says "'0000:03:00.0' is one operand too many"
	vfioctl recover --driver vfio-pci
	exits 2
	vfioctl recover --sysroot "$trees/both"
	exits 2
	says "--sysroot is not for recover: a captured tree can only be looked at"
	vfioctl recover --timeout 0
	exits 2
	says "--timeout 0 leaves no time"
	vfioctl recover --force nonsense
	exits 2
	says "there is no reason 'nonsense'"
	vfioctl recover -o nonsense
	exits 2
	says "Columns are: address, verb"
}

@test "its errors are documents, too" {
	json recover 0000:03:00.0 --json
	exits 2
	equals "$stderr" ""
	equals "$(query .schema)" vfioctl.error/1
	equals "$(query .error.code)" extra-operand
}

@test "without rights it says what is missing" {
	run --separate-stderr as_nobody "$VFIOCTL" recover
	exits 4
	says "Changing devices needs root."
	run --separate-stderr kept as_nobody "$VFIOCTL" recover --json
	exits 4
	equals "$(jq -r .schema <<<"$output")" vfioctl.error/1
}

@test "--jobs wants a number, --keep-going no value" {
	for verb in "bind 03:00.0" "restore 03:00.0" "sriov 03:00.0 1" recover; do
		for number in none -1 1x '' 1.5; do
			# shellcheck disable=SC2086 # words
			vfioctl $verb --jobs "$number"
			exits 2
			says "--jobs wants a whole number, not '$number'"
		done
	done
	vfioctl recover --jobs 65
	exits 2
	says "--jobs: at most 64"
	vfioctl bind --keep-going=yes 03:00.0
	exits 2
	says "takes no argument"
	vfioctl recover --keep-going
	exits 2
	says "there is no option --keep-going"
	vfioctl list --jobs 2
	exits 2
}

@test "nothing to recover" {
	in_own_run "'$VFIOCTL' recover"
	exits 0
	says "nothing to recover"
	in_own_run "kept '$VFIOCTL' recover --json"
	exits 0
	equals "$(jq -c '[.schema, .results]' <<<"$output")" '["vfioctl.recover/1",[]]'
}

@test "a device that is gone is no longer of concern" {
	journal >"$BATS_TEST_TMPDIR/journal"
	local place="cat $BATS_TEST_TMPDIR/journal >/run/vfioctl/journal/1-1.json"
	in_own_run "$place; '$VFIOCTL' list -n -o address"
	exits 0
	says "vfioctl bind, pid 2147483646, has not come to its end: \`vfioctl recover\`"
	in_own_run "$place; kept '$VFIOCTL' list --json"
	exits 0
	equals "$stderr" ""
	in_own_run "$place; '$VFIOCTL' recover --dry-run -n -r; ls /run/vfioctl/journal"
	exits 0
	equals "$output" "fffe:fe:1f.7 bind back gone - -"$'\n'1-1.json
	in_own_run "$place; kept '$VFIOCTL' recover --json; ls /run/vfioctl/journal"
	exits 0
	equals "$(jq -c '.results[0] | [.address, .verb, .pid, .direction, .state, .driver, .error]' <<<"$output")" \
		'["fffe:fe:1f.7","bind",2147483646,"back","gone",null,null]'
}

@test "-v names vfioctl's own files, too" {
	journal >"$BATS_TEST_TMPDIR/journal"
	in_own_run "cat $BATS_TEST_TMPDIR/journal >/run/vfioctl/journal/1-1.json; '$VFIOCTL' recover -v"
	exits 0
	equals "$stderr" "vfioctl: /run/vfioctl/journal/1-1.json: removed"
	in_own_run "cat $BATS_TEST_TMPDIR/journal >/run/vfioctl/journal/1-1.json; '$VFIOCTL' recover"
	exits 0
	equals "$stderr" ""
}

@test "a journal of another boot is deleted without a word" {
	journal another >"$BATS_TEST_TMPDIR/journal"
	in_own_run "cat $BATS_TEST_TMPDIR/journal >/run/vfioctl/journal/1-1.json; '$VFIOCTL' list -n; ls /run/vfioctl/journal"
	exits 0
	equals "$stderr" ""
	[[ $output != *1-1.json* ]]
}

@test "a damaged journal is named" {
	in_own_run "echo '{' >/run/vfioctl/journal/1-1.json; '$VFIOCTL' recover"
	exits 1
	says "/run/vfioctl/journal/1-1.json" "Remove that file if it is damaged."
	in_own_run "echo '{' >/run/vfioctl/journal/1-1.json; '$VFIOCTL' list"
	exits 0
}

@test "links in the place of directories are refused" {
	for name in devices journal; do
		in_own_run "rm -rf /run/vfioctl/$name; ln -s / /run/vfioctl/$name; '$VFIOCTL' recover"
		exits 4
		says "/run/vfioctl/$name: it is no directory"
	done
}

@test "every document of this file is valid" {
	all_documents_valid
}

teardown_file() {
	forget_nobody
}
