# SPDX-License-Identifier: GPL-2.0-or-later
# Completion, in shells that believe that a person sits in front of them: keys go in through a
# pseudo-terminal, and the shell itself writes down the line that came of them.

bats_require_minimum_version 1.5.0

share=/usr/share

# One bash and one zsh for all tests, each started as a login on Debian does it: bash loads the function
# when it is wanted for the first time. Debian's zsh looks into vendor-completions and below
# /usr/local, not where PREFIX=/usr installs.
setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	cat >bashrc <<-END
		. $share/bash-completion/bash_completion
		dump() { printf '%s' "\$READLINE_LINE" >$PWD/bash.part && mv $PWD/bash.part $PWD/bash.line; }
		bind -x '"\\C-xd": dump'
		bind '"\\C-xa": insert-completions'
		bind 'set bell-style none'
		PROMPT_COMMAND='touch $PWD/bash.ready'
	END
	cat >.zshrc <<-END
		fpath=($share/zsh/site-functions \$fpath)
		autoload -Uz compinit && compinit -u -D
		zstyle ':completion:*' completer _all_matches _complete
		dump() { print -rn -- "\$BUFFER" >$PWD/zsh.part && mv $PWD/zsh.part $PWD/zsh.line }
		all() {
			zstyle ':completion:*' insert true
			zle complete-word
			zstyle -d ':completion:*' insert
		}
		zle -N dump
		zle -N all
		bindkey '^Xd' dump
		bindkey '^Xa' all
		precmd() { touch $PWD/zsh.ready }
	END
	start bash --noprofile --rcfile "$PWD/bashrc" -i
	! command -v zsh >/dev/null || ZDOTDIR=$PWD start zsh -d -i
}

teardown_file() {
	local pid
	while read -r pid; do kill "$pid" 2>/dev/null || true; done <"$BATS_FILE_TMPDIR/pids"
}

# start SHELL...: on a terminal whose keys come from the pipe SHELL.keys.
start() {
	mkfifo "$1.keys"
	sleep infinity >"$1.keys" 3>&- & # keeps the pipe open between tests
	echo $! >>pids
	TERM=dumb script --quiet --return --command "$*" "$1.screen" <"$1.keys" >/dev/null 2>&1 3>&- &
	echo $! >>pids
}

# type_in SHELL KEYS: $output is the line that came of them.
type_in() {
	cd "$BATS_FILE_TMPDIR" || return
	[ -p "$1.keys" ] || skip "there is no $1"
	appears "$1.ready" "$1.screen"
	rm -f "$1.line"
	printf '\025%s' "$2" >"$1.keys"
	sleep 0.2
	printf '\030d' >"$1.keys"
	appears "$1.line" "$1.screen"
	output=$(cat "$1.line")
}

# appears FILE SCREEN: within half a minute; otherwise the screen shows why not.
appears() {
	local i
	for ((i = 0; i < 300; i++)); do
		[ ! -f "$1" ] || return 0
		sleep 0.1
	done
	echo "$1 did not appear. The screen:"
	cat "$2"
	return 1
}

in_bash() {
	type_in bash "$1"
}

in_zsh() {
	type_in zsh "$1"
}

