# SPDX-License-Identifier: GPL-2.0-or-later
# What vfioctl doctor finds on a real kernel; where a command mends it, the command is run as it is printed,
# and the rule falls silent. Rules that want another machine are in doctor_ways.bats, managers.bats, holder.bats
# and locked.bats.

load common
load doctor
bats_require_minimum_version 1.5.0

lone=0000:03:00.0
disk=0000:05:00.0
pair0=0000:01:00.0
pair1=0000:01:00.1
igb=0000:02:00.0
edu=0000:00:10.0
maker=0000:04:00.0

setup() {
	modprobe -a vfio-pci iommufd
	chmod 660 /dev/iommu
}

teardown() {
	[ -z "${user:-}" ] || kill "$user" 2>/dev/null || true
	[ -e /run/udev/control ] || systemctl start systemd-udevd
	[ -z "${huge:-}" ] || echo "$huge" >/proc/sys/vm/nr_hugepages
	umount /mnt 2>/dev/null || true
	[ ! -d /usr/lib/modules/6.1.0-lab ] || umount /usr/lib/modules
	rm -f /etc/modprobe.d/lab-doctor.conf /etc/security/limits.d/lab-doctor.conf
	rm -rf /etc/driverctl.d /etc/cdi /etc/initramfs-tools/modules
	echo N >/sys/module/iommufd/parameters/allow_unsafe_interrupts
	[ ! -e $pci/$igb/virtfn0 ] || has_driver $igb vfio-pci || vfioctl sriov -q $igb 0
	echo 0 >$pci/$igb/sriov_numvfs
	echo 0 >$pci/$maker/sriov_numvfs
	echo 1 >$pci/$maker/sriov_drivers_autoprobe
	echo 1 >$pci/$igb/sriov_drivers_autoprobe
	echo default >$pci/$lone/reset_method
	give_back $lone $disk $pair0 $pair1 $igb
	[ -z "${vf:-}" ] || rm -f "$state/$vf.json"
	setfacl -b /dev/iommu
	chmod 660 /dev/iommu
}

@test "a healthy machine: no error, no warning, and all was seen" {
	expect_json 0 vfioctl.doctor/1 doctor --fail-on warning
	json_is '[.errors, .warnings, .unknown]' '[0,0,[]]'
	vfioctl bind -q $lone
	eventually grep -q suspended $pci/$lone/power/runtime_status
	expect_json 0 vfioctl.doctor/1 doctor --fail-on warning
	json_is '[.errors, .warnings, .devices]' "[0,0,[\"$lone\"]]"
	json_is '[.unknown[].reason] | unique' '["it sleeps (suspended), and reading would wake it"]'
	[ "$(<$pci/$lone/power/runtime_status)" = suspended ]
}

@test "an ordinary user sees nearly as much" {
	vfioctl bind -q $lone
	run kept as_tester vfioctl doctor --json
	[ "$status" -eq 0 ]
	json_is '[.errors, .warnings]' '[0,0]'
}

@test "a group with a driver of the host" {
	echo vfio-pci >$pci/$pair0/driver_override
	echo $pair0 >$pci/$pair0/driver/unbind
	echo $pair0 >/sys/bus/pci/drivers/vfio-pci/bind
	mends group-not-viable
	[ "$(driver_of $pair1)" = vfio-pci ]
}

@test "a companion" {
	mends companion-function $pair0
	[ "$command" = "vfioctl bind --group $pair0" ]
	silent 'group-*' $pair0
}

@test "a conventional bus" {
	finds group-shared-through-bridge 0000:07:01.0
	[[ $remedy == *0000:06:00.0* ]]
	silent acs-missing 0000:07:01.0
	silent group-shared-through-bridge $pair0
}

@test "an override that is not obeyed" {
	echo vfio-pci >$pci/$lone/driver_override
	mends override-set-not-bound
	[ "$(driver_of $lone)" = vfio-pci ]
}

@test "no driver" {
	echo $lone >$pci/$lone/driver/unbind
	mends driverless $lone
	[ "$(driver_of $lone)" = nvme ]
}

@test "a node that everybody may open" {
	vfioctl bind -q $lone
	chmod 666 "$(cdev_of $lone)"
	mends_with "chmod o= $(cdev_of $lone)" node-world-writable
}

@test "interrupts that may be unsafe" {
	echo Y >/sys/module/iommufd/parameters/allow_unsafe_interrupts
	mends unsafe-interrupts-allowed
}

@test "resets that were switched off" {
	echo >$pci/$lone/reset_method
	mends reset-method-changed $lone
}

