# SPDX-License-Identifier: GPL-2.0-or-later
# What the measurements inside the lab share: running jobs in turns, and lines of the report.
# shellcheck shell=bash

WORK=/tmp/bench
ROUNDS=15
STRICT=
MISSED=0
declare -A BEST MEDIAN RSS TIMES

usage_error() {
	echo "bench: $*" >&2
	exit 2
}

parse_options() {
	while [ $# -gt 0 ]; do
		case $1 in
		--strict) STRICT=1 ;;
		--rounds)
			[[ ${2:-} =~ ^[1-9][0-9]{0,2}$ ]] || usage_error "--rounds wants 1 to 999"
			ROUNDS=$2
			shift
			;;
		*) usage_error "unknown option '$1'" ;;
		esac
		shift
	done
}

prepare() {
	mkdir -p "$WORK"
	cc -O2 -o "$WORK/floor" tests/bench/floor.c
	cc -O2 -o "$WORK/bind_floor" tests/bench/bind_floor.c -ludev
	cc -O2 -o "$WORK/stopwatch" tests/bench/stopwatch.c
	export PATH=$WORK:$PATH
	# As on any host that gave a device away since it booted.
	modprobe vfio-pci
}

# measure ROUNDS: the jobs on standard input, as stopwatch wants them.
measure() {
	local name best median rss times
	stopwatch "$1" >"$WORK/result"
	while IFS=$'\t' read -r name best median rss times; do
		BEST[$name]=$best MEDIAN[$name]=$median RSS[$name]=$rss TIMES[$name]=$times
	done <"$WORK/result"
}

job() {
	local name=$1
	shift
	printf '%s\t%s\n' "$name" "$*"
}

few() {
	echo $(((ROUNDS + 4) / 5))
}

# --- lines of the report ----------------------------------------------------------------------

title() {
	printf '\n%-38s %10s %10s %12s\n' "$1" "best ms" "median ms" "largest KiB"
}

line() {
	awk -v name="$1" -v best="${BEST[$1]}" -v median="${MEDIAN[$1]}" -v rss="${RSS[$1]}" \
		'BEGIN { printf "  %-36s %10.1f %10.1f %12d\n", name, best / 1000, median / 1000, rss }'
}

# median_of FORMULA NAME...: the median over the rounds of what awk computes from x[i], y[i] and
# z[i], the times of the jobs named.
median_of() {
	awk -v a="${TIMES[$2]}" -v b="${TIMES[$3]}" -v c="${TIMES[${4:-$3}]}" 'BEGIN {
		n = split(a, x, " "); split(b, y, " "); split(c, z, " ")
		for (i = 1; i <= n; i++) printf "%.3f\n", '"$1"'
	}' | sort -n | awk '{ x[NR] = $1 } END { print x[int(NR / 2) + 1] }'
}

# ratio A B [TARGET]: how long A takes for each second of B, round by round, because what disturbs a
# round mostly disturbs both.
ratio() {
	verdict "$1 / $2" "$(median_of 'x[i] / y[i]' "$1" "$2")" "${@:3}"
}

# verdict TEXT VALUE [TARGET]: the target is what the value must not exceed.
verdict() {
	if [ $# -lt 3 ]; then
		printf '  %-58s %8s\n' "$1" "$2"
	elif awk -v value="$2" -v target="$3" 'BEGIN { exit !(value <= target) }'; then
		printf '  %-58s %8s  target %-5s met\n' "$1" "$2" "$3"
	else
		printf '  %-58s %8s  target %-5s MISSED\n' "$1" "$2" "$3"
		MISSED=$((MISSED + 1))
	fi
}

# The end of a machine's report; the exit status of its measurements.
finish() {
	printf '\nbench: %d targets missed; load %s\n' "$MISSED" "$(cut -d' ' -f1-3 /proc/loadavg)"
	[ -z "$STRICT" ] || [ "$MISSED" -eq 0 ]
}
