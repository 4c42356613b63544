# SPDX-License-Identifier: GPL-2.0-or-later
# vfioctl show --probe: what devices, their IOMMU and the kernel tell when a device is open, and that
# nobody's device is opened.

load common
bats_require_minimum_version 1.5.0

lone=0000:03:00.0
pair0=0000:01:00.0
pair1=0000:01:00.1
port=0000:02:00.0
edu=0000:00:10.0
plain=83b8f4f2-509f-382f-3c1e-e6bfe0fa1001
display=83b8f4f2-509f-382f-3c1e-e6bfe0fa1002

teardown() {
	[ -z "${holder:-}" ] || kill -KILL "$holder" 2>/dev/null || true
	for uuid in $plain $display; do
		[ ! -e /sys/bus/mdev/devices/$uuid ] || echo 1 >/sys/bus/mdev/devices/$uuid/remove
	done
	echo 0 >$pci/$port/sriov_numvfs 2>/dev/null || true
	give_back $lone $pair0 $pair1 $port $edu
}

# probed DEVICE [ARGUMENT...]: show --probe succeeds; $output is what it adds to the document.
probed() {
	expect_json 0 vfioctl.show/1 show --probe "$@"
	output=$(jq '.devices[0].probe' <<<"$output")
	json_is .unanswered '[]'
}

# A new mdev: mdev TYPE UUID.
mdev() {
	modprobe "${1%-*}"
	echo "$2" >"/sys/devices/virtual/${1%-*}/${1%-*}/mdev_supported_types/$1/create"
	udevadm settle
}

# The supported-or-not of one capability of the IOMMU, as JSON.
capability() {
	jq -c --arg name "$1" '[.iommu_capabilities[] | select(.name == $name).supported][-1]' <<<"$output"
}

# "get set" of a feature, as JSON.
feature() {
	jq -c --arg name "$1" '.features[] | select(.name == $name) | [.get, .set]' <<<"$output"
}

@test "without --probe nothing is opened, and the document has a null there" {
	vfioctl bind -q $lone
	before=$(resets $lone)
	expect_json 0 vfioctl.show/1 show $lone
	json_is '.devices[0] | has("probe"), .probe' $'true\nnull'
	[ "$(resets $lone)" -eq "$before" ]
}

@test "the IOMMU: kind, registers as in sysfs, what they mean" {
	vfioctl bind -q $lone
	probed $lone
	json_is '[.path, .iommu_type, .iommu_type_number, .iommu_source]' '["cdev","intel-vtd",1,"iommufd"]'
	json_is .iommu_instance "\"$(basename "$(readlink $pci/$lone/iommu)")\""
	json_is '[.iommu_registers[].name]' '["cap","ecap"]'
	for register in cap ecap; do
		json_is ".iommu_registers[] | select(.name == \"$register\").value" \
			"\"0x$(cat $pci/$lone/iommu/intel-iommu/$register)\""
	done
	# QEMU's has interrupt remapping and no nesting, as the kernel says at boot and when asked.
	[ "$(capability interrupt-remapping)" = true ]
	[ "$(capability nesting)" = false ]
	[ "$(capability queued-invalidation)" = true ]
	json_is '[.nesting, .dirty_tracking, .pasid_bits]' '[false,false,0]'
	json_is '.iommu_capabilities[] | select(.name == "address-bits").value' 48
}

@test "addresses: the ranges leave out what the group has reserved" {
	vfioctl bind -q $lone
	probed $lone
	[ "$(jq -r '.reserved_regions[] | "\(.first) \(.last) \(.type)"' <<<"$output")" = \
		"$(sed 's/0x0*/0x/g' $pci/$lone/iommu_group/reserved_regions)" ]
	json_is '[.iova_ranges[] | [.first, .last]]' \
		'[["0x0","0xfedfffff"],["0xfef00000","0xffffffffffff"]]'
	json_is .iova_alignment 4096
}

