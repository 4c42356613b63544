# SPDX-License-Identifier: GPL-2.0-or-later
# What the suites share that ask vfioctl doctor.
# shellcheck shell=bash

# finds RULE [ARGUMENT...]: doctor tells of the rule; its remedy is in $remedy, and in $command where a shell can
# run it as it stands.
finds() {
	local rule=$1
	shift
	run --separate-stderr kept vfioctl doctor --json --rule "$rule" "$@"
	[ "$status" -le 1 ] || { echo "$output"; return 1; }
	[ "$(jq '.findings | length' <<<"$output")" -gt 0 ] || { echo "$rule: nothing: $output"; return 1; }
	remedy=$(jq -r '.findings[0].remedy' <<<"$output")
	command=$(jq -r '.findings[0].command // ""' <<<"$output")
}

# silent RULE [ARGUMENT...]: the rule has looked, and found nothing.
silent() {
	local rule=$1
	shift
	run --separate-stderr kept vfioctl doctor --json --rule "$rule" "$@"
	[ "$status $(jq -c '[.findings, .unknown | length]' <<<"$output")" = "0 [0,0]" ] || { echo "$output"; return 1; }
}

# mends RULE [ARGUMENT...]: the command of the finding is run, and the rule is silent.
mends() {
	finds "$@"
	[ -n "$command" ] || { echo "no command: $remedy"; return 1; }
	echo "$command"
	eval "$command"
	udevadm settle
	silent "$@"
}

# mends_with 'COMMAND' RULE [ARGUMENT...]: the same where the remedy says more than the command in it.
mends_with() {
	local part=$1
	shift
	finds "$@"
	[[ -z $command && $remedy == *"$part"* ]] || { echo "$command: $remedy"; return 1; }
	eval "$part"
	udevadm settle
	silent "$@"
}
