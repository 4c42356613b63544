# SPDX-License-Identifier: GPL-2.0-or-later
# Who else gives devices to drivers, as show lists it.

load helper

nvme=0000:03:00.0

# The lab's machine with these lines changed; the managers of its NVMe in $json.
with() {
	printf '%s\n' "$@" | make_tree unloaded
	json show $nvme --json --sysroot "$tree"
	exits 0
}

# managers TEXT: manager, driver, file and line of each, in order.
managers() {
	equals "$(query '.devices[0].managers[] | "\(.manager) \(.driver) \(.file) \(.line)"')" "$1"
}

@test "nobody else" {
	with '@ /etc/modprobe.d' 'f x.conf options kvm ids=1b36:0010'
	managers ""
}

@test "driverctl, by bus and address" {
	with '@ /etc/driverctl.d' "f pci-$nvme vfio-pci" 'f pci-0000:01:00.0 vfio-pci'
	managers "driverctl vfio-pci /etc/driverctl.d/pci-$nvme null"
	equals "$(query '.devices[0].managers[0].detail')" "driverctl gives it to vfio-pci whenever it appears"
	vfioctl show $nvme --sysroot "$tree"
	prints "managers:" "driverctl vfio-pci /etc/driverctl.d/pci-$nvme"
}

@test "options vfio-pci ids=, whatever the spelling, with line and precedence" {
	with '@ /etc/modprobe.d' 'F vfio.conf' $'\t# options vfio-pci ids=1b36:0010' \
		$'\toptions vfio-pci disable_vga=1 \\' $'\t  ids=8086:10d3,1B36:0010' $'\toptions pci-stub "ids=1b36:10:1af4:1100"' \
		'f masked.conf # nothing' '@ /usr/lib/modprobe.d' 'f masked.conf options vfio_pci ids=1b36:0010' \
		'f more.conf options vfio_pci ids=1b36:ffffffff' 'f note.txt options vfio_pci ids=1b36:0010'
	managers "modprobe.d vfio-pci /usr/lib/modprobe.d/more.conf 1
modprobe.d vfio-pci /etc/modprobe.d/vfio.conf 2
modprobe.d pci-stub /etc/modprobe.d/vfio.conf 4"
}

@test "ids of others: device, subsystem and class" {
	with '@ /etc/modprobe.d' 'f x.conf options vfio-pci ids=1b36:0011,1b36,1b36:0010:1234,1b36:0010:ffffffff:ffffffff:020000:ffff00'
	managers ""
	with '@ /etc/modprobe.d' 'f x.conf options vfio-pci ids=1b36:0010:ffffffff:ffffffff:010800:ffff00'
	managers "modprobe.d vfio-pci /etc/modprobe.d/x.conf 1"
}

@test "the kernel's command line" {
	with '@ /proc' 'f cmdline BOOT_IMAGE=/vmlinuz quiet vfio_pci.ids=8086:1,1b36:0010 x="a b" modprobe.blacklist=nouveau,vfio-pci'
	managers "kernel vfio-pci /proc/cmdline null
kernel vfio-pci /proc/cmdline null"
	equals "$(query '.devices[0].managers[1].detail')" "a line about the driver vfio-pci: blacklist vfio_pci"
}

@test "lines of modprobe.d about the module that bind would take" {
	with '@ /etc/modprobe.d' 'F x.conf' $'\tblacklist nouveau' $'\tinstall vfio_pci /sbin/modprobe --ignore-install vfio_pci' \
		$'\tsoftdep nvme pre: vfio-pci' $'\tsoftdep e1000e pre: vfio-pci' $'\tsoftdep vfio-pci post: kvm'
	managers "modprobe.d vfio-pci /etc/modprobe.d/x.conf 2
modprobe.d vfio-pci /etc/modprobe.d/x.conf 3
modprobe.d vfio-pci /etc/modprobe.d/x.conf 5"
}

