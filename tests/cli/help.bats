# SPDX-License-Identifier: GPL-2.0-or-later
# What the program says of itself.

load helper

# What the program says of itself, asked once: help itself, of each verb, and the words.
setup_file() {
	mkdir "$BATS_FILE_TMPDIR/help"
	"$VFIOCTL" help --words >"$BATS_FILE_TMPDIR/words"
	"$VFIOCTL" help >"$BATS_FILE_TMPDIR/help/common"
	for verb in $(verbs); do "$VFIOCTL" help "$verb" >"$BATS_FILE_TMPDIR/help/$verb"; done
}

words() {
	cat "$BATS_FILE_TMPDIR/words"
}

verbs() {
	words | sed -n 's/^command \([^ ]*\) .*/\1/p'
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
	for number in {0..10} 125 126 127; do [[ $output =~ $'\n  '$number\  ]]; done
	local overview=$output
	vfioctl --help
	exits 0
	equals "$output" "$overview"
}

@test "help of every verb fits 80 columns, tells where to read more, and is the same by --help" {
	for verb in $(verbs); do
		vfioctl help "$verb"
		exits 0
		fits <<<"$output"
		prints "Usage: vfioctl $verb"
		equals "${lines[-1]}" "More in vfioctl-$verb(8)."
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
		[ "$kind" != command ] || { output=$(<"$BATS_FILE_TMPDIR/help/$verb"); continue; }
		[ "$kind" = word ] || prints "$word"
	done < <(words)
}

# options OF: the options that help prints for a verb, or those in common: "--output LIST", one a line
options() {
	sed -nE 's/^  (-., )?(--[a-z-]+)( [A-Z][^ ]*)?( .*)?$/\2\3/p' "$BATS_FILE_TMPDIR/help/$1"
}

# A value that is a number, a name and a directory.
with_value() {
	while read -r option; do
		if [[ $option == *" "* ]]; then echo "${option%% *}=5"; else echo "$option"; fi
	done
}

@test "every option that help prints is taken, by its letter too" {
	for verb in $(verbs); do
		mapfile -t taken < <(options "$verb" | with_value)
		[ "${#taken[@]}" -ge 2 ]
		vfioctl "$verb" "${taken[@]}" --help
		exits 0
		prints "Usage: vfioctl $verb"
		equals "${#taken[@]}" "$(words | grep -c "^option $verb ")"
		mapfile -t letters < <(grep -oE '^  -[a-zA-Z]' "$BATS_FILE_TMPDIR/help/$verb" | tr -d ' ' |
			sed 's/^-o$/&address/')
		vfioctl "$verb" "${letters[@]}" --help
		exits 0
		prints "Usage: vfioctl $verb"
	done
}

@test "an option of other verbs that a verb refuses is not in its help, and the reason is told" {
	refused=0
	for verb in $(verbs); do
		while read -r option; do
			vfioctl "$verb" "$(with_value <<<"$option")" --help -- true
			exits "$([ "$verb" = run ] && echo 125 || echo 2)"
			[[ $stderr$output == *"${option%% *} is not for $verb: "* ]] # a document with --json
			refused=$((refused + 1))
			equals "$(words | grep -c "^option $verb ${option%% *} ")" 0
		done < <(options common | while read -r name value; do
			options "$verb" | cut -d ' ' -f 1 | grep -qxF -e "$name" || echo "$name $value"
		done)
	done
	# -o: show mode run snapshot help; --sysroot: bind restore sriov recover test reset run help; -J -n -r: run help;
	# -q -v: help; --color: run help
	equals "$refused" 23
}

@test "what a verb means by an option of its own stands in its help, in the place of the common one" {
	for verb in $(verbs); do
		vfioctl help "$verb"
		equals "$(grep -oE '^  (-., )?--[a-z-]+' <<<"$output" | sort | uniq -d)" ""
		equals "$(words | grep -c "^option $verb --verbose ")" "$(grep -c -- '-v, --verbose ' <<<"$output")"
	done
	vfioctl help snapshot
	prints "-v, --verbose           name what could not be taken"
	vfioctl help bind
	prints "-v, --verbose           name each file that is written"
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
	vfioctl run --help
	exits 0
}

@test "help of run tells the variables" {
	vfioctl help run
	while read -r name; do prints "  $name "; done < <(words | sed -n 's/^variable run //p')
	equals "$(words | grep -c '^variable run VFIOCTL_')" 11
}

@test "a schema for every document, and an error for others" {
	for name in list show mode bind restore sriov test cases reset recover topology error; do
		vfioctl help --schema "$name"
		exits 0
		equals "$(jq -r .title <<<"$output")" "vfioctl.$name/1"
	done
	vfioctl help --schema lisst
	exits 2
	says "there is no document 'lisst'" "list, show, mode"
}
