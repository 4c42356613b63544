# SPDX-License-Identifier: GPL-2.0-or-later
# The examples of the manual and of README.md, run as they stand: those of a block are typed into one shell, and each
# ends as the page says and prints what the page prints, as far as it is the same in each run.

bats_require_minimum_version 1.5.0

load common

top=/vfioctl-src
nvme=0000:03:00.0
disk=0000:05:00.0
port=0000:01:00.0
desk=/tmp/manual

setup_file() {
	mkdir -m 777 "$desk"
	"$top/tests/lab/examples" "$top"/man/*.scd "$top/README.md" >"$desk/examples"
	stand_ins
	id vm 2>/dev/null || useradd vm
	id alice 2>/dev/null || useradd alice
}

teardown_file() {
	rm -rf "$desk"
}

setup() {
	mkdir -m 777 "$desk/here" "$desk/elsewhere"
	cd "$desk/here"
	install -m 666 /dev/null ../ran
	install -m 666 /dev/null disk.img
	truncate -s 1M disk.img
	PATH=$desk/bin:$PATH
}

teardown() {
	cd /
	let_go
	put_back
	! mountpoint -q /mnt || umount /mnt
	[ ! -e /run/vfioctl/journal ] || vfioctl recover -q
	rm -rf "$desk/here" "$desk/elsewhere" /tmp/host7
}

# --- what the reader has, and what the pages suppose ----------------------------------------------

# The reader's own driver opens the node that it is given; QEMU gets the reader's own options behind those of the
# page, ends when it has told what is on its PCI bus, and never runs its guest. Both leave a note in $desk/ran.
# What vfioctl prints as JSON is kept, as everywhere.
stand_ins() {
	mkdir "$desk/bin"
	mkdir -p "$documents"
	chmod 1777 "$documents"
	cat >"$desk/bin/vfioctl" <<-EOF
		#!/bin/bash
		# not kept: it is what keeps
		[[ " \$* " != *" --json "* ]] || exec > >(tee "\$(mktemp -p $documents manual-XXXXXX.json)")
		exec $(type -P vfioctl) "\$@"
	EOF
	cat >"$desk/bin/my-driver" <<-'EOF'
		#!/bin/sh
		for node in "$VFIOCTL_CDEV" "$@"; do :; done
		exec 3<>"$node" || exit
		echo "my-driver as $(id -un): $*" >>/tmp/manual/ran
	EOF
	cat >"$desk/bin/qemu-system-x86_64" <<-'EOF'
		#!/bin/bash
		args=()
		for word; do [ "$word" = ... ] || args+=("$word"); done # where the page has left something out
		echo "QEMU as $(id -un)" >>/tmp/manual/ran
		printf '{"execute":"%s"}\n' qmp_capabilities query-pci quit |
			timeout 60 /usr/bin/qemu-system-x86_64 "${args[@]}" -m 64M -accel tcg -S -display none -qmp stdio >>/tmp/manual/ran
	EOF
	chmod 755 "$desk"/bin/*
}

# ran COUNT TEXT: what the stand-ins noted has that text so often.
ran() {
	local count
	count=$(grep -oF -e "$2" "$desk/ran" | wc -l)
	[ "$count" -eq "$1" ] || { echo "$count times '$2', not $1, in: $(<"$desk/ran")"; return 1; }
}

put_back() {
	local left=(/sys/bus/pci/drivers/vfio-pci/0000:*)
	[ ! -e "${left[0]}" ] || vfioctl restore -q "${left[@]##*/}"
	[ ! -e "$pci/0000:02:00.0/virtfn0" ] || vfioctl sriov -q 0000:02:00.0 0
	[ ! -e /sys/class/net/lab0 ] || { ip link del lab0 && ip address flush to 192.0.2.0/24; }
}

# A process that has the device open as its standard input.
held() {
	vfioctl bind -q "$nvme"
	sleep 300 <"$(cdev_of "$nvme")" 3>&- &
	holder=$!
	eventually test "/proc/$holder/fd/0" -ef "$(cdev_of "$nvme")"
}

let_go() {
	[ -z "${holder:-}" ] || release
	holder=
}

mounted() {
	mkfs.ext4 -q -F "/dev/$(disk_of "$disk")"
	mount "/dev/$(disk_of "$disk")" /mnt
}

# One port has an address and a route, the other one something above it, and the card beside them a VF.
networks_in_use() {
	local interface
	interface=$(child_of "$port" net)
	ip address add 192.0.2.1/24 dev "$interface"
	ip link set "$interface" up
	ip route add default via 192.0.2.2
	ip link add link "$(child_of "${port%0}1" net)" name lab0 type macvlan
	vfioctl sriov -q 0000:02:00.0 1
}

# Killed when it had taken the device from its driver.
killed_bind() {
	stopped_bind "$nvme"
	pkill -KILL -x vfioctl
	wait "$!" || true
}

