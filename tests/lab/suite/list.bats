# SPDX-License-Identifier: GPL-2.0-or-later
# list, show and mode on a real kernel, held against what sysfs and other tools say.

load common
bats_require_minimum_version 1.5.0

nvme=0000:03:00.0
igb=0000:02:00.0

teardown() {
	for uuid in /sys/bus/mdev/devices/*; do
		[ ! -e "$uuid" ] || echo 1 >"$uuid/remove"
	done
	echo 0 >$pci/$igb/sriov_numvfs 2>/dev/null || true
	give_back $nvme 0000:04:00.0
}

# bats test_tags=main
@test "list shows every PCI function, with the driver and group that sysfs has" {
	expect 0 vfioctl list -n -r -o address,driver,iommu_group
	[ "$(wc -l <<<"$output")" -eq "$(ls $pci | wc -l)" ]
	# Few processes for all functions: each is slow in this machine.
	{ printf '%s\n' $pci/*; find $pci/*/driver $pci/*/iommu_group -maxdepth 0 -printf '%h %f %l\n'; } | awk '
		{ sub(".*/", "", $1); sub(".*/", "", $3); address[$1]; of[$1, $2] = $3 }
		function value(a, name) { return (a, name) in of ? of[a, name] : "-" }
		END { for (a in address) print a, value(a, "driver"), value(a, "iommu_group") }' |
		sort | diff - <(sort <<<"$output")
}

@test "ids, classes and names are those of lspci" {
	expect_json 0 vfioctl.list/1 list
	json_is '.devices | length' "$(lspci -D | wc -l)"
	ours=$(jq -r '.devices[] | "\(.address) \(.class[0:4]): \(.vendor):\(.device)"' <<<"$output")
	diff <(sort <<<"$ours") <(lspci -D -n | sed 's/ (rev.*//; s/ (prog.*//' | sort)
	json_is '.devices[] | select(.address == "0000:02:00.0") | .device_name' '"82576 Gigabit Network Connection"'
	json_is '.devices[] | select(.address == "0000:02:00.0") | .vendor_name' '"Intel Corporation"'
}

# bats test_tags=main
@test "a bound device offers its ways now, an unbound one what binding would give" {
	expect_json 0 vfioctl.list/1 list $nvme
	json_is '.devices[0] | [.modes, .would_offer, .cdev, .group_node]' '[[],["cdev","group"],null,null]'
	vfioctl bind -q $nvme
	expect_json 0 vfioctl.list/1 list $nvme
	json_is '.devices[0] | [.driver, .driver_override, .modes, .iommu, .state]' \
		'["vfio-pci","vfio-pci",["cdev","group"],"physical","ok"]'
	[ -c "$(jq -r '.devices[0].cdev' <<<"$output")" ]
	[ -c "$(jq -r '.devices[0].group_node' <<<"$output")" ]
}

@test "VFs name their PF, a PF counts its VFs" {
	echo 3 >$pci/$igb/sriov_numvfs
	expect_json 0 vfioctl.list/1 list
	json_is '[.devices[] | select(.physfn == "0000:02:00.0")] | length' 3
	json_is '.devices[] | select(.address == "0000:02:00.0") | .vfs' 3
}

@test "a mediated device is listed with its emulated IOMMU, and tested" {
	modprobe mtty
	uuid=83b8f4f2-509f-382f-3c1e-e6bfe0fa1001
	echo $uuid >/sys/class/mdev_bus/mtty/mdev_supported_types/mtty-2/create
	udevadm settle
	expect_json 0 vfioctl.list/1 list --vfio
	json_is '.devices[] | [.address, .bus, .iommu, .modes, .vendor]' "[\"$uuid\",\"mdev\",\"emulated\",[\"cdev\",\"group\"],null]"
	expect_json 0 vfioctl.test/1 test $uuid
	json_is .failed 0
	expect 9 vfioctl restore $uuid
	says mdev
}

@test "filters choose by driver, class, ids, group and VFIO" {
	vfioctl bind -q $nvme
	expect 0 vfioctl list -n -r -o address --vfio
	[ "$output" = $nvme ]
	expect 0 vfioctl list -n -r -o address --driver igb
	[ "$output" = $igb ]
	expect 0 vfioctl list -n -r -o address --class 0108 --driver nvme
	[ "$(wc -l <<<"$output")" -eq 2 ]
	expect 0 vfioctl list -n -r -o address --id 8086:10d3
	[ "$output" = $'0000:01:00.0\n0000:01:00.1' ]
	group=$(basename "$(readlink $pci/0000:01:00.0/iommu_group)")
	expect 0 vfioctl list -n -r -o address --group "$group"
	[ "$output" = $'0000:01:00.0\n0000:01:00.1' ]
	expect 0 vfioctl list -n -r -o address --driver none --class 02
	[ "$output" = "vfioctl: no device matches --driver none --class 02" ]
}

@test "a device is found by interface, disk, node and path" {
	vfioctl bind -q $nvme
	disk=$(disk_of 0000:05:00.0)
	for word in "$(child_of $igb net)=$igb" "$disk=0000:05:00.0" "/dev/$disk=0000:05:00.0" 03:00.0=$nvme \
		"/dev/vfio/devices/$(ls $pci/$nvme/vfio-dev)=$nvme" "$(readlink -f $pci/$igb)=$igb" \
		"/dev/vfio/$(basename "$(readlink $pci/$nvme/iommu_group)")=$nvme"; do
		expect 0 vfioctl list -n -r -o address "${word%=*}"
		[ "$output" = "${word#*=}" ]
	done
}

