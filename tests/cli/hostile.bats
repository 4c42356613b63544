# SPDX-License-Identifier: GPL-2.0-or-later
# Devices that do not answer, vanish, cannot be read, or say strange things.
# stage: suites

load helper

# Runs vfioctl and holds it to a time, in milliseconds: generous, for a busy machine and a sanitized build. What
# it guards against lasts for ever; that list answers within three seconds is for the lab (locked.bats).
within() {
	local limit=$1 start=${EPOCHREALTIME/./}
	shift
	"$@"
	local took=$(((${EPOCHREALTIME/./} - start) / 1000))
	[ "$took" -le "$limit" ] || { echo "took $took ms, not $limit"; return 1; }
}

# drawn: the pictures of $tree are there, in time, without a byte that a terminal or a reader would stumble over.
drawn() {
	local arguments
	for arguments in topology "topology --format dot" "topology --format svg" "list --tree"; do
		# shellcheck disable=SC2086 # words
		within 15000 vfioctl $arguments --sysroot "$tree"
		exits 0
		plain "$output$stderr"
		[[ $arguments != *svg ]] ||
			/usr/bin/python3 -c 'import sys, xml.etree.ElementTree as tree; tree.fromstring(sys.stdin.read())' <<<"$output"
	done
	within 15000 json topology --json --sysroot "$tree"
	exits 0
}

# plain TEXT: UTF-8 without control bytes, and nothing that turns its direction around.
plain() {
	equals "$(LC_ALL=C grep -c $'[\x01-\x08\x0b-\x1f\x7f]' <<<"$1")" 0
	iconv -f UTF-8 -t UTF-16 <<<"$1" >/dev/null
	[[ $1 != *$'\xe2\x80\xae'* ]]
}

@test "a FIFO instead of an attribute: the device is locked, the others are not" {
	{
		a_function 0000:01:00.0 ixgbe
		a_function 0000:02:00.0 ixgbe
		a_function 0000:03:00.0 ixgbe
		printf '@ /sys/devices/pci0000:00/0000:02:00.0\np driver_override\n'
	} | make_tree
	within 10000 json list --json --sysroot "$tree"
	exits 0
	equals "$(query '[.devices[].state] | join(" ")')" "ok locked ok"
	equals "$(query '.devices[1] | [.vendor, .driver, .vfs, .iommu] | unique | length')" 1
	within 10000 vfioctl list -n -r -o address,driver,state --sysroot "$tree"
	exits 0
	equals "${lines[1]}" "0000:02:00.0 - locked"
	drawn
	equals "$(query '[.devices[] | select(.kind == "function").state] | sort | join(" ")')" "locked ok ok"
}

@test "many FIFOs cost no more time than one" {
	for i in 1 2 3 4 5 6 7 8; do
		a_function "0000:0$i:00.0" ixgbe
		[ $((i % 2)) -eq 0 ] || printf '@ /sys/devices/pci0000:00/0000:0%d:00.0\np uevent\n' "$i"
	done | make_tree
	within 10000 json list --json --sysroot "$tree"
	exits 0
	equals "$(query '[.devices[].state] | join(" ")')" \
		"locked ok locked ok locked ok locked ok"
}

@test "show of a locked device ends too" {
	{ a_function 0000:01:00.0 ixgbe; printf '@ /sys/devices/pci0000:00/0000:01:00.0\np uevent\n'; } |
		make_tree
	within 10000 json show 01:00.0 --json --sysroot "$tree"
	exits 0
	equals "$(query '.devices[0].state')" locked
}

@test "show of a device whose unbind waits names who has it" {
	{
		a_function 0000:01:00.0
		printf '@ /sys/devices/pci0000:00/0000:01:00.0\np driver_override\n'
		printf '@ /proc/90\nf comm qemu\nF maps\nl fd/3 anon_inode:[vfio-device]\n'
		printf 'f fdinfo/3 vfio-device-syspath: /sys/devices/pci0000:00/0000:01:00.0\n'
	} | make_tree
	within 12000 json show 01:00.0 --json --sysroot "$tree"
	exits 0
	equals "$(query '.devices[0] | [.state, .in_use, .holders[0].command] | map(tostring) | join(" ")')" \
		"locked true qemu"
	equals "$(query '[.devices[0].usage[].reason] | sort | join(" ")')" "unseen vfio-open"
}

