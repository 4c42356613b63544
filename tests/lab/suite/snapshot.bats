# SPDX-License-Identifier: GPL-2.0-or-later
# A snapshot of a machine that has VFIO devices, by root and by a user, answers as the machine does.

load common
bats_require_minimum_version 1.5.0

lone=0000:03:00.0
pair0=0000:01:00.0
pair1=0000:01:00.1

setup() {
	modprobe -a vfio-pci iommufd
	vfioctl bind -q $lone $pair0 $pair1
	mapfile -t devices < <(vfioctl list -n -r -o address)
}

teardown() {
	[ -z "${holder:-}" ] || kill "$holder" 2>/dev/null || true
	give_back $lone $pair0 $pair1
	rm -rf /tmp/taken*
}

# Addresses and routes are no files: see vfioctl-snapshot(8), LIMITS. Processes come and go.
without_network='
	def gone: (.reason? // "") | IN("net-address", "net-route", "net-namespace", "unseen");
	walk(if type == "array" then map(select(type != "object" or (gone | not))) else . end
	| if type == "object" and .hidden_processes then .hidden_processes = "some" else . end
	| if type == "object" then del(.warnings, .notes, .unknown) else . end)'

# same_answers TREE USER PREFIX...: of the machine, asked with PREFIX, and of the tree, asked by root; what
# USER may do is asked, too. That is not who asks: the limits of a process are no files.
same_answers() {
	local tree=$1 user=$2 arguments
	shift 2
	for arguments in list topology "show ${devices[*]}" "show --user $user ${devices[*]}" \
		"doctor --ignore in-use" "doctor --ignore in-use ${devices[*]}" \
		"doctor --ignore in-use --for qemu --user $user $lone"; do
		# shellcheck disable=SC2086 # words
		diff -u <(kept "$@" vfioctl $arguments --json | jq "$without_network") \
			<(kept vfioctl $arguments --json --sysroot "$tree" | jq "$without_network") || { echo "$arguments"; return 1; }
	done
}

@test "by root" {
	expect 0 vfioctl snapshot /tmp/taken
	same_answers /tmp/taken tester
	[ "$(vfioctl list -n -r -o modes --sysroot /tmp/taken $lone)" = "$(vfioctl list -n -r -o modes $lone)" ]
}

@test "by a user without rights" {
	expect 0 as_tester vfioctl snapshot /tmp/taken-user
	same_answers /tmp/taken-user nobody as_tester
	[ "$(jq '.gaps | length' /tmp/taken-user/vfioctl/manifest.json)" -gt 0 ]
}

@test "who holds a device is told by the snapshot, too" {
	exec 9<>"$(cdev_of $lone)"
	expect 0 vfioctl snapshot /tmp/taken
	run kept vfioctl show $lone --json --sysroot /tmp/taken
	exec 9>&-
	[ "$(jq -r '.devices[0].in_use' <<<"$output")" = true ]
	[ "$(jq -r '.devices[0].holders | length' <<<"$output")" -gt 0 ]
}

@test "taking it wakes and opens nothing" {
	before=$(cat $pci/*/power/runtime_status | sort | uniq -c; resets $lone)
	expect 0 vfioctl snapshot /tmp/taken
	[ "$(cat $pci/*/power/runtime_status | sort | uniq -c; resets $lone)" = "$before" ]
}
