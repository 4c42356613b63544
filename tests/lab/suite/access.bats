# SPDX-License-Identifier: GPL-2.0-or-later
# Giving devices to a user who has no other right, and taking them back.

load common
bats_require_minimum_version 1.5.0

lone=0000:03:00.0
other=0000:04:00.0
pair0=0000:01:00.0
pair1=0000:01:00.1
records=/run/vfioctl/access
rules=/run/udev/rules.d

setup() {
	modprobe -a vfio-pci iommufd
	iommu_before=$(getfacl -cpn /dev/iommu)
}

teardown() {
	! mountpoint -q /dev/iommu || umount /dev/iommu
	! mountpoint -q "$BATS_TEST_TMPDIR/bare" || umount "$BATS_TEST_TMPDIR/bare"
	rm -f /etc/security/limits.d/lab.conf
	give_back $lone $other $pair0 $pair1
	setfacl -b /dev/iommu
	chmod 660 /dev/iommu
	rm -f $rules/99-vfioctl-*
	rm -rf $records
}

rule_of() {
	echo "$rules/99-vfioctl-$1.rules"
}

# Owner, group and mode of a node, by number.
owner_of() {
	stat -c '%u:%g %a' "$1"
}

iommu_has() {
	getfacl -cpn /dev/iommu | grep -qx "$1"
}

# Nothing is left of any grant.
nothing_left() {
	[ "$(getfacl -cpn /dev/iommu)" = "$iommu_before" ] || { getfacl -cpn /dev/iommu; return 1; }
	left=$(find $records $rules -name '*0000:*' 2>/dev/null || true)
	[ -z "$left" ] || { echo "left: $left"; return 1; }
}

# need OBJECT KEY: of the user that the document in $output tells about.
need() {
	jq -c --arg object "$1" ".devices[0].user.needs[] | select(.object == \$object).$2" <<<"$output"
}

# The unprivileged user opens it that way; with cases that open no more than that.
uses() {
	as_tester vfioctl test -q --case "$2" "$1"
}

cdev_cases='@(C05|A01|D02)'
group_cases='@(G04|G06|D02)'

# All nodes are open to the user, and of memory nobody here says how much may be locked.
may_open_all() {
	json_is '.devices[0].user.needs | map(select(.object != "memlock").met) | unique' '[true]'
	json_is .devices[0].user.may_use null
}

@test "before, show --user names what is missing, and the user cannot" {
	vfioctl bind -q $lone
	expect 4 as_tester vfioctl test $lone
	expect_json 0 vfioctl.show/1 show --user tester $lone
	json_is .devices[0].user.may_use false
	[ "$(need "$(cdev_of $lone)" met)" = false ]
	[ "$(need "$(cdev_of $lone)" cause)" = '"owner root, group root, mode 0600"' ]
	[ "$(need "$(cdev_of $lone)" remedy)" = "\"vfioctl bind --owner tester $lone\"" ]
	[ "$(need "$(group_of $lone)" met)" = false ]
	[ "$(need /dev/iommu met)" = false ]
	[ "$(need /dev/vfio/vfio met)" = true ]
}

@test "bind --owner: the user can, both ways" {
	expect 0 vfioctl bind --owner tester $lone
	says "\`vfioctl doctor --for qemu --user tester $lone\`"
	[ "$(owner_of "$(cdev_of $lone)")" = "1000:0 600" ]
	[ "$(owner_of "$(group_of $lone)")" = "1000:0 600" ]
	iommu_has user:1000:rw-
	expect_json 0 vfioctl.show/1 show --user tester $lone
	may_open_all
	expect 0 uses $lone "$cdev_cases"
	expect 0 uses $lone "$group_cases"
	run --separate-stderr kept as_tester vfioctl test --json $lone
	[ "$status" -eq 0 ]
	json_is '[.failed, (.results | map(select(.status == "pass").path) | unique)]' \
		'[0,["cdev","group","host"]]'
}

