# SPDX-License-Identifier: GPL-2.0-or-later
# Which driver bind takes with the modules that distributions have; tests/data/modules are theirs.

load helper

# The lines of a function that no driver has: a_card ADDRESS VENDOR DEVICE CLASS, in capitals.
a_card() {
	printf '@ /sys/devices/pci0000:00/%s\nF uevent\n' "$1"
	printf '\t%s\n' "PCI_CLASS=$4" "PCI_ID=$2:$3" PCI_SUBSYS_ID=1AF4:1100 "PCI_SLOT_NAME=$1" \
		"MODALIAS=pci:v0000$2d0000$3sv00001AF4sd00001100bc${4:0:2}sc${4:2:2}i${4:4:2}"
	printf 'f driver_override (null)\nf numa_node 0\nl subsystem ../../../bus/pci\n'
	printf '@ /sys/bus/pci/devices\nl %s ../../../devices/pci0000:00/%s\n' "$1" "$1"
}

cards() {
	a_card 0000:01:00.0 15B3 101E 020000 # ConnectX VF
	a_card 0000:02:00.0 19E5 A251 120000 # ZIP VF
	a_card 0000:03:00.0 1DD8 1003 020000 # Pensando VF
	a_card 0000:04:00.0 10DE 2342 030200 # Grace Hopper
	a_card 0000:05:00.0 8086 4941 0B4000 # QAT VF
	a_card 0000:06:00.0 1AF4 1041 020000 # virtio-net
	a_card 0000:07:00.0 8086 E20B 030000 # Battlemage
	a_card 0000:08:00.0 1B36 0010 010802 # NVMe
}
addresses=(01:00.0 02:00.0 03:00.0 04:00.0 05:00.0 06:00.0 07:00.0 08:00.0)

# A machine with these cards and the modules of a distribution, and lines more for its tree.
machine() {
	local name=$1
	shift
	{ cards; printf '%s\n' "$@"; } >"$BATS_TEST_TMPDIR/cards"
	rm -rf "$tree"
	"$data/expand" "$tree" "$data/modules/$name.tree" "$BATS_TEST_TMPDIR/cards"
}

# takes DRIVER...: for each card in order; a hyphen is vfio-pci.
takes() {
	json show --json --sysroot "$tree" "${addresses[@]}"
	exits 0
	equals "$(query '[.devices[] | .bind_driver | if . == "vfio-pci" then "-" else . end] | join(" ")')" "$*"
}

@test "Debian 11: no aliases, no variants" {
	machine debian-11
	takes - - - - - - - -
	equals "$(query '.devices[0].bind_why')" "the generic driver"
}

@test "Debian 12 and 13: the generic driver alone" {
	machine debian-12
	takes - - - - - - - -
	equals "$(query '.devices[0].bind_why')" "the generic driver: no variant is made for this device"
	machine debian-13
	takes - - - - - - - -
	equals "$(query '.devices[0].vfio_modules | join(" ")')" vfio_pci
	equals "$(query '.devices[0].native_modules | join(" ")')" mlx5_core
}

@test "RHEL 9: mlx5_vfio_pci" {
	machine rhel-9
	takes mlx5_vfio_pci - - - - - - -
	equals "$(query '.devices[0].vfio_modules | join(" ")')" "mlx5_vfio_pci vfio_pci"
	equals "$(query '.devices[0].bind_why')" "a variant made for this device"
}

@test "Fedora: what an x86 machine can use" {
	machine fedora
	takes mlx5_vfio_pci - pds_vfio_pci - qat_vfio_pci virtio_vfio_pci - -
}

@test "Ubuntu: what an Arm server can use" {
	machine ubuntu
	takes mlx5_vfio_pci hisi_acc_vfio_pci pds_vfio_pci nvgrace_gpu_vfio_pci - - - -
}

@test "Linux 7.3: the driver of xe_vfio_pci has another name than its module" {
	machine linux-7.3
	takes mlx5_vfio_pci hisi_acc_vfio_pci pds_vfio_pci nvgrace_gpu_vfio_pci qat_vfio_pci virtio_vfio_pci xe-vfio-pci -
}

@test "a module that is loaded tells its driver's name itself" {
	machine rhel-9 '@ /sys/module/mlx5_vfio_pci' 'f initstate live' 'l drivers/pci:another-name x' \
		'@ /sys/bus/pci/drivers' 'd another-name' '@ /etc/modprobe.d' 'f x.conf blacklist mlx5_vfio_pci'
	takes another-name - - - - - - -
}

@test "a variant that is blacklisted makes room for vfio-pci, and is named" {
	machine fedora '@ /etc/modprobe.d' 'f x.conf blacklist mlx5-vfio-pci'
	takes - - pds_vfio_pci - qat_vfio_pci virtio_vfio_pci - -
	equals "$(query '.devices[0].bind_why')" \
		"the generic driver; mlx5_vfio_pci is made for it, but modprobe.d blacklists it"
}

@test "so does one with an install line, its own or that of a module it needs" {
	machine fedora '@ /run/modprobe.d' 'f x.conf install pds_vfio_pci /bin/false'
	takes mlx5_vfio_pci - - - qat_vfio_pci virtio_vfio_pci - -
	equals "$(query '.devices[2].bind_why')" \
		"the generic driver; pds_vfio_pci is made for it, but modprobe.d has an install line for it"
	machine fedora '@ /run/modprobe.d' 'f x.conf install vfio-pci-core /bin/false'
	takes - - - - - - - -
	[[ $(query '.devices[2].bind_why') == *"an install line for vfio_pci_core, which it needs" ]]
}

@test "and one whose file is missing" {
	machine fedora
	rm "$tree"/lib/modules/*/kernel/qat_vfio_pci.ko.xz
	takes mlx5_vfio_pci - pds_vfio_pci - - virtio_vfio_pci - -
	[[ $(query '.devices[4].bind_why') == *"qat_vfio_pci is made for it, but its file is missing" ]]
}

@test "of two that match, the one that says more fields is taken, and the next one when that cannot be" {
	two=('k 6.99.0' 'm vfio-pci' $'\talias vfio_pci:v*d*sv*sd*bc*sc*i*'
		'm a-vfio-pci' $'\talias vfio_pci:v00001DD8d*sv*sd*bc02sc*i*'
		'm z-vfio-pci' $'\talias vfio_pci:v00001DD8d00001003sv*sd*bc02sc00i*'
		'@ /proc' 'f sys/kernel/osrelease 6.99.0')
	machine debian-12 "${two[@]}"
	takes - - z_vfio_pci - - - - -
	equals "$(query '.devices[2].vfio_modules | join(" ")')" "z_vfio_pci a_vfio_pci vfio_pci"
	machine debian-12 "${two[@]}" '@ /etc/modprobe.d' 'f x.conf blacklist z_vfio_pci'
	takes - - a_vfio_pci - - - - -
	equals "$(query '.devices[2].bind_why')" \
		"a variant made for this device; z_vfio_pci is made for it, but modprobe.d blacklists it"
}

@test "fields count, not letters: class, subclass and interface are more than vendor and device" {
	machine debian-12 'k 6.99.0' 'm vfio-pci' $'\talias vfio_pci:v*d*sv*sd*bc*sc*i*' \
		'm a-vfio-pci' $'\talias vfio_pci:v00001B36d00000010sv*sd*bc*sc*i*' \
		'm b-vfio-pci' $'\talias vfio_pci:v*d*sv*sd*bc01sc08i02' \
		'@ /proc' 'f sys/kernel/osrelease 6.99.0'
	takes - - - - - - - b_vfio_pci
}

@test "every document of this file is valid" {
	all_documents_valid
}