@test "what cannot be reset, or with its bus only" {
	finds no-reset $edu
	silent no-reset $lone
	silent reset-only-bus $lone
}

@test "a PF with VFs, and VFs whose siblings the host would take" {
	vfioctl sriov -q $igb 1
	mends vf-autoprobe-on
	echo 1 >$pci/$igb/sriov_drivers_autoprobe
	mends pf-with-live-vfs $igb
	[ ! -e $pci/$igb/virtfn0 ]
}

@test "a VF whose PF has lost its driver" {
	echo 0 >$pci/$maker/sriov_drivers_autoprobe
	echo 1 >$pci/$maker/sriov_numvfs
	made=$(basename "$(readlink $pci/$maker/virtfn0)")
	silent vf-without-pf-driver "$made"
	echo $maker >$pci/$maker/driver/unbind
	mends vf-without-pf-driver "$made"
	[ "$(driver_of $maker)" = nvme ]
}

@test "the modules are those of another kernel" {
	modprobe -r vfio-pci
	mount -t tmpfs none /usr/lib/modules
	mkdir /usr/lib/modules/6.1.0-lab
	touch /usr/lib/modules/6.1.0-lab/modules.dep
	finds modules-for-other-kernel
	[[ $remedy == *reboot* || $remedy == *Reboot* ]]
	umount /usr/lib/modules
	silent modules-for-other-kernel
}

@test "a VF whose PF is user space's wants a token" {
	echo Y >/sys/module/vfio_pci/parameters/enable_sriov
	vfioctl bind -q $igb
	echo 1 >$pci/$igb/sriov_numvfs
	vf=$(basename "$(readlink $pci/$igb/virtfn0)")
	udevadm settle
	[ "$(driver_of "$vf")" = vfio-pci ] || vfioctl bind -q "$vf"
	finds vf-token-needed "$vf"
	[[ $remedy == *"host=$vf,vf-token="* ]]
	expect 4 vfioctl show --probe "$vf" # so it is
	silent vf-token-needed $igb
}

@test "a device that sleeps is left alone until it is told to wake" {
	vfioctl bind -q $lone
	eventually grep -q suspended $pci/$lone/power/runtime_status
	mends_with "echo on > /sys/bus/pci/devices/$lone/power/control" suspended-not-read $lone
	[ "$(<$pci/$lone/power/runtime_status)" = active ]
	silent link-down $lone
}

@test "udev is not there" {
	systemctl stop systemd-udevd.service systemd-udevd-control.socket systemd-udevd-kernel.socket
	mends udev-not-running
}

