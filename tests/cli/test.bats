# SPDX-License-Identifier: GPL-2.0-or-later
# vfioctl test without any device: the catalogue, TAP, and what is checked of the host. This machine may
# have VFIO or not, so that its checks pass or are skipped; what works is the lab's to show.

load helper

teardown_file() { forget_nobody; }

# The exit status follows the counts of the document or of the last line.
status_fits() { # PASSED FAILED
	if [ "$2" -gt 0 ]; then exits 1; elif [ "$1" -gt 0 ]; then exits 0; else exits 9; fi
}

# The ids that jq's FILTER selects from the catalogue.
catalogue() {
	kept "$VFIOCTL" test --list --json | jq -r "[.cases[] | select($1) | .id] | join(\" \")"
}

@test "--list prints one line for each case" {
	json test --list --json
	exits 0
	equals "$(query .schema)" vfioctl.cases/1
	equals "$(query '.cases | length > 60')" true
	ids=$(query '.cases[].id')
	vfioctl test --list
	exits 0
	equals "$stderr" ""
	[[ ${lines[0]} =~ ^ID\ +STATEMENT\ +CLASS\ +PATHS\ +TITLE$ ]]
	equals "$(awk 'NR > 1 { print $1 }' <<<"$output")" "$ids"
	prints "C05 " "A01 " "E01 "
	vfioctl test --list -n -o id,basic
	equals "$(awk '{ print $1 }' <<<"$output")" "$ids"
}

@test "what the catalogue tells of a case" {
	json test --list --json --case C05
	equals "$(query '.cases | length')" 1
	equals "$(query '.cases[0] | [.id, .statement, .class, .basic, .paths] | tojson')" \
		'["C05","CL7","self",true,["cdev"]]'
	json test --list --json
	# A case on a way of its device is there once.
	equals "$(query '[.cases[] | .id + " " + .paths[]] | group_by(.)[] | select(length > 1)')" ""
	equals "$(query '[.cases[].class] | unique - ["self", "neighbours", "lab"] | length')" 0
	equals "$(query '[.cases[].paths[]] | unique | join(" ")')" "cdev group host"
	equals "$(query '.cases[] | select(.preconditions | index("second device of the group")) | .class' |
		sort -u)" neighbours
}

@test "--case chooses by id" {
	vfioctl test --list -n -o id --case 'C0[12]'
	equals "$output" $'C01\nC02'
	json test --list --json --case '?01'
	equals "$(query '[.cases[].id[1:]] | unique | join(" ")')" 01
	equals "$(query '[.cases[].id[:1]] | length > 1')" true
}

@test "a case that is not there is a mistake" {
	for arguments in "test --case Z99" "test --list --case c05" "test --conformance --tap --case C"; do
		# shellcheck disable=SC2086 # words
		vfioctl $arguments
		exits 2
		equals "$output" ""
		says "there is no case '${arguments##* }'" "vfioctl test --list"
		# shellcheck disable=SC2086
		json $arguments --json
		exits 2
		equals "$(query .error.code)" unknown-case
		equals "$stderr" ""
	done
}

@test "--list knows its columns, and takes no others" {
	vfioctl test --list -o id,got
	exits 2
	says "got"
	vfioctl test -o id,preconditions
	exits 2
	says "preconditions"
}

@test "--list needs no rights" {
	vfioctl test --list
	for_root=$output
	runs as_nobody "$VFIOCTL" test --list
	exits 0
	equals "$output" "$for_root"
}

@test "the host's basic cases run without a device" {
	json test --json
	status_fits "$(query .passed)" "$(query .failed)"
	equals "$(query '[.results[].id] | join(" ")')" "$(catalogue '.basic and (.paths | index("host"))')"
	equals "$(query '[.results[] | .path, .device] | unique | tojson')" '[null,"host"]'
	equals "$(query '.passed + .failed + .skipped == (.results | length)')" true
}

@test "--conformance without a device runs all cases of the host" {
	json test --conformance --json
	status_fits "$(query .passed)" "$(query .failed)"
	equals "$(query '[.results[].id] | join(" ")')" "$(catalogue '.paths | index("host")')"
	equals "$(query '[.results[].path] | unique | tojson')" '["host"]'
	equals "$(query '[.results[] | select(.status == "skip" and .reason == null)] | length')" 0
	equals "$(query '[.results[].can_fail] | unique | tojson')" '[null]'
}

