# SPDX-License-Identifier: GPL-2.0-or-later
# Output that does not arrive is a failure; a reader that has seen enough is none of ours.

load helper

@test "a full disk under stdout: exit 1 and a message" {
	# not kept: nothing arrives
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
	# not kept: nothing arrives
	runs bash -c '"$VFIOCTL" list 99:00.0 --json --sysroot "$1" >/dev/full' - "$trees/both"
	exits 8
}

@test "a reader that leaves early: not a word, and the end that a pipe gives" {
	# None of these fits into a pipe.
	# not kept: the end is cut off
	for arguments in "list --json" "topology --json"; do
		# shellcheck disable=SC2086 # words
		[ "$("$VFIOCTL" $arguments --sysroot "$trees/synthetic-512" | wc -c)" -gt 65536 ]
		runs bash -c 'set -o pipefail
			env --default-signal=PIPE "$VFIOCTL" '"$arguments"' --sysroot "$1" | head -c 100' - "$trees/synthetic-512"
		equals "$status ${#output} $stderr" "141 100 "
	done
	# What fits is told to nobody, which is no failure: it ends as it always does.
	local usual
	# not kept: the end is cut off
	for arguments in list topology "topology --format svg" "doctor --json"; do
		usual=0
		# shellcheck disable=SC2086 # words
		"$VFIOCTL" $arguments --sysroot "$trees/both" >/dev/null || usual=$?
		runs bash -c 'set -o pipefail
			env --default-signal=PIPE "$VFIOCTL" '"$arguments"' --sysroot "$1" | head -n 1' - "$trees/both"
		equals "${#lines[@]} $stderr" "1 "
		[ "$status" -eq "$usual" ] || exits 141
	done
}

@test "Ctrl-C while a device is waited for ends at once, by that signal, and leaves nobody waiting" {
	local verb pid since
	make_tree both <<<$'@ /sys/devices/pci0000:00/0000:00:04.0/0000:03:00.0\np uevent'
	# not kept: nothing is printed
	for verb in list "list --tree" "list --json" "show 01:00.0" topology doctor; do
		# shellcheck disable=SC2086 # words
		env --default-signal=INT "$VFIOCTL" $verb --sysroot "$tree" >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
		pid=$!
		until [ "$(waiting_in "$tree" | wc -l)" -gt 1 ]; do
			kill -0 "$pid"
			sleep 0.05
		done
		kill -INT "$pid"
		since=${EPOCHREALTIME/./}
		status=0
		wait "$pid" || status=$?
		equals "$verb $status $(<"$BATS_TEST_TMPDIR/out")" "$verb 130 "
		[ $(((${EPOCHREALTIME/./} - since) / 1000)) -lt 5000 ]
		for ((i = 0; i < 50; i++)); do
			[ -n "$(waiting_in "$tree")" ] || break
			sleep 0.1
		done
		equals "$verb $(waiting_in "$tree")" "$verb "
	done
}

# The processes that look at a tree.
waiting_in() {
	grep -lF -- "$1" /proc/[0-9]*/cmdline 2>/dev/null |
		while read -r file; do [ "$(<"${file%cmdline}comm")" != vfioctl ] || echo "$file"; done 2>/dev/null
}

@test "a closed stdout" {
	runs bash -c '"$VFIOCTL" list --sysroot "$1" >&-' - "$trees/both"
	exits 1
}

@test "closed streams do not disturb the reading" {
	runs kept bash -c '"$VFIOCTL" list --json --sysroot "$1" <&- 2>&-' - "$trees/both"
	exits 0
	equals "$(jq -r '[.devices[].state] | unique | join(",")' <<<"$output")" ok
}

@test "--json prints one document and nothing on stderr" {
	for arguments in "list" "mode" "show 03:00.0" "list 99:00.0"; do
		# shellcheck disable=SC2086 # words
		json $arguments --json --sysroot "$trees/both"
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
	terminal sh -c "stty cols 70; NO_COLOR=1 '$VFIOCTL' list 03:00.0 01:00.0 --sysroot '$trees/both'"
	[ "${#lines[@]}" -gt 2 ]
	for line in "${lines[@]%$'\r'}"; do
		[ "${#line}" -le 70 ] || { echo "wide: $line"; return 1; }
	done
	[[ $output == *0000:03:00.0* ]]
}

# Where each verb that looks would have something to tell on standard error, that --quiet silences.
@test "--quiet: every verb that tells anything takes it, and then tells nothing" {
	local verb
	for verb in $("$VFIOCTL" help --words | sed -n 's/^option \([a-z]*\) --quiet .*/\1/p'); do
		case $verb in
		run) arguments="02:00.0 -- true" ;;
		sriov) arguments="02:00.0 1" ;;
		mode | list | doctor | recover | topology) arguments= ;;
		snapshot) arguments=$BATS_TEST_TMPDIR/taken ;;
		*) arguments=03:00.0 ;;
		esac
		# shellcheck disable=SC2086 # words
		if "$VFIOCTL" help --words | grep -q "^option $verb --sysroot "; then
			vfioctl "$verb" $arguments --quiet --sysroot "$trees/both"
			[ "$status" -le 1 ] || { echo "$verb: $status $stderr"; return 1; }
			equals "$stderr" ""
		else # an error is told all the same: once
			vfioctl "$verb" ${arguments/0[23]:00.0/99:00.0} --quiet
			[ "$status" -ne 0 ] || [ "$verb" = recover ] || { echo "$verb: $status"; return 1; }
			[ "${#stderr_lines[@]}" -le 1 ]
		fi
		equals "$("$VFIOCTL" help --words | grep -c "^option $verb --verbose ")" 1
	done
	# All but help, which prints what was asked for and no more.
	equals "$("$VFIOCTL" help --words | grep -c '^command ')" \
		"$(("$("$VFIOCTL" help --words | grep -c '^option [a-z]* --quiet ')" + 1))"
}

@test "every document of this file is valid" {
	all_documents_valid
}