# arrange PAGE COMMAND PRINTED: what a page supposes to be there before a block, told by the first line of that.
arrange() {
	let_go
	case "$1 $2" in
	"vfioctl-doctor.8 vfioctl doctor")
		# What somebody did by hand: one port of two.
		modprobe vfio-pci
		echo vfio-pci >"$pci/${port%0}1/driver_override"
		echo "${port%0}1" >"$pci/${port%0}1/driver/unbind"
		echo "${port%0}1" >/sys/bus/pci/drivers/vfio-pci/bind
		;;
	"vfioctl-json.5 vfioctl bind"*) mounted ;;
	"vfioctl-json.5 "* | "vfioctl-list.8 vfioctl list --vfio "*) vfioctl bind -q --group "$nvme" "$port" ;;
	"vfioctl-list.8 "*driver,usage) networks_in_use ;;
	"vfioctl-list.8 "*) put_back ;;
	"vfioctl-recover.8 "*) killed_bind ;;
	"vfioctl-reset.8 "*--dry-run*) vfioctl bind -q --force=group "$port" ;;
	"vfioctl-reset.8 "*"${port%0}1") vfioctl bind -q "${port%0}1" ;;
	"vfioctl-reset.8 "*) vfioctl bind -q "$nvme" ;;
	"vfioctl-restore.8 "*"restore -") vfioctl bind -q --group "$nvme" "$port" ;;
	"vfioctl-restore.8 "*) if [[ $3 == *pid* ]]; then held; else vfioctl bind -q "$nvme"; fi ;;
	"vfioctl-show.8 vfioctl show $nvme" | *.holders*) held ;;
	"vfioctl-show.8 "*) vfioctl bind -q "$nvme" ;;
	"vfioctl-snapshot.8 tar -x"*) mv host7.tar.gz ../elsewhere && cd ../elsewhere ;;
	"vfioctl-test.8 "*alice*) vfioctl bind -q --owner alice "$nvme" ;;
	"vfioctl-test.8 "*--contradict*) vfioctl bind -q --group "$port" ;;
	"README "*jq*) vfioctl bind -q --group "$nvme" "$port" ;;
	"README "*) mounted ;;
	esac
}

# The lines that are not run here, by a part of them, and why. tests/cli/manual.bats runs them.
declare -gA exempt=(
	["dot -Tpdf"]="graphviz is not in the guest"
	["python3 -m jsonschema"]="Python's jsonschema is not in the guest"
)

is_exempt() {
	local part
	for part in "${!exempt[@]}"; do [[ $1 != *"$part"* ]] || return 0; done
	return 1
}

# The lab has no device that migrates: the line about one is run for one that does not.
migrates=0000:81:00.1

# --- running them ---------------------------------------------------------------------------------