@test "a locked member of the group keeps user space out, and show says which" {
	{
		for i in 0 1; do
			a_function 0000:01:00.$i vfio-pci
			printf '@ /sys/devices/pci0000:00/0000:01:00.%d\nl iommu_group ../../../kernel/iommu_groups/7\n' $i
		done
		printf 'p driver_override\n'
	} | make_tree
	within 10000 json show 01:00.0 --json --sysroot "$tree"
	exits 0
	equals "$(query '.devices[0].group_members[1] | [.address, .driver, .state, .blocks_group] | map(tostring) | join(" ")')" \
		"0000:01:00.1 null locked true"
	within 10000 json list --json --group 7 --sysroot "$tree"
	equals "$(query '[.devices[] | .state] | join(" ")')" "ok locked"
}

@test "no process of a stuck list is left behind that holds our output" {
	{ a_function 0000:01:00.0 ixgbe; printf '@ /sys/devices/pci0000:00/0000:01:00.0\np uevent\n'; } |
		make_tree
	within 10000 bash -c '"$VFIOCTL" list --sysroot "$1" | cat >/dev/null' - "$tree"
}

@test "a device that vanished" {
	{ a_function 0000:01:00.0; printf 'l 0000:02:00.0 ../../../devices/pci0000:00/0000:02:00.0\n'; } |
		make_tree
	json list --json --sysroot "$tree"
	exits 0
	equals "$(query '[.devices[].state] | join(" ")')" "ok gone"
	json show 02:00.0 --json --sysroot "$tree"
	exits 8
}

@test "hostile strings never reach the terminal, and JSON parses" {
	{
		a_function 0000:01:00.0 $'evil\e[2J\e]0;x\a\x9b31m\xe2\x80\xae\xff\xc3('
		printf '@ /sys/devices/pci0000:00/0000:01:00.0\n'
		printf 'f driver_override \e[31mred\x01\x7f"quoted"\\\n'
		printf 'd net/e\e[1mth\nl iommu ../../virtual/iommu/e\e[1mvil\n'
		for i in 0 1; do
			printf '@ /sys/devices/pci0000:00/e\e[1mvil/0000:02:00.%d\nF uevent\n\tPCI_CLASS=20000\n\tPCI_ID=8086:1572\n' $i
			printf '@ /sys/bus/pci/devices\nl 0000:02:00.%d ../../../devices/pci0000:00/e\e[1mvil/0000:02:00.%d\n' $i $i
		done
	} | make_tree
	for arguments in "list -o +driver_override,modalias,syspath" "list -r" "show 01:00.0"; do
		# shellcheck disable=SC2086 # words
		vfioctl $arguments --sysroot "$tree"
		exits 0
		plain "$output"
	done
	drawn
	equals "$(query '.reset_sets[0].bridge, .iommus[0].name')" $'e?[1mvil\ne?[1mvil'
	json list --json --sysroot "$tree"
	equals "$(query '.devices[0].driver')" 'evil?[2J?]0;x??31m???('
	equals "$(query '.devices[0].driver_override')" '?[31mred??"quoted"\'
	json show 01:00.0 --json --sysroot "$tree"
	exits 0
}

@test "64 KiB where a word is expected" {
	long=$(head -c 65536 /dev/zero | tr '\0' x)
	a_function 0000:01:00.0 | make_tree
	printf 'DRIVER=%s\n' "$long" >"$tree/sys/devices/pci0000:00/0000:01:00.0/uevent"
	printf '%s\n' "$long" >"$tree/sys/devices/pci0000:00/0000:01:00.0/driver_override"
	json list --json --sysroot "$tree"
	exits 0
	[ "$(query '.devices[0].driver_override | length')" -le 4096 ]
	vfioctl list --sysroot "$tree"
	exits 0
	drawn
}

@test "NULs and missing newlines" {
	a_function 0000:01:00.0 | make_tree
	printf 'a\0b' >"$tree/sys/devices/pci0000:00/0000:01:00.0/driver_override"
	: >"$tree/sys/devices/pci0000:00/0000:01:00.0/numa_node"
	json list --json --sysroot "$tree"
	exits 0
	equals "$(query '.devices[0].driver_override')" a
	equals "$(query '.devices[0].numa_node')" null
}

