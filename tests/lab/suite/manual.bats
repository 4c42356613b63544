# SPDX-License-Identifier: GPL-2.0-or-later
# The examples of the manual, run as they stand: each command, in the order of its page, ends as the page says and
# prints what the page says first. Those that cannot be run here are named, with the reason.

bats_require_minimum_version 1.5.0

load common

nvme=0000:03:00.0
port=0000:01:00.0

# What an example prints as JSON is kept, too.
vfioctl() {
	if [[ " $* " == *" --json "* ]]; then kept command vfioctl "$@"; else command vfioctl "$@"; fi
}

setup() {
	export documents
	export -f vfioctl kept
}

teardown() {
	! mountpoint -q "$BATS_TEST_TMPDIR/disk" || umount "$BATS_TEST_TMPDIR/disk"
	vfioctl list --vfio -n -r -o address >"$BATS_TEST_TMPDIR/left"
	[ ! -s "$BATS_TEST_TMPDIR/left" ] || vfioctl restore -q - <"$BATS_TEST_TMPDIR/left"
	vfioctl sriov -q 0000:02:00.0 0
}

# Why a command cannot be run here; nothing when it can.
reason_against() {
	case $1 in
	*" ... "*) echo "it is shortened" ;;
	*my-driver* | *disk.img*) echo "the program is the reader's" ;;
	*" -- bash" | exit | echo*) echo "it is typed into a shell of its own" ;;
	*"ulimit -l"*) echo "it goes on over several lines" ;;
	*alice*) echo "there is no such user" ;;
	*0000:81:*) echo "there is no such device" ;;
	prove* | *"dot -T"* | *jsonschema*) echo "that tool is not in the guest" ;;
	*'list -o address,driver 0000:03:00.0' | *.holders*) echo "it wants a process that was killed, or one that holds the device" ;;
	"vfioctl restore $nvme") [[ $2 != *" has /dev/vfio"* ]] || echo "it wants a process that holds the device" ;;
	"vfioctl recover") echo "it wants a run that was killed; recover.bats makes one" ;;
	*--contradict*) echo "it fails on purpose; test.bats runs it" ;;
	esac
}

# Blanks as one, and the numbers of VFIO's nodes all alike: what stays the same in each run.
plain() {
	tr -s ' \n' '  ' <<<"$1" | sed -E 's/vfio[0-9]+/vfioN/g; s/^ //; s/ $//'
}

# page NAME COUNT [BEFORE...]: run its examples, of which COUNT can be run; BEFORE is run before each of them.
page() {
	local of=$1 count=$2 said command name done=0 wanted
	shift 2
	cd "$BATS_TEST_TMPDIR"
	while IFS=$'\t' read -r name said command <&3; do
		[ -z "$(reason_against "$command" "$said")" ] || continue
		for before; do $before; done
		command=${command// vm / tester }
		run bash -c "$command" </dev/null
		wanted=0
		[[ $said != vfioctl:\ 0000:* ]] || wanted=refused
		case $wanted-$status in
		0-0 | refused-[1-9]) ;;
		*)
			[[ $command == "vfioctl doctor"* && $status -eq 1 ]] || {
				echo "$command: exit status $status: $output"
				return 1
			}
			;;
		esac
		[[ $(plain "$output") == *"$(plain "$said")"* ]] || {
			printf '%s:\n%s\nwithout: %s\n' "$command" "$output" "$said"
			return 1
		}
		done=$((done + 1))
	done 3< <(tests_lab_examples "$of")
	[ "$done" -eq "$count" ] || { echo "$done of $of were run, not $count"; return 1; }
}

# An empty first printed line is a column that read would swallow: a blank stands for it.
tests_lab_examples() {
	/vfioctl-src/tests/lab/examples "/vfioctl-src/man/$1.scd" | sed 's/\t\t/\t \t/'
}

bound() {
	vfioctl bind -q "$nvme"
}

@test "bind" {
	page vfioctl-bind.8 8
}

@test "concepts" {
	page vfioctl-concepts.7 9
}

@test "doctor" {
	# What the page shows is what somebody did by hand: one port of two.
	echo vfio-pci >"$pci/0000:01:00.1/driver_override"
	modprobe vfio-pci
	echo 0000:01:00.1 >"$pci/0000:01:00.1/driver/unbind"
	echo 0000:01:00.1 >/sys/bus/pci/drivers/vfio-pci/bind
	page vfioctl-doctor.8 3
}

@test "help" {
	page vfioctl-help.8 3
}

@test "json" {
	mkdir "$BATS_TEST_TMPDIR/disk"
	mkfs.ext4 -q -F "/dev/$(disk_of 0000:05:00.0)"
	mount "/dev/$(disk_of 0000:05:00.0)" "$BATS_TEST_TMPDIR/disk"
	vfioctl bind -q --group "$port"
	page vfioctl-json.5 2
}

@test "list" {
	vfioctl bind -q --group "$port" # --vfio has something to list
	page vfioctl-list.8 7
}

@test "mode" {
	page vfioctl-mode.8 2
}

@test "reset" {
	vfioctl bind -q --group "$port"
	page vfioctl-reset.8 3 bound
}

@test "restore" {
	page vfioctl-restore.8 2 bound
}

@test "show" {
	page vfioctl-show.8 3 bound
}

@test "sriov" {
	page vfioctl-sriov.8 4
}

@test "test" {
	page vfioctl-test.8 3 bound
}

@test "topology" {
	page vfioctl-topology.8 3
}

@test "vfioctl" {
	page vfioctl.8 4
}

@test "no page with examples is left out" {
	for page in /vfioctl-src/man/*.scd; do
		page=${page##*/}
		page=${page%.scd}
		[ -n "$(tests_lab_examples "$page")" ] || continue
		# Those of these two want what only their own suites make.
		[ "$page" = vfioctl-recover.8 ] || [ "$page" = vfioctl-run.8 ] || [ "$page" = vfioctl-snapshot.8 ] ||
			grep -q "page $page " "/vfioctl-src/tests/lab/suite/manual.bats"
	done
}
