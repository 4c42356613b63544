# SPDX-License-Identifier: GPL-2.0-or-later
# The lab keeps its promises: what every other suite takes for granted.
bats_require_minimum_version 1.5.0

pci=/sys/bus/pci/devices

# The addresses of a group's members, sorted, on one line.
group_of() {
	ls "$pci/$1/iommu_group/devices" | paste -sd' '
}

driver_of() {
	basename "$(readlink "$pci/$1/driver" || echo none)"
}

bind_to() {
	echo "$2" >"$pci/$1/driver_override"
	[ ! -e "$pci/$1/driver" ] || echo "$1" >"$pci/$1/driver/unbind"
	echo "$1" >/sys/bus/pci/drivers_probe
	udevadm settle
}

@test "the kernel offers groups, device cdevs and iommufd" {
	zgrep -x CONFIG_VFIO_GROUP=y /proc/config.gz
	zgrep -x CONFIG_VFIO_DEVICE_CDEV=y /proc/config.gz
	modprobe vfio-pci
	modprobe iommufd
	udevadm settle
	[ -c /dev/vfio/vfio ]
	[ -c /dev/iommu ]
}

@test "systemd and udev run" {
	[ "$(cat /proc/1/comm)" = systemd ]
	systemctl is-active systemd-udevd.service
	[ -z "$(systemctl --failed --plain --no-legend)" ]
}

@test "udev has the hardware names" {
	systemd-hwdb query pci:v00008086d000010D3* | grep 82574L
}

@test "the devices are where the topology says" {
	while read -r address driver; do
		[ "$(driver_of "$address")" = "$driver" ] || {
			echo "$address: $(driver_of "$address") instead of $driver"
			false
		}
	done <<-END
		0000:01:00.0 e1000e
		0000:01:00.1 e1000e
		0000:02:00.0 igb
		0000:03:00.0 nvme
		0000:04:00.0 nvme
		0000:05:00.0 nvme
		0000:07:01.0 e1000
		0000:07:02.0 e1000
		0000:08:00.0 virtio-pci
		0000:00:10.0 none
	END
}

@test "the groups are as promised" {
	[ "$(group_of 0000:01:00.0)" = "0000:01:00.0 0000:01:00.1" ]
	[ "$(group_of 0000:02:00.0)" = "0000:02:00.0" ]
	[ "$(group_of 0000:03:00.0)" = "0000:03:00.0" ]
	[ "$(group_of 0000:07:01.0)" = "0000:06:00.0 0000:07:01.0 0000:07:02.0" ]
}

@test "the demo device binds to vfio-pci, with a group node and a device cdev" {
	modprobe vfio-pci
	bind_to 0000:03:00.0 vfio-pci
	[ "$(driver_of 0000:03:00.0)" = vfio-pci ]
	cdev=$(ls "$pci/0000:03:00.0/vfio-dev")
	[ -c "/dev/vfio/devices/$cdev" ]
	[ -c "/dev/vfio/$(basename "$(readlink "$pci/0000:03:00.0/iommu_group")")" ]
}

@test "and goes back to its own driver" {
	echo >"$pci/0000:03:00.0/driver_override"
	bind_to 0000:03:00.0 ""
	[ "$(driver_of 0000:03:00.0)" = nvme ]
}

@test "the network function has VFs" {
	echo 7 >"$pci/0000:02:00.0/sriov_numvfs"
	[ "$(echo "$pci/0000:02:00.0/"virtfn* | wc -w)" -eq 7 ]
	echo 0 >"$pci/0000:02:00.0/sriov_numvfs"
}

@test "the NVMe with a subsystem has VFs" {
	echo 3 >"$pci/0000:04:00.0/sriov_numvfs"
	[ -e "$pci/0000:04:00.0/virtfn2" ]
	echo 0 >"$pci/0000:04:00.0/sriov_numvfs"
}

@test "a disk can be made and mounted" {
	node=$(lsblk --noheadings --output NAME,SERIAL | awk '$2 == "lab-disk" { print $1 }')
	mkfs.ext4 -q "/dev/$node"
	mount "/dev/$node" /mnt
	umount /mnt
	wipefs --quiet --all "/dev/$node"
}

@test "the checkout is read-only, and /out takes results" {
	[ -f /vfioctl-src/tests/lab/lab ]
	run ! touch /vfioctl-src/tests/lab/mark
	echo "a result" >/out/lab
	[ "$(cat /out/lab)" = "a result" ]
}

@test "a user without rights exists" {
	[ "$(setpriv --reuid tester --regid tester --clear-groups id -un)" = tester ]
}

# What `make demo` runs; it gives back what it takes.
@test "the demo shows a device that is bound, tried and given back" {
	run --separate-stderr /vfioctl-src/tests/lab/demo
	[ "$status" -eq 0 ] || { printf '%s\n' "$output" "$stderr"; false; }
	[ "$(grep -c '^# vfioctl ' <<<"$output")" -eq 8 ]
	[ "$(awk '/^0000:03:00.0 1b36 / { print $4 }' <<<"$output" | paste -sd' ')" = "nvme vfio-pci nvme" ]
	[ "$(awk '/^0000:03:00.0 yes / { print $3, $4 }' <<<"$output" | paste -sd,)" = "nvme vfio-pci,vfio-pci nvme" ]
	grep -E '^[1-9][0-9]* passed, 0 failed, [0-9]+ skipped$' <<<"$output"
	grep -F '"schema": "vfioctl.show/1"' <<<"$output"
	[ "$(driver_of 0000:03:00.0)" = nvme ]
}