@test "links out of the tree stay inside, loops end" {
	{
		a_function 0000:01:00.0
		a_function 0000:02:00.0
		printf '@ /sys/devices/pci0000:00\n'
		printf 'l 0000:01:00.0/driver_override /proc/version\n'
		printf 'l 0000:01:00.0/numa_node ../../../../../../../../proc/sys/kernel/pid_max\n'
		printf 'l 0000:02:00.0/uevent uevent\n'
		printf 'l 0000:02:00.0/driver ../../../../../../etc\n'
		printf '@ /sys/bus/pci/devices\nl 0000:03:00.0 /sys/bus/pci/devices\n'
		printf 'l 0000:04:00.0 0000:04:00.0\n'
	} | make_tree
	json list --json --sysroot "$tree"
	exits 0
	equals "$(query '.devices[0].driver_override')" null
	equals "$(query '.devices[0].numa_node')" null
	equals "$(query '.devices | length')" 4
	for address in 01:00.0 02:00.0; do
		vfioctl show "$address" --sysroot "$tree"
		exits 0
	done
	drawn
	equals "$(query '[.devices[] | select(.kind == "function")] | length')" 4
}

@test "devices that claim to be below each other and themselves, and bridges below bridges: all are drawn" {
	local deep=pci0000:00/pci0001:00/pci0002:00/pci0003:00/pci0004:00/pci0005:00 path
	{
		for path in "$deep/0000:01:00.0" 0000:03:00.0/0000:02:00.0 0000:02:00.0/0000:03:00.0 0000:04:00.0/0000:04:00.0; do
			printf '@ /sys/devices/%s\nF uevent\n\tPCI_CLASS=20000\n\tPCI_ID=8086:1572\n' "$path"
			printf '@ /sys/bus/pci/devices\nl %s ../../../devices/%s\n' "${path##*/}" "$path"
		done
	} | make_tree
	drawn
	equals "$(query '[.devices[] | "\(.address)<\(.parent)"] | join(" ")')" \
		"0000:01:00.0<pci0005:00 0000:02:00.0<null 0000:03:00.0<null 0000:04:00.0<null"
	equals "$(query '[.host_bridges[].name] | join(" ")')" "$(tr / ' ' <<<"$deep")"
}

@test "odd names in the directory of devices" {
	a_function 0000:01:00.0 | make_tree
	touch "$tree/sys/bus/pci/devices/not-an-address" "$tree/sys/bus/pci/devices/"$'x\ey'
	json list --json --sysroot "$tree"
	exits 0
	[[ $(query '[.devices[].address] | join(" ")') == *"0000:01:00.0"* ]]
	vfioctl list --sysroot "$tree"
	[[ $output != *$'\e'* ]]
	drawn
}

@test "without rights to read: what can be seen is shown" {
	tree=$(mktemp -d /tmp/vfioctl-tree-XXXXXX)
	{ a_function 0000:01:00.0 ixgbe; a_function 0000:02:00.0 ixgbe; } | "$data/expand" "$tree" -
	chmod 755 "$tree"
	chmod 000 "$tree/sys/devices/pci0000:00/0000:01:00.0/driver_override"
	chmod 000 "$tree/sys/devices/pci0000:00/0000:02:00.0/uevent"
	for arguments in topology list; do
		# shellcheck disable=SC2086 # words
		runs kept as_nobody "$VFIOCTL" $arguments --json --sysroot "$tree"
		exits 0
		equals "$(jq -r '[.devices[].address] | join(" ")' <<<"$output")" "0000:01:00.0 0000:02:00.0"
		equals "$(jq -r '.devices[0].driver' <<<"$output")" ixgbe
	done
	rm -rf "$tree"
}

