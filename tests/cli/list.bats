# SPDX-License-Identifier: GPL-2.0-or-later
# list on a captured machine: a disk, one function of a NIC and a VF are with vfio-pci, and an mdev.

load helper

mdev=83b8f4f2-509f-382f-3c1e-e6bfe0fa1001

# addresses ARGUMENTS...: what list finds, on one line; that it finds nothing is told.
addresses() {
	on both list -n -r -o address "$@"
	exits 0
	if [ -n "$output" ]; then
		equals "$stderr" ""
	else
		equals "$stderr" "vfioctl: no device matches $*"
	fi
	output=${output//$'\n'/ }
}

@test "all devices, PCI in order of address, other buses behind" {
	addresses
	equals "$output" "$(LC_ALL=C sort <<<"${output// /$'\n'}" | tr '\n' ' ' | sed 's/ $//')"
	[[ $output == *" $mdev" ]]
	equals "$(wc -w <<<"$output")" 29
}

@test "usage is gathered where it is named, and there only" {
	on both list -n -r -o address,usage 02:00.0 04:00.0 06:00.0
	exits 0
	equals "$output" $'0000:02:00.0 live-vfs\n0000:04:00.0 -\n0000:06:00.0 bridge'
	json_on both list -o usage 02:00.0 04:00.0
	equals "$(query '.devices[].usage | tojson' | tr '\n' ' ')" '["live-vfs"] [] '
	json_on both list 02:00.0
	equals "$(query '.devices[0].usage')" null
}

@test "--vfio" {
	addresses --vfio
	equals "$output" "0000:01:00.1 0000:02:10.0 0000:03:00.0 $mdev"
}

@test "--driver takes a name, a pattern or 'none'" {
	addresses --driver e1000e
	equals "$output" "0000:01:00.0"
	addresses --driver 'vfio*'
	equals "$output" "0000:01:00.1 0000:02:10.0 0000:03:00.0"
	addresses --driver nvme
	equals "$output" "0000:04:00.0 0000:05:00.0"
	addresses --driver none --class 0c
	equals "$output" "0000:00:1f.3"
	addresses --driver nobody
	equals "$output" ""
}

@test "--class takes two, four or six digits, or a word" {
	addresses --class 0108
	equals "$output" "0000:03:00.0 0000:04:00.0 0000:05:00.0"
	addresses --class 010802
	equals "$output" "0000:03:00.0 0000:04:00.0 0000:05:00.0"
	addresses --class 0106
	equals "$output" "0000:00:1f.2"
	addresses --class 0C
	equals "$output" "0000:00:1f.3"
	addresses --class 'ethernet controller' --driver e1000e
	[[ $output == "" || $output == "0000:01:00.0" ]] # needs the hwdb
}

@test "--id takes both ids or either" {
	addresses --id 8086:10d3
	equals "$output" "0000:01:00.0 0000:01:00.1"
	addresses --id 8086:10D3
	equals "$output" "0000:01:00.0 0000:01:00.1"
	addresses --id :10d3
	equals "$output" "0000:01:00.0 0000:01:00.1"
	addresses --id 1b36: --driver vfio-pci
	equals "$output" "0000:03:00.0"
	addresses --id 1b36:ffff
	equals "$output" ""
}

@test "--group" {
	group=$(jq -r '.devices[] | select(.address == "0000:01:00.0").iommu_group' < \
		<(kept "$VFIOCTL" list --json --sysroot "$trees/both"))
	addresses --group "$group"
	equals "$output" "0000:01:00.0 0000:01:00.1"
	addresses --group 9999
	equals "$output" ""
}

@test "filters narrow each other, and operands too" {
	addresses --vfio --id 8086:10d3
	equals "$output" "0000:01:00.1"
	addresses --vfio 0000:01:00.0 0000:01:00.1
	equals "$output" "0000:01:00.1"
}

@test "that no device matches is told, but not with -q, nor where a document says it" {
	on both list --vfio --driver nvm --class ntwork --id 8086: --group 999
	exits 0
	equals "$output" ""
	equals "$stderr" "vfioctl: no device matches --vfio --driver nvm --class ntwork --id 8086: --group 999"
	on both list --tree --driver nvm
	exits 0
	equals "$stderr" "vfioctl: no device matches --driver nvm"
	on both list -q --driver nvm
	exits 0
	equals "$stderr" ""
	json_on both list --driver nvm
	exits 0
	equals "$stderr" ""
}

@test "operands are listed in their order, each once" {
	addresses 04:00.0 01:00.0 0000:04:00.0
	equals "$output" "0000:04:00.0 0000:01:00.0"
}

@test "-o chooses columns, +adds to the default ones" {
	on both list -o address,driver 03:00.0
	equals "${lines[0]}" "ADDRESS      DRIVER"
	equals "${lines[1]}" "0000:03:00.0 vfio-pci"
	on both list -n -o driver,address 03:00.0
	equals "$output" "vfio-pci 0000:03:00.0"
	on both list -o +cdev,address 03:00.0
	[[ ${lines[0]} =~ ^ADDRESS\ +VENDOR.*NAME\ +CDEV$ ]]
	[[ ${lines[1]} == *" /dev/vfio/devices/vfio"[0-9] ]]
}

@test "-n leaves the headings out, -r all padding" {
	on both list -n -o address,driver,modes 03:00.0 01:00.0
	equals "${#lines[@]}" 2
	on both list -r -o address,driver,modes 03:00.0 00:1f.2
	equals "${lines[0]}" "ADDRESS DRIVER MODES"
	equals "${lines[1]}" "0000:03:00.0 vfio-pci cdev,group"
	equals "${lines[2]}" "0000:00:1f.2 - -"
}

@test "every column can be printed" {
	while read -r _ _ column; do
		on both list -o "$column"
		exits 0
		equals "${#lines[@]}" 30
	done < <("$VFIOCTL" help --words | grep '^column list ')
}

@test "JSON has the same keys for every device, whatever the columns" {
	json_on both list -o address
	exits 0
	equals "$(query '.devices | length')" 29
	equals "$(query '[.devices[] | keys] | unique | length')" 1
	equals "$(query '.devices[0] | length')" \
		"$("$VFIOCTL" help --words | grep -c '^column list ')"
}

@test "JSON lists are lists when they are empty or of one" {
	json_on both list --driver nobody
	exits 0
	equals "$(query '.devices | type + (length | tostring)')" array0
	json_on both list 03:00.0
	equals "$(query '.devices | length')" 1
	equals "$(query '.devices[0].modes | join(",")')" cdev,group
	json_on both list 00:1f.2
	equals "$(query '.devices[0].modes | type')" array
}

@test "JSON types: ids are strings, numbers numbers, unknown is null" {
	json_on both list 03:00.0 00:1f.2
	equals "$(query '.devices[0] | [.vendor, .device, .class] | join(" ")')" "1b36 0010 010802"
	equals "$(query '.devices[0].iommu_group | type')" number
	equals "$(query '.devices[0].numa_node')" null
	equals "$(query '.devices[1].driver')" null
	equals "$(query '.devices[1].driver_override')" null
}

@test "VFs and PFs know each other" {
	json_on both list 02:00.0 02:10.0
	equals "$(query '.devices[0].vfs')" 2
	equals "$(query '.devices[1].physfn')" 0000:02:00.0
}

@test "an override alone is seen" {
	on both list -n -r -o driver,driver_override 05:00.0
	equals "$output" "nvme vfio-pci"
}

@test "what binding would offer: nothing for bridges, both ways for the rest" {
	on both list -n -r -o would_offer 03:00.0 01:00.0 00:02.0
	equals "$output" $'cdev,group\ncdev,group\n-'
}

@test "--tree: what is listed, and above it what leads there" {
	on both list --tree --vfio -o address,driver
	exits 0
	equals "$output" "ADDRESS                              DRIVER
pci0000:00                           -
├─0000:00:02.0                       pcieport
│ └─0000:01:00.1                     vfio-pci
├─0000:00:03.0                       pcieport
│ └─0000:02:10.0                     vfio-pci
└─0000:00:04.0                       pcieport
  └─0000:03:00.0                     vfio-pci
$mdev mtty"
	on both list --tree
	equals "${#lines[@]}" 31
	[[ ${lines[0]} =~ ^ADDRESS\ +DRIVER\ +GROUP\ RESET-SET\ +MODES\ +NAME ]]
	on both list --tree -o +usage -n 02:00.0
	[[ ${lines[2]} == *" live-vfs" ]]
	json_on both list --tree
	exits 2
	[[ $output == *topology* ]]
}

@test "--sort: numbers by value, text as people count, unknown last, also inside a tree" {
	on both list -nr --sort iommu_group -o iommu_group
	equals "$output" "$(sort -n <<<"$output")"
	on both list -nr --sort vfio_name -o vfio_name
	equals "${lines[*]::5}" "vfio0 vfio1 vfio2 vfio3 -"
	addresses --sort driver --class 02
	equals "$output" "0000:07:01.0 0000:07:02.0 0000:01:00.0 0000:02:00.0 0000:02:10.2 0000:01:00.1 0000:02:10.0 0000:08:00.0"
	json_on both list --sort driver --class 0108
	equals "$(query '[.devices[].address] | join(" ")')" "0000:04:00.0 0000:05:00.0 0000:03:00.0"
	on both list --tree -n --sort driver -o address 01:00.0 01:00.1 02:00.0 02:10.0 02:10.2
	equals "$(grep -o '0000:0[12].*' <<<"$output" | tr '\n' ' ')" \
		"0000:01:00.0 0000:01:00.1 0000:02:00.0 0000:02:10.2 0000:02:10.0 "
	on big list -nr --sort address -o address
	equals "$(head -n 1 <<<"$output") $(tail -n 1 <<<"$output")" "0000:00:00.0 10000:84:00.0"
	on both list --sort drivr
	exits 2
	says "Did you mean 'driver'?"
}

@test "columns: in whatever case, and by their heading a suggestion" {
	on both list -nr -o ADDRESS,Driver 03:00.0
	equals "$output" "0000:03:00.0 vfio-pci"
	on both list -o group
	exits 2
	says "Did you mean 'iommu_group'?"
	on both list -o numa
	says "Did you mean 'numa_node'?"
	on both list -o adress
	says "Did you mean 'address'?"
	on both list -o +nmae
	exits 2
	says "Did you mean 'device_name'?"
	on both list --sort gruop
	says "Did you mean 'iommu_group'?"
}

@test "what a hot reset takes along, and which IOMMU guards it" {
	on both list -nr -o address,reset_set,iommu_instance 01:00.0 02:10.0 03:00.0 06:00.0 07:01.0 00:1f.2
	equals "$output" "0000:01:00.0 0000:00:02.0 dmar0
0000:02:10.0 0000:00:03.0 dmar0
0000:03:00.0 - dmar0
0000:06:00.0 - dmar0
0000:07:01.0 0000:06:00.0 dmar0
0000:00:1f.2 - dmar0"
}

@test "what the host calls a device" {
	on both list -nr -o address,logical_names 00:1a.0 01:00.0 01:00.1 04:00.0
	equals "$output" "0000:00:1a.0 vda
0000:01:00.0 enp1s0f0
0000:01:00.1 -
0000:04:00.0 nvme1,nvme1n1"
	json_on both list 05:00.0
	equals "$(query '.devices[0].logical_names | join(" ")')" "nvme2 nvme2n1"
	# Its port is asked alone: the interface is not the port's.
	json_on both show 00:02.0
	equals "$(query '.devices[0].logical_names')" '[]'
	for word in netdev ifname interface disk; do
		on both list -o "$word"
		exits 2
		says "Did you mean 'logical_names'?"
	done
	on both list -o bdf
	says "Did you mean 'address'?"
}

@test "raw rows of a tree begin with the address" {
	on both list --tree -nr -o address,driver
	equals "$(sort <<<"$output" | grep -v '^pci')" "$("$VFIOCTL" list -nr -o address,driver --sysroot "$trees/both" | sort)"
	on both show -r 01:00.0
	prints $'\ndriver_override '
	[[ $output != *'\x20override'* ]]
}

@test "a tree on a terminal of 80 columns tells what is reset together" {
	for tree in both big synthetic-arm64; do
		terminal "$VFIOCTL" list --tree --sysroot "$trees/$tree"
		[[ ${lines[0]} == *" RESET-SET "* ]] || { echo "$tree: ${lines[0]}"; return 1; }
	done
}

@test "VFIO has it, and nobody can open it: that has a colour of its own" {
	on both list --color always -n -o driver 01:00.0 01:00.1 03:00.0
	[[ $output == *$'\e[32mvfio-pci'* ]]
	on both list --color always -n -o address,driver
	[[ $(grep 0000:01:00.1 <<<"$output") == *$'\e[33mvfio-pci'* ]]
	[[ $(grep 0000:03:00.0 <<<"$output") == *$'\e[32mvfio-pci'* ]]
}

# coloured ARGUMENTS...: how many cells of the table are, on a terminal.
coloured() {
	terminal env "$@" "$VFIOCTL" list -o address,driver --sysroot "$trees/both"
	grep -c $'\e\[3' <<<"$output" || true
}

@test "colour: on a terminal only, not with NO_COLOR, and as --color says" {
	equals "$(coloured)" 4
	equals "$(coloured NO_COLOR=)" 4
	equals "$(coloured NO_COLOR=1)" 0
	equals "$(coloured TERM=dumb)" 0
	on both list
	[[ $output != *$'\e'* ]]
	on both list --color always -o driver 03:00.0
	prints $'\e[32mvfio-pci'
	on both list --color never
	[[ $output != *$'\e'* ]]
	json_on both list --color always
	[[ $json != *$'\e'* ]]
	on both show --color always 03:00.0
	prints $'driver:           \e[32mvfio-pci\e[0m'
}

# reads_well ROOM: the lines of a terminal, none wider than it is; the column NAME has so much room, or for all.
reads_well() {
	local line before
	for line in "${lines[@]%$'\r'}"; do
		[ "${#line}" -le "${wide:-80}" ] || { echo "too wide: $line"; return 1; }
		[[ $line != *" NAME" ]] || before=${line%NAME}
	done
	[[ $output != *…* ]] || [ "${#before}" -le $((${wide:-80} - $1)) ] || { echo "no room for a name: $before"; return 1; }
}

@test "at 80 columns no line is longer and names have room, with ten devices and with many" {
	for machine in cdev-only big both synthetic-512 synthetic-s390 synthetic-arm64 noiommu; do
		for view in list "list --tree" topology; do
			# shellcheck disable=SC2086 # words
			terminal "$VFIOCTL" $view --color never --sysroot "$trees/$machine"
			[ "${#lines[@]}" -gt 2 ]
			room=15
			[ "$view" != "list --tree" ] || room=12 # what is reset together is told first
			reads_well $room || { echo "$view on $machine"; return 1; }
		done
	done
}

# screen WIDTH ARGUMENTS...: list on a terminal so wide.
screen() {
	local wide=$1
	shift
	terminal "$VFIOCTL" list --color never --sysroot "$trees/both" "$@"
}

@test "a narrow terminal: UUIDs are shortened, names cut, both with a mark; wide ones show all" {
	short=${mdev::8}…${mdev: -4}
	[ -n "$("$VFIOCTL" list -nr -o device_name --sysroot "$trees/both" 03:00.0)" ]
	screen 80
	prints $'\n'"$short -      -      mtty" $'\n0000:03:00.0  1b36   0010   vfio-pci '
	screen 80 -o +driver_override
	[[ ${lines[0]} != *" VFIO "* && ${lines[0]} == *" OVERRIDE"* ]]
	screen 80 -o +driver_override,vfio_name
	[[ ${lines[0]} == *" VFIO "* ]] # it is named
	screen 80 --tree
	prints $'\n'"$short "
	screen 80 -o address,driver
	prints $'\n'"$mdev mtty"
	screen 80 -r
	prints $'\n'"$mdev - - mtty"
	screen 200
	prints $'\n'"$mdev -      -      mtty"
	[[ $output != *…* ]]
	on both list
	prints $'\n'"$mdev -      -      mtty"
	[[ $output != *…* ]]
}

@test "a name is cut between characters, however wide, and marked in every locale" {
	make_tree both <<-'END'
		@ /sys/devices/virtual/mtty/mtty/mdev_supported_types/mtty-2
		f name 網路介面卡網路介面卡網路介面卡網路介面卡
	END
	terminal "$VFIOCTL" list -n --color never --vfio --sysroot "$tree"
	prints $' vfio3 網路介面卡網路介面…'
	[[ $output != *\?* && $output != *�* ]]
	make_tree both <<-'END'
		@ /sys/devices/virtual/mtty/mtty/mdev_supported_types/mtty-2
		f name A name that has no room
	END
	terminal env LC_ALL=C "$VFIOCTL" list -n --color never --vfio --sysroot "$tree"
	prints $'\n83b8f4f2...1001 ' $' vfio3 A name that has...'
}

@test "every document of this file is valid" {
	all_documents_valid
}