@test "a group: its members can, others cannot" {
	groupadd -f vmm
	useradd -MG vmm member 2>/dev/null || true
	expect 0 vfioctl bind -q --owner root:vmm $lone
	[ "$(stat -c '%U:%G %a' "$(cdev_of $lone)")" = "root:vmm 660" ]
	iommu_has "group:$(getent group vmm | cut -d: -f3):rw-"
	expect 0 setpriv --reuid member --regid member --init-groups vfioctl test -q --case "$cdev_cases" $lone
	expect 4 as_tester vfioctl test $lone
	expect_json 0 vfioctl.show/1 show --user member $lone
	may_open_all
	expect_json 0 vfioctl.show/1 show --user tester $lone
	json_is .devices[0].user.may_use false
	vfioctl restore -q $lone
	nothing_left
}

@test "a device that is bound already is given, and nothing else happens to it" {
	vfioctl bind -q $lone
	node=$(cdev_of $lone)
	expect_json 0 vfioctl.bind/1 bind --owner tester $lone
	json_is .changed true
	json_is '[.results[].changed]' '[true]'
	json_is '[.steps[].step] | unique' '["acl","own","rule"]'
	[ "$(cdev_of $lone)" = "$node" ]
	[ "$(owner_of "$node")" = "1000:0 600" ]
	expect 0 uses $lone "$cdev_cases"
}

@test "a second time there is nothing to do, and nothing is written" {
	vfioctl bind -q --owner tester --node-mode 0660 $lone
	expect 0 traced -o "$BATS_TEST_TMPDIR/trace" \
		-e trace=openat,chmod,fchmodat,fchmodat2,chown,lchown,fchownat,setxattr,mkdir,rename,renameat,unlink \
		vfioctl bind --owner tester --node-mode 0660 $lone
	says "nothing to do"
	# /dev/null is what the reader processes have for their streams.
	run grep -E '"/[^"]*", O_(WRONLY|RDWR)|O_CREAT|^[0-9 ]*(f?chmod|l?chown|fchown|setxattr|mkdir|rename|unlink)' \
		<(grep -vF '"/dev/null", O_RDWR' "$BATS_TEST_TMPDIR/trace")
	[ "$status" -eq 1 ] || { echo "$output"; false; }
}

@test "a dry run prints the steps and does none of them" {
	expect_json 0 vfioctl.bind/1 bind --dry-run --owner tester:tester --node-mode 660 $lone
	json_is '[.steps[].step]' '["rule","override","unbind","bind","verify","wait","own","own","acl","acl"]'
	json_is '[.steps[] | select(.step == "own").value] | unique' '["1000:1000 0660"]'
	json_is '[.steps[] | select(.step == "acl") | .path + " " + .value]' \
		'["/dev/iommu user:1000:rw","/dev/iommu group:1000:rw"]'
	[ "$(driver_of $lone)" = nvme ]
	nothing_left
}

@test "two devices: what they share goes with the last one" {
	vfioctl bind -q --owner tester $lone $other
	iommu_has user:1000:rw-
	expect 0 vfioctl restore -q $lone
	[ ! -e "$(rule_of $lone)" ]
	iommu_has user:1000:rw-
	expect 0 uses $other "$cdev_cases"
	expect 0 vfioctl restore -q $other
	nothing_left
	[ "$(driver_of $other)" = nvme ]
}

@test "two devices given back at once" {
	vfioctl bind -q --owner tester $lone
	vfioctl bind -q --owner tester $other
	vfioctl restore -q $lone $other
	nothing_left
}

@test "an entry that the administrator made stays" {
	setfacl -m u:1000:rw /dev/iommu
	vfioctl bind -q --owner tester $lone
	vfioctl restore -q $lone
	iommu_has user:1000:rw-
}

@test "a node that is made anew has its owner again" {
	vfioctl bind -q --owner tester:tester $lone
	sleep 3 # udevd looks no more often
	echo $lone >$pci/$lone/driver/unbind
	[ ! -e "$(group_of $lone)" ]
	echo $lone >/sys/bus/pci/drivers/vfio-pci/bind
	udevadm settle
	[ "$(owner_of "$(cdev_of $lone)")" = "1000:1000 660" ]
	[ "$(owner_of "$(group_of $lone)")" = "1000:1000 660" ]
	expect 0 uses $lone "$cdev_cases"
	expect 0 uses $lone "$group_cases"
}