@test "doctor and snapshot of links out of the root and of loops stay inside and end" {
	{
		a_function 0000:01:00.0 vfio-pci
		printf '@ /sys/devices/pci0000:00/0000:01:00.0\n'
		printf 'l driver_override /etc/shadow\nl numa_node numa_node\nl iommu_group ../../../../../../../../root\n'
		printf 'd power\nl power/runtime_status ../power/runtime_status\nl reset_method /proc/self/environ\n'
		printf '@ /proc\nl cmdline /proc/version\nl devices devices\n'
		printf '@ /etc\nl passwd /etc/passwd\nl modprobe.d ../../../../../../etc/modprobe.d\n'
		printf '@ /etc/udev\nl rules.d rules.d\n@ /sys/class\nl vfio-dev .\nl iommu /\n'
	} | make_tree
	for arguments in "doctor 01:00.0" "doctor --for qemu --user 0 01:00.0" doctor "show 01:00.0" mode "list -o address,usage" topology; do
		# shellcheck disable=SC2086 # words
		within 15000 json $arguments --json --sysroot "$tree"
		[[ $status =~ ^[0128]$ ]] || exits 0
		[[ $output != *root:* && $output != *"Linux version"* ]]
	done
	within 30000 json snapshot "$BATS_TEST_TMPDIR/taken" --json --sysroot "$tree"
	exits 0
	equals "$(readlink "$BATS_TEST_TMPDIR/taken/sys/devices/pci0000:00/0000:01:00.0/driver_override")" /etc/shadow
	[ ! -e "$BATS_TEST_TMPDIR/taken/etc/shadow" ]
	equals "$(grep -rIl 'root:\|Linux version' "$BATS_TEST_TMPDIR/taken" | wc -l)" 0
}

@test "doctor and snapshot of FIFOs end, and tell" {
	{
		a_function 0000:01:00.0 vfio-pci
		a_function 0000:02:00.0 ixgbe
		printf '@ /vfioctl\np names\np nodes\n@ /etc\np passwd\np security/limits.conf\n'
	} | make_tree
	within 20000 json doctor --for qemu 01:00.0 --json --sysroot "$tree"
	[[ $status =~ ^[01]$ ]] || exits 0
	within 20000 json show --user 0 01:00.0 --json --sysroot "$tree"
	exits 0
	within 20000 json topology --json --sysroot "$tree"
	exits 0
	within 20000 json list --json --sysroot "$tree"
	exits 0
	equals "$(query '.devices[1].driver')" ixgbe
	mkdir -p "$tree/etc/modprobe.d"
	mkfifo "$tree/etc/modprobe.d/a.conf"
	within 30000 json snapshot "$BATS_TEST_TMPDIR/taken" --json --sysroot "$tree"
	exits 0
	# What blocked is not opened again: it is a file that is there.
	equals "$(find "$BATS_TEST_TMPDIR/taken" -type p | wc -l)" 0
	equals "$(query '[.gaps[] | select(.cause == "it is no regular file").path] | join(" ")')" \
		"/etc/modprobe.d/a.conf /etc/passwd /etc/security/limits.conf /vfioctl/names"
	within 20000 json list --json --sysroot "$BATS_TEST_TMPDIR/taken"
	exits 0
}

@test "a snapshot of what does not answer ends soon when it is told to, and leaves nothing" {
	local i
	for i in 1 2 3 4 5 6; do
		a_function "0000:0$i:00.0" ixgbe
		printf '@ /sys/devices/pci0000:00/0000:0%d:00.0\np uevent\n@ /proc/8%d\nf comm qemu\np maps\nd fd\n' "$i" "$i"
	done | make_tree
	"$VFIOCTL" snapshot "$BATS_TEST_TMPDIR/taken" --sysroot "$tree" 2>/dev/null 3>&- &
	sleep 1
	kill -TERM $!
	within 2000 runs wait $!
	exits 143
	[ -z "$(compgen -G "$BATS_TEST_TMPDIR/taken*")" ]
}