# fish completes without a terminal, too, by the same code.
in_fish() {
	command -v fish >/dev/null || skip "there is no fish"
	output=$(HOME=$BATS_FILE_TMPDIR fish --no-config --command "source $share/fish/vendor_completions.d/vfioctl.fish
		complete --do-complete '$1'" | cut -f1)
}

# The line, or the list of words, is this.
gives() {
	[ "$output" = "$1" ] && return
	printf 'got      %s\ninstead of %s\n' "$output" "$1"
	return 1
}

words() {
	vfioctl help --words | awk -v kind="$1" -v verb="$2" '$1 == kind && $2 == verb { print $3 }'
}

# words_of VERB OPTION: what it takes.
words_of() {
	vfioctl help --words | awk -v verb="$1" -v option="$2" '$1 == "word" && $2 == verb && $3 == option { print $4 }'
}

# Options that take what nobody can guess, and verbs without operands: VERB [OPTION], one a line.
silent() {
	printf '%s\n' "show --timeout" "list --id" "list --class" "bind --node-mode" "sriov 0000:03:00.0" mode recover
}

verbs() {
	vfioctl help --words | awk '$1 == "command" { print $2 }'
}

addresses() {
	vfioctl list --noheadings --raw --output address
}

# One word to a line, sorted, without the first N words of the line.
listed() {
	tr ' ' '\n' <<<"$output" | grep . | tail -n +$(($1 + 1)) | sort
}

@test "bash: a verb" {
	in_bash $'vfioctl rest\t'
	gives "vfioctl restore "
}

@test "bash: all verbs" {
	in_bash $'vfioctl \030a'
	diff <(listed 1) <(verbs | sort)
}

@test "bash: the verb to be explained" {
	in_bash $'vfioctl help mo\t'
	gives "vfioctl help mode "
}

@test "bash: an option of the verb" {
	in_bash $'vfioctl bind --dry\t'
	gives "vfioctl bind --dry-run "
}

@test "bash: all options of a verb, and no others" {
	in_bash $'vfioctl list --\030a'
	diff <(listed 2) <(words option list | sort)
}

@test "bash: no option of another verb" {
	in_bash $'vfioctl list --dry\t'
	gives "vfioctl list --dry"
}

@test "bash: an address, although it holds colons" {
	in_bash $'vfioctl bind 0000:03\t'
	gives "vfioctl bind 0000:03:00.0 "
}

@test "bash: an address behind options and another address" {
	in_bash $'vfioctl show --quiet 0000:03:00.0 0000:00:02\t'
	gives "vfioctl show --quiet 0000:03:00.0 0000:00:02.0 "
}

@test "bash: the common part of several addresses" {
	in_bash $'vfioctl show 0000:00:1f\t'
	gives "vfioctl show 0000:00:1f."
}

@test "bash: all addresses" {
	in_bash $'vfioctl show \030a'
	diff <(listed 2) <(addresses | sort)
}

@test "bash: a column" {
	in_bash $'vfioctl list -o driver_o\t'
	gives "vfioctl list -o driver_override "
}

@test "bash: the second column of a list, and one that is added" {
	in_bash $'vfioctl list --output address,vfio\t'
	gives "vfioctl list --output address,vfio_name "
	in_bash $'vfioctl bind -o +overr\t'
	gives "vfioctl bind -o +overridden "
}

@test "bash: the words of an option, behind a blank and an equals sign" {
	in_bash $'vfioctl doctor --for libv\t'
	gives "vfioctl doctor --for libvirt "
	in_bash $'vfioctl list --color=al\t'
	gives "vfioctl list --color=always "
	in_bash $'vfioctl list --output=address,dri\t'
	gives "vfioctl list --output=address,driver"
	in_bash $'vfioctl bind --force mounted,vfio-o\t'
	gives "vfioctl bind --force mounted,vfio-open "
	in_bash $'vfioctl reset --method \030a'
	diff <(listed 3) <(words_of reset --method | sort)
}

@test "bash: nothing for a value that nobody can guess, nor for a verb without operands" {
	local words
	while read -r words; do
		in_bash "vfioctl $words "$'\t\t'
		gives "vfioctl $words "
	done < <(silent)
}

# What devices of this machine have in the column.
live() {
	vfioctl list --noheadings --raw --output "$1" | grep -vx -e - | sort -u
}

@test "bash: a driver and a group that the machine has" {
	in_bash $'vfioctl list --driver virtio-p\t'
	gives "vfioctl list --driver virtio-pci "
	in_bash $'vfioctl list --group \030a'
	diff <(listed 3) <(live iommu_group)
}

@test "bash: a directory for --sysroot" {
	mkdir -p "$BATS_TEST_TMPDIR/captured"
	in_bash "vfioctl list --sysroot $BATS_TEST_TMPDIR/capt"$'\t'
	[[ $output == "vfioctl list --sysroot $BATS_TEST_TMPDIR/captured"* ]] || gives "the directory"
}

# captured: a machine of one device, in $captured.
captured() {
	captured=$BATS_TEST_TMPDIR/captured
	mkdir -p "$captured/sys/devices/pci0000:00/0000:99:00.0" "$captured/sys/bus/pci/devices"
	ln -sf ../../../devices/pci0000:00/0000:99:00.0 "$captured/sys/bus/pci/devices"
	printf 'PCI_CLASS=10802\nPCI_ID=1B36:0010\nPCI_SLOT_NAME=0000:99:00.0\n' \
		>"$captured/sys/bus/pci/devices/0000:99:00.0/uevent"
}

@test "bash: a device of the captured machine that was typed, and none twice" {
	captured
	in_bash "vfioctl show --sysroot $captured 0000:9"$'\t'
	gives "vfioctl show --sysroot $captured 0000:99:00.0 "
	in_bash "vfioctl show --sysroot=$captured 0000:99:00.0 0000:9"$'\t'
	gives "vfioctl show --sysroot=$captured 0000:99:00.0 0000:9"
}

@test "bash: the command behind --, and its arguments" {
	in_bash $'vfioctl run 0000:03:00.0 -- udevad\t'
	gives "vfioctl run 0000:03:00.0 -- udevadm "
	mkdir -p "$BATS_TEST_TMPDIR/captured"
	in_bash "vfioctl run 0000:03:00.0 -- ls $BATS_TEST_TMPDIR/capt"$'\t'
	[[ $output == "vfioctl run 0000:03:00.0 -- ls $BATS_TEST_TMPDIR/captured"* ]] || gives "the directory"
	in_bash $'vfioctl run 0000:03:00.0 -- vfioctl rest\t'
	gives "vfioctl run 0000:03:00.0 -- vfioctl restore "
}

@test "bash: before -- are devices and options" {
	in_bash $'vfioctl run 0000:03\t'
	gives "vfioctl run 0000:03:00.0 "
	in_bash $'vfioctl run --pass\t'
	gives "vfioctl run --pass-fd "
}

@test "zsh: a verb" {
	in_zsh $'vfioctl rest\t'
	gives "vfioctl restore "
}

@test "zsh: all verbs" {
	in_zsh $'vfioctl \030a'
	diff <(listed 1) <(verbs | sort)
}

@test "zsh: an option of the verb" {
	in_zsh $'vfioctl bind --dry\t'
	gives "vfioctl bind --dry-run "
}

@test "zsh: an address" {
	in_zsh $'vfioctl bind 0000:03\t'
	gives "vfioctl bind 0000:03:00.0 "
}

@test "zsh: the second column of a list" {
	in_zsh $'vfioctl list -o address,vfio\t'
	[[ $output == "vfioctl list -o address,vfio_name"* ]] || gives "vfioctl list -o address,vfio_name"
}

@test "zsh: rules behind --rule and --ignore, the second of a list too" {
	in_zsh $'vfioctl doctor --rule iommu-pass\t'
	[[ $output == "vfioctl doctor --rule iommu-passthrough"* ]] || gives "vfioctl doctor --rule iommu-passthrough"
	in_zsh $'vfioctl doctor --ignore in-use,x2ap\t'
	[[ $output == "vfioctl doctor --ignore in-use,x2apic-off"* ]] || gives "vfioctl doctor --ignore in-use,x2apic-off"
	in_zsh $'vfioctl doctor --rule \030a'
	diff <(listed 3 | sed 's/,$//') <(words_of doctor --rule | sort) # the last one is ready for another
}

@test "zsh: the words of an option, behind a blank and an equals sign" {
	in_zsh $'vfioctl doctor --for libv\t'
	gives "vfioctl doctor --for libvirt "
	in_zsh $'vfioctl list --color=al\t'
	gives "vfioctl list --color=always "
	in_zsh $'vfioctl list --output=address,vfio\t'
	[[ $output == "vfioctl list --output=address,vfio_name"* ]] || gives "vfioctl list --output=address,vfio_name"
	in_zsh $'vfioctl bind -o +overr\t'
	[[ $output == "vfioctl bind -o +overridden"* ]] || gives "vfioctl bind -o +overridden"
	in_zsh $'vfioctl bind --force mounted,vfio-o\t'
	[[ $output == "vfioctl bind --force mounted,vfio-open"* ]] || gives "vfioctl bind --force mounted,vfio-open"
	in_zsh $'vfioctl reset --method \030a'
	diff <(listed 3) <(words_of reset --method | sort)
}

@test "zsh: nothing for a value that nobody can guess, nor for a verb without operands" {
	local words
	while read -r words; do
		in_zsh "vfioctl $words "$'\t'
		gives "vfioctl $words "
	done < <(silent)
}

@test "zsh: a driver and a group that the machine has" {
	in_zsh $'vfioctl list --driver virtio-p\t'
	gives "vfioctl list --driver virtio-pci "
	in_zsh $'vfioctl list --group \030a'
	diff <(listed 3) <(live iommu_group)
}

@test "zsh: a directory for snapshot" {
	mkdir -p "$BATS_TEST_TMPDIR/captured"
	in_zsh "vfioctl snapshot $BATS_TEST_TMPDIR/capt"$'\t'
	[[ $output == "vfioctl snapshot $BATS_TEST_TMPDIR/captured"* ]] || gives "the directory"
}

@test "zsh: a device of the captured machine that was typed, and none twice" {
	captured
	in_zsh "vfioctl show --sysroot $captured 0000:9"$'\t'
	gives "vfioctl show --sysroot $captured 0000:99:00.0 "
	in_zsh "vfioctl show --sysroot=$captured 0000:99:00.0 0000:9"$'\t'
	gives "vfioctl show --sysroot=$captured 0000:99:00.0 0000:9"
	in_zsh $'vfioctl show 0000:03:00.0 0000:03\t'
	gives "vfioctl show 0000:03:00.0 0000:03"
}

@test "zsh: the command behind --, and its arguments" {
	in_zsh $'vfioctl run 0000:03:00.0 -- udevad\t'
	gives "vfioctl run 0000:03:00.0 -- udevadm "
	in_zsh $'vfioctl run 0000:03:00.0 -- vfioctl rest\t'
	gives "vfioctl run 0000:03:00.0 -- vfioctl restore "
}

@test "fish: all verbs" {
	in_fish "vfioctl "
	diff <(sort <<<"$output") <(verbs | sort)
}

@test "fish: a verb" {
	in_fish "vfioctl rest"
	gives restore
}

@test "fish: all options of a verb, and no others" {
	in_fish "vfioctl list --"
	diff <(sort <<<"$output") <(words option list | sort)
}

@test "fish: an address" {
	in_fish "vfioctl bind 0000:03"
	gives 0000:03:00.0
}

@test "fish: all rules behind --rule and --ignore, and one" {
	in_fish "vfioctl doctor --rule "
	diff <(sort <<<"$output") <(words_of doctor --rule | sort)
	in_fish "vfioctl doctor --ignore x2ap"
	gives x2apic-off
	in_fish "vfioctl doctor --ignore in-use,x2ap"
	gives in-use,x2apic-off
}

@test "fish: the words of an option, behind a blank and an equals sign" {
	in_fish "vfioctl doctor --for libv"
	gives libvirt
	in_fish "vfioctl list --color=al"
	gives --color=always
	in_fish "vfioctl bind --force mounted,vfio-o"
	gives mounted,vfio-open
	in_fish "vfioctl reset --method "
	diff <(sort <<<"$output") <(words_of reset --method | sort)
}

@test "fish: a driver and a group that the machine has" {
	in_fish "vfioctl list --driver virtio-p"
	gives virtio-pci
	in_fish "vfioctl list --driver=non"
	gives --driver=none
	in_fish "vfioctl list --group "
	diff <(sort <<<"$output") <(live iommu_group)
}

@test "fish: all columns, one, the second of a list, and one that is added" {
	in_fish "vfioctl list -o "
	diff <(sort <<<"$output") <(words column list | sort)
	in_fish "vfioctl list --sort "
	diff <(sort <<<"$output") <(words column list | sort)
	in_fish "vfioctl list --output driver_o"
	gives driver_override
	in_fish "vfioctl list --output=address,vfio_n"
	gives --output=address,vfio_name
	in_fish "vfioctl bind -o +overr"
	gives +overridden
}

@test "fish: nothing for a value that nobody can guess, nor for a verb without operands" {
	local words
	while read -r words; do
		in_fish "vfioctl $words "
		gives ""
	done < <(silent)
}

@test "fish: a directory for --sysroot" {
	mkdir -p "$BATS_TEST_TMPDIR/captured"
	in_fish "vfioctl list --sysroot $BATS_TEST_TMPDIR/capt"
	[[ $output == *captured/* ]] || gives "the directory"
	in_fish "vfioctl list --sysroot=$BATS_TEST_TMPDIR/capt"
	[[ $output == --sysroot=*captured/* ]] || gives "the directory"
}

@test "fish: a device of the captured machine that was typed, and none twice" {
	captured
	in_fish "vfioctl show --sysroot $captured 0000:"
	gives 0000:99:00.0
	in_fish "vfioctl show --sysroot=$captured 0000:99:00.0 0000:"
	gives ""
	# What it offers instead holds the figures in other places.
	in_fish "vfioctl show 0000:03:00.0 0000:03"
	[[ $'\n'$output$'\n' != *$'\n'0000:03:00.0$'\n'* ]] || gives "no device twice"
}

@test "fish: the command to be explained" {
	in_fish "vfioctl help mo"
	gives mode
}

@test "fish: a directory for snapshot" {
	mkdir -p "$BATS_TEST_TMPDIR/captured"
	in_fish "vfioctl snapshot $BATS_TEST_TMPDIR/capt"
	[[ $output == *captured/* ]] || gives "the directory"
}

@test "fish: the command behind --, and its arguments" {
	in_fish "vfioctl run 0000:03:00.0 -- udevad"
	gives udevadm
	in_fish "vfioctl run 0000:03:00.0 -- vfioctl rest"
	gives restore
}