@test "udev rules that write driver_override, by what they match" {
	with '@ /etc/udev/rules.d' 'F 10-vfio.rules' \
		$'\tACTION=="add", SUBSYSTEM=="pci", ATTR{vendor}=="0x1b36", ATTR{device}=="0x0010|0x0011", ATTR{driver_override}="vfio-pci"' \
		$'\tKERNEL=="0000:03:00.0", RUN+="/bin/sh -c '"'"'echo vfio-pci > /sys$devpath/driver_override'"'"'"' \
		$'\tSUBSYSTEM=="pci", ENV{PCI_ID}=="1B36:0010", \\' $'\t  ATTR{driver_override}="lab"' \
		$'\tATTR{class}=="0x0108*", ATTR{driver_override}:="stub"' \
		$'\t# KERNEL=="0000:03:00.0", ATTR{driver_override}="comment"'
	managers "udev vfio-pci /etc/udev/rules.d/10-vfio.rules 1
udev vfio-pci /etc/udev/rules.d/10-vfio.rules 2
udev lab /etc/udev/rules.d/10-vfio.rules 3
udev stub /etc/udev/rules.d/10-vfio.rules 5"
}

@test "udev rules about others, about nobody in particular, or that only look" {
	with '@ /usr/lib/udev/rules.d' 'F 10-vfio.rules' \
		$'\tKERNEL=="0000:04:00.0", ATTR{driver_override}="x"' \
		$'\tKERNEL!="0000:03:00.0", ATTR{vendor}=="0x1b36", ATTR{driver_override}="x"' \
		$'\tSUBSYSTEM=="usb", KERNEL=="0000:03:00.0", ATTR{driver_override}="x"' \
		$'\tACTION=="remove", KERNEL=="0000:03:00.0", ATTR{driver_override}="x"' \
		$'\tKERNEL=="0000:03:00.0", ATTR{driver_override}=="vfio-pci", TAG+="seen"' \
		$'\tSUBSYSTEM=="pci", ATTR{driver_override}="x"' \
		$'\tKERNEL=="0000:03:00.0' $'\tgarbage driver_override ==== "'
	managers ""
}

@test "udev rules that write an id into a driver" {
	with '@ /run/udev/rules.d' 'F a.rules' \
		$'\tATTR{vendor}=="0x1b36", ATTR{[drivers/pci:vfio-pci]new_id}="1b36 0010"' \
		$'\tSUBSYSTEM=="pci", RUN+="/bin/sh -c \\"echo 1b36 0010 > /sys/bus/pci/drivers/other/new_id\\""' \
		$'\tSUBSYSTEM=="pci", RUN+="/bin/sh -c \\"echo 8086 0010 > /sys/bus/pci/drivers/other/new_id\\""'
	managers "udev vfio-pci /run/udev/rules.d/a.rules 1
udev other /run/udev/rules.d/a.rules 2"
}

@test "libvirt domains that manage it" {
	with '@ /etc/libvirt/qemu' 'F vm.xml' $'\t<domain type="kvm">' $'\t  <name>web &amp; more</name>' \
		$'\t  <!-- <hostdev mode="subsystem" type="pci" managed="yes"><source>' \
		$'\t  <address domain="0x0000" bus="0x03" slot="0x00" function="0x0"/></source></hostdev> -->' \
		$'\t  <devices><hostdev mode='"'subsystem' type='pci' managed='yes'"'>' $'\t    <driver name="vfio"/>' \
		$'\t    <source>' $'\t      <address domain="0x0000" bus="0x03" slot="0x00" function="0x0"/>' \
		$'\t    </source>' $'\t    <address type="pci" domain="0x0000" bus="0x04" slot="0x00" function="0x0"/>' \
		$'\t  </hostdev></devices>' $'\t</domain>'
	managers "libvirt null /etc/libvirt/qemu/vm.xml 8"
	[[ $(query '.devices[0].managers[0].detail') == "libvirt takes it for the domain web"* ]]
	json show 0000:04:00.0 --json --sysroot "$tree" # the guest's address of it
	managers ""
}

@test "libvirt interfaces, running domains, and what it does not manage" {
	with '@ /run/libvirt/qemu' 'F vm.xml' $'\t<name>a</name><interface type="hostdev" managed="yes"><source>' \
		$'\t<address type="pci" domain="0" bus="3" slot="0" function="0"/></source></interface>' \
		'@ /etc/libvirt/qemu' 'F b.xml' $'\t<hostdev managed="no" type="pci"><source>' \
		$'\t<address domain="0x0000" bus="0x03" slot="0x00" function="0x0"/></source></hostdev>' \
		'F c.xml' $'\t<hostdev managed="yes" type="usb"><source><address bus="3" device="0"/></source></hostdev>' \
		$'\t<hostdev managed="yes"/><source><address bus="3"/></source>' \
		'F broken.xml' $'\t<hostdev managed="yes" type="pci"><source><address bus=' \
		'f empty.xml'
	managers "libvirt null /run/libvirt/qemu/vm.xml 2"
}