# Files that the program reads without a reader process before them, and one of each of its own.
@test "FIFOs instead of files of the host: each command answers without waiting for them" {
	local fifo
	{ a_function 0000:01:00.0 vfio-pci; a_function 0000:02:00.0 ixgbe; } | make_tree unloaded
	for fifo in proc/devices proc/cmdline proc/sys/kernel/osrelease proc/sys/kernel/random/boot_id etc/group \
		etc/passwd etc/modprobe.d/a.conf usr/lib/modprobe.d/b.conf etc/udev/rules.d/a.rules \
		sys/module/{vfio,iommufd,vfio_iommu_type1}/parameters/{enable_unsafe_noiommu_mode,allow_unsafe_interrupts} \
		sys/class/vfio/7/dev sys/dev/char/510:0/uevent sys/class/vfio-dev/vfio2/dev vfioctl/names; do
		mkdir -p "$tree/${fifo%/*}"
		rm -rf "${tree:?}/$fifo"
		mkfifo "$tree/$fifo"
	done
	for fifo in "$tree"/sys/kernel/irq/*/chip_name "$tree"/lib/modules/*/modules.* "$tree"/lib/modules/*/kernel/*/*.ko; do
		[ ! -e "$fifo" ] || { rm -f "$fifo"; mkfifo "$fifo"; }
	done
	for arguments in mode "show 01:00.0" "show --user 0 01:00.0" topology list "list -o address,usage"; do
		# shellcheck disable=SC2086 # words
		within 5000 json $arguments --json --sysroot "$tree"
		exits 0
	done
	# Its rules run in a worker, where each stands for a file that does not answer.
	within 30000 json doctor -v --for qemu --user 0 01:00.0 --json --sysroot "$tree"
	exits 6
}

@test "directories with very many entries: bounded, and nothing is lost that was asked for" {
	a_function 0000:01:00.0 ixgbe | make_tree
	local many="$tree/sys/devices/pci0000:00/0000:01:00.0"
	(
		mkdir -p "$many/below" "$tree/sys/kernel/iommu_groups"
		cd "$many" && seq -f 'entry%05g' 10000 | xargs touch
		cd "$many/below" && seq 1000 | xargs mkdir
		cd "$tree/sys/kernel/iommu_groups" && seq 1000 | xargs mkdir
	)
	for arguments in list "list -o address,usage" mode topology "doctor 01:00.0" "show 01:00.0"; do
		# shellcheck disable=SC2086 # words
		within 30000 json $arguments --json --sysroot "$tree"
		[[ $status =~ ^[01]$ ]] || exits 0
	done
	within 120000 json snapshot "$BATS_TEST_TMPDIR/taken" --json --sysroot "$tree"
	exits 0
	[ -e "$BATS_TEST_TMPDIR/taken/sys/bus/pci/devices/0000:01:00.0/uevent" ]
	rm -rf "$BATS_TEST_TMPDIR/taken" "$tree"
}

@test "files that vanish and come back while they are read: an answer, or a bounded error" {
	for i in 1 2 3 4; do a_function "0000:0$i:00.0" ixgbe; done | make_tree
	(
		cd "$tree/sys/devices/pci0000:00"
		while [ ! -e "$BATS_TEST_TMPDIR/enough" ]; do
			mv 0000:02:00.0 away 2>/dev/null
			rm -f 0000:03:00.0/uevent
			mv away 0000:02:00.0 2>/dev/null
			echo DRIVER=ixgbe >0000:03:00.0/uevent
		done
	) 3>&- &
	changer=$!
	for arguments in list "list -o address,usage" topology "show 01:00.0" "doctor 0000:02:00.0 0000:01:00.0" topology "snapshot $BATS_TEST_TMPDIR/taken"; do
		# shellcheck disable=SC2086 # words
		within 60000 json $arguments --json --sysroot "$tree"
		[[ $status =~ ^[0128]$ ]] || { touch "$BATS_TEST_TMPDIR/enough"; exits 0; }
		[[ $(query .schema) =~ ^vfioctl\. ]]
	done
	touch "$BATS_TEST_TMPDIR/enough"
	wait "$changer"
}

