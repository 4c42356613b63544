# SPDX-License-Identifier: GPL-2.0-or-later
# What the program says of itself.

load helper

verbs() {
	"$VFIOCTL" help --words | sed -n 's/^command \([^ ]*\) .*/\1/p'
}

# No line of the text on stdin is wider than a terminal.
fits() {
	local wide
	wide=$(awk 'length > 80')
	[ -z "$wide" ] || { echo "wider than 80: $wide"; return 1; }
}

@test "--version names program and version" {
	vfioctl --version
	exits 0
	[[ $output =~ ^vfioctl\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
	equals "$stderr" ""
	vfioctl -V
	exits 0
	vfioctl list --version
	exits 0
	prints "vfioctl "
}

@test "the overview lists every verb and every exit status, in 80 columns" {
	vfioctl help
	exits 0
	equals "$stderr" ""
	fits <<<"$output"
	for verb in $(verbs); do prints "  $verb "; done
	for number in {0..10}; do [[ $output =~ $'\n  '$number\  ]]; done
	local overview=$output
	vfioctl --help
	exits 0
	equals "$output" "$overview"
}

@test "help of every verb fits 80 columns and is the same by --help" {
	for verb in $(verbs); do
		vfioctl help "$verb"
		exits 0
		fits <<<"$output"
		prints "Usage: vfioctl $verb"
		local text=$output
		vfioctl "$verb" --help
		exits 0
		equals "$output" "$text"
		vfioctl "$verb" -h
		equals "$output" "$text"
	done
}

@test "help of every verb names all its options and columns" {
	while read -r kind verb word _; do
		[ "$kind" != command ] || { vfioctl help "$verb"; continue; }
		prints "$word"
	done < <("$VFIOCTL" help --words)
}

@test "every verb's help ends with where to read more" {
	for verb in $(verbs); do
		vfioctl help "$verb"
		equals "${lines[-1]}" "More in vfioctl-$verb(8)."
	done
}

@test "help of an unknown verb" {
	vfioctl help lisst
	exits 2
	says "there is no command 'lisst'"
	equals "$output" ""
}

@test "help beats missing operands" {
	vfioctl show --help
	exits 0
	vfioctl bind --help
	exits 0
}

@test "a schema for every document, and an error for others" {
	for name in list show mode bind restore test error; do
		vfioctl help --schema "$name"
		exits 0
		equals "$(jq -r .title <<<"$output")" "vfioctl.$name/1"
	done
	vfioctl help --schema lisst
	exits 2
	says "there is no document 'lisst'" "list, show, mode"
}
