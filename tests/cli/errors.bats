# SPDX-License-Identifier: GPL-2.0-or-later
# Wrong use: exit 2, one message that says what to do, and the same as JSON.

load helper

# wrong CODE TEXT ARGUMENTS...: exit 2 with that text on stderr and nothing on stdout; with --json
# the document has that code and stderr is empty.
wrong() {
	local code=$1 text=$2
	shift 2
	vfioctl "$@"
	exits 2
	equals "$output" ""
	equals "${#stderr_lines[@]}" 1
	says "vfioctl: " "$text"
	json "$@" --json
	exits 2
	equals "$stderr" ""
	equals "$(query '[.schema, .error.code, (.results | length | tostring)] | join(" ")')" "vfioctl.error/1 $code 0"
}

@test "no command" {
	vfioctl
	exits 2
	says "no command is named" "vfioctl help"
}

@test "an unknown command, and what was meant" {
	wrong unknown-command "Did you mean \`vfioctl list\`" lst
	wrong unknown-command "Did you mean \`vfioctl restore\`" restor
	wrong unknown-command "\`vfioctl help\` lists" xyzzy
}

@test "words of other tools are answered with ours" {
	wrong unknown-command "vfioctl restore DEVICE" unbind 03:00.0
	wrong unknown-command "vfioctl bind DEVICE" attach 03:00.0
	wrong unknown-command "vfioctl bind DEVICE" detach 03:00.0
	wrong unknown-command "vfioctl bind DEVICE --driver NAME" set-override 03:00.0 vfio-pci
	wrong unknown-command "vfioctl restore DEVICE" unset-override 03:00.0
	wrong unknown-command "vfioctl list" list-devices
	wrong unknown-command "vfioctl bind DEVICE" nodedev-detach pci_0000_03_00_0
	wrong unknown-command "vfioctl restore DEVICE" nodedev-reattach pci_0000_03_00_0
	wrong unknown-command "vfioctl reset DEVICE" nodedev-reset pci_0000_03_00_0
	wrong unknown-command "vfioctl topology" tree
	vfioctl help attach
	exits 2
	says "vfioctl bind DEVICE"
	vfioctl help lisst
	says "Did you mean \`vfioctl list\`"
}

