# SPDX-License-Identifier: GPL-2.0-or-later
# show --user: what a user of a captured machine lacks. Its nodes belong to whoever expanded it, so what
# the tests tell apart is by mode.

load helper

# A machine with users, and nodes as they were expanded; further lines may follow on standard input.
people() {
	{
		cat <<-'END'
			@ /etc
			F passwd
			 root:x:0:0:root:/root:/bin/sh
			 vm:x:4000:4001:Machines:/:/bin/sh
			F group
			 root:x:0:
			 vm:x:4001:
			 guests:x:4002:other,vm
			F security/limits.conf
			 vm - memlock unlimited
			@ /vfioctl
			- nodes
		END
		[ "${1:-}" != - ] || cat
	} | sed 's/^ /\t/' | make_tree both
}

show_user() {
	json show --json --sysroot "$tree" --user "$1" 03:00.0
}

need() {
	query ".devices[0].user.needs[] | select(.object == \"$1\").$2"
}

@test "each node, why the user may not open it, and what to do" {
	people
	show_user vm
	exits 0
	equals "$(query '.devices[0].user | "\(.name) \(.uid) \(.may_use)"')" "vm 4000 false"
	equals "$(query '[.devices[0].user.needs[] | "\(.way) \(.object) \(.met)"] | join("\n")')" \
		"cdev /dev/vfio/devices/vfio0 false
cdev /dev/iommu false
group /dev/vfio/16 false
group /dev/vfio/vfio true
null memlock true"
	[[ $(need /dev/iommu cause) == *"mode 0660" ]]
	equals "$(need /dev/iommu remedy)" "vfioctl bind --owner vm 0000:03:00.0"
}

@test "one way is enough" {
	people - <<<$'@ /dev\nn vfio/devices/vfio0 666\nn iommu 666'
	show_user vm
	equals "$(query .devices[0].user.may_use)" true
	equals "$(need /dev/vfio/16 met)" false
	people - <<<$'@ /dev\nn vfio/devices/vfio0 666\nn iommu 600'
	show_user vm
	equals "$(query .devices[0].user.may_use)" false
	people - <<<$'@ /dev\nn vfio/16 666'
	show_user vm
	equals "$(query .devices[0].user.may_use)" true
}

@test "a group that the user is in" {
	[ "$(id -u)" -eq 0 ] || skip "only root can give a file to another group"
	people - <<<$'@ /dev\nn vfio/devices/vfio0 660\nn iommu 660'
	chgrp 4002 "$tree/dev/vfio/devices/vfio0" "$tree/dev/iommu"
	show_user vm
	equals "$(query .devices[0].user.may_use)" true
	show_user 4000
	equals "$(query .devices[0].user.name)" vm
	show_user 4003
	equals "$(query '.devices[0].user | "\(.name) \(.may_use)"')" "null false"
	equals "$(need /dev/iommu remedy)" "vfioctl bind --owner 4003 0000:03:00.0"
	[[ $(need /dev/iommu cause) == *"group guests, mode 0660" ]]
}

# A site has as many; a line of them is more than a megabyte.
@test "a group that the user is in, with very many others, and many groups" {
	[ "$(id -u)" -eq 0 ] || skip "only root can give a file to another group"
	people - <<<$'@ /dev\nn vfio/devices/vfio0 660\nn iommu 660'
	chgrp 4002 "$tree/dev/vfio/devices/vfio0" "$tree/dev/iommu"
	# More than a mebibyte; few names, for each of which the sanitizer looks at all that follows.
	printf 'many:x:4002:%svm\n' "$(seq -f 'member%01200.0f,' -s '' 1000)" >"$BATS_TEST_TMPDIR/group"
	[ "$(stat -c %s "$BATS_TEST_TMPDIR/group")" -gt 1048576 ]
	cp "$BATS_TEST_TMPDIR/group" "$tree/etc/group"
	show_user vm
	exits 0
	equals "$(query .devices[0].user.may_use)" true
	seq 300 | sed 's/.*/g&:x:10&:vm/' >>"$tree/etc/group"
	show_user vm
	exits 0
	equals "$(query .devices[0].user.may_use)" true
}

@test "root needs nothing" {
	people
	show_user root
	equals "$(query '.devices[0].user | "\(.may_use) \(.memlock_limited)"')" "true false"
	equals "$(query '[.devices[0].user.needs[].met] | unique | join(",")')" true
}

