# SPDX-License-Identifier: GPL-2.0-or-later
# The main job on a real kernel: to VFIO and back.

load common
bats_require_minimum_version 1.5.0

nvme=0000:03:00.0

teardown() {
	give_back $nvme 0000:01:00.0 0000:01:00.1 0000:02:00.0 0000:07:01.0 0000:07:02.0
	rm -f /run/modprobe.d/test.conf
}

# bats test_tags=main
@test "bind hands a device to vfio-pci and names its nodes" {
	expect 0 vfioctl bind $nvme
	[ "$(driver_of $nvme)" = vfio-pci ]
	[ "$(override_of $nvme)" = vfio-pci ]
	group=$(basename "$(readlink $pci/$nvme/iommu_group)")
	says "/dev/vfio/$group"
	says "/dev/vfio/devices/vfio"
	for node in $(grep -o '/dev/vfio/[^ ]*' <<<"$output" | tr -d '`'); do [ -c "$node" ]; done
}

# bats test_tags=main
@test "restore brings back driver and override, and forgets the record" {
	vfioctl bind $nvme
	[ -e $state/$nvme.json ]
	expect 0 vfioctl restore $nvme
	[ "$(driver_of $nvme)" = nvme ]
	[ "$(override_of $nvme)" = "(null)" ]
	[ ! -e $state/$nvme.json ]
	eventually eval '[ -b "/dev/$(disk_of $nvme)" ]'
}

@test "an override that stood before is brought back too" {
	echo nvme >$pci/$nvme/driver_override
	vfioctl bind $nvme
	vfioctl restore $nvme
	[ "$(driver_of $nvme)" = nvme ]
	[ "$(override_of $nvme)" = nvme ]
}

@test "a device without a driver is without one again after restore" {
	echo $nvme >$pci/$nvme/driver/unbind
	vfioctl bind $nvme
	expect 0 vfioctl restore $nvme
	[ "$(driver_of $nvme)" = none ]
	[ "$(override_of $nvme)" = "(null)" ]
}

@test "without a record restore lets the kernel choose" {
	vfioctl bind $nvme
	rm $state/$nvme.json
	expect 0 vfioctl restore $nvme
	[ "$(driver_of $nvme)" = nvme ]
	[ "$(override_of $nvme)" = "(null)" ]
}

@test "a record of another boot or another device is not followed" {
	vfioctl bind $nvme
	sed -i 's/"driver":"nvme"/"driver":"e1000e"/; s/"boot_id":"[^"]*"/"boot_id":"x"/' $state/$nvme.json
	expect 0 vfioctl restore $nvme
	[ "$(driver_of $nvme)" = nvme ]
}

@test "bound already is success and writes nothing" {
	vfioctl bind $nvme
	expect 0 traced -e trace=write,openat -o "$BATS_TEST_TMPDIR/trace" vfioctl bind $nvme
	says "nothing to do"
	! grep -E 'openat.*"/(sys|run/vfioctl).*O_(WRONLY|RDWR)' "$BATS_TEST_TMPDIR/trace"
}

@test "bind does not replace what the first bind recorded" {
	vfioctl bind $nvme
	vfioctl bind $nvme --driver vfio-pci
	expect 0 vfioctl restore $nvme
	[ "$(driver_of $nvme)" = nvme ]
}

@test "names of disks and interfaces stand for their function" {
	expect 0 vfioctl bind "$(disk_of $nvme)"
	[ "$(driver_of $nvme)" = vfio-pci ]
	expect 0 vfioctl restore "/dev/vfio/devices/$(ls $pci/$nvme/vfio-dev)"
	[ "$(driver_of $nvme)" = nvme ]
	expect 0 vfioctl list -n -r -o address "$(child_of 0000:02:00.0 net)"
	[ "$output" = 0000:02:00.0 ]
}

# bats test_tags=main
@test "a whole group goes and comes back as one" {
	expect 0 vfioctl bind 01:00.0 --group
	[ "$(driver_of 0000:01:00.0)" = vfio-pci ]
	[ "$(driver_of 0000:01:00.1)" = vfio-pci ]
	expect 0 vfioctl restore 01:00.0
	says "0000:01:00.1 of the same IOMMU group 14 is still with vfio-pci: \`vfioctl restore --group 0000:01:00.0\`"
	expect 0 vfioctl restore 01:00.0 --group
	[ "$(driver_of 0000:01:00.0)" = e1000e ]
	[ "$(driver_of 0000:01:00.1)" = e1000e ]
}

