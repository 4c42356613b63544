# SPDX-License-Identifier: GPL-2.0-or-later
# A variant of vfio-pci, and others who give devices to drivers. Wants --module lab_vfio_pci.

load common
load doctor
bats_require_minimum_version 1.5.0

nvme=0000:03:00.0
disk=0000:05:00.0
nic=0000:02:00.0
old=(0000:07:01.0 0000:07:02.0)
variant=lab-nvme-vfio-pci
conf=/run/modprobe.d/test.conf

# The modules, writable and with one more.
setup_file() {
	local copy
	mkdir -p /run/modprobe.d /run/udev/rules.d /etc/driverctl.d /etc/libvirt/qemu
	copy=$(mktemp -d)
	cp -a "/usr/lib/modules/$(uname -r)" "$copy"
	cp /lab/own/lab_vfio_pci.ko "$copy/$(uname -r)/kernel"
	mount --bind "$copy" /usr/lib/modules
	depmod
}

teardown_file() {
	modprobe -r lab_vfio_pci
	umount --lazy /usr/lib/modules # udev has its indexes mapped
}

teardown() {
	[ -z "${damaged:-}" ] || depmod
	rm -f $conf /etc/driverctl.d/pci-* /run/udev/rules.d/test.rules /etc/libvirt/qemu/test.xml
	[ "$(driver_of $nvme)" != $variant ] || vfioctl restore -q $nvme
	modprobe e1000
	for address in $nvme $disk $nic "${old[@]}"; do give_back "$address"; done
	for address in "${old[@]}"; do [ "$(driver_of "$address")" = e1000 ]; done
	modprobe -r lab_vfio_pci vfio_pci
}

@test "auto takes the variant made for the device, by the name of its driver" {
	[ ! -e /sys/module/lab_vfio_pci ]
	expect_json 0 vfioctl.show/1 show $nvme
	json_is '.devices[0].vfio_modules' '["lab_vfio_pci","vfio_pci"]'
	expect_json 0 vfioctl.bind/1 bind $nvme
	[ "$(driver_of $nvme)" = $variant ]
	[ "$(override_of $nvme)" = $variant ]
	json_is '.results[0] | [.driver, .target, .why]' "[\"$variant\",\"$variant\",\"a variant made for this device\"]"
	json_is '.results[0].modes' '["cdev","group"]'
	[ -c "$(cdev_of $nvme)" ]
	expect 0 vfioctl test $nvme
	expect 0 vfioctl restore $nvme
	[ "$(driver_of $nvme)" = nvme ]
}

@test "another device gets vfio-pci; so does this one, when that is asked for" {
	expect_json 0 vfioctl.bind/1 bind $nic
	json_is '.results[0] | [.driver, .why]' '["vfio-pci","the generic driver: no variant is made for this device"]'
	expect_json 0 vfioctl.bind/1 bind $nvme --driver vfio-pci
	json_is '.results[0] | [.driver, .why]' '["vfio-pci","asked for by --driver"]'
	[ ! -e /sys/module/lab_vfio_pci ]
}

@test "a variant that has the device already is left alone by auto, and left for vfio-pci when asked" {
	vfioctl bind $nvme
	expect 0 vfioctl bind $nvme
	says "nothing to do"
	expect 0 vfioctl bind $nvme --driver vfio-pci
	[ "$(driver_of $nvme)" = vfio-pci ]
	expect 0 vfioctl restore $nvme
	[ "$(driver_of $nvme)" = nvme ]
}

@test "doctor: a variant that was made for the device is there, and the device gets it" {
	vfioctl bind -q $nvme --driver vfio-pci
	mends variant-available $nvme
	[ "$(driver_of $nvme)" = $variant ]
}

@test "doctor: an index of modules that was cut short is made anew" {
	damaged=/usr/lib/modules/$(uname -r)/modules.alias.bin
	head -c 10 "$damaged" >"$damaged.new"
	mv "$damaged.new" "$damaged" # udev has the old one mapped
	mends_with depmod module-index-damaged
}