@test "--conformance stands under the statements" {
	vfioctl test --conformance
	[[ ${lines[-1]} =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed,\ ([0-9]+)\ skipped$ ]]
	status_fits "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}"
	# Each id below the heading of its statement.
	json test --conformance --json
	"$VFIOCTL" test --conformance | awk '
		/^[A-Z]+[0-9]*: / { split($1, a, ":"); code = a[1] }
		/^[A-Z][0-9][0-9] / { print $1, code }' | sort >"$BATS_TEST_TMPDIR/printed"
	query '.results[] | .id + " " + .statement' | sort | diff - "$BATS_TEST_TMPDIR/printed"
}

@test "--case alone is enough for a case that is not basic" {
	id=$(catalogue '(.basic | not) and .paths == ["host"]' | cut -d' ' -f1)
	json test --case "$id" --json
	equals "$(query '[.results[].id] | join(" ")')" "$id"
	# One for devices has nothing to run on.
	json test --case C05 --json
	exits 9
	equals "$(query '.results | length')" 0
}

# Looks at a file as prove(1) does. Before Test::Harness 3.48 (Debian 12) it knows no version 14, and all
# else in a document of that version.
proved() {
	printf 'TAP version 14\n1..1\nok 1\n' >"$BATS_TEST_TMPDIR/version.tap"
	if ! prove --exec cat "$BATS_TEST_TMPDIR/version.tap" >/dev/null 2>&1; then
		sed '1s/ 14$/ 13/' "$1" >"$1.13"
		set -- "$1.13"
	fi
	prove --exec cat "$1"
}

# By what TAP says a document is, and by prove(1) where that is.
is_tap() {
	if command -v prove >/dev/null; then proved "$1" || return; fi
	awk '
		NR == 1 { version = /^TAP version 14$/; next }
		NR == 2 { plan = /^1\.\.[0-9]+$/; split($0, a, "\\.\\."); wanted = a[2]; next }
		/^ok / { if ($2 != ++n || $3 != "-") wrong++; next }
		/^ / { next }
		{ wrong++ }
		END { exit !(version && plan && n == wanted && !wrong) }' "$1"
}

@test "--tap is TAP" {
	for how in "" "--conformance" "--case E0*"; do
		# shellcheck disable=SC2086
		vfioctl test --tap $how
		printf '%s\n' "$output" >"$BATS_TEST_TMPDIR/out.tap"
		equals "${lines[0]}" "TAP version 14"
		equals "${lines[1]}" "1..$(grep -cE '^(not )?ok ' "$BATS_TEST_TMPDIR/out.tap")"
		status_fits "$(grep -vc '# SKIP ' <<<"$(grep '^ok ' "$BATS_TEST_TMPDIR/out.tap")")" \
			"$(grep -c '^not ok' "$BATS_TEST_TMPDIR/out.tap")"
		is_tap "$BATS_TEST_TMPDIR/out.tap"
		# And a skip says why.
		[ -z "$(grep -E '# SKIP *$' "$BATS_TEST_TMPDIR/out.tap")" ]
	done
	sed 's/^ok 1 /not ok 1 /' "$BATS_TEST_TMPDIR/out.tap" >"$BATS_TEST_TMPDIR/bad.tap"
	run ! is_tap "$BATS_TEST_TMPDIR/bad.tap"
	head -n 2 "$BATS_TEST_TMPDIR/out.tap" >"$BATS_TEST_TMPDIR/short.tap"
	run ! is_tap "$BATS_TEST_TMPDIR/short.tap"
}

@test "colour: the result, on a terminal only, and never in TAP or JSON" {
	vfioctl test
	[[ $output != *$'\e'* ]]
	rows=$(grep -cE '^E[0-9]+ +(pass|fail|skip) ' <<<"$output")
	[ "$rows" -gt 0 ]
	terminal "$VFIOCTL" test
	# shellcheck disable=SC2059 # escapes
	equals "$(grep -cE "$(printf '^E[0-9]+ +\e\\[(32mpass|31mfail|2mskip)')" <<<"$output")" "$rows"
	for how in "NO_COLOR=1 $VFIOCTL test" "$VFIOCTL test --color never" \
		"$VFIOCTL test --color always --tap" "$VFIOCTL test --color always --json"; do # not kept: both streams are one
		# shellcheck disable=SC2086 # words
		terminal env $how
		[[ $output != *$'\e'* ]] || { echo "$how: $output"; return 1; }
	done
}

@test "every document is valid" {
	all_documents_valid
}