@test "a node is not there" {
	vfioctl bind -q $lone
	local node
	node=$(cdev_of $lone)
	number=$(stat -c '%a %F %t:%T' "$node")
	rm "$node"
	mends_with "mknod -m 600 $node c $(tr : ' ' <"/sys/class/vfio-dev/${node##*/}/dev")" node-missing
	[ "$(stat -c '%a %F %t:%T' "$node")" = "$number" ]
	expect 0 vfioctl test --case C05 $lone
}

@test "a group that the IOMMU lets pass" {
	local group
	group=$(basename "$(group_of $lone)")
	echo $lone >$pci/$lone/driver/unbind
	echo identity >"/sys/kernel/iommu_groups/$group/type"
	mends_with "echo DMA > /sys/kernel/iommu_groups/$group/type" group-type-identity $lone
}

@test "a disk in use" {
	mkfs.ext4 -q -F "/dev/$(disk_of $disk)"
	mount "/dev/$(disk_of $disk)" /mnt
	finds in-use $disk
	umount /mnt
	silent in-use $disk
}

@test "a bridge" {
	finds not-type0-header 0000:00:02.0
	silent not-type0-header $lone
}

@test "modprobe.d: ids, and who comes first" {
	echo 'options vfio-pci ids=1b36:0010' >/etc/modprobe.d/lab-doctor.conf
	finds ids-option-present
	[[ $remedy == *"$lone"* ]]
	finds native-grabs-at-boot $lone
	[[ $remedy == *"softdep nvme pre: vfio-pci"* ]]
	eval "${remedy##*, }"
	silent native-grabs-at-boot $lone
	rm /etc/modprobe.d/lab-doctor.conf
	silent ids-option-present
}

@test "an initramfs that has the host's driver before VFIO" {
	echo 'options vfio-pci ids=1b36:0010' >/etc/modprobe.d/lab-doctor.conf
	mkdir -p /etc/initramfs-tools
	echo nvme >/etc/initramfs-tools/modules
	finds initramfs-has-native $lone
	[[ $remedy == *"vfio-pci before it in /etc/initramfs-tools/modules"* ]]
	printf 'vfio-pci\nnvme\n' >/etc/initramfs-tools/modules
	silent initramfs-has-native $lone
}

@test "a module that may not be loaded" {
	lsmod | grep -q ^vfio_pci || skip "vfio-pci is built in"
	modprobe -r vfio-pci
	echo 'blacklist vfio-pci' >/etc/modprobe.d/lab-doctor.conf
	finds module-blacklisted
	eval "${remedy##*: }"
	silent module-blacklisted
	echo 'install vfio-pci /bin/false' >/etc/modprobe.d/lab-doctor.conf
	silent module-install-line
	modprobe -r vfio-pci
	finds module-install-line
	rm /etc/modprobe.d/lab-doctor.conf
	silent module-install-line
}

@test "a run that was killed" {
	traced -o /dev/null -P /sys/bus/pci/drivers/vfio-pci/bind -e trace=write \
		-e inject=write:delay_enter=9000000 vfioctl bind -q $lone 3>&- &
	tracer=$!
	eventually grep -qs vfio-pci $pci/$lone/driver_override
	eventually eval '[ ! -e $pci/$lone/driver ]'
	pkill -KILL -x vfioctl
	wait $tracer || true
	mends leftover-journal
}

@test "an unbind that waits for who has the device open" {
	vfioctl bind -q $lone
	hold "$(cdev_of $lone)"
	user=$holder
	bash -c "echo $lone >$pci/$lone/driver/unbind" 3>&- &
	unbinder=$!
	eventually eval '[ ! -e $pci/$lone/driver ]'
	finds stuck-unbind
	[[ $remedy == *"vfioctl show $lone"* ]]
	run kept as_tester vfioctl doctor --json --rule stuck-unbind
	json_is '[.findings, .unknown | length]' '[0,1]'
	kill "$user"
	wait $unbinder || true
	silent stuck-unbind
}

@test "a file that names a group by its number of another boot" {
	vfioctl bind -q $lone
	mkdir -p /etc/cdi
	echo '{"path": "/dev/vfio/9999"}' >/etc/cdi/lab.json
	finds group-number-moved
	echo "{\"path\": \"$(group_of $lone)\"}" >/etc/cdi/lab.json
	silent group-number-moved
}

# Starts a VM as the user, not running, with the device; what limits.d says is what a login would have.
starts() {
	local limit=65536
	[ ! -e /etc/security/limits.d/lab-doctor.conf ] || limit=unlimited
	printf '%s\n' '{"execute":"qmp_capabilities"}' '{"execute":"quit"}' |
		prlimit --memlock=$limit:$limit setpriv --reuid tester --regid tester --clear-groups \
			timeout 60 qemu-system-x86_64 -M q35 -m 64M -nodefaults -display none -S -accel tcg \
			-qmp stdio "$@"
}

@test "whether a user can start a VM: no, the steps, yes; and QEMU agrees" {
	by_cdev=(-object "iommufd,id=i0" -device "vfio-pci,host=$lone,iommufd=i0")
	run starts "${by_cdev[@]}"
	[ "$status" -ne 0 ]
	run --separate-stderr kept vfioctl doctor --json --for qemu --user tester $lone
	[ "$status" -eq 1 ]
	json_is '.answers[0] | [.ready, .sentence]' "[false,\"tester can start a VM in QEMU with $lone: no\"]"
	json_is '[.answers[0].steps[].rule]' '["not-bound","memlock-low"]'
	eval "$(jq -r '.answers[0].steps[0].command' <<<"$output")"
	echo 'tester - memlock unlimited' >/etc/security/limits.d/lab-doctor.conf
	run --separate-stderr kept vfioctl doctor --json --for qemu --user tester $lone
	[ "$status" -eq 0 ]
	json_is '.answers[0] | [.ready, .steps, .sentence]' \
		"[true,[],\"tester can start a VM in QEMU with $lone: yes\"]"
	expect 0 starts "${by_cdev[@]}"
	expect 0 starts -device "vfio-pci,host=$lone"
}

@test "a user to whom the device was not given" {
	echo 'tester - memlock unlimited' >/etc/security/limits.d/lab-doctor.conf
	vfioctl bind -q $lone
	run starts -device "vfio-pci,host=$lone"
	[ "$status" -ne 0 ]
	mends 'node-no-access' --user tester
	silent 'iommu-node-no-access' --user tester
	expect 0 starts -device "vfio-pci,host=$lone"
}

@test "DPDK wants huge pages" {
	vfioctl bind -q $lone
	huge=$(</proc/sys/vm/nr_hugepages)
	echo 0 >/proc/sys/vm/nr_hugepages
	mends hugepages-none --for dpdk
}