@test "regions and interrupts are those of the function" {
	vfioctl bind -q $lone
	expect_json 0 vfioctl.show/1 show --probe $lone
	bar=$(jq '.devices[0].bars[0].size' <<<"$output")
	output=$(jq '.devices[0].probe' <<<"$output")
	json_is '.regions[0] | [.name, .size, .offset, .flags, .capabilities]' \
		"[\"bar0\",$bar,\"0x0\",[\"read\",\"write\",\"mmap\"],[\"msix-mappable\"]]"
	json_is '.regions[7] | [.name, .size, .flags]' '["config",4096,["read","write"]]'
	json_is '[.regions[] | select(.size > 0).name]' '["bar0","config"]'
	json_is '[.irqs[].name]' '["intx","msi","msix","err","req"]'
	json_is '.irqs[0] | [.count, .flags]' '[1,["eventfd","maskable","automasked"]]'
	# The size of the table in the MSI-X capability, which setpci reads with its lower 11 bits.
	json_is '.irqs[2].count' $((0x$(setpci -s $lone CAP_MSIX+2.w) % 2048 + 1))
	json_is .region_areas '[]'
}

@test "what the function can do differs by function" {
	vfioctl bind -q $lone $port $edu
	probed $lone
	json_is .device_flags '["reset","pci"]'
	[ "$(feature pci-vf-token)" = '[false,false]' ]
	[ "$(feature low-power-entry)" = '[false,true]' ]
	json_is '[.migrates, .migration_flags]' '[false,[]]'
	json_is '[.features[].id] == [range(14)]' true
	probed $port
	[ "$(feature pci-vf-token)" = '[false,true]' ] # a PF
	probed $edu
	json_is .device_flags '["pci"]' # no reset
	json_is '[.hot_reset, .hot_reset_owned, .hot_reset_set]' '[false,null,[]]'
	json_is '.irqs[2].count' 0
}

@test "a hot reset takes along the functions of the bus" {
	vfioctl bind -q $lone $pair0 $pair1
	probed $lone
	json_is '[.hot_reset, .hot_reset_owned, .hot_reset_set[].address]' "[true,true,\"$lone\"]"
	probed $pair0
	group=$(basename "$(group_of $pair0)")
	json_is '.hot_reset_set | map([.address, .iommu_group, .driver, .owned])' \
		"[[\"$pair0\",$group,\"vfio-pci\",true],[\"$pair1\",$group,\"vfio-pci\",true]]"
	json_is .hot_reset_owned true
}

@test "an mdev: no IOMMU of its own, all addresses, migration" {
	mdev mtty-2 $plain
	probed $plain
	json_is '[.path, .iommu_instance, .iommu_type, .nesting, .pasid_bits]' '["cdev",null,null,null,null]'
	json_is '[.iova_ranges[] | [.first, .last]]' '[["0x0","0xffffffffffffffff"]]'
	json_is .iova_alignment 4096
	json_is .reserved_regions '[]'
	json_is '[.migrates, .migration_flags]' '[true,["stop-copy","p2p","pre-copy"]]'
	[ "$(feature migration-state)" = '[true,true]' ]
	[ "$(feature dma-logging-start)" = '[false,true]' ]
	json_is .hot_reset null
}

@test "a region that a driver adds has a type and a name" {
	mdev mbochs-small $display
	probed $display
	json_is '.regions[] | select(.index == 9) | [.name, .type, .subtype, .capabilities]' \
		'["gfx-edid","0x1",1,["type"]]'
}

@test "through the group, where the cdev is not this user's: the registers come from sysfs" {
	vfioctl bind -q $lone
	probed $lone
	ranges=$(jq -c .iova_ranges <<<"$output")
	registers=$(jq -c .iommu_registers <<<"$output")
	chown tester "$(group_of $lone)"
	run --separate-stderr kept as_tester vfioctl show --probe --json $lone
	[ "$status" -eq 0 ]
	output=$(jq '.devices[0].probe' <<<"$output")
	json_is '[.path, .iommu_type, .iommu_source]' '["group","intel-vtd","sysfs"]'
	json_is .iova_ranges "$ranges"
	json_is .iommu_registers "$registers"
	[ "$(capability interrupt-remapping)" = true ]
	json_is '[.iova_alignment, .mappings_left, .memlock_counted]' '[4096,65535,"process"]'
	json_is '[.nesting, .dirty_tracking, .pasid_bits, .hot_reset_owned]' '[null,null,null,null]'
	json_is '.hot_reset_set | map([.address, .owned])' "[[\"$lone\",null]]"
	json_is .unanswered '[]'
}