@test "a bridge in the group is neither taken along nor in the way" {
	expect 0 vfioctl bind 07:01.0 --group
	[ "$(driver_of 0000:07:02.0)" = vfio-pci ]
	[ "$(driver_of 0000:06:00.0)" = none ]
}

@test "devices come from standard input" {
	run bash -c "printf '# two\n01:00.0 01:00.1\n' | vfioctl bind -"
	[ "$status" -eq 0 ]
	[ "$(driver_of 0000:01:00.1)" = vfio-pci ]
}

@test "--dry-run names the module that would be loaded, and loads none" {
	modprobe -r vfio-pci
	expect_json 0 vfioctl.bind/1 bind $nvme --dry-run
	json_is '[.steps[] | select(.step == "module") | [.device, .value]]' "[[\"$nvme\",\"vfio_pci\"]]"
	[ ! -e /sys/module/vfio_pci ]
}

# bats test_tags=main
@test "--dry-run prints the steps and changes nothing" {
	modprobe vfio-pci
	expect 0 vfioctl bind $nvme --dry-run
	says "$pci/$nvme/driver_override"
	says "/sys/bus/pci/drivers/nvme/unbind"
	expect 10 vfioctl bind $nvme --dry-run --detailed-exitcode
	expect_json 0 vfioctl.bind/1 bind $nvme --dry-run
	json_is '[.steps[].step]' '["override","unbind","bind","verify","wait"]'
	[ "$(driver_of $nvme)" = nvme ]
	[ "$(override_of $nvme)" = "(null)" ]
}

@test "a user may see the steps, and is told who can take them" {
	modprobe vfio-pci
	# Who uses a disk only root can see; of an interface anybody can.
	expect 3 as_tester vfioctl bind $nvme --dry-run
	says "Run it as root"
	expect 0 as_tester vfioctl bind 02:00.0 --dry-run
	says "to take these steps, run it as root"
	[ "$(driver_of 0000:02:00.0)" = igb ]
}

@test "the way back is told of all that was bound" {
	expect 0 vfioctl bind 01:00.0 01:00.1
	says "\`vfioctl restore 0000:01:00.0 0000:01:00.1\` gives them back"
	expect 0 vfioctl restore 0000:01:00.0 0000:01:00.1
	expect 0 vfioctl bind --group 01:00.0
	says "\`vfioctl restore --group 0000:01:00.0\` gives them back"
	expect 0 vfioctl restore --group 0000:01:00.0
	[ "$(driver_of 0000:01:00.0) $(driver_of 0000:01:00.1)" = "e1000e e1000e" ]
}

@test "-v names each file written" {
	expect 0 vfioctl bind -v $nvme
	says "$pci/$nvme/driver_override: wrote \"vfio-pci\""
	says "/sys/bus/pci/drivers/vfio-pci/bind: wrote \"$nvme\""
}

# bats test_tags=main
@test "the documents of bind and restore say what happened" {
	expect_json 0 vfioctl.bind/1 bind $nvme
	json_is '.results[0] | [.address, .changed, .driver_before, .driver]' "[\"$nvme\",true,\"nvme\",\"vfio-pci\"]"
	json_is '.results[0].modes' '["cdev","group"]'
	[ -c "$(jq -r '.results[0].cdev' <<<"$output")" ]
	[ -c "$(jq -r '.results[0].group_node' <<<"$output")" ]
	expect_json 0 vfioctl.bind/1 bind $nvme
	json_is '.changed' false
	expect_json 0 vfioctl.restore/1 restore $nvme
	json_is '.results[0].driver' '"nvme"'
}

@test "the override is written before the unbind" {
	vfioctl list >/dev/null
	expect 0 traced -e trace=openat -o "$BATS_TEST_TMPDIR/trace" vfioctl bind $nvme
	order=$(grep -oE 'driver_override", O_WRONLY|nvme/unbind|vfio-pci/bind' "$BATS_TEST_TMPDIR/trace" | sed 's/".*//' | paste -sd' ')
	[ "$order" = "driver_override nvme/unbind vfio-pci/bind" ]
}

@test "another driver than a VFIO one can be asked for, and its module is loaded" {
	modprobe -r pci-stub 2>/dev/null || true
	[ ! -e /sys/bus/pci/drivers/pci-stub ]
	expect 0 vfioctl bind $nvme --driver pci-stub
	[ "$(driver_of $nvme)" = pci-stub ]
	expect 0 vfioctl restore $nvme
	[ "$(driver_of $nvme)" = nvme ]
}
