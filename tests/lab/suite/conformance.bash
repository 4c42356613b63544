# SPDX-License-Identifier: GPL-2.0-or-later
# What the conformance suites share. Each test is a scene: devices, and the cases that want them. The
# last one of a machine holds what all scenes gave against the table in tests/lab/conformance.
# shellcheck shell=bash

load common
bats_require_minimum_version 1.5.0

conformance=/vfioctl-src/tests/lab/conformance
results=/out/results

# The column of the table for this machine.
host_name() {
	case $LAB_TOPOLOGY-$LAB_KERNEL in
	default-* | minimal-*) echo "$LAB_KERNEL" ;;
	*-dual) echo "$LAB_TOPOLOGY" ;;
	*) echo "$LAB_TOPOLOGY-$LAB_KERNEL" ;;
	esac
}

# Whether this host has cases that the first one of the table has not. Each case has to be seen to
# fail once, not everywhere, and that doubles the time.
needs_proof() {
	awk -v host="${host:-$(host_name)}" '
		function passes(cell) { return cell !~ /^(!.*|o|\.)$/ }
		/^#/ || !NF { next }
		$1 == "case" { for (i = 4; i <= NF; i++) if ($i == host) column = i; own = !column; next }
		own || (passes($column) && !passes($3)) { found = 1; exit }
		END { exit !found }' "$conformance/expected"
}

# scene NAME CASES [DEVICE...]: runs the cases whose ids match (an extended glob) and keeps the document.
# The exit status says whether all of them passed; the table says whether that was right.
scene() {
	local name=$1 cases=$2 status=0 options=(--destructive --lab)
	shift 2
	! needs_proof || options+=(--contradict)
	mkdir -p "$results"
	kept vfioctl test --conformance "${options[@]}" --case "$cases" --json "$@" \
		>"$results/${host:-$(host_name)}-$name.json" || status=$?
	[ "$status" -le 1 ] || [ "$status" -eq 9 ] || {
		printf 'exit status %d\n' "$status"
		cat "$results/${host:-$(host_name)}-$name.json"
		return 1
	}
	[ "$(jq -r .schema "$results/${host:-$(host_name)}-$name.json")" = vfioctl.test/1 ]
}

# All that the scenes of a host gave is what its column of the table says, and each case that passed
# fails when the opposite is expected, if that was tried here.
table_holds() {
	local host=${1:-$(host_name)} proofless
	"$conformance/merge" "$results/$host"-*.json >"$results/$host.results"
	"$conformance/compare" "$host" "$results/$host.results"
	needs_proof || return 0
	proofless=$(awk '$3 == "pass" && $5 != "true"' "$results/$host.results")
	[ -z "$proofless" ] || { printf 'passed without proof that it can fail:\n%s\n' "$proofless"; false; }
}

# Nothing that a scene did is left.
devices_are_as_before() {
	local address
	for address; do
		[ "$(driver_of "$address")" = vfio-pci ] || { echo "$address has $(driver_of "$address")"; return 1; }
	done
}

kernel_logged_no_bug() {
	local bugs
	bugs=$(dmesg | grep -E 'BUG:|WARNING:|general protection|segfault|refcount_t' || true)
	[ -z "$bugs" ] || { echo "$bugs"; false; }
}
