# SPDX-License-Identifier: GPL-2.0-or-later
# show on a captured machine: what is around a device.

load helper

@test "members of the group, and which of them keeps it from user space" {
	json_on both show 01:00.1
	exits 0
	equals "$(query '.devices[0].group_members[] | "\(.address) \(.driver) \(.blocks_group)"' | sort)" \
		$'0000:01:00.0 e1000e true\n0000:01:00.1 vfio-pci false'
	json_on both show 07:01.0
	equals "$(query '.devices[0].group_members[] | "\(.address) \(.blocks_group)"' | sort)" \
		$'0000:06:00.0 false\n0000:07:01.0 true\n0000:07:02.0 true'
}

@test "nodes: where they are and who may open them" {
	json_on both show 03:00.0
	equals "$(query '.devices[0].nodes | length')" 2
	equals "$(query '[.devices[0].nodes[].exists] | unique | join(",")')" true
	equals "$(query '[.devices[0].nodes[].mode] | unique | join(",")')" 0600
	json_on both show 01:00.0
	equals "$(query '.devices[0].nodes | length')" 0
}

@test "a node that is missing is shown as missing" {
	group=$(basename "$(readlink "$trees/both/sys/bus/pci/devices/0000:03:00.0/iommu_group")")
	make_tree both <<<$'@ /dev/vfio\n- '"$group"
	json show 03:00.0 --json --sysroot "$tree"
	exits 0
	equals "$(query '[.devices[0].nodes[].exists] | sort | map(tostring) | join(",")')" false,true
	equals "$(query '.devices[0].nodes[] | select(.exists | not).mode')" null
}

@test "what is against taking it" {
	json_on both show 02:00.0
	equals "$(query '.devices[0].in_use')" true
	equals "$(query '[.devices[0].usage[].reason] | join(",")')" live-vfs
	json_on both show 06:00.0
	equals "$(query '[.devices[0].usage[].reason] | join(",")')" bridge
	equals "$(query '.devices[0].bind_driver')" null
	json_on both show 04:00.0
	equals "$(query '.devices[0].in_use')" false
}

@test "modules, resets, BARs" {
	json_on both show 03:00.0
	equals "$(query '.devices[0].native_modules | join(",")')" nvme
	equals "$(query '.devices[0].reset_methods | join(",")')" flr,bus
	equals "$(query '.devices[0].bars[0].size')" 16384
	[[ $(query '.devices[0].bars[0].start') == 0x* ]]
}

@test "a sleeping device is not asked for its link" {
	{
		a_function 0000:01:00.0
		printf '@ /sys/devices/pci0000:00/0000:01:00.0\nf power/runtime_status suspended\n'
		printf 'p current_link_speed\np current_link_width\np config\np sriov_numvfs\n'
	} | make_tree
	json show 01:00.0 --json --sysroot "$tree"
	exits 0
	equals "$(query '.devices[0].state')" ok
	equals "$(query '.devices[0].runtime_status')" suspended
}

@test "what only an open device tells is null, and its schema describes it all the same" {
	json_on both show 03:00.0
	equals "$(query '.devices[0] | has("probe"), .probe' | paste -sd' ')" "true null"
	vfioctl help --schema show
	equals "$(jq -c '.properties.devices.items.properties.probe | .type, .properties.iova_ranges.items.required' \
		<<<"$output" | paste -sd' ')" '["object","null"] ["first","last"]'
}

@test "several devices, in the order asked for, with a blank line between the sheets" {
	on both show 04:00.0 03:00.0
	exits 0
	equals "$(grep -c '^address:' <<<"$output")" 2
	equals "${lines[0]}" "address:          0000:04:00.0"
	json_on both show 04:00.0 03:00.0
	equals "$(query '[.devices[].address] | join(" ")')" "0000:04:00.0 0000:03:00.0"
}

@test "the text has a line for every scalar of the document" {
	json_on both show 03:00.0
	on both show 03:00.0
	while read -r key; do
		prints "${key//_/ }:"
	done < <(query '.devices[0] | to_entries[] | select(.key != "probe" and .key != "user" and (.value | type != "array" and type != "object")).key')
}

@test "every document of this file is valid" {
	all_documents_valid
}