@test "a variant that refuses the device: it is put back, and the message names the generic driver" {
	modprobe lab_vfio_pci
	run traced -o /dev/null -P /sys/bus/pci/drivers/$variant/bind -e trace=write -e inject=write:error=ENODEV \
		vfioctl bind $nvme
	[ "$status" -eq 1 ]
	says "vfioctl bind --driver vfio-pci $nvme"
	[ "$(driver_of $nvme)" = nvme ]
}

@test "a blacklisted variant makes room for vfio-pci" {
	echo 'blacklist lab_vfio_pci' >$conf
	expect_json 0 vfioctl.bind/1 bind $nvme
	json_is '.results[0] | [.driver, .why]' \
		'["vfio-pci","the generic driver; lab_vfio_pci is made for it, but modprobe.d blacklists it"]'
	[ ! -e /sys/module/lab_vfio_pci ]
}

@test "so does one that does not load, which the dry run cannot know, as little as its driver's name" {
	echo 'options lab_vfio_pci broken=1' >$conf
	expect 0 vfioctl bind --dry-run $nvme
	says drivers/lab_vfio_pci/bind
	[ ! -e /sys/module/lab_vfio_pci ]
	expect_json 0 vfioctl.bind/1 bind $nvme
	json_is '.results[0].driver' '"vfio-pci"'
	says "lab_vfio_pci is made for it, but cannot be loaded: the module cannot be loaded: Input/output error (EIO)"
	[ "$(driver_of $nvme)" = vfio-pci ]
	vfioctl restore $nvme
}

@test "asked for by name, it is no reason to take another" {
	echo 'options lab_vfio_pci broken=1' >$conf
	expect 1 vfioctl bind $nvme --driver lab_vfio_pci
	says "EIO"
	[ "$(driver_of $nvme)" = nvme ]
}

@test "a variant that refuses the device fails the change, and the device is put back" {
	echo 'options lab_vfio_pci refuse=1' >$conf
	expect 1 vfioctl bind $nvme
	says "cannot bind to $variant"
	says "EOPNOTSUPP"
	[ "$(driver_of $nvme)" = nvme ]
	[ "$(override_of $nvme)" = "(null)" ]
}

# A device without a driver.
orphan() {
	echo "$1" >"$pci/$1/driver/unbind"
	[ "$(driver_of "$1")" = none ]
}

@test "ids= of a device that was not asked for is refused, and nothing is loaded" {
	printf '# of the lab\noptions vfio-pci ids=1b36:0010\n' >$conf
	orphan $disk
	expect_json 3 vfioctl.error/1 bind $nic
	json_is '[.error.code, .error.device]' '["bystanders","vfio_pci"]'
	says "loading this module would also bind $disk (ids= in $conf:2)"
	expect 3 vfioctl bind $nic --dry-run
	[ ! -e /sys/module/vfio_pci ]
	[ "$(driver_of $nic)" = igb ]
}

@test "with ids= of a device that is named too it goes on" {
	echo 'options vfio-pci ids=1b36:0010' >$conf
	orphan $disk
	expect 0 vfioctl bind $nic $disk --driver vfio-pci
	[ "$(driver_of $disk)" = vfio-pci ]
	[ "$(override_of $disk)" = vfio-pci ]
	expect 0 vfioctl restore $nic $disk
	[ "$(driver_of $nic)" = igb ]
	[ "$(driver_of $disk)" = none ]
}

@test "an override of a device that was not asked for is refused; another's protects from ids=" {
	echo 'options vfio-pci ids=1b36:0010' >$conf
	orphan $disk
	echo vfio-pci >$pci/$disk/driver_override
	expect 3 vfioctl bind $nic
	says "$disk (driver_override)"
	echo nvme >$pci/$disk/driver_override
	expect 0 vfioctl bind $nic
	[ "$(driver_of $disk)" = none ]
}

# Both e1000 are vfio-pci's by their ids, and no other driver is there to have them.
captured_by_ids() {
	modprobe -r e1000
	echo 'options vfio-pci ids=8086:100e' >$conf
	modprobe vfio-pci
	[ "$(driver_of "${old[0]}")" = vfio-pci ]
	[ "$(override_of "${old[0]}")" = "(null)" ]
}

