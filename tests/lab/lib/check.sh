# SPDX-License-Identifier: GPL-2.0-or-later
# The suites: bats inside the guest, one boot each, and one list of results. Sourced by lab.
# shellcheck shell=bash

lab_check() {
	parse_options --build sanitize "$@"
	local suites=("${ARGUMENTS[@]}") name
	[ ${#suites[@]} -gt 0 ] || mapfile -t suites < <(lines_of "$LAB_DIR/suites" | cut -d: -f1)
	for name in "${suites[@]}"; do suite_line "$name" >/dev/null; done
	RESULTS=$(mktemp -d)
	trap 'kill_jobs; rm -rf "$RESULTS"' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	build_kernels "${suites[@]}"
	run_suites "${suites[@]}"
	report
}

# The line of a suite in the table.
suite_line() {
	lines_of "$LAB_DIR/suites" | grep "^$1[[:space:]]*:" || usage_error "no suite '$1' in tests/lab/suites"
}

# What the suites will boot, made beforehand, where the steps can be seen. One that takes longer than there is
# time is given up, and its suites are not begun.
build_kernels() {
	local name variants until=()
	mapfile -t variants < <(
		echo "$VARIANT"
		for name; do suite_line "$name" | sed -n 's/.*--kernel \([^ ]*\).*/\1/p'; done
	)
	mapfile -t variants < <(printf '%s\n' "${variants[@]}" | sort -u)
	no_time_left && return
	[ -z "${VFIOCTL_LAB_UNTIL:-}" ] || until=(timeout "$(time_left)")
	"${until[@]}" "$LAB_DIR/lab" build "${variants[@]}" || no_time_left
}

# Seconds from now to VFIOCTL_LAB_UNTIL, a time as `date +%s` prints it.
time_left() {
	echo $((VFIOCTL_LAB_UNTIL - $(date +%s)))
}

no_time_left() {
	[ -n "${VFIOCTL_LAB_UNTIL:-}" ] && [ "$(time_left)" -le 0 ]
}

# All suites, JOBS at once. Side by side each prints when it is done, so that lines do not mix.
run_suites() {
	local name
	for name; do
		if [ "$JOBS" -eq 1 ]; then
			run_suite "$name"
			continue
		fi
		while [ "$(jobs -rp | wc -l)" -ge "$JOBS" ]; do wait -n || true; done
		{
			trap kill_jobs EXIT
			trap 'exit 143' TERM
			run_suite "$name" >"$RESULTS/$name.text"
			cat "$RESULTS/$name.text"
		} &
	done
	wait
}

kill_jobs() {
	local pid
	for pid in $(jobs -rp); do kill "$pid" 2>/dev/null || true; done
}

# One suite: its boots, one after the other.
run_suite() {
	local name=$1 options files boots boot status start
	if no_time_left; then
		echo skip >>"$RESULTS/$name.count"
		printf '\nskip %s: not begun, the time for all suites is over\n' "$name"
		return
	fi
	IFS=: read -r _ options files < <(suite_line "$name")
	IFS=';' read -ra boots <<<"$files"
	read -ra options <<<"${options//@/$RESULTS/$name.disk}"
	start=$(now)
	printf '\n%s\n' "$name"
	for boot in "${boots[@]}"; do
		status=0
		: >"$RESULTS/$name.tap"
		# shellcheck disable=SC2046,SC2086 # lists of words
		suite_machine --out "$RESULTS/$name.out" "${options[@]}" -- bats --tap $(suite_files "$name" $boot) >"$RESULTS/$name.tap" \
			2>>"$RESULTS/$name.log" </dev/null &
		follow_tap "$RESULTS/$name.tap" $! "$RESULTS/$name.count" || status=$?
		[ "$status" -eq 0 ] || broken_boot "$name" "$boot" "$status"
	done
	check_documents "$name"
	keep_results "$name"
	printf '     %s: %s, %s\n' "$name" "$(since "$start")" "$(grep -h booted "$RESULTS/$name.log" |
		sed 's/^lab: //' | tail -n 1)"
}

# The options of the command line come last, so that they win.
suite_machine() {
	local options=()
	while [ "$1" != -- ]; do options+=("$1"); shift; done
	exec "$LAB_DIR/lab" run "${options[@]}" "${GIVEN[@]}" "$@"
}

# suite_files NAME WORD...: the words of a suite as bats wants them: its files have a place, its options stay.
# Where only some tests are wanted, those with a tag or of a host, the files are made without the others: bats in
# the guest takes a quarter of a second for each test that it does not run.
suite_files() {
	local place=tests/lab/suite of=$RESULTS/$1.out/suite tag='' host='' word files=() rest=()
	shift
	while [ $# -gt 0 ]; do
		case $1 in
		*.bats) files+=("$1") ;;
		--host) host=$2; shift ;;
		--filter-tags) if [[ $2 = !* ]]; then rest+=("$1" "$2"); else tag=$2; fi; shift ;;
		*) rest+=("$1") ;;
		esac
		shift
	done
	if [ -n "$tag$host" ]; then
		place=/out/suite
		mkdir -p "$of"
		cp "$LAB_DIR"/suite/*.bash "$of"
		for word in "${files[@]}"; do only_tests "$tag" "$host" <"$LAB_DIR/suite/$word" >"$of/$word"; done
	fi
	printf '%s\n' "${files[@]/#/$place/}" "${rest[@]}"
}

only_tests() { # TAG HOST: either may be empty
	awk -v tag="$1" -v host="$2" '
		$0 == "# bats test_tags=" tag { tagged = 1 }
		/^@test / {
			of = match($0, /^@test "[^ :]+: /) ? substr($0, 8, RLENGTH - 9) : host
			left = (tag != "" && !tagged) || (host != "" && of != host)
			tagged = 0
		}
		!left { print }
		/^}/ { left = 0 }'
}

# Show the results of file $1 as they come from the process $2; count them in $3, a line each.
# True when every test that was planned gave one.
follow_tap() {
	local planned=-1 seen=0 line
	while IFS= read -r line; do
		case $line in
		1..*) planned=${line#1..} ;;
		ok\ *"# skip"*) tap_result skip "$line" ;;
		ok\ *) tap_result ok "$line" ;;
		not\ ok\ *) tap_result FAIL "$line" ;;
		*) printf '        %s\n' "$line" ;;
		esac
	done < <(tail -n +1 --pid="$2" -f "$1")
	[ "$seen" -eq "$planned" ]
}

# tap_result WORD LINE: part of follow_tap, whose variables it uses.
tap_result() {
	local text=${2#not }
	text=${text#ok }
	seen=$((seen + 1))
	echo "$1" >>"$RESULTS/$name.count"
	printf '%-4s %s\n' "$1" "${text#* }"
}

# All JSON that the suite's tests got, against the schemas that the program prints: one more result.
check_documents() {
	local documents=$RESULTS/$1.out/documents word=FAIL said
	[ -d "$documents" ] || return 0
	if ! /usr/bin/python3 -c 'import jsonschema' 2>/dev/null; then
		word=skip said='this machine has no python3-jsonschema'
	elif said=$(/usr/bin/python3 "$CHECKOUT/tests/validate.py" "$CHECKOUT/cli/schema" "$documents" 2>&1); then
		word=ok said=
	fi
	echo "$word" >>"$RESULTS/$1.count"
	printf '%-4s the %d documents of %s follow their schemas%s\n' "$word" \
		"$(find "$documents" -name '*.json' | wc -l)" "$1" "${said:+$'\n'$said}"
}

# What the suite wants to hand on, its directory /out/results, goes to VFIOCTL_LAB_RESULTS.
keep_results() {
	local results=$RESULTS/$1.out/results
	if [ -n "${VFIOCTL_LAB_RESULTS:-}" ] && [ -d "$results" ]; then
		mkdir -p "$VFIOCTL_LAB_RESULTS"
		cp "$results"/* "$VFIOCTL_LAB_RESULTS"
	fi
}

# The machine died, or bats did: that is a failure of its own.
broken_boot() {
	echo FAIL >>"$RESULTS/$1.count"
	printf 'FAIL %s: the machine did not run all of%s\n' "$1" "$2"
	tail -n 40 "$RESULTS/$1.log" | sed 's/^/        /'
}

report() {
	local passed failed skipped
	passed=$(cat "$RESULTS"/*.count | grep -cx ok || true)
	failed=$(cat "$RESULTS"/*.count | grep -cx FAIL || true)
	skipped=$(cat "$RESULTS"/*.count | grep -cx skip || true)
	[ -z "${VFIOCTL_LAB_COUNTS:-}" ] ||
		printf 'passed %d\nfailed %d\nskipped %d\n' "$passed" "$failed" "$skipped" >"$VFIOCTL_LAB_COUNTS"
	printf '\nlab: %d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
	[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}