# read_examples PAGE: in page[], block[], prompt[], command[] and printed[]; of all pages without one.
read_examples() {
	local fields i
	mapfile -d '' -t fields <"$desk/examples"
	page=() block=() prompt=() command=() printed=()
	for ((i = 0; i < ${#fields[@]}; i += 5)); do
		[ "${1-${fields[i]}}" = "${fields[i]}" ] || continue
		page+=("${fields[i]}") block+=("${fields[i + 1]}") prompt+=("${fields[i + 2]}")
		command+=("${fields[i + 3]//$migrates/$nvme}") printed+=("${fields[i + 4]}")
	done
}

# says_it OUTPUT PRINTED: the output is what the page has, in which "..." stands for anything. What is different in
# each run counts as the same, and blanks as one.
says_it() {
	local both
	mapfile -d '' -t both < <(printf '%s\0' "$2" "$1" | sed -zE 's/[ \n]+/ /g; s/^ //; s/ $//
		s/vfio[0-9]+/vfioN/g; s/nvme[0-9]+n1/nvmeNn1/g; s/[0-9.]+-lab/N-lab/g
		s/pid [0-9]+/pid N/g; s/[0-9]+ sleep/N sleep/g; s/uid: [0-9]+/uid: N/
		s/(yes|no) [0-9]+( 0000|$)/\1 N\2/g; s/[0-9]+ (devices|files|links|identifiers)\b/N \1/g
		1 { s/[][*?\\()|]/\\&/g; s/ ?\.\.\. ?/*/g }')
	# shellcheck disable=SC2053 # a pattern
	[[ ${both[1]} == ${both[0]} ]]
}

# ended_well COMMAND PRINTED STATUSES: of a pipe there are several.
ended_well() {
	case "$1 $2" in
	"vfioctl doctor"*) [[ $3 =~ ^[01]( 0)*$ ]] ;; # it may find something
	*"vfioctl bind"*.error*) [ "$3" = "3 0" ] ;;
	*"vfioctl: 0000:"*) [ "$3" = 3 ] ;; # a refusal
	*) [[ $3 =~ ^0( 0)*$ ]] ;;
	esac
}

# session PROMPT COMMAND...: types them into one shell, of root or of a user; outputs[] and statuses[] are theirs.
session() {
	local shell=(bash) pieces i typed
	[ "$1" = '#' ] || shell=(setpriv --reuid alice --regid alice --init-groups bash)
	shift
	for typed; do printf '%s\n%s\n' "$typed" "printf '\\036%s\\036' \"\${PIPESTATUS[*]:-0}\""; done >"$desk/typed"
	# A pipe, of which each shell takes no more than its own lines.
	timeout 300 "${shell[@]}" < <(cat "$desk/typed") >"$desk/said" 2>&1 3>&- || true
	mapfile -d $'\036' -t pieces <"$desk/said"
	[ "${#pieces[@]}" -ge $((2 * $#)) ] || { echo "the shell did not come to the end of: $*"; cat "$desk/said"; return 1; }
	outputs=() statuses=()
	for ((i = 0; i < 2 * $#; i += 2)); do outputs+=("${pieces[i]}") statuses+=("${pieces[i + 1]}"); done
}

# Runs the examples with these numbers, which are one block.
run_block() {
	local i commands=() n=0
	for i; do commands+=("${command[i]}"); done
	arrange "${page[$1]}" "${command[$1]}" "${printed[$1]}"
	session "${prompt[$1]}" "${commands[@]}"
	for i; do
		ended_well "${command[i]}" "${printed[i]}" "${statuses[n]}" || {
			printf '%s: exit status %s\n%s\n' "${command[i]}" "${statuses[n]}" "${outputs[n]}"
			return 1
		}
		[ -z "${printed[i]}" ] || says_it "${outputs[n]}" "${printed[i]}" || {
			printf '%s:\n%s\ninstead of:\n%s\n' "${command[i]}" "${outputs[n]}" "${printed[i]}"
			return 1
		}
		n=$((n + 1))
	done
}

# run_page NAME COUNT: run its examples, of which COUNT can be run.
run_page() {
	local i these=() done=0
	read_examples "$1"
	for i in "${!command[@]}"; do
		is_exempt "${command[i]}" || these+=("$i")
		[ "${block[i]}" != "${block[i + 1]-}" ] || continue
		[ "${#these[@]}" -eq 0 ] || run_block "${these[@]}"
		done=$((done + ${#these[@]})) these=()
	done
	[ "$done" -eq "$2" ] || { echo "$done of $1 were run, not $2"; return 1; }
}

# --- the pages ------------------------------------------------------------------------------------

# The first one, for its page tells of a machine in which VFIO is not loaded yet.
@test "mode" {
	run_page vfioctl-mode.8 2
}

@test "README" {
	run_page README 7
}

@test "bind" {
	run_page vfioctl-bind.8 10
	ran 1 "QEMU as vm"
	ran 1 '"device": 16, "subsystem-vendor": 6900, "vendor": 6966'
}

@test "concepts" {
	run_page vfioctl-concepts.7 11
	ran 1 "QEMU as root"
}

@test "doctor" {
	run_page vfioctl-doctor.8 4
}

@test "help" {
	run_page vfioctl-help.8 3
}

@test "json" {
	run_page vfioctl-json.5 2
}

@test "list" {
	run_page vfioctl-list.8 7
}

@test "recover" {
	run_page vfioctl-recover.8 2
}

@test "reset" {
	run_page vfioctl-reset.8 3
}

@test "restore" {
	run_page vfioctl-restore.8 3
}

@test "run" {
	run_page vfioctl-run.8 7
	ran 1 "QEMU as root"
	ran 1 "QEMU as vm"
	ran 2 '"device": 4307'
	ran 1 "my-driver as root: --node /dev/vfio/devices/vfio"
	ran 1 "my-driver as vm: "
}

@test "show" {
	run_page vfioctl-show.8 5
}

@test "snapshot" {
	run_page vfioctl-snapshot.8 4
}

@test "sriov" {
	run_page vfioctl-sriov.8 4
}

@test "test" {
	run_page vfioctl-test.8 6
}

@test "topology" {
	run_page vfioctl-topology.8 3
}

@test "vfioctl" {
	run_page vfioctl.8 5
	ran 1 "my-driver as root: /dev/vfio/devices/vfio"
}

@test "no page is left out, and of the lines only those that are exempt, each once" {
	read_examples
	local of part line count
	for of in $(printf '%s\n' "${page[@]}" | sort -u); do
		grep -q "run_page $of " "$top/tests/lab/suite/manual.bats" || { echo "$of is not run"; return 1; }
	done
	for part in "${!exempt[@]}"; do
		count=0
		for line in "${command[@]}"; do [[ $line != *"$part"* ]] || count=$((count + 1)); done
		[ "$count" -eq 1 ] || { echo "$count lines have '$part'"; return 1; }
	done
}