@test "a VF that is gone stays given, and comes back so; restore takes it back from nobody" {
	local pf=0000:02:00.0 vf=0000:02:10.0
	vfioctl sriov -q $pf 1 --driver none
	vfioctl bind -q $vf --owner tester
	iommu_has "user:$(id -u tester):rw-"
	vfioctl doctor --fail-on warning --rule given-device-gone
	echo 0 >$pci/$pf/sriov_numvfs
	expect 1 vfioctl doctor --fail-on warning --rule given-device-gone
	says "-> vfioctl restore $vf"
	expect_json 0 vfioctl.restore/1 restore --dry-run $vf
	json_is .changed true
	iommu_has "user:$(id -u tester):rw-"

	expect 0 vfioctl restore 02:10.0
	says "$vf: it is gone; what was noted of it is dropped"
	nothing_left
	[ ! -e $state/$vf.json ]
	eventually eval 'journalctl -t vfioctl --no-pager | grep -q "restore: $vf: gone, and forgotten"'
	expect 8 vfioctl restore $vf
	expect 0 vfioctl doctor --fail-on warning --rule given-device-gone

	# With others it is one of them.
	vfioctl sriov -q $pf 1 --driver none
	vfioctl bind -q $vf $lone --owner tester
	echo 0 >$pci/$pf/sriov_numvfs
	expect_json 0 vfioctl.restore/1 restore $lone $vf
	json_is '[.results[] | [.address, .changed]]' "[[\"$lone\",true],[\"$vf\",true]]"
	nothing_left
	[ "$(driver_of $lone)" = nvme ]
}

