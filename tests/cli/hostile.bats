# SPDX-License-Identifier: GPL-2.0-or-later
# Devices that do not answer, vanish, cannot be read, or say strange things.

load helper

# Runs vfioctl and holds it to a time, in milliseconds.
within() {
	local limit=$1 start=${EPOCHREALTIME/./}
	shift
	"$@"
	local took=$(((${EPOCHREALTIME/./} - start) / 1000))
	[ "$took" -le "$limit" ] || { echo "took $took ms, not $limit"; return 1; }
}

@test "a FIFO instead of an attribute: the device is locked, the others are not" {
	{
		a_function 0000:01:00.0 ixgbe
		a_function 0000:02:00.0 ixgbe
		a_function 0000:03:00.0 ixgbe
		printf '@ /sys/devices/pci0000:00/0000:02:00.0\np driver_override\n'
	} | make_tree
	within 4000 json list --json --sysroot "$tree"
	exits 0
	equals "$(query '[.devices[].state] | join(" ")')" "ok locked ok"
	equals "$(query '.devices[1] | [.vendor, .driver, .vfs, .iommu] | unique | length')" 1
	within 4000 vfioctl list -n -r -o address,driver,state --sysroot "$tree"
	exits 0
	equals "${lines[1]}" "0000:02:00.0 - locked"
}

@test "many FIFOs cost no more time than one" {
	for i in 1 2 3 4 5 6 7 8; do
		a_function "0000:0$i:00.0" ixgbe
		[ $((i % 2)) -eq 0 ] || printf '@ /sys/devices/pci0000:00/0000:0%d:00.0\np uevent\n' "$i"
	done | make_tree
	within 4500 json list --json --sysroot "$tree"
	exits 0
	equals "$(query '[.devices[].state] | join(" ")')" \
		"locked ok locked ok locked ok locked ok"
}

@test "show of a locked device ends too" {
	{ a_function 0000:01:00.0 ixgbe; printf '@ /sys/devices/pci0000:00/0000:01:00.0\np uevent\n'; } |
		make_tree
	within 10000 json show 01:00.0 --json --sysroot "$tree"
	exits 0
	equals "$(query '.devices[0].state')" locked
}

@test "show of a device whose unbind waits names who has it" {
	{
		a_function 0000:01:00.0
		printf '@ /sys/devices/pci0000:00/0000:01:00.0\np driver_override\n'
		printf '@ /proc/90\nf comm qemu\nF maps\nl fd/3 anon_inode:[vfio-device]\n'
		printf 'f fdinfo/3 vfio-device-syspath: /sys/devices/pci0000:00/0000:01:00.0\n'
	} | make_tree
	within 12000 json show 01:00.0 --json --sysroot "$tree"
	exits 0
	equals "$(query '.devices[0] | [.state, .in_use, .holders[0].command] | map(tostring) | join(" ")')" \
		"locked true qemu"
	equals "$(query '[.devices[0].usage[].reason] | sort | join(" ")')" "unseen vfio-open"
}

@test "a locked member of the group keeps user space out, and show says which" {
	{
		for i in 0 1; do
			a_function 0000:01:00.$i vfio-pci
			printf '@ /sys/devices/pci0000:00/0000:01:00.%d\nl iommu_group ../../../kernel/iommu_groups/7\n' $i
		done
		printf 'p driver_override\n'
	} | make_tree
	within 10000 json show 01:00.0 --json --sysroot "$tree"
	exits 0
	equals "$(query '.devices[0].group_members[1] | [.address, .driver, .state, .blocks_group] | map(tostring) | join(" ")')" \
		"0000:01:00.1 null locked true"
	within 4000 json list --json --group 7 --sysroot "$tree"
	equals "$(query '[.devices[] | .state] | join(" ")')" "ok locked"
}

@test "no process of a stuck list is left behind that holds our output" {
	{ a_function 0000:01:00.0 ixgbe; printf '@ /sys/devices/pci0000:00/0000:01:00.0\np uevent\n'; } |
		make_tree
	within 4000 bash -c '"$VFIOCTL" list --sysroot "$1" | cat >/dev/null' - "$tree"
}

@test "a device that vanished" {
	{ a_function 0000:01:00.0; printf 'l 0000:02:00.0 ../../../devices/pci0000:00/0000:02:00.0\n'; } |
		make_tree
	json list --json --sysroot "$tree"
	exits 0
	equals "$(query '[.devices[].state] | join(" ")')" "ok gone"
	json show 02:00.0 --json --sysroot "$tree"
	exits 8
}

