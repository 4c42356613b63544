# SPDX-License-Identifier: GPL-2.0-or-later
# vfioctl snapshot: what it takes of a machine answers as the machine does.
# stage: suites

load helper

snapshot=${BATS_TEST_TMPDIR:-}/snapshot

setup_file() {
	# It is read by everybody, and so is the way to it.
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" 2>/dev/null || true
}

# The same as the machine without addresses and routes, which are not files, and without who uses a device:
# others work on this machine, and start and end meanwhile. tests/lab/suite/snapshot.bats compares that, too.
without_network='
	def gone: (.reason? // "") | IN("net-address", "net-route", "net-namespace", "unseen");
	walk(if type == "array" then map(select(type != "object" or (gone | not))) else . end
	| if type == "object" and .rule? == "in-use" then .value = null else . end
	| if type == "object" then del(.warnings, .notes, .unknown, .usage, .holders, .hidden_processes) else . end)'

# same_answers ARGUMENTS: of this machine and of its snapshot.
same_answers() {
	json "$@" --json
	jq "$without_network" <<<"$json" >"$BATS_TEST_TMPDIR/live"
	live=$status
	json "$@" --json --sysroot "$snapshot"
	equals "$status" "$live"
	jq "$without_network" <<<"$json" >"$BATS_TEST_TMPDIR/tree"
	diff -u "$BATS_TEST_TMPDIR/live" "$BATS_TEST_TMPDIR/tree"
}

# same_trees TREE ARGUMENTS: of a captured tree and of a snapshot of it.
same_trees() {
	local of=$1
	shift
	json_on "$of" "$@"
	before=$json was=$status
	json "$@" --json --sysroot "$snapshot"
	equals "$status" "$was"
	diff -u <(printf '%s\n' "$before") <(printf '%s\n' "$json")
}

@test "this machine and its snapshot give the same answers" {
	[ -d /sys/bus/pci/devices ] || skip "this machine has no PCI"
	json snapshot "$snapshot" --json
	exits 0
	mapfile -t devices < <("$VFIOCTL" list -n -r -o address)
	same_answers list
	same_answers mode
	same_answers topology
	same_answers show "${devices[@]}"
	same_answers show --user nobody "${devices[@]}"
	same_answers doctor --ignore in-use
	same_answers doctor --ignore in-use "${devices[@]}"
	same_answers doctor --ignore in-use --for qemu --user nobody "${devices[@]}"
}

@test "taken without rights it gives the answers that there are without rights" {
	[ -d /sys/bus/pci/devices ] || skip "this machine has no PCI"
	[ "$(id -u)" -eq 0 ] || skip "not root"
	local place
	place=$(mktemp -d /tmp/vfioctl-snapshot-XXXXXX)
	chown 65534:65534 "$place"
	runs kept as_nobody "$VFIOCTL" snapshot "$place/taken" --json
	exits 0
	mapfile -t devices < <("$VFIOCTL" list -n -r -o address)
	for arguments in list mode topology "show ${devices[*]}" "doctor --ignore in-use ${devices[*]}"; do
		# shellcheck disable=SC2086 # words
		runs kept as_nobody "$VFIOCTL" $arguments --json
		jq "$without_network" <<<"$output" >"$BATS_TEST_TMPDIR/live"
		# Also when root looks at it: what could not be read then cannot be read now.
		# shellcheck disable=SC2086 # words
		json $arguments --json --sysroot "$place/taken"
		jq "$without_network" <<<"$json" >"$BATS_TEST_TMPDIR/tree"
		diff -u "$BATS_TEST_TMPDIR/live" "$BATS_TEST_TMPDIR/tree" || { rm -rf "$place"; return 1; }
	done
	rm -rf "$place"
}

@test "a snapshot of a captured machine gives its answers" {
	for name in both without-iommu before-6.1; do
		rm -rf "$snapshot"
		json_on "$name" snapshot "$snapshot"
		exits 0
		mapfile -t devices < <("$VFIOCTL" list -n -r -o address --sysroot "$trees/$name")
		same_trees "$name" list
		same_trees "$name" mode
		same_trees "$name" topology
		same_trees "$name" show "${devices[@]}"
		same_trees "$name" doctor
		same_trees "$name" doctor --for qemu "${devices[@]}"
	done
}

@test "the manifest says what was done, and is what --json prints" {
	json_on both snapshot "$snapshot"
	exits 0
	equals "$json" "$(cat "$snapshot/vfioctl/manifest.json")"
	equals "$(query .schema)" vfioctl.snapshot/1
	equals "$(query .vfioctl)" "$("$VFIOCTL" --version | cut -d' ' -f2)"
	equals "$(query .kernel)" "$(cat "$trees/both/proc/sys/kernel/osrelease")"
	equals "$(query .redacted)" true
	[[ $(query .captured) =~ ^20[0-9-]*T[0-9:]*Z$ ]]
	equals "$(query .devices)" "$("$VFIOCTL" list -n --sysroot "$trees/both" | wc -l)"
	equals "$(query '[.runs[].command] | unique | join(" ")')" "doctor list mode show topology"
	equals "$(query '[.runs[].status | select(. != 0 and . != 1)] | length')" 0
	[ "$(query .files)" -gt 50 ]
}

@test "identifiers are replaced, equal ones by equal ones" {
	{
		a_function 0000:01:00.0 ixgbe
		a_function 0000:02:00.0 ixgbe
		printf '@ /proc\nf cmdline quiet ifname=lan:52:54:00:12:34:56 systemd.machine_id=0123abcd x=1\n'
		printf '@ /etc/modprobe.d\nf a.conf options x mac=52:54:00:12:34:56 other=52-54-00-aa-bb-cc serial=S1\n'
		printf '@ /sys/devices/pci0000:00/0000:01:00.0\nd net/enx525400123456\n'
		printf '@ /sys/devices/pci0000:00/0000:02:00.0/net/eth0\nd .\nl upper_enx525400123456 ../../../0000:01:00.0/net/enx525400123456\n'
	} | make_tree
	json snapshot "$snapshot" --json --sysroot "$tree"
	exits 0
	run -1 grep -rIiE '52[:-]?54[:-]?00|0123abcd|serial=S1' "$snapshot"
	equals "$(find "$snapshot" -name '*525400*' -o -lname '*525400*')" ""
	equals "$(query .identifiers)" 4
	first=$(grep -oE 'lan:[0-9a-f:]+' "$snapshot/proc/cmdline")
	grep -q "mac=${first#lan:} " "$snapshot/etc/modprobe.d/a.conf"
	[ -d "$snapshot/sys/devices/pci0000:00/0000:01:00.0/net/enx${first//[!0-9a-f]/}" ] ||
		ls "$snapshot/sys/devices/pci0000:00/0000:01:00.0/net/enx020000000001"
	grep -q 'x=1' "$snapshot/proc/cmdline"
	vfioctl snapshot "$snapshot-2" --keep-identifiers --sysroot "$tree"
	exits 0
	grep -q 'lan:52:54:00:12:34:56 systemd.machine_id=0123abcd' "$snapshot-2/proc/cmdline"
}

@test "of users only name and number are taken, of virtual machines only what they take of the host" {
	{
		a_function 0000:01:00.0 ixgbe
		printf '@ /etc\nF passwd\n\troot:x:0:0:Jane Doe,phone:/secret:/bin/zsh\n\tvm:x:64055:108:x:/y:/z\n'
		printf '@ /etc/libvirt/qemu\nF vm.xml\n\t<domain>\n\t<name>guest</name>\n\t<graphics passwd="hunter2"/>\n'
		printf "\\t<hostdev mode='subsystem' type='pci' managed='yes'>\n\t<source>\n"
		printf "\\t<address domain='0x0000' bus='0x01' slot='0x00' function='0x0'/>\n\t</source>\n\t</hostdev>\n\t</domain>\n"
	} | make_tree
	json doctor 01:00.0 --json --sysroot "$tree"
	before=$json
	vfioctl snapshot "$snapshot" --sysroot "$tree"
	exits 0
	equals "$(cat "$snapshot/etc/passwd")" $'root:x:0:0:::\nvm:x:64055:108:::'
	run -1 grep -rIE 'hunter2|Jane|secret' "$snapshot"
	json doctor 01:00.0 --json --sysroot "$snapshot"
	diff -u <(printf '%s\n' "$before") <(printf '%s\n' "$json")
	[[ $json == *guest* ]]
}

# A function that VFIO has: its group is 9 for the rules about numbers of groups.
bound() {
	a_function 0000:01:00.0 vfio-pci
	printf '@ /sys/kernel/iommu_groups/9/devices\nl 0000:01:00.0 ../../../../devices/pci0000:00/0000:01:00.0\n'
	printf '@ /sys/devices/pci0000:00/0000:01:00.0\nl iommu_group ../../../kernel/iommu_groups/9\n'
	printf '@ /sys/class/vfio\nl 9 ../../devices/virtual/vfio/9\n'
}

# doctor_is_the_same ARGUMENTS: of $tree and of a snapshot of it.
doctor_is_the_same() {
	json doctor "$@" --json --sysroot "$tree"
	before=$json
	rm -rf "$snapshot"
	vfioctl snapshot "$snapshot" --sysroot "$tree"
	exits 0
	json doctor "$@" --json --sysroot "$snapshot"
	diff -u <(printf '%s\n' "$before") <(printf '%s\n' "$json")
	[ "$(query '.findings | length')" -gt 0 ]
}

@test "numbers of groups that are written down are taken, of udev rules and container files no more than these" {
	{
		bound
		printf '@ /etc/udev/rules.d\nF 10-vfio.rules\n\tSUBSYSTEM=="vfio", KERNEL=="12", OWNER="jane"\n'
		printf '\t# /dev/vfio/8 is for Jane\n\tKERNEL=="sda", \\\n\t  RUN+="/opt/jane/run"\n'
		printf '@ /etc/cdi\nF a.json\n\t{"path": "/dev/vfio/77", "env": ["TOKEN=hunter2"]}\n'
	} | make_tree
	doctor_is_the_same --rule 'group-number*'
	equals "$(query '.findings | length')" 2 # a comment is none
	run -1 grep -rIiE 'jane|hunter2|TOKEN' "$snapshot"
	equals "$(wc -l <"$snapshot/etc/udev/rules.d/10-vfio.rules")" 4
}

@test "rules that write a driver are taken whole, in their lines" {
	{
		bound
		printf '@ /etc/udev/rules.d\nF 10-vfio.rules\n\t# Jane wrote driver_override\n\tENV{X}="jane", \\\n\t  GOTO="x"\n'
		printf '\tKERNEL=="0000:01:00.0", \\\n\t  ATTR{driver_override}="e1000e"\n'
	} | make_tree
	json show 01:00.0 --json --sysroot "$tree"
	before=$json
	vfioctl snapshot "$snapshot" --sysroot "$tree"
	json show 01:00.0 --json --sysroot "$snapshot"
	diff -u <(printf '%s\n' "$before") <(printf '%s\n' "$json")
	grep -q '  ATTR{driver_override}="e1000e"' <(sed -n 5p "$snapshot/etc/udev/rules.d/10-vfio.rules")
	run -1 grep -riI jane "$snapshot"
}

@test "of logs only denials about VFIO are taken, of their last part, however large they are" {
	{ bound; printf '@ /sys/module/apparmor/parameters\nf enabled Y\n'; } | make_tree
	mkdir -p "$tree/var/log/audit"
	{
		echo 'apparmor="DENIED" name="/dev/vfio/1" long ago'
		truncate -s 70M /dev/stdout
	} >"$tree/var/log/audit/audit.log"
	cat >>"$tree/var/log/audit/audit.log" <<-END

		type=USER_CMD msg=audit(1.1:1): acct="jane" cmd="passwd" SerialNumber: X77
		apparmor="DENIED" operation="open" profile="libvirt-0a1b2c3d-0000-4000-8000-0123456789ab" name="/dev/vfio/9"
		apparmor="DENIED" operation="open" profile="cups" name="/etc/jane"
	END
	cp "$tree/var/log/audit/audit.log" "$tree/var/log/messages"
	ln -s messages "$tree/var/log/kern.log"
	vfioctl snapshot "$snapshot" --keep-identifiers --sysroot "$tree"
	json doctor --rule 'selinux*' --json --sysroot "$tree"
	before=$json
	json doctor --rule 'selinux*' --json --sysroot "$snapshot"
	diff -u <(printf '%s\n' "$before") <(printf '%s\n' "$json")
	equals "$(query '.findings | length')" 2
	equals "$(wc -l <"$snapshot/var/log/audit/audit.log")" 1
	equals "$(wc -l <"$snapshot/var/log/messages")" 1
	json snapshot "$snapshot-2" --json --sysroot "$tree"
	equals "$(query '.gaps | length')" 0
	run -1 grep -rIE 'jane|X77|long ago|0a1b2c3d' "$snapshot-2"
	json doctor --rule 'selinux*' --json --sysroot "$snapshot-2"
	equals "$(query '.findings | length')" 2
}

@test "a domain of libvirt on one line is reduced, too, and what a NUL stands in" {
	{ a_function 0000:01:00.0 ixgbe; printf '@ /etc/libvirt/qemu\nd .\n'; } | make_tree
	tr -d '\n' >"$tree/etc/libvirt/qemu/vm.xml" <<-END
		<domain type='kvm' id='3'><name>guest</name><uuid>0a1b2c3d-0000-4000-8000-0123456789ab</uuid>
		<metadata><owner>jane</owner></metadata><sysinfo><entry name='serial'>S77</entry></sysinfo>
		<devices><disk><source file='/srv/jane/a.img'/></disk><graphics passwd='hunter2'/>
		<hostdev mode='subsystem' type='pci' managed='yes'><source><address domain='0x0000' bus='0x01'
		 slot='0x00' function='0x0'/></source><alias name='jane'/></hostdev></devices></domain>
	END
	printf '\0jane\n' >>"$tree/etc/libvirt/qemu/vm.xml"
	doctor_is_the_same 01:00.0
	[[ $json == *guest* ]]
	run -1 grep -raiE 'hunter2|jane|S77|0a1b2c3d' "$snapshot"
}

@test "a network of libvirt is reduced to what it hands out, and the interface is there that it names" {
	{
		a_function 0000:01:00.0 ixgbe
		a_function 0000:01:10.0 ixgbevf
		printf '@ /sys/devices/pci0000:00/0000:01:10.0\nl physfn ../0000:01:00.0\n'
		printf '@ /sys/devices/pci0000:00/0000:01:00.0\nl net/enx525400123456/device ../../../0000:01:00.0\n'
		printf '@ /sys/class/net\nl enx525400123456 ../../devices/pci0000:00/0000:01:00.0/net/enx525400123456\n'
		printf '@ /etc/libvirt/qemu/networks\nF pool.xml\n\t<network connections="1"><name>pool</name>\n\t<uuid>0a1b2c3d-0000-4000-8000-0123456789ab</uuid>\n'
		printf "\t<forward mode='hostdev' managed='yes'><driver name='jane'/>\n\t<pf dev='enx525400123456'/></forward>\n"
		printf "\t<domain name='jane.example'/><ip address='192.0.2.1'><dhcp><host mac='52:54:00:00:00:01' name='jane'/></dhcp></ip></network>\n"
		printf "F default.xml\n\t<network><name>jane</name><forward dev='jane0' mode='nat'/></network>\n"
	} | make_tree
	json show 01:10.0 --json --sysroot "$tree"
	before=$(query -c '.devices[0].managers')
	vfioctl snapshot "$snapshot" --sysroot "$tree"
	exits 0
	run -1 grep -rIiE 'jane|0a1b2c3d|192.0.2|525400123456' "$snapshot"
	[ ! -e "$snapshot/etc/libvirt/qemu/networks/default.xml" ]
	json show 01:10.0 --json --sysroot "$snapshot"
	equals "$(query -c '.devices[0].managers')" "${before//enx525400123456/enx020000000001}"
	[[ $before == *"as a VF of enx525400123456 from the network pool"* ]]
}

@test "of configuration only what is looked at is taken" {
	{
		bound
		printf '@ /etc/systemd\nF system.conf\n\t[Manager]\n\tDefaultEnvironment=TOKEN=hunter2\n\tDefaultLimitMEMLOCK=8M # Jane\n'
		printf '@ /etc/security\nF limits.conf\n\t# Jane, room 5\n\tjane hard nproc 5\n\tvm - memlock 64 # for Jane\n'
		printf '@ /etc\nF group\n\troot:hash:0:\n\tkvm:x:104:vm\n'
		printf 'F dracut.conf\n\t# Jane\n\tadd_drivers+=" ixgbe " kernel_cmdline="rd.luks.key=/jane.key"\n'
		printf '@ /etc/modprobe.d\nF a.conf\n\t# Jane\n\toptions x y=1\n'
		printf '@ /run/udev/data\nF b8:0\n\tS:disk/by-id/jane-S77\n\tE:ID_FS_TYPE=ext4\n'
		printf '@ /proc/self\nF cgroup\n\t5:devices:/vm\n\t0::/jane\n'
	} | make_tree
	printf 'root:x:0:0:::\nvm:x:64055:104:::\n' >"$tree/etc/passwd"
	doctor_is_the_same --for qemu --user vm 01:00.0
	equals "$(cat "$snapshot/etc/security/limits.conf")" 'vm - memlock 64 '
	equals "$(cat "$snapshot/etc/systemd/system.conf")" 'DefaultLimitMEMLOCK=8M '
	equals "$(cat "$snapshot/etc/group")" $'root:x:0:\nkvm:x:104:vm'
	run -1 grep -rIiE 'jane|hunter2|hash|S77' "$snapshot"
}

@test "what cannot be read is there, and cannot be read" {
	[ "$(id -u)" -eq 0 ] || skip "not root"
	{ a_function 0000:01:00.0 ixgbe; printf '@ /etc\nf passwd root:x:0:0:::\n'; } | make_tree
	chmod 000 "$tree/sys/devices/pci0000:00/0000:01:00.0/driver_override"
	json snapshot "$snapshot" --json --sysroot "$tree"
	exits 0
	equals "$(query '.gaps[] | select(.path | endswith("driver_override")).cause')" EACCES
	equals "$(stat -c %a "$snapshot/sys/devices/pci0000:00/0000:01:00.0/driver_override")" 0
	[ -e "$snapshot/etc/passwd" ]
}

@test "DIR: not one that has something in it, an empty one will do" {
	mkdir "$snapshot"
	on both snapshot "$snapshot"
	exits 0
	[ -d "$snapshot/sys/bus/pci" ]
	on both snapshot "$snapshot"
	exits 2
	says "there is something of that name already"
	touch "$BATS_TEST_TMPDIR/file"
	on both snapshot "$BATS_TEST_TMPDIR/file"
	exits 2
	on both snapshot "$BATS_TEST_TMPDIR/none/here"
	exits 1
	says "ENOENT"
	on both snapshot
	exits 2
	equals "$(find "$BATS_TEST_TMPDIR" -maxdepth 1 -name "*part*")" ""
}

@test "Ctrl-C leaves nothing, and ends it as one" {
	local status=0
	# A device whose attribute blocks keeps it busy for seconds.
	{ a_function 0000:01:00.0; printf '@ /sys/devices/pci0000:00/0000:01:00.0\np uevent\n'; } | make_tree
	env --default-signal=INT timeout --foreground -s INT -k 60 1 \
		"$VFIOCTL" snapshot "$snapshot" --sysroot "$tree" || status=$?
	equals "$status" 124
	[ ! -e "$snapshot" ]
	equals "$(find "$BATS_TEST_TMPDIR" -maxdepth 1 -name "*part*")" ""
}

@test "no terminal, no progress; quiet is quiet; relative names" {
	cd "$BATS_TEST_TMPDIR"
	on both snapshot here/
	exits 0
	equals "$output" ""
	says "next: "
	[[ $stderr != *$'\r'* ]]
	[ -f here/vfioctl/manifest.json ]
	on both snapshot there -q
	equals "$output$stderr" ""
}

# --- nothing but the tree -----------------------------------------------------------------------

# What a program reads besides: libraries and what they read when they are loaded, the locale, the
# terminal's description, devices that everybody has, and itself.
besides='/etc/ld\.so\.|/(usr/)?lib(64|32)?/[^ ]*\.so|/usr/lib/locale/|/usr/share/locale|/usr/share/zoneinfo/|/etc/localtime'
besides+='|/usr/lib/[^ ]*/gconv/|/dev/(null|tty|urandom)"|/proc/self/(fd/|maps|auxv)|/usr/share/terminfo|/(etc|lib)/terminfo'
# libselinux, which libmount brings along, asks whether there is SELinux at all.
besides+='|/sys/fs/selinux|/selinux"|/etc/selinux/config|/proc/filesystems|/proc/mounts'
# libkmod reads it whenever it is begun with; nothing of it is asked (host/module_alias.c).
besides+='|"/proc/cmdline", O_RDONLY'

# Leave out the directories above the tree: whether any of them is a link is asked.
not_above() {
	local line path
	while IFS= read -r line; do
		path=${line#*readlink(\"}
		path=${path%%\"*}
		[[ $line == *readlink* && "$trees/ $BATS_TEST_TMPDIR/" == *"$path/"* ]] || printf '%s\n' "$line"
	done
}

@test "with --sysroot nothing of this machine is looked at" {
	local program name arguments
	program=$(plain_program)
	for name in both without-iommu; do
		address=$("$VFIOCTL" list -n -r -o address --sysroot "$trees/$name" | tail -n 1)
		# not kept: only the calls count
		for arguments in "list --json" "list -o address,usage" "show $address" "show --user root $address" mode topology \
			doctor "doctor --for qemu --json $address" "snapshot $BATS_TEST_TMPDIR/taken-$name"; do
			# shellcheck disable=SC2086 # words
			strace -f -qq -e trace=%file -e signal=none -o "$BATS_TEST_TMPDIR/calls" \
				"$program" $arguments --sysroot "$trees/$name" >/dev/null 2>&1 || true
			# Names that begin with '/' for the process: openat2() and calls on a descriptor stay in the tree.
			grep -vE 'openat2\(|execve\(|chdir\("/"|getcwd\(|readlinkat\([0-9]+, ""|symlinkat\("[^"]*", [0-9]|= -1 ENOENT' "$BATS_TEST_TMPDIR/calls" | grep -E '"/' |
				grep -vF -e "\"$trees/" -e "\"$BATS_TEST_TMPDIR/" | grep -vE "$besides" |
				not_above >"$BATS_TEST_TMPDIR/outside" || true
			[ ! -s "$BATS_TEST_TMPDIR/outside" ] || { echo "$arguments of $name:"; head "$BATS_TEST_TMPDIR/outside"; return 1; }
			[ "$(grep -c openat2 "$BATS_TEST_TMPDIR/calls")" -gt 5 ]
		done
	done
}

@test "what openat2() opens of a captured tree, it opens in its root" {
	local program
	program=$(plain_program)
	strace -f -qq -e trace=openat2 -o "$BATS_TEST_TMPDIR/calls" \
		"$program" doctor --sysroot "$trees/both" >/dev/null || true
	[ "$(grep -c 'openat2(' "$BATS_TEST_TMPDIR/calls")" -gt 100 ]
	equals "$(grep 'openat2(' "$BATS_TEST_TMPDIR/calls" | grep -vc RESOLVE_IN_ROOT)" 0
}

@test "every document of this file is valid" {
	all_documents_valid
}

teardown_file() {
	forget_nobody
}
