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
	host_and_devices "$@"
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

@test "virtio-iommu" {
	golden virtio-iommu 03:00.0
}

@test "without-iommu" {
	golden without-iommu 00:03.0
}

# --- invented machines: tests/data/invent -------------------------------------------------------

# A GPU, a PF and a VF, a disk behind VMD, a GPU in a large group.
@test "big" {
	list big
	host_and_devices big 23:00.0 41:00.1 41:01.0 10000:81:00.0 c3:00.0
}

@test "synthetic-arm64" {
	golden synthetic-arm64 0000:01:00.0 0000:02:00.1 9800000.dma-controller
}

@test "synthetic-s390" {
	golden synthetic-s390 0001:00:00.0 669d9b23-fe1b-4ecb-be08-a2fabca99b71
}

# The whole list would be 100,000 lines: the first NIC with the port above it, and how many there are of each kind.
@test "synthetic-vfs-4096" {
	local name=synthetic-vfs-4096
	on "$name" list -n -r -o "$columns"
	exits 0
	output=$(sed -n '1,131p' <<<"$output"; cut -d' ' -f4,5,10 <<<"$output" | sort | uniq -c)
	same "$name/list.txt"
	host_and_devices "$name" 0000:11:00.0 0000:11:01.0
}

@test "what is invented is whole, and says that it is invented" {
	local name machine
	for name in server vfs-4096 arm64 s390; do
		machine=$trees/synthetic-$name
		[ "$name" != server ] || machine=$trees/big
		"$data/invent" "$name" >"$BATS_TEST_TMPDIR/text"
		[[ $(head -n 1 "$BATS_TEST_TMPDIR/text") == "# SYNTHETIC "* ]]
		cmp "$BATS_TEST_TMPDIR/text" <("$data/invent" "$name")
		# No link leads nowhere but to drivers' and modules' directories that nobody looks into.
		equals "$(find "$machine" -xtype l -not -name driver -not -name module | wc -l)" 0
		equals "$(find "$machine" -lname '/*' | wc -l)" 0
	done
	[ "$("$VFIOCTL" list -n -o address --sysroot "$trees/synthetic-vfs-4096" | sort -u | wc -l)" -eq $((4096 + 32 + 32)) ]
	equals "$("$VFIOCTL" list -n -r -o numa_node,device,driver --sysroot "$trees/big" | grep -E ' (2330|2684) ' | sort | uniq -c | tr -s ' ' | tr '\n' ';')" \
		" 2 0 2330 nvidia; 2 0 2330 vfio-pci; 4 1 2684 nvidia;"
	runs "$data/invent" nothing
	exits 1
}

@test "every document of this file is valid" {
	all_documents_valid
}
