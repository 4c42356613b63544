# SPDX-License-Identifier: GPL-2.0-or-later
# What list and doctor cost grows with the devices and nothing else: counted, not timed.

load helper

setup_file() {
	local program count
	program=$(plain_program)
	for count in 64 512; do
		kept strace -f -qq -e trace=%file,%process,read,getdents64 -o "$BATS_FILE_TMPDIR/$count" \
			"$program" list --json --sysroot "${VFIOCTL_TREES:-$top/build/trees}/synthetic-$count" >/dev/null
	done
}

# calls COUNT PATTERN: how many of those were made for COUNT devices
calls() {
	grep -cE "^[0-9]+ +($2)\(" "$BATS_FILE_TMPDIR/$1" || true
}

# per_device PATTERN: hundredths of a call for each of the 448 devices more
per_device() {
	echo $((($(calls 512 "$1") - $(calls 64 "$1")) * 100 / 448))
}

# at_most LIMIT PATTERN, in hundredths. Each bound is what was counted, and a little; a quarter of the
# devices is bound and has more files than the others.
at_most() {
	local n
	n=$(per_device "$2")
	[ "$n" -gt $(($1 / 2)) ] && [ "$n" -le "$1" ] || { echo "$n / 100 for each device, not $1: CONTRIBUTING.md, \"Add a field\""; return 1; }
}

@test "opens per device: 5.1 at most" {
	at_most 510 'open|openat|openat2'
}

@test "reads per device: 3.3 at most" {
	at_most 330 read
}

# Root looks at the mode of each file of a captured tree (3.3): it could read all of them.
@test "calls of any kind on files per device: 14 at most, and the modes of a captured tree" {
	at_most 1730 '[a-z0-9_]+'
	at_most 1400 '(open|openat|openat2|read|readlink|readlinkat|access|faccessat2?|getdents64|statx|clone3?)'
}

@test "no process for a device: the readers are a handful, and nothing is executed" {
	for count in 64 512; do
		forks=$(calls $count 'clone|clone3|fork|vfork')
		[ "$forks" -ge 1 ] && [ "$forks" -le 8 ] || { echo "$forks forks"; return 1; }
		equals "$(calls $count execve)" 1
	done
}

# The processes of a machine are looked at once for all devices: here each has a descriptor.
@test "usage: a process is looked at once, however many devices there are" {
	local program count pid
	program=$(plain_program)
	for count in 64 512; do
		cp -a "${VFIOCTL_TREES:-$top/build/trees}/synthetic-$count" "$BATS_TEST_TMPDIR/tree"
		for pid in 90 91 92; do
			mkdir -p "$BATS_TEST_TMPDIR/tree/proc/$pid/fd"
			: >"$BATS_TEST_TMPDIR/tree/proc/$pid/maps"
			ln -s /dev/null "$BATS_TEST_TMPDIR/tree/proc/$pid/fd/3"
		done
		strace -f -qq -e trace=%file -o "$BATS_TEST_TMPDIR/calls.$count" \
			"$program" list -o address,usage --sysroot "$BATS_TEST_TMPDIR/tree" >"$BATS_TEST_TMPDIR/out.$count"
		equals "$(wc -l <"$BATS_TEST_TMPDIR/out.$count")" $((count + 1))
		rm -rf "$BATS_TEST_TMPDIR/tree"
	done
	few=$(grep -cE '"/proc/9[012]' "$BATS_TEST_TMPDIR/calls.64")
	many=$(grep -cE '"/proc/9[012]' "$BATS_TEST_TMPDIR/calls.512")
	[ "$few" -gt 3 ]
	equals "$many" "$few"
}

# Here no function has reset_method, which doctor must not ask of all others for each of them.
@test "doctor: what it opens grows with the devices, not with their square" {
	local program tree count
	program=$(plain_program)
	for count in 64 512; do
		tree=${VFIOCTL_TREES:-$top/build/trees}/synthetic-$count
		kept strace -f -qq -e trace=open,openat,openat2 -o "$BATS_TEST_TMPDIR/calls.$count" \
			"$program" doctor --json --sysroot "$tree" >"$BATS_TEST_TMPDIR/out.$count"
	done
	few=$(wc -l <"$BATS_TEST_TMPDIR/calls.64") many=$(wc -l <"$BATS_TEST_TMPDIR/calls.512")
	[ "$few" -gt 64 ]
	[ "$many" -le $((few * 9)) ] || { echo "$many for 512, $few for 64"; return 1; }
}

@test "every document of this file is valid" {
	all_documents_valid
}