@test "options of dpdk-devbind are answered with our commands" {
	local word command
	while read -r word; do
		vfioctl "$word" vfio-pci 0000:03:00.0
		exits 2
		[[ $stderr == *"there is no option $word. "*\`vfioctl\ * ]]
		command=$(grep -oE '`vfioctl [a-z]+' <<<"$stderr" | cut -d ' ' -f 2)
		vfioctl help "$command"
		exits 0
	done < <(sed -n '/foreign_options\[\]/,/^};/s/^\t{"\([^"]*\)".*/\1/p' "$top/cli/main.c" | tee "$BATS_TEST_TMPDIR/words")
	[ "$(wc -l <"$BATS_TEST_TMPDIR/words")" -ge 6 ]
	wrong unknown-option "vfioctl bind DEVICE --driver NAME" --bind=vfio-pci 03:00.0
	wrong unknown-option "vfioctl list" -s
	wrong unknown-option "vfioctl restore DEVICE" -u 03:00.0
}

@test "an answer to another tool's word names commands that there are" {
	local word command
	while read -r word; do
		vfioctl "$word"
		exits 2
		[[ $stderr == *"there is no command '$word'. "*\`vfioctl\ * ]]
		while read -r command; do
			vfioctl help "$command"
			exits 0
		done < <(grep -oE '`vfioctl [a-z]+' <<<"$stderr" | cut -d ' ' -f 2)
	done < <(sed -n '/foreign_words\[\]/,/^};/s/^\t{"\([^"]*\)".*/\1/p' "$top/cli/main.c")
}

@test "libvirt's name of a device is answered with its address" {
	on both show pci_0000_03_00_0
	exits 2
	says "pci_0000_03_00_0: that is libvirt's name. Write it as 0000:03:00.0."
	on both show pci_0000_03_00_9
	exits 8
}

@test "an unknown option, and what was meant" {
	wrong unknown-option "Did you mean --noheadings?" list --noheadngs
	wrong unknown-option "Did you mean --driver?" list --drivr nvme
	wrong unknown-option "there is no option -x" list -x
	json list --json --driver
	exits 2
	equals "$(jq -r .error.message <<<"$output")" "--driver wants an argument"
	wrong bad-option "takes no argument" list --vfio=yes
}

@test "options that mean nothing without another one" {
	wrong bad-option "--detailed-exitcode needs --dry-run" bind 03:00.0 --detailed-exitcode
	wrong bad-option "--detailed-exitcode needs --dry-run" restore 03:00.0 --detailed-exitcode
}

@test "what others call an option" {
	wrong unknown-option "there is no option --user. Did you mean --owner?" bind --user vm 03:00.0
	wrong unknown-option "Did you mean --node-mode?" bind --mode=660 03:00.0
	wrong unknown-option "Did you mean --dry-run?" restore --check 03:00.0
	wrong unknown-option "there is no option --colour. Did you mean --color?" list --colour=always
	vfioctl list --format json
	exits 2
	says "Did you mean --json?"
	# Only where there is that option, and not whatever is short, too.
	vfioctl list --user vm
	exits 2
	[[ $stderr != *owner* ]]
}

@test "steps have columns of their own" {
	wrong unknown-column "there is no column 'address'" bind 03:00.0 --dry-run -o address
}

@test "options before the command" {
	json --json list
	exits 2
	equals "$(jq -r .error.message <<<"$output")" "options stand behind the command"
	vfioctl -n list
	exits 2
	says "vfioctl list"
}

@test "too few and too many operands" {
	wrong missing-operand "show needs an operand" show
	wrong missing-operand "bind needs an operand" bind
	wrong missing-operand "restore needs an operand" restore
	wrong missing-operand "--owner took 0000:03:00.0 for its own. Write: vfioctl bind DEVICE" bind --owner 0000:03:00.0
	wrong missing-operand "--user took 0000:03:00.0 for its own. Write: vfioctl show DEVICE" show --user 0000:03:00.0
	wrong missing-operand "reset needs an operand" reset
	wrong missing-operand "sriov needs an operand" sriov 02:00.0
	vfioctl sriov 02:00.0
	says "Write: vfioctl sriov DEVICE COUNT"
	wrong extra-operand "'03:00.0' is one operand too many" sriov 02:00.0 2 03:00.0
	wrong extra-operand "'03:00.0' is one operand too many" mode 03:00.0
}

@test "an unknown column, and what was meant" {
	wrong unknown-column "Did you mean 'driver'?" list -o drivr
	wrong unknown-column "Columns are: address, bus" list -o xyzzy
	wrong unknown-column "there is no column ''" list -o address,
	wrong unknown-column "there is no column 'group_members'" list -o group_members
	wrong bad-option "--output is not for mode: it has no columns" mode -o kernel
}

@test "filters that are none" {
	wrong bad-option "--group: 'x' is not the number of a group" list --group x
	wrong bad-option "--group: '-1'" list --group -1
	wrong bad-option "--id: 'xyz' is not a pair of ids" list --id xyz
	wrong bad-option "--id: '12345:'" list --id 12345:
}

@test "numbers that are none" {
	wrong bad-option "--timeout wants a whole number, not 'soon'" bind --timeout soon 03:00.0
	wrong bad-option "--timeout wants a whole number, not '-5'" bind --timeout -5 03:00.0
}

@test "an unknown reason for --force" {
	device=$("$VFIOCTL" list -n -r -o address | head -n 1)
	[ -n "$device" ] || skip "this machine has no PCI function"
	wrong bad-option "--force: there is no reason 'everything'" bind --force everything "$device"
	vfioctl bind --force everything "$device"
	says "mounted" "vfio-open" "unseen"
}

@test "a scope and a method that are none, or not of each other" {
	device=$("$VFIOCTL" list -n -r -o address | head -n 1)
	[ -n "$device" ] || skip "this machine has no PCI function"
	wrong bad-option "--scope: there is no scope 'bus'. Scopes are: function, hot." \
		reset --scope bus "$device"
	wrong bad-option "--method: there is no reset method 'FLR'. Methods are:" \
		reset --method FLR "$device"
	wrong bad-option "--method is for --scope function" reset --scope hot --method flr "$device"
	wrong bad-option "--timeout 0 leaves no time" reset --timeout 0 "$device"
	wrong bad-option "--force: there is no reason 'all'" reset --force all "$device"
	wrong unknown-column "Did you mean 'method'?" reset -o metod "$device"
}

@test "a captured tree cannot be changed" {
	for verb in bind restore reset; do
		wrong bad-option "--sysroot is not for $verb: a captured tree can only be looked at" \
			"$verb" 0000:03:00.0 --sysroot "$trees/both"
		wrong bad-option "--sysroot is not for $verb" "$verb" 0000:03:00.0 --dry-run \
			--sysroot "$trees/both"
	done
	wrong bad-option "--sysroot is not for test" test --sysroot "$trees/both"
	wrong bad-option "--sysroot is not for show --probe" show --probe 03:00.0 --sysroot "$trees/both"
}

@test "no time at all" {
	wrong bad-option "--timeout 0 leaves no time" show --probe --timeout 0 0000:03:00.0
}

@test "a root that is none" {
	wrong bad-sysroot "No such file or directory (ENOENT)" list --sysroot "$BATS_TEST_TMPDIR/none"
	touch "$BATS_TEST_TMPDIR/file"
	wrong bad-sysroot "Not a directory (ENOTDIR)" list --sysroot "$BATS_TEST_TMPDIR/file"
}

@test "help has no JSON, and says so in JSON" {
	json help --json
	exits 2
	equals "$(query .error.message)" "--json is not for help: it prints no JSON"
}

@test "every document of this file is valid" {
	all_documents_valid
}
