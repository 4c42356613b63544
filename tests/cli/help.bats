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

# options OF...: the options that help prints for a verb, or without one in common: "--output LIST", one a line
options() {
	"$VFIOCTL" help "$@" | sed -nE 's/^  (-., )?(--[a-z-]+)( [A-Z][^ ]*)?( .*)?$/\2\3/p'
}

# A value that is a number, a name and a directory.
with_value() {
	if [[ $1 == *" "* ]]; then echo "${1%% *}=5"; else echo "$1"; fi
}

@test "every option that help prints is taken, by its letter too" {
	for verb in $(verbs); do
		n=0
		while read -r option; do
			vfioctl "$verb" "$(with_value "$option")" --help
			exits 0
			prints "Usage: vfioctl $verb"
			n=$((n + 1))
		done < <(options "$verb")
		[ "$n" -ge 2 ]
		while read -r letter; do
			argument=()
			[ "$letter" != -o ] || argument=(address)
			vfioctl "$verb" "$letter" "${argument[@]}" --help
			exits 0
		done < <("$VFIOCTL" help "$verb" | grep -oE '^  -[a-zA-Z]' | tr -d ' ')
		equals "$n" "$("$VFIOCTL" help --words | grep -c "^option $verb ")"
	done
}

@test "an option of other verbs that a verb refuses is not in its help, and the reason is told" {
	refused=0
	for verb in $(verbs); do
		while read -r option; do
			options "$verb" | grep -qxF -e "$option" && continue
			vfioctl "$verb" "$(with_value "$option")" --help
			exits 2
			[[ $stderr$output == *"${option%% *} is not for $verb: "* ]] # a document with --json
			refused=$((refused + 1))
			! "$VFIOCTL" help --words | grep -q "^option $verb ${option%% *} "
		done < <(options)
	done
	equals "$refused" 13 # -o: show mode help; --sysroot: bind restore test reset help; -J -n -r -q -v: help
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
	for name in list show mode bind restore test cases reset recover error; do
		vfioctl help --schema "$name"
		exits 0
		equals "$(jq -r .title <<<"$output")" "vfioctl.$name/1"
	done
	vfioctl help --schema lisst
	exits 2
	says "there is no document 'lisst'" "list, show, mode"
}