@test "restore that ids= undoes is a failure that names the line" {
	captured_by_ids
	expect 1 vfioctl restore "${old[0]}"
	says "it has vfio-pci instead of a driver of its own: the option ids= of module vfio_pci gives it to vfio-pci"
	says "($conf:1)"
	[ "$(driver_of "${old[0]}")" = vfio-pci ]
	expect_json 1 vfioctl.error/1 restore "${old[0]}"
	json_is '.error.code' '"not-bound"'
	[[ $(jq -r '.results[0].warnings[]' <<<"$output") == *"$conf:1)" ]]
}

@test "driverctl: restore says who will take it again" {
	driverctl set-override $nvme vfio-pci
	[ "$(driver_of $nvme)" = vfio-pci ]
	expect_json 0 vfioctl.restore/1 restore $nvme
	[ "$(driver_of $nvme)" = nvme ]
	json_is '.results[0].warnings' "[\"driverctl gives it to vfio-pci whenever it appears (/etc/driverctl.d/pci-$nvme)\"]"
	expect 0 vfioctl bind $nvme
	says "vfioctl: warning: $nvme: driverctl gives it to vfio-pci whenever it appears"
	expect_json 0 vfioctl.show/1 show $nvme
	json_is '.devices[0].managers[0] | [.manager, .driver, .line]' '["driverctl","vfio-pci",null]'
	expect_json 0 vfioctl.bind/1 bind $nic
	json_is '.results[0].warnings' '[]'
}

@test "doctor: driverctl has the device, until it lets it go" {
	driverctl set-override $nvme vfio-pci
	mends driverctl-present
	[ "$(driver_of $nvme)" = nvme ]
}

@test "a udev rule that sets its override is warned about" {
	echo 'SUBSYSTEM=="pci", ATTR{vendor}=="0x1b36", ATTR{device}=="0x0010", ATTR{driver_override}="vfio-pci"' \
		>/run/udev/rules.d/test.rules
	expect 0 vfioctl bind $nvme
	says "warning: $nvme: a udev rule gives it to vfio-pci whenever it appears (/run/udev/rules.d/test.rules:1)"
	# It does what it was read as.
	echo >$pci/$disk/driver_override
	udevadm control --reload
	udevadm trigger --settle --action=add $pci/$disk
	[ "$(override_of $disk)" = vfio-pci ]
	echo >$pci/$disk/driver_override
	rm /run/udev/rules.d/test.rules
	udevadm control --reload
}

@test "a udev rule that takes the device away again is a failure, and the device is put back" {
	echo "SUBSYSTEM==\"vfio-dev\", ACTION==\"add\", ATTR{[pci/$nvme]driver/unbind}=\"$nvme\"" >/run/udev/rules.d/test.rules
	udevadm control --reload
	sleep 4 # udev looks at its rules every three seconds
	expect 1 vfioctl bind --driver vfio-pci $nvme
	says "$nvme: it was bound, and was taken away or lost its driver before its node"
	[ "$(driver_of $nvme) $(override_of $nvme)" = "nvme (null)" ]
	[ ! -e "$state/$nvme.json" ]
	rm /run/udev/rules.d/test.rules
	udevadm control --reload
	sleep 4
}

@test "a domain of libvirt that manages it is warned about" {
	cat >/etc/libvirt/qemu/test.xml <<-'END'
	<domain type='kvm'>
	  <name>lab</name>
	  <devices>
	    <hostdev mode='subsystem' type='pci' managed='yes'>
	      <source>
	        <address domain='0x0000' bus='0x03' slot='0x00' function='0x0'/>
	      </source>
	    </hostdev>
	  </devices>
	</domain>
	END
	expect 0 vfioctl bind $nvme
	says "warning: $nvme: libvirt takes it for the domain lab"
	says "(/etc/libvirt/qemu/test.xml:6)"
	finds libvirt-managed $nvme
	[ "$remedy" = "Write managed='no' in the domain lab to leave $nvme to vfioctl" ]
	expect 0 vfioctl restore -q $nvme
	says "warning: $nvme: libvirt"
	sed -i "s/managed='yes'/managed='no'/" /etc/libvirt/qemu/test.xml
	silent libvirt-managed $nvme
}