@test "hostile strings never reach the terminal, and JSON parses" {
	{
		a_function 0000:01:00.0 $'evil\e[2J\e]0;x\a\x9b31m\xe2\x80\xae\xff\xc3('
		printf '@ /sys/devices/pci0000:00/0000:01:00.0\n'
		printf 'f driver_override \e[31mred\x01\x7f"quoted"\\\n'
		printf 'd net/e\e[1mth\n'
	} | make_tree
	for arguments in "list -o +driver_override,modalias,syspath" "list -r" "show 01:00.0"; do
		# shellcheck disable=SC2086 # words
		vfioctl $arguments --sysroot "$tree"
		exits 0
		equals "$(LC_ALL=C grep -c $'[\x01-\x08\x0b-\x1f\x7f]' <<<"$output")" 0
		iconv -f UTF-8 -t UTF-16 <<<"$output" >/dev/null
		[[ $output != *$'\xe2\x80\xae'* ]]
	done
	json list --json --sysroot "$tree"
	equals "$(query '.devices[0].driver')" 'evil?[2J?]0;x??31m???('
	equals "$(query '.devices[0].driver_override')" '?[31mred??"quoted"\'
	json show 01:00.0 --json --sysroot "$tree"
	exits 0
}

@test "64 KiB where a word is expected" {
	long=$(head -c 65536 /dev/zero | tr '\0' x)
	a_function 0000:01:00.0 | make_tree
	printf 'DRIVER=%s\n' "$long" >"$tree/sys/devices/pci0000:00/0000:01:00.0/uevent"
	printf '%s\n' "$long" >"$tree/sys/devices/pci0000:00/0000:01:00.0/driver_override"
	json list --json --sysroot "$tree"
	exits 0
	[ "$(query '.devices[0].driver_override | length')" -le 4096 ]
	vfioctl list --sysroot "$tree"
	exits 0
}

@test "NULs and missing newlines" {
	a_function 0000:01:00.0 | make_tree
	printf 'a\0b' >"$tree/sys/devices/pci0000:00/0000:01:00.0/driver_override"
	: >"$tree/sys/devices/pci0000:00/0000:01:00.0/numa_node"
	json list --json --sysroot "$tree"
	exits 0
	equals "$(query '.devices[0].driver_override')" a
	equals "$(query '.devices[0].numa_node')" null
}

@test "links out of the tree stay inside, loops end" {
	{
		a_function 0000:01:00.0
		a_function 0000:02:00.0
		printf '@ /sys/devices/pci0000:00\n'
		printf 'l 0000:01:00.0/driver_override /proc/version\n'
		printf 'l 0000:01:00.0/numa_node ../../../../../../../../proc/sys/kernel/pid_max\n'
		printf 'l 0000:02:00.0/uevent uevent\n'
		printf 'l 0000:02:00.0/driver ../../../../../../etc\n'
		printf '@ /sys/bus/pci/devices\nl 0000:03:00.0 /sys/bus/pci/devices\n'
		printf 'l 0000:04:00.0 0000:04:00.0\n'
	} | make_tree
	json list --json --sysroot "$tree"
	exits 0
	equals "$(query '.devices[0].driver_override')" null
	equals "$(query '.devices[0].numa_node')" null
	equals "$(query '.devices | length')" 4
	for address in 01:00.0 02:00.0; do
		vfioctl show "$address" --sysroot "$tree"
		exits 0
	done
}

@test "odd names in the directory of devices" {
	a_function 0000:01:00.0 | make_tree
	touch "$tree/sys/bus/pci/devices/not-an-address" "$tree/sys/bus/pci/devices/"$'x\ey'
	json list --json --sysroot "$tree"
	exits 0
	[[ $(query '[.devices[].address] | join(" ")') == *"0000:01:00.0"* ]]
	vfioctl list --sysroot "$tree"
	[[ $output != *$'\e'* ]]
}

@test "without rights to read: what can be seen is shown" {
	tree=$(mktemp -d /tmp/vfioctl-tree-XXXXXX)
	{ a_function 0000:01:00.0 ixgbe; a_function 0000:02:00.0 ixgbe; } | "$data/expand" "$tree" -
	chmod 755 "$tree"
	chmod 000 "$tree/sys/devices/pci0000:00/0000:01:00.0/driver_override"
	chmod 000 "$tree/sys/devices/pci0000:00/0000:02:00.0/uevent"
	runs as_nobody "$VFIOCTL" list --json --sysroot "$tree"
	rm -rf "$tree"
	exits 0
	equals "$(jq -r '[.devices[].address] | join(" ")' <<<"$output")" "0000:01:00.0 0000:02:00.0"
	equals "$(jq -r '.devices[0].driver' <<<"$output")" ixgbe
}

@test "every document of this file is valid" {
	all_documents_valid
}

teardown_file() {
	forget_nobody
}