@test "locked memory: the limit of this user, and whether it counts" {
	vfioctl bind -q $lone
	probed $lone
	json_is '[.memlock_exempt, .memlock_counted, .memlock_unit]' '[true,"user",4096]'
	run kept bash -c "ulimit -l unlimited && vfioctl show --probe --json $lone"
	json_is '.devices[0].probe | [.memlock_limited, .memlock_soft, .memlock_hard]' '[false,null,null]'
	chown tester "$(cdev_of $lone)" /dev/iommu
	run kept as_tester bash -c "ulimit -S -l 64 && ulimit -H -l 128 && vfioctl show --probe --json $lone"
	chown root /dev/iommu
	[ "$status" -eq 0 ]
	json_is '.devices[0].probe | [.memlock_limited, .memlock_soft, .memlock_hard, .memlock_exempt]' \
		'[true,65536,131072,false]'
	[[ $(jq .devices[0].probe.memlock_need <<<"$output") == *"does not tell"* ]]
}

@test "it says beforehand that opening resets the function, it does, and leaves it as it was" {
	vfioctl bind -q $lone
	node=$(cdev_of $lone)
	before=$(resets $lone)
	run --separate-stderr vfioctl show --probe $lone
	[ "$status" -eq 0 ]
	[ "$stderr" = "vfioctl: Opening $lone resets the function" ]
	[ "$(resets $lone)" -gt "$before" ]
	run --separate-stderr vfioctl show --probe --quiet $lone
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
	[ "$(driver_of $lone)" = vfio-pci ]
	[ "$(cdev_of $lone)" = "$node" ]
	[ "$(cat $pci/$lone/enable)" -eq 0 ]
	expect 0 vfioctl restore $lone
	[ "$(driver_of $lone)" = nvme ]
}

@test "the text is a second sheet, with a line for every scalar and a table for every list" {
	vfioctl bind -q $lone
	probed $lone
	document=$output
	expect 0 vfioctl show --probe -q $lone
	sheet=$(sed -n '/^probe:$/,$p' <<<"$output")
	[ -n "$sheet" ]
	while read -r key; do
		grep -qE "^${key//_/ }: +[^ ]" <<<"$sheet" || { echo "no $key in $sheet"; false; }
	done < <(jq -r 'to_entries[] | select(.value | type != "array").key' <<<"$document")
	while read -r key; do
		grep -qx "${key//_/ }:" <<<"$sheet" || { echo "no list $key in $sheet"; false; }
	done < <(jq -r 'to_entries[] | select(.value | type == "array" and .[0] != null and
		(.[0] | type) == "object").key' <<<"$document")
	grep -qE '^ *2 msix +65 eventfd$' <<<"$sheet"
}

@test "a device without a VFIO driver: exit 9; one that is not there: exit 8" {
	expect_json 9 vfioctl.error/1 show --probe $lone
	json_is .error.code '"not-bound"'
	expect_json 8 vfioctl.error/1 show --probe 0000:55:00.0
}

@test "one unfit device of several: none is opened" {
	vfioctl bind -q $lone
	before=$(resets $lone)
	expect_json 9 vfioctl.error/1 show --probe $lone $edu
	json_is .error.device "\"$edu\""
	[ "$(resets $lone)" -eq "$before" ]
}

@test "several devices, each with its own" {
	vfioctl bind -q $lone $edu
	expect_json 0 vfioctl.show/1 show --probe $edu $lone
	json_is '[.devices[] | [.address, .probe.device_flags]]' \
		"[[\"$edu\",[\"pci\"]],[\"$lone\",[\"reset\",\"pci\"]]]"
}

@test "in use: refused in the words of test, nothing reset" {
	vfioctl bind -q $lone
	hold "$(cdev_of $lone)"
	before=$(resets $lone)
	expect_json 3 vfioctl.error/1 show --probe $lone
	json_is .error.code '"vfio-open"'
	expect 3 vfioctl show --probe $lone
	says "pid $holder (sleep)"
	refusal=$output
	expect 3 vfioctl test $lone
	[ "$output" = "$refusal" ]
	[ "$(resets $lone)" -eq "$before" ]
	expect 0 vfioctl show $lone # looking is no use of it
	[ "$(resets $lone)" -eq "$before" ]
}