@test "a node that is not there" {
	people - <<<$'@ /dev\n- iommu\nn vfio/devices/vfio0 666'
	show_user vm
	equals "$(need /dev/iommu cause)" "there is no such file"
	equals "$(need /dev/iommu remedy)" "modprobe iommufd"
}

@test "a device that is not bound" {
	people
	json show --json --sysroot "$tree" --user vm 04:00.0
	exits 0
	equals "$(query .devices[0].user.may_use)" false
	equals "$(need 0000:04:00.0 cause)" "not bound to a VFIO driver"
	equals "$(need 0000:04:00.0 remedy)" "vfioctl bind --owner vm 0000:04:00.0"
	equals "$(need /dev/iommu met)" false
}

@test "without an IOMMU nobody but root" {
	json_on noiommu show --user 4000 03:00.0
	exits 0
	equals "$(query '.devices[0].user.needs[0] | "\(.object) \(.cause)"')" \
		"0000:03:00.0 no IOMMU guards its DMA: only CAP_SYS_RAWIO may use it"
	equals "$(query .devices[0].user.may_use)" false
}

@test "the limit of locked memory is that of the tree" {
	people - <<<$'@ /etc\n- security/limits.conf\nF security/limits.conf\n @guests - memlock 1024'
	show_user vm
	equals "$(query '.devices[0].user | "\(.memlock_limited) \(.memlock_soft) \(.memlock_source)"')" \
		"true 1048576 /etc/security/limits.conf"
	[[ $(need memlock cause) == *"1024 KiB"*"/etc/security/limits.conf"* ]]
	people - <<<$'@ /etc\n- security/limits.conf\nf systemd/system.conf DefaultLimitMEMLOCK=infinity'
	show_user vm
	equals "$(query '.devices[0].user.memlock_limited')" false
	equals "$(need memlock met)" true
}

@test "nodes that are open are of no use with little memory that may be locked" {
	open=$'@ /dev\nn vfio/devices/vfio0 666\nn iommu 666\n@ /etc\n- security/limits.conf\n'
	people - <<<"${open}f security/limits.conf @guests - memlock 1024"
	show_user vm
	equals "$(query '.devices[0].user | "\(.may_use) \(.memlock_limited)"')" "null true"
	people - <<<"${open}f security/limits.conf @guests - memlock 1048576"
	show_user vm
	equals "$(query .devices[0].user.may_use)" true
	people - <<<"${open}f security/limits.conf @guests - memlock 0"
	show_user vm
	equals "$(query .devices[0].user.may_use)" false
	# Nobody says how much: whatever starts the session decides.
	people - <<<"$open"
	show_user vm
	equals "$(query '.devices[0].user | "\(.may_use) \(.memlock_limited)"')" "null null"
}

@test "a user that the tree does not have is exit 2" {
	people
	vfioctl show --user tester --sysroot "$tree" 03:00.0
	exits 2
	says "tester: there is no such user."
	equals "$output" ""
}

@test "in text a sheet of its own" {
	people
	vfioctl show --user vm --sysroot "$tree" 03:00.0
	exits 0
	prints $'\nuser:\nname:' "may use:         no" "memlock"
	json show --json --sysroot "$tree" 03:00.0
	equals "$(query .devices[0].user)" null
}

@test "what is missing fits a terminal: it goes on in the next line" {
	people
	terminal "$VFIOCTL" show --user vm --sysroot "$tree" 03:00.0
	output=$(sed 's/\x1b\[[0-9;]*m//g; s/\r$//' <<<"$output")
	output=$(sed -n '/^needs:/,$p' <<<"$output")
	equals "$(awk 'length > 80' <<<"$output")" ""
	[ "$(wc -l <<<"$output")" -gt 8 ] # needs of five rows go on in further lines
	# Words stay whole, and each column has room for some.
	prints "vfioctl bind" "0000:03:00.0"
	[ "$(wc -l <<<"$output")" -lt 25 ]
}

@test "whose the nodes shall be is asked of bind only, and with an owner" {
	vfioctl restore --owner root 03:00.0
	exits 2
	says "there is no option --owner"
}

@test "every document is valid" {
	all_documents_valid
}