@test "libvirt networks that hand it out, by its address" {
	with '@ /etc/libvirt/qemu/networks' 'F pool.xml' $'\t<network>' $'\t  <name>pool</name>' \
		$'\t  <forward mode="hostdev" managed="yes">' $'\t    <driver name="vfio"/>' \
		$'\t    <address type="pci" domain="0x0000" bus="0x04" slot="0x00" function="0x0"/>' \
		$'\t    <address type="pci" domain="0x0000" bus="0x03" slot="0x00" function="0x0"/>' \
		$'\t  </forward>' $'\t  <address type="pci" domain="0" bus="1" slot="0" function="0"/>' $'\t</network>'
	managers "libvirt null /etc/libvirt/qemu/networks/pool.xml 6"
	equals "$(query '.devices[0].managers[0].detail')" "libvirt hands it out from the network pool, and gives it back \
to the host's driver when the domain that has it ends"
	json show 0000:01:00.0 --json --sysroot "$tree" # behind the element
	managers ""
}

# A VF, whose PF has the interface eth3.
a_vf() {
	a_function 0000:02:00.0 ixgbe
	a_function 0000:02:10.0 ixgbevf
	printf '@ /sys/devices/pci0000:00/0000:02:00.0\nl virtfn0 ../0000:02:10.0\nl net/eth3/device ../../../0000:02:00.0\n'
	printf '@ /sys/devices/pci0000:00/0000:02:10.0\nl physfn ../0000:02:00.0\n'
	printf '@ /sys/class/net\nl eth3 ../../devices/pci0000:00/0000:02:00.0/net/eth3\n'
}

# networks_of ADDRESS: of the machine on standard input, as managers wants them.
networks_of() {
	make_tree
	json show "$1" --json --sysroot "$tree"
	exits 0
}

@test "libvirt networks that hand out the VFs of an interface, and the running one that lists them, too" {
	local vf='<address type="pci" domain="0x0000" bus="0x02" slot="0x10" function="0x0"/>'
	networks_of 0000:02:10.0 < <(
		a_vf
		printf '@ /etc/libvirt/qemu/networks\nF pool.xml\n\t<network><name>pool</name>\n'
		printf "\t<forward mode='hostdev' managed='yes'>\n\t<pf dev='eth3'/>\n\t</forward></network>\n"
		printf '@ /run/libvirt/network\nF pool.xml\n\t<networkstatus><network><name>pool</name>\n'
		printf "\t<forward mode='hostdev' managed='yes'><pf dev='eth3'/>\n\t%s</forward></network></networkstatus>\n" "$vf"
		printf "F gone.xml\n\t<forward mode='hostdev' managed='yes'><pf dev='eth9'/>\n\t%s</forward>\n" "$vf"
	)
	equals "$(query '.devices[0].managers[] | "\(.manager) \(.driver) \(.file) \(.line)"' | sort)" \
"libvirt null /etc/libvirt/qemu/networks/pool.xml 3
libvirt null /run/libvirt/network/gone.xml 2
libvirt null /run/libvirt/network/pool.xml 2"
	equals "$(query '.devices[0].managers[0].detail')" "libvirt hands it out as a VF of eth3 from the network pool, and \
gives it back to the host's driver when the domain that has it ends"
	json show 0000:02:00.0 --json --sysroot "$tree" # the PF stays where it is
	managers ""
}

@test "libvirt networks that hand out nothing that is managed" {
	networks_of 0000:02:10.0 < <(
		a_vf
		printf '@ /etc/libvirt/qemu/networks\n'
		printf "F a.xml\n\t<forward mode='hostdev' managed='no'><pf dev='eth3'/></forward>\n"
		printf "F b.xml\n\t<forward mode='nat' managed='yes'><pf dev='eth3'/></forward>\n"
		printf "F c.xml\n\t<forward mode='hostdev' managed='yes'/><pf dev='eth3'/>\n"
		printf "F d.xml\n\t<forward mode='hostdev' managed='yes'><interface dev='eth3'/><pf/></forward>\n"
		printf "F e.xml\n\t<forward mode='hostdev' managed='yes'><pf dev='../net/eth3'/><pf dev=\n"
		printf "F f.xml\n\t<forward mode='hostdev' managed='yes'><!-- <pf dev='eth3'/> --></forward>\n"
	)
	managers ""
}

@test "every document of this file is valid" {
	all_documents_valid
}