@test "another vfioctl has devices: exit 7 after the time that is given" {
	vfioctl bind -q $lone
	before=$(resets $lone)
	hold_lock
	expect_json 7 vfioctl.error/1 show --probe --timeout 1 $lone
	json_is .error.code '"locked"'
	expect 0 vfioctl show $lone
	release
	[ "$(resets $lone)" -eq "$before" ]
}

@test "a user without the nodes: exit 4" {
	vfioctl bind -q $lone
	expect 4 as_tester vfioctl show --probe $lone
	says EACCES
}

@test "a member of the group with the host's driver: exit 1, the member and driver named" {
	modprobe vfio-pci
	echo vfio-pci >$pci/$pair0/driver_override
	echo $pair0 >$pci/$pair0/driver/unbind
	echo $pair0 >/sys/bus/pci/drivers/vfio-pci/bind
	expect_json 1 vfioctl.error/1 show --probe $pair0
	json_is '[.error.code, .error.errno, .error.device]' "[\"cannot-open\",\"EPERM\",\"$pair0\"]"
	expect 1 vfioctl show --probe $pair0
	says "$pair1 of the same IOMMU group has the host's driver e1000e"
	says "vfioctl bind --group $pair0"
	[ "$(driver_of $pair1)" = e1000e ]
}

@test "a VF whose PF has a VFIO driver wants a token: exit 4" {
	modprobe vfio-pci
	echo Y >/sys/module/vfio_pci/parameters/enable_sriov
	vfioctl bind -q $port
	echo 1 >$pci/$port/sriov_numvfs
	vf=$(basename "$(readlink $pci/$port/virtfn0)")
	[ "$(driver_of "$vf")" = vfio-pci ] || vfioctl bind -q "$vf"
	expect_json 4 vfioctl.error/1 show --probe "$vf"
	json_is .error.code '"vf-token"'
	json_is '.error.message | contains("'$port'")' true
	probed $port # its PF is open to who has it
}

# injected DEVICE WHAT ARGUMENT...: show --probe, with that done to the requests to the device's node.
injected() {
	local device=$1 what=$2
	shift 2
	run --separate-stderr kept traced -D --seccomp-bpf -o /dev/null -P "$(cdev_of "$device")" -e trace=ioctl \
		-e inject="ioctl:$what" vfioctl show --probe --json "$@" "$device"
}

@test "a device that does not answer: exit 6, the step named, and it is free again" {
	vfioctl bind -q $lone
	injected $lone signal=SIGSTOP:when=1 --timeout 2
	[ "$status" -eq 6 ]
	json_is '[.schema, .error.code, .error.device]' "[\"vfioctl.error/1\",\"timeout\",\"$lone\"]"
	json_is '.error.message | test("within 2 s.* bind it")' true
	probed $lone
}

@test "one that hangs in the kernel: exit 6, the process that keeps it named" {
	vfioctl bind -q $lone
	injected $lone delay_enter=12s --timeout 2
	[ "$status" -eq 6 ]
	json_is '.error.remedy | test("Process [0-9]+ is stuck")' true
	stuck=$(jq -r '.error.remedy | match("[0-9]+").string' <<<"$output")
	[ -d "/proc/$stuck" ]
	expect 3 vfioctl show --probe $lone
	says "pid $stuck "
	for ((i = 0; i < 60; i++)); do
		[ -d "/proc/$stuck" ] || break
		sleep 1
	done
	probed $lone
}

@test "a question that fails is told, and the others are answered" {
	vfioctl bind -q $lone
	run --separate-stderr kept traced --seccomp-bpf -o /dev/null -P /dev/iommu -e trace=ioctl \
		-e inject=ioctl:error=EIO:when=2+ vfioctl show --probe --json $lone
	[ "$status" -eq 0 ]
	output=$(jq '.devices[0].probe' <<<"$output")
	json_is '.unanswered | length > 0' true
	json_is '[.unanswered[].errno] | unique' '["EIO"]'
	json_is '.regions[0].name' '"bar0"'
}

@test "the kernel logged no bug" {
	bugs=$(dmesg | grep -E 'BUG:|WARNING:|general protection|segfault' || true)
	[ -z "$bugs" ] || { echo "$bugs"; false; }
}
