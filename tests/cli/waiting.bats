# SPDX-License-Identifier: GPL-2.0-or-later
# Lines on a terminal that tell what is waited for.
# stage: cli, first
# Such a line tells how long by now. It is gone in the end, and where there is no terminal it never was. That of a
# change is in tests/unit/test_message.c, that of a reset in the lab.

load helper

# What stays on the screen of $output: each line without what it was written over.
screen() {
	sed 's/.*\r\x1b\[K//' <<<"$output"
}

# Messages that go on in further lines are one again.
whole_lines() {
	sed ':all; N; $!b all; s/\n  / /g'
}

# The lock is held by a process that gave its number, until somebody was told of it for two seconds, or for
# so many; recover wants it.
# while_locked SECONDS COMMAND: run it meanwhile, with a /run of its own; $holder is the process.
while_locked() {
	unshare -m true 2>/dev/null || skip "no mount namespace for this user"
	export -f while_it_is_locked terminal runs whole
	runs unshare -m bash -c 'while_it_is_locked "$@"' - "$@"
	holder=$(head -n 1 <<<"$output")
	output=${output#*$'\n'}
}

while_it_is_locked() {
	mount -t tmpfs -o mode=0755 none /run && mkdir -p /run/vfioctl/journal
	printf '{"verb":"bind","boot_id":"%s","pid":2147483646,"start_time":1,"devices":[{"address":"fffe:fe:1f.7",
		"bus":"pci","identity":"8086:10d3:8086:a01f","syspath":"/sys/devices/x","driver":"e1000e",
		"target":"vfio-pci","target_override":"vfio-pci"}]}' "$(cat /proc/sys/kernel/random/boot_id)" \
		>/run/vfioctl/journal/2147483646-1.json
	(
		flock 9
		echo "$BASHPID" >&9
		echo "$BASHPID"
		for ((i = 0; i < 10 * $1; i++)); do
			! grep -q ', 2 s' "$BATS_TEST_TMPDIR/stdout" || break
			sleep 0.1
		done
	) 9>>/run/vfioctl/lock &
	until [ -s /run/vfioctl/lock ]; do sleep 0.02; done
	"${@:2}"
}

@test "the lock of another run: a terminal is told who has it, and how long by now" {
	while_locked 60 script -qec "'$VFIOCTL' recover" /dev/null
	exits 0
	prints $'\r\e[K'"vfioctl: waiting for pid $holder, which is changing or testing devices, 1 s"
	prints ", 2 s"
	# One line, written over, and then taken away.
	[[ $(screen) != *waiting* ]]
	[[ $(screen) == *"fffe:fe:1f.7 bind"* ]]
}

@test "the lock of another run: nothing in a pipe, with --quiet or --json" {
	while_locked 3 "$VFIOCTL" recover
	exits 0
	[[ $stderr != *waiting* ]]
	for option in --quiet --json; do # not kept: both streams are one
		while_locked 3 script -qec "'$VFIOCTL' recover $option" /dev/null
		exits 0
		[[ $output != *waiting* && $output != *$'\e'* ]] || { echo "$option: $output"; return 1; }
	done
}

@test "a device that does not answer: a terminal is told which, and a pipe nothing" {
	make_tree both </dev/null
	rm "$tree/sys/bus/pci/devices/0000:03:00.0/uevent"
	mkfifo "$tree/sys/bus/pci/devices/0000:03:00.0/uevent"
	terminal "$VFIOCTL" list --sysroot "$tree"
	exits 0
	prints $'\r\e[Kvfioctl: waiting for 0000:03:00.0 to answer'
	[[ $(screen) != *waiting* && $(screen) == *"0000:03:00.0 "* ]]
	for option in --quiet --json; do # not kept: both streams are one
		terminal "$VFIOCTL" list --sysroot "$tree" "$option"
		exits 0
		[[ $output != *waiting* && $output != *$'\r'$'\e[K'* ]] || { echo "$option: $output"; return 1; }
	done
	vfioctl list --sysroot "$tree"
	equals "$stderr" "vfioctl: 0000:03:00.0 does not answer, as while a driver is taken from it; \`vfioctl doctor 0000:03:00.0\` tells more"
	vfioctl list --quiet --sysroot "$tree"
	equals "$stderr" ""
	vfioctl topology --sysroot "$tree"
	says "0000:03:00.0 does not answer"
}

@test "a terminal has long messages in lines of whole words, and everything else in one line" {
	terminal "$VFIOCTL" list -o xyzzyxyzzy
	exits 2
	equals "$(screen | awk 'length > 80')" ""
	equals "$(screen | sed -n '1s/ there.*//p')" "vfioctl:"
	equals "$(screen | sed -n '2s/^\(  \)[^ ].*/\1/p')" "  "
	words=$(screen | tr -s ' \n' ' ')
	vfioctl list -o xyzzyxyzzy
	equals "$words" "$stderr "
	equals "$(wc -l <<<"$stderr")" 1
	# A command can be copied from it.
	terminal "$VFIOCTL" release
	screen | grep -qF '`vfioctl restore DEVICE`'
}

@test "a snapshot tells what it does, on a terminal only" {
	make_tree both </dev/null
	terminal "$VFIOCTL" snapshot "$BATS_TEST_TMPDIR/one" --sysroot "$tree"
	exits 0
	prints $'\r\e[Kvfioctl: '
	[ "$(grep -o $'\r\e\[Kvfioctl: [a-z]' <<<"$output" | wc -l)" -ge 2 ]
	# Only what it came to, and what comes next.
	equals "$(screen | whole_lines | sed -n '$=')" "$(screen | whole_lines | grep -cE '^vfioctl: ([0-9]+ files? could|next: |/.*: [0-9]+ devices)')"
	for option in --quiet --json; do # not kept: both streams are one
		terminal "$VFIOCTL" snapshot "$BATS_TEST_TMPDIR/with$option" --sysroot "$tree" "$option"
		exits 0
		[[ $output != *$'\e'* ]] || { echo "$option: $output"; return 1; }
	done
}
