# SPDX-License-Identifier: GPL-2.0-or-later
# What bash's completion offers, asked as bash asks it. tests/lab/suite/completion.bats types.

load helper

setup_file() {
	"$VFIOCTL" help --words >"$BATS_FILE_TMPDIR/words"
	for column in address driver iommu_group; do
		"$VFIOCTL" list --noheadings --raw --output $column --sysroot "$trees/both" >"$BATS_FILE_TMPDIR/$column"
	done
}

setup() {
	# shellcheck source=/dev/null
	. "$top/completions/vfioctl.bash"
}

# What the program answers on a captured machine, asked once.
on_both() {
	case $* in
	"help --words") words ;;
	"list --noheadings --raw --output address --sysroot "*/other) printf '%s\n' 0000:99:00.0 0000:99:00.1 ;;
	"list --noheadings --raw --output driver --sysroot "*/other) echo strange ;;
	"list --noheadings --raw --output "*) cat "$BATS_FILE_TMPDIR/$5" ;;
	*) return 2 ;;
	esac
}

# offers LINE: what stands to choose where the line ends, sorted, on one line in $output.
offers() {
	local COMP_LINE=$1 COMP_POINT=${#1} COMP_WORDS COMP_CWORD COMPREPLY=()
	read -r -a COMP_WORDS <<<"$1"
	[[ $1 != *" " ]] || COMP_WORDS+=("")
	COMP_WORDS[0]=on_both
	COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
	_vfioctl
	output=$(printf '%s\n' "${COMPREPLY[@]}" | sort | tr '\n' ' ')
	output=${output% }
}

# offer LINE WORDS
offer() {
	offers "$1"
	equals "$output" "$2" || { echo "behind '$1'"; return 1; }
}

words() {
	cat "$BATS_FILE_TMPDIR/words"
}

@test "an option that takes words offers these and no others, behind a blank and an equals sign" {
	offer "vfioctl list --color " "always auto never"
	offer "vfioctl list --color=al" always
	offer "vfioctl doctor --for " "container dpdk libvirt qemu spdk"
	offer "vfioctl doctor --for=l" libvirt
	offer "vfioctl doctor --fail-on " "error warning"
	offer "vfioctl reset --scope " "function hot"
	offer "vfioctl reset --method f" flr
	offer "vfioctl sriov --driver " "auto native none vfio-pci"
	offer "vfioctl bind --driver a" auto
	offer "vfioctl topology --format " "dot svg tree"
	offer "vfioctl test --case bind-moves" "$(words | sed -n 's/^word test --case \(bind-moves.*\)/\1/p' | sort | tr '\n' ' ' | sed 's/ $//')"
	offer "vfioctl help --schema err" error
}

@test "filters of list offer what the machine has" {
	offer "vfioctl list --driver n" "none nvme"
	offer "vfioctl list --driver=vfio" vfio-pci
	offers "vfioctl list --driver "
	[[ " $output " == *" e1000e "* && " $output " != *" - "* ]]
	offers "vfioctl list --group "
	equals "$output" "$("$VFIOCTL" list -nro iommu_group --sysroot "$trees/both" | grep -v '^-' | LC_ALL=C sort -u | tr '\n' ' ' | sed 's/ $//')"
}

@test "lists: of columns behind a comma or a plus, of reasons and of rules behind a comma" {
	offer "vfioctl list --output=dri" "driver driver_override"
	offer "vfioctl list --output=address,vfio_" address,vfio_name
	offer "vfioctl list -o +usa" +usage
	offer "vfioctl list --sort numa" numa_node
	offer "vfioctl bind --force mounted,vfio-o" mounted,vfio-open
	offer "vfioctl bind --force=mounted,vfio-o" mounted,vfio-open
	offer "vfioctl doctor --ignore in-use,x2ap" in-use,x2apic-off
	offer "vfioctl doctor --rule x2ap" x2apic-off
}

# live COLUMN: what the machine has in it.
live() {
	[ -z "$1" ] || grep -vx -e - "$BATS_FILE_TMPDIR/$1"
}

# VERB OPTION, one a line.
takes_values() {
	words | awk '$1 == "option" && $4 != "-" { print $2, $3 }'
}

@test "no option that takes a value offers addresses or options, nor what its table has not" {
	local verb option count=0
	mkdir "$BATS_TEST_TMPDIR/empty"
	cd "$BATS_TEST_TMPDIR/empty"
	while read -r verb option; do
		for form in "$option " "$option="; do
			offers "vfioctl $verb $form"
			[[ $output != *:* && $output != *--* ]] || { echo "$verb $form: $output"; return 1; }
		done
		case $(words | sed -n "s/^option $verb $option //p") in
		LIST | COLUMN) wanted=$(words | sed -n "s/^column $verb //p") ;;
		USER*) wanted=$(compgen -u) ;;
		*)
			wanted=$(words | sed -n "s/^word $verb $option //p"
				live "$(words | sed -n "s/^live $verb $option //p")")
			;;
		esac
		equals "$(tr ' ' '\n' <<<"$output")" "$(sort -u <<<"$wanted")" || { echo "$verb $option"; return 1; }
		count=$((count + 1))
	done < <(takes_values)
	[ "$count" -gt 40 ]
}

@test "operands: devices, commands, a directory, or nothing" {
	local verb kind
	for verb in list show bind restore sriov run test doctor topology reset; do
		offer "vfioctl $verb 0000:03" "03:00.0"
		[ $verb = sriov ] || offer "vfioctl $verb --quiet 0000:03:00.0 0000:01" "01:00.0 01:00.1"
	done
	offer "vfioctl sriov 0000:02:00.0 " "" # a number
	offer "vfioctl sriov --quiet 0000:02" "02:00.0 02:10.0 02:10.2"
	for verb in mode recover; do offer "vfioctl $verb " ""; done
	offer "vfioctl help mo" mode
	mkdir -p "$BATS_TEST_TMPDIR/here/captured"
	cd "$BATS_TEST_TMPDIR/here"
	touch capture.svg
	offer "vfioctl snapshot capt" captured/
	offer "vfioctl list --sysroot=capt" captured/
	offer "vfioctl topology -o capt" "capture.svg captured/"
}

@test "a device that stands there is not offered again" {
	offer "vfioctl bind 0000:01:00.0 0000:01" 01:00.1
	offer "vfioctl show 0000:01:00.0 --quiet 0000:01:00.1 0000:01" ""
	offer "vfioctl show 0000:03:00.0" 00.0 # this one is being typed
}

@test "devices and drivers of the captured machine that was typed" {
	offer "vfioctl show --sysroot some/other 0000:" "99:00.0 99:00.1"
	offer "vfioctl show --sysroot=some/other 0000:99:00.1 0000:" 99:00.0
	offer "vfioctl list --sysroot some/other --driver " "none strange"
	offer "vfioctl show --sysroot ~/other 0000:99:00.1 0000:" 99:00.0
}

@test "commands, the options of one, and a program's own behind --" {
	offer "vfioctl rest" restore
	offer "vfioctl bind --dry" --dry-run
	offer "vfioctl list --dry" ""
	offer "vfioctl list --json --r" --raw # not kept: it is typed, not run
	offer "vfioctl list -" "$(words | sed -n 's/^option list \(--[^ ]*\).*/\1/p' | sort | tr '\n' ' ' | sed 's/ $//')"
}