@test "hostile text everywhere that doctor and snapshot read: no control byte, and JSON parses" {
	local evil=$'x\e[2J\e]0;y\a\x9b31m\xe2\x80\xae\xff\xc3('
	{
		a_function 0000:01:00.0 "vfio-pci$evil"
		printf '@ /sys/devices/pci0000:00/0000:01:00.0\nf reset_method %s\nf driver_override %s\n' "$evil" "$evil"
		printf '@ /etc/modprobe.d\nf a.conf options vfio-pci ids=8086:1572 %s\nf b%s.conf blacklist vfio-pci\n' "$evil" "$evil"
		printf '@ /etc/udev/rules.d\nf a.rules ATTR{vendor}=="0x8086", ATTR{driver_override}="%s"\n' "$evil"
		printf '@ /proc\nf cmdline vfio_pci.ids=8086:1572%s modprobe.blacklist=vfio%s\n' "$evil" "$evil"
		printf '@ /etc/libvirt/qemu\nf a.xml <domain><name>%s</name><hostdev managed="yes" type="pci"><source><address bus="1"/></source></hostdev>\n' "$evil"
		printf '@ /vfioctl\nF names\n\tpci:v00008086d00001572sv00008086sd00000001bc02sc00i00\n\t ID_MODEL_FROM_DATABASE=%s\n' "$evil"
		printf '@ /proc/7\nf comm %s\nf maps 1-2 rw-s 0 0:0 0 /dev/vfio/1%s\n' "$evil" "$evil"
	} | make_tree
	for arguments in doctor "doctor -v 01:00.0" "doctor --for qemu --user 0 01:00.0" "show 01:00.0" "list -o +device_name"; do
		# shellcheck disable=SC2086 # words
		vfioctl $arguments --sysroot "$tree"
		[[ $status =~ ^[01]$ ]] || exits 0
		plain "$output$stderr"
	done
	drawn
	json doctor 01:00.0 --json --sysroot "$tree"
	query . >/dev/null
	vfioctl snapshot "$BATS_TEST_TMPDIR/taken" -v --sysroot "$tree"
	exits 0
	equals "$(LC_ALL=C grep -c $'[\x01-\x08\x0b-\x1f\x7f]' <<<"$stderr")" 0
	json doctor 01:00.0 --json --sysroot "$BATS_TEST_TMPDIR/taken"
	query . >/dev/null
}

@test "64 KiB in each file that doctor reads" {
	local long
	long=$(head -c 65536 /dev/zero | tr '\0' x)
	{
		a_function 0000:01:00.0 vfio-pci
		printf '@ /sys/devices/pci0000:00/0000:01:00.0\nf reset_method %s\n' "$long"
		printf '@ /etc/modprobe.d\nf a.conf options vfio-pci ids=8086:1572,%s\n' "$long"
		printf '@ /proc\nf cmdline %s=%s\n@ /etc\nf passwd %s\n' "$long" "$long" "$long"
		printf '@ /vfioctl\nf names %s\nf nodes %s\n' "$long" "$long"
	} | make_tree
	for arguments in doctor "doctor 01:00.0" "doctor --for libvirt 01:00.0" "show 01:00.0 --user 0" topology; do
		# shellcheck disable=SC2086 # words
		within 20000 json $arguments --json --sysroot "$tree"
		[[ $status =~ ^[01]$ ]] || exits 0
	done
	json snapshot "$BATS_TEST_TMPDIR/taken" --json --sysroot "$tree"
	exits 0
}

@test "without rights: doctor and snapshot tell what they could not see" {
	tree=$(mktemp -d /tmp/vfioctl-tree-XXXXXX)
	{ a_function 0000:01:00.0 vfio-pci; printf '@ /proc\nf cmdline x\n@ /etc/modprobe.d\nf a.conf blacklist x\n'; } |
		"$data/expand" "$tree" -
	chmod 755 "$tree"
	chmod 000 "$tree/proc/cmdline" "$tree/sys/devices/pci0000:00/0000:01:00.0/uevent"
	chmod 700 "$tree/etc/modprobe.d"
	mkdir "$tree/out"
	chmod 777 "$tree/out"
	runs kept as_nobody "$VFIOCTL" doctor 01:00.0 --json --sysroot "$tree"
	[[ $status =~ ^[01]$ ]] || exits 0
	jq -e . <<<"$output" >/dev/null
	runs kept as_nobody "$VFIOCTL" snapshot "$tree/out/taken" --json --sysroot "$tree"
	exits 0
	equals "$(jq -r '[.gaps[] | select(.path | test("cmdline|uevent")).cause] | unique | join(" ")' <<<"$output")" EACCES
	rm -rf "$tree"
}

@test "every document of this file is valid" {
	all_documents_valid
}

teardown_file() {
	forget_nobody
}
