# SPDX-License-Identifier: GPL-2.0-or-later
# What list costs grows with the devices and nothing else: counted, not timed.

load helper

setup_file() {
	local program=$top/build/gcc/vfioctl count
	# The sanitizers make calls of their own.
	[ -x "$program" ] || program=$VFIOCTL
	for count in 64 512; do
		strace -f -qq -e trace=open,openat,openat2,read,clone,clone3,fork,vfork,execve,readlink,readlinkat \
			-o "$BATS_FILE_TMPDIR/$count" "$program" list --json \
			--sysroot "${VFIOCTL_TREES:-$top/build/trees}/synthetic-$count" >/dev/null
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

# A quarter of the devices is bound and has three more files than the others.
@test "opens per device: 9 at most" {
	opens=$(per_device 'open|openat|openat2')
	[ "$opens" -gt 300 ] && [ "$opens" -le 900 ] || { echo "$opens / 100"; return 1; }
}

@test "reads per device: 3.3 at most" {
	reads=$(per_device read)
	[ "$reads" -gt 200 ] && [ "$reads" -le 330 ] || { echo "$reads / 100"; return 1; }
}

@test "no process for a device: the readers are a handful, and nothing is executed" {
	for count in 64 512; do
		forks=$(calls $count 'clone|clone3|fork|vfork')
		[ "$forks" -ge 1 ] && [ "$forks" -le 8 ] || { echo "$forks forks"; return 1; }
		equals "$(calls $count execve)" 1
	done
}