@test "a device of a group that is gone: the group's node, which the others keep, is taken back" {
	vfioctl bind -q --group $pair0
	vfioctl bind -q --owner tester $pair0
	[ "$(owner_of "$(group_of $pair0)")" = "$(id -u tester):0 600" ]
	node=$(group_of $pair0)
	echo 1 >$pci/$pair0/remove
	# Damaged, it is dropped all the same.
	echo '{' >$records/0000:77:00.0.json
	expect_json 0 vfioctl.restore/1 restore $pair0 ${pair0#0000:} 0000:77:00.0
	json_is '[.results[] | [.address, .changed]]' "[[\"$pair0\",true],[\"0000:77:00.0\",true]]"
	[ "$(owner_of "$node")" = "0:0 600" ]
	nothing_left
	echo 1 >/sys/bus/pci/rescan
	eventually test -e $pci/$pair0/driver
}

@test "refused: nothing of it is done for one that is gone, either" {
	vfioctl bind -q $lone $other --owner tester
	hold "$(cdev_of $lone)"
	echo 1 >$pci/$other/remove
	expect 3 vfioctl restore $lone $other
	[ -e $records/$other.json ]
	expect 3 vfioctl restore --keep-going $lone $other
	[ ! -e $records/$other.json ]
	release
	expect 0 vfioctl restore $lone
	nothing_left
	echo 1 >/sys/bus/pci/rescan
	eventually test -e $pci/$other/driver
}

@test "the rule is for this very device" {
	vfioctl bind -q --owner tester $lone
	sed -i 's/vendor}=="0x[0-9a-f]*"/vendor}=="0xffff"/' "$(rule_of $lone)"
	sleep 3
	echo $lone >$pci/$lone/driver/unbind
	echo $lone >/sys/bus/pci/drivers/vfio-pci/bind
	udevadm settle
	[ "$(owner_of "$(cdev_of $lone)")" = "0:0 600" ]
	[ "$(owner_of "$(group_of $lone)")" = "0:0 600" ]
}

@test "udev finds no fault with the rule" {
	vfioctl bind -q --owner tester $lone
	expect 0 udevadm verify "$(rule_of $lone)"
	says "Success: 1"
}

@test "another owner takes over, and restore leaves nothing of either" {
	useradd -M someone 2>/dev/null || true
	vfioctl bind -q --owner tester $lone
	expect 0 vfioctl bind -q --owner someone $lone
	[ "$(stat -c %U "$(cdev_of $lone)")" = someone ]
	expect 1 iommu_has user:1000:rw-
	iommu_has "user:$(id -u someone):rw-"
	expect 4 as_tester vfioctl test $lone
	vfioctl restore -q $lone
	nothing_left
}

@test "a bind that fails leaves no trace of the grant" {
	expect 1 traced -o /dev/null -P /sys/bus/pci/drivers/vfio-pci/bind -e trace=write \
		-e inject=write:error=EINVAL:when=2 vfioctl bind --jobs 1 --owner tester $lone $other
	says "$other: cannot bind to vfio-pci"
	[ "$(driver_of $lone)" = nvme ]
	[ "$(driver_of $other)" = nvme ]
	nothing_left
}

@test "a grant that fails takes the bind back" {
	expect 1 traced -o /dev/null -e trace=setxattr -e inject=setxattr:error=EIO:when=1 \
		vfioctl bind --owner tester $lone
	says "cannot let user:1000 open /dev/iommu"
	[ "$(driver_of $lone)" = nvme ]
	nothing_left
}

@test "recover takes back what a run that was killed had given" {
	# Killed in the worker and in vfioctl itself, as the list is written.
	traced -o /dev/null -e trace=setxattr -e inject=setxattr:delay_enter=9000000 \
		vfioctl bind -q --owner tester $lone 3>&- &
	tracer=$!
	eventually grep -qs 'acl /dev/iommu' $records/$lone.json
	pkill -KILL -x vfioctl
	wait $tracer || true
	expect 0 vfioctl recover
	[ "$(driver_of $lone)" = nvme ]
	nothing_left
}

@test "a restore that fails leaves the device to whom it was given" {
	vfioctl bind -q --owner tester $lone
	expect 1 traced -o /dev/null -P /sys/bus/pci/drivers/nvme/bind -e trace=write \
		-e inject=write:error=EIO vfioctl restore $lone
	[ "$(driver_of $lone)" = vfio-pci ]
	[ "$(owner_of "$(cdev_of $lone)")" = "1000:0 600" ]
	expect 0 uses $lone "$cdev_cases"
	expect 0 uses $lone "$group_cases"
	vfioctl restore -q $lone
	nothing_left
}

@test "to keep going: who has a device open keeps it from being given back, and it stays whose it is" {
	vfioctl bind -q --owner tester $lone $other
	hold "$(cdev_of $lone)"
	expect 3 vfioctl restore --keep-going $lone $other
	[ "$(driver_of $other)" = nvme ]
	[ "$(owner_of "$(cdev_of $lone)")" = "1000:0 600" ]
	[ -e "$(rule_of $lone)" ]
	[ -e $records/$lone.json ]
	release
	expect 0 uses $lone "$cdev_cases"
	vfioctl restore -q $lone
	nothing_left
}

@test "a grant that fails gives the device back to whom it was given before" {
	useradd -M someone 2>/dev/null || true
	vfioctl bind -q --owner tester $lone
	before=$(getfacl -cpn /dev/iommu)
	expect 1 traced -o /dev/null -e trace=setxattr -e inject=setxattr:error=EIO:when=1 \
		vfioctl bind --owner someone $lone
	[ "$(stat -c %U "$(cdev_of $lone)")" = tester ]
	[ "$(getfacl -cpn /dev/iommu)" = "$before" ]
	expect 0 uses $lone "$cdev_cases"
	vfioctl restore -q $lone
	nothing_left
}

# A /dev/iommu in a file system without access control lists.
no_lists() {
	local bare=$BATS_TEST_TMPDIR/bare
	mkdir -p "$bare"
	mountpoint -q "$bare" || mount -t ramfs none "$bare"
	rm -f "$bare/iommu"
	mknod -m 600 "$bare/iommu" c "$(stat -c %Hr /dev/iommu)" "$(stat -c %Lr /dev/iommu)"
	mount --bind "$bare/iommu" /dev/iommu
}

@test "where there are no lists a group does" {
	no_lists
	expect 9 vfioctl bind --owner tester $lone
	says "no group was named"
	[ "$(driver_of $lone)" = nvme ]
	expect 0 vfioctl bind -q --owner tester:tester $lone
	[ "$(owner_of /dev/iommu)" = "0:1000 660" ]
	expect 0 uses $lone "$cdev_cases"
	expect 0 vfioctl bind --owner tester:tester $lone
	says "nothing to do"
	vfioctl bind -q --owner tester:tester $other
	vfioctl restore -q $lone
	[ "$(owner_of /dev/iommu)" = "0:1000 660" ]
	vfioctl restore -q $other
	[ "$(owner_of /dev/iommu)" = "0:0 600" ]
	umount /dev/iommu
	nothing_left
}

@test "the node of a group that two devices share has one owner" {
	useradd -M someone 2>/dev/null || true
	vfioctl bind -q --group --owner tester $pair0
	[ "$(owner_of "$(group_of $pair0)")" = "1000:0 600" ]
	expect 3 vfioctl bind --owner someone $pair1
	says "which is in the same IOMMU group"
	vfioctl restore -q $pair0
	[ "$(owner_of "$(group_of $pair1)")" = "1000:0 600" ]
	iommu_has user:1000:rw-
	vfioctl restore -q $pair1
	nothing_left
}

@test "memory that the user may lock: the limit and where it is set" {
	vfioctl bind -q --owner tester $lone
	printf 'tester - memlock 64\n' >/etc/security/limits.d/lab.conf
	expect_json 0 vfioctl.show/1 show --user tester $lone
	json_is '.devices[0].user | [.memlock_limited, .memlock_soft, .memlock_hard, .memlock_source]' \
		'[true,65536,65536,"/etc/security/limits.d/lab.conf"]'
	[ "$(need memlock met)" = null ]
	[[ $(need memlock remedy) == *limits.d* ]]
	printf '* - memlock 0\n' >/etc/security/limits.d/lab.conf
	expect_json 0 vfioctl.show/1 show --user tester $lone
	json_is .devices[0].user.may_use false
	printf '@tester - memlock unlimited\n' >>/etc/security/limits.d/lab.conf
	expect_json 0 vfioctl.show/1 show --user tester $lone
	json_is '.devices[0].user | [.may_use, .memlock_limited]' '[true,false]'
	# Of itself a process knows.
	run kept as_tester bash -c "ulimit -l 128 && vfioctl show --json --user tester $lone"
	json_is '.devices[0].user | [.memlock_soft, .memlock_source]' '[131072,"this process"]'
}

@test "restore takes back what it finds recorded, also of a device that was taken by hand" {
	vfioctl bind -q --owner tester $lone
	echo $lone >$pci/$lone/driver/unbind
	echo >$pci/$lone/driver_override
	echo $lone >/sys/bus/pci/drivers_probe
	udevadm settle
	expect 0 vfioctl restore -q $lone
	[ "$(driver_of $lone)" = nvme ]
	nothing_left
}

@test "wrong users, groups and modes are refused before anything is done" {
	expect 2 vfioctl bind --owner nosuchuser $lone
	says "nosuchuser: there is no such user"
	expect 2 vfioctl bind --owner tester:nosuchgroup $lone
	says "nosuchgroup: there is no such group"
	expect 2 vfioctl bind --owner tester --node-mode 0666 $lone
	says "to everybody"
	expect 2 vfioctl bind --node-mode 0660 $lone
	[ "$(driver_of $lone)" = nvme ]
	nothing_left
}

@test "the kernel logged no bug" {
	bugs=$(dmesg | grep -E 'BUG:|WARNING:|general protection|segfault' || true)
	[ -z "$bugs" ] || { echo "$bugs"; false; }
}

@test "a restore that had to wait takes it back when recover ends it" {
	vfioctl bind -q --owner tester $lone
	hold "$(cdev_of $lone)"
	expect 6 vfioctl restore $lone --force=vfio-open --timeout 1
	release
	expect 0 vfioctl recover --timeout 20
	[ "$(driver_of $lone)" = nvme ]
	nothing_left
}

@test "a bind right after restore does not give it to whom it was given before" {
	vfioctl bind -q --owner tester $lone
	sleep 4 # udevd has the rule now
	vfioctl restore -q $lone
	vfioctl bind -q $lone
	udevadm settle
	[ "$(stat -c %U "$(cdev_of $lone)") $(stat -c %U "$(group_of $lone)")" = "root root" ]
}
