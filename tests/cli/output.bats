# SPDX-License-Identifier: GPL-2.0-or-later
# Output that does not arrive is a failure; a reader that has seen enough is none of ours.

load helper

@test "a full disk under stdout: exit 1 and a message" {
	for arguments in "list" "list --json" "mode" "mode --json" "show 03:00.0" "show 03:00.0 --json"; do
		# shellcheck disable=SC2086 # words
		runs bash -c '"$VFIOCTL" '"$arguments"' --sysroot "$1" >/dev/full' - "$trees/both"
		exits 1
		says "cannot write to standard output" "No space left"
	done
	for arguments in "help" "help list" --version; do
		runs bash -c '"$VFIOCTL" '"$arguments"' >/dev/full'
		exits 1
		says "cannot write to standard output" "No space left"
	done
}

@test "an error keeps its own status when stdout is full" {
	runs bash -c '"$VFIOCTL" list 99:00.0 --json --sysroot "$1" >/dev/full' - "$trees/both"
	exits 8
}

@test "a reader that leaves early" {
	runs bash -c 'set -o pipefail
		"$VFIOCTL" list --sysroot "$1" | head -n 1' - "$trees/synthetic-512"
	[[ $output == ADDRESS* ]]
	[ "$status" -eq 0 ] || [ "$status" -eq 141 ] || [ "$status" -eq 1 ] # SIGPIPE, or ignored
	[[ $stderr != *Sanitizer* ]]
}

@test "a closed stdout" {
	runs bash -c '"$VFIOCTL" list --sysroot "$1" >&-' - "$trees/both"
	exits 1
}

@test "closed streams do not disturb the reading" {
	runs bash -c '"$VFIOCTL" list --json --sysroot "$1" <&- 2>&-' - "$trees/both"
	exits 0
	equals "$(jq -r '[.devices[].state] | unique | join(",")' <<<"$output")" ok
}

@test "--json prints one document and nothing on stderr" {
	for arguments in "list" "mode" "show 03:00.0" "list 99:00.0"; do
		# shellcheck disable=SC2086 # words
		vfioctl $arguments --json --sysroot "$trees/both"
		equals "$stderr" ""
		equals "$(jq -s length <<<"$output")" 1
	done
}

@test "text is the same in every locale" {
	for locale in C C.UTF-8 nonsense; do
		runs env LC_ALL=$locale "$VFIOCTL" list -n -r -o address,driver,cdev --sysroot "$trees/both"
		exits 0
		[ "$locale" = C ] && wanted=$output
		equals "$output" "$wanted"
	done
}

@test "a narrow terminal cuts names, not addresses" {
	command -v script >/dev/null || skip "script(1) is not installed"
	run script -qec "stty cols 70; '$VFIOCTL' list 03:00.0 01:00.0 --sysroot '$trees/both'" /dev/null
	for line in "${lines[@]}"; do
		line=${line%$'\r'}
		[ "${#line}" -le 70 ] || { echo "wide: $line"; return 1; }
	done
	[[ $output == *0000:03:00.0* ]]
}
