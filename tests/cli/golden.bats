# SPDX-License-Identifier: GPL-2.0-or-later
# The whole output for captured machines. To accept a change: UPDATE=1 bats tests/cli/golden.bats,
# and read the diff. Names are left out, because each Debian has another hwdb.

load helper

columns=address,class,vendor,device,driver,driver_override,iommu_group,iommu,modes,would_offer
columns+=,vfio_name,cdev,group_node,physfn,vfs,state

without_names='walk(if type == "object" then del(.class_name, .vendor_name, .device_name) else . end)'
# Who owns a file in an expanded tree is up to who expanded it.
without_owners='walk(if type == "object" and has("exists") then del(.owner, .group) else . end)'

# same FILE: $output is what the file holds.
same() {
	local file=$data/golden/$1
	if [ -n "${UPDATE:-}" ]; then
		mkdir -p "${file%/*}"
		printf '%s\n' "$output" >"$file"
	fi
	diff -u "$file" - <<<"$output"
}

golden() {
	local tree=$1 device
	shift
	on "$tree" list -o "$columns"
	exits 0
	same "$tree/list.txt"
	json_on "$tree" list
	output=$(jq "$without_names" <<<"$json")
	same "$tree/list.json"
	on "$tree" mode
	exits 0
	same "$tree/mode.txt"
	json_on "$tree" mode
	output=$(jq . <<<"$json")
	same "$tree/mode.json"
	for device; do
		on "$tree" show "$device"
		exits 0
		output=$(sed -E '/^(class|vendor|device) name:/d; s/^(\/dev\/.*[^ ]) +[^ ]+ +[^ ]+ +([0-7]{4})/\1 \2/' <<<"$output")
		same "$tree/show-${device//:/.}.txt"
		json_on "$tree" show "$device"
		output=$(jq "$without_names | $without_owners" <<<"$json")
		same "$tree/show-${device//:/.}.json"
	done
}

@test "both" {
	golden both 01:00.1 02:00.0 02:10.0 03:00.0 06:00.0 83b8f4f2-509f-382f-3c1e-e6bfe0fa1001
}

@test "unloaded" {
	golden unloaded 03:00.0
}

@test "group-only" {
	golden group-only 03:00.0
}

@test "cdev-only" {
	golden cdev-only 03:00.0
}

@test "before-6.1" {
	golden before-6.1 01:00.0 01:00.1 03:00.0
}

@test "noiommu" {
	golden noiommu 03:00.0 01:00.0
}

@test "without-iommu" {
	golden without-iommu 00:03.0
}

@test "every document of this file is valid" {
	all_documents_valid
}