@test "a device is found by each link to its disk, and by its other nodes" {
	udevadm settle
	local shared=0000:04:00.0 lone=0000:05:00.0 link found=0
	for link in /dev/disk/by-path/pci-$lone-* /dev/disk/by-id/*lab-disk*; do
		[ -b "$link" ]
		expect 0 vfioctl list -n -r -o address "$link"
		[ "$output" = $lone ]
		found=$((found + 1))
	done
	[ $found -ge 2 ]
	disk=$(disk_of $lone)
	expect 0 vfioctl list -n -r -o address "/dev/${disk/nvme/ng}"
	[ "$output" = $lone ]
	# Below its subsystem; what udev calls it by its path differs from one version to the next.
	disk=$(disk_of $shared)
	for link in "$disk" "/dev/$disk" "/sys/block/$disk" "/dev/${disk/nvme/ng}" /dev/disk/by-id/*lab-sriov*; do
		expect 0 vfioctl list -n -r -o address "$link"
		[ "$output" = $shared ]
	done
	expect 8 vfioctl list /dev/null
	says "it does not belong to a PCI function"
}

@test "the disk of a multipath NVMe is bound by its name and given back" {
	local shared=0000:04:00.0 disk
	udevadm settle
	disk=$(disk_of $shared)
	vfioctl bind -q "$disk"
	[ "$(driver_of $shared)" = vfio-pci ]
	vfioctl restore -q $shared
	eventually eval '[ -b "/dev/$(disk_of $shared)" ]'
}

# bats test_tags=main
@test "show tells modules, resets, group, nodes and holders" {
	vfioctl bind -q $nvme
	hold "$(cdev_of $nvme)"
	expect_json 0 vfioctl.show/1 show $nvme
	release
	json_is '.devices[0] | [.native_modules, .vfio_modules, .bind_driver, .restore_driver]' \
		'[["nvme"],["vfio_pci"],"vfio-pci","nvme"]'
	json_is '.devices[0].reset_methods | join(" ")' "\"$(cat $pci/$nvme/reset_method)\""
	json_is '.devices[0].holders | map([.pid, .command])' "[[$holder,\"sleep\"]]"
	json_is '.devices[0].nodes | map([.exists, .owner, .mode])' '[[true,"root","0600"],[true,"root","0600"]]'
	json_is '.devices[0].bars[0] | [.index, .kind, .size]' '[0,"memory",16384]'
	json_is '.devices[0].group_members | map(.address)' "[\"$nvme\"]"
}

@test "show as a user who may not see says so" {
	vfioctl bind -q $nvme
	run setpriv --reuid=65534 --regid=65534 --clear-groups vfioctl show $nvme
	[ "$status" -eq 0 ]
	says "could not be looked into"
}

@test "a device that is stuck in unbind is locked or driverless, and list answers" {
	vfioctl bind -q $nvme
	hold "$(cdev_of $nvme)"
	(echo $nvme >$pci/$nvme/driver/unbind) 3>&- &
	eventually test ! -e $pci/$nvme/driver
	start=$SECONDS
	expect_json 0 vfioctl.list/1 list
	[ $((SECONDS - start)) -le 5 ]
	json_is '.devices | length' "$(ls $pci | wc -l)"
	release
	wait || true
	echo >$pci/$nvme/driver_override
	echo $nvme >/sys/bus/pci/drivers_probe
	[ "$(driver_of $nvme)" = nvme ]
}

# bats test_tags=main
@test "mode agrees with the kernel's configuration" {
	yes_if() { zgrep -q "^$1=[ym]" /proc/config.gz && echo true || echo false; }
	modprobe vfio-pci
	expect_json 0 vfioctl.mode/1 mode
	json_is .group "$(yes_if CONFIG_VFIO_GROUP)"
	json_is .cdev "$(yes_if CONFIG_VFIO_DEVICE_CDEV)"
	json_is .noiommu "$(yes_if CONFIG_VFIO_NOIOMMU)"
	json_is .type1 "$(yes_if CONFIG_VFIO_IOMMU_TYPE1)"
	json_is .evidence '"running kernel"'
	json_is '[.iommus[] | select(.devices > 0).kind]' '["intel-vtd"]'
	json_is .interrupt_remapping true
	json_is '.modules[] | select(.name == "vfio_pci") | .state' '"loaded"'
	json_is '[.iommufd_commands[] | select(.name == "IOAS_MAP" or .name == "HWPT_ALLOC") | .supported]' '[true,true]'
	json_is .unseen '[]'
}

@test "mode says the same before vfio is loaded" {
	modprobe vfio-pci
	expect_json 0 vfioctl.mode/1 mode
	loaded=$(jq -c '[.group, .cdev, .container, .noiommu, .vfio_uses_iommufd]' <<<"$output")
	modprobe -r mtty mdev vfio-pci vfio_iommu_type1 vfio iommufd 2>/dev/null || true
	[ ! -e /sys/module/vfio ]
	expect_json 0 vfioctl.mode/1 mode
	json_is .evidence '"vfio module on disk, not loaded"'
	json_is '[.group, .cdev, .container, .noiommu, .vfio_uses_iommufd]' "$loaded"
}

@test "mode as a user who may not ask /dev/iommu says so" {
	modprobe vfio-pci
	eventually test -c /dev/iommu
	run setpriv --reuid=65534 --regid=65534 --clear-groups vfioctl mode
	[ "$status" -eq 0 ]
	says "/dev/iommu: Permission denied"
	says "Run as root"
}
