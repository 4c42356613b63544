# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The whole output for captured machines. To accept a change: make golden, and read the diff.
# Names are left out, because each Debian has another hwdb.

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
	diff -u "$file" - <<<"$output" || { echo "If that is meant: make golden, and read the diff."; return 1; }
}

# Of what could not be seen there is more without root.
doctor() {
	[ "$(id -u)" -eq 0 ] || return 0
	on "$1" doctor -v
	[ "$status" -le 1 ] || exits 0
	same "$1/doctor.txt"
	json_on "$1" doctor
	output=$(jq . <<<"$json")
	same "$1/doctor.json"
}

# doctor_for TREE DEVICE...: whether they can be used, and what is missing.
doctor_for() {
	[ "$(id -u)" -eq 0 ] || return 0
	on "$1" doctor --for qemu "${@:2}"
	[ "$status" -le 1 ] || exits 0
	same "$1/doctor-for-qemu.txt"
}

# What hangs together, drawn. Behind the tree stand names, or the place of a host bridge. In DOT they are amid the
# rest: it is kept of machines that bring their names along.
pictures() {
	local before_names
	on "$1" topology
	exits 0
	before_names=${lines[1]%NAME}
	output=$(sed -E "3,/^\$/ { /^[^0-9a-z]*pci/! s/^(.{${#before_names}}).*/\1/; s/ +\$// }" <<<"$output")
	same "$1/topology.txt"
	on "$1" list --tree -o address,driver,iommu_group,reset_set,modes
	exits 0
	same "$1/list-tree.txt"
	[ -e "$trees/$1/vfioctl/names" ] || return 0
	on "$1" topology --format dot
	exits 0
	same "$1/topology.dot"
}

list() {
	on "$1" list -o "$columns"
	exits 0
	same "$1/list.txt"
}

# What tells of the host and of the devices that are named.
host_and_devices() {
	local tree=$1 device
	shift
	on "$tree" mode
	exits 0
	same "$tree/mode.txt"
	json_on "$tree" mode
	output=$(jq . <<<"$json")
	same "$tree/mode.json"
	doctor "$tree"
	doctor_for "$tree" "$@"
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

golden() {
	list "$1"
	json_on "$1" list
	output=$(jq "$without_names" <<<"$json")
	same "$1/list.json"
	json_on "$1" topology
	exits 0
	output=$(jq "$without_names" <<<"$json")
	same "$1/topology.json"
	pictures "$1"
	host_and_devices "$@"
}
