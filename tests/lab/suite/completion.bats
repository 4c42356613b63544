# SPDX-License-Identifier: GPL-2.0-or-later
# Completion, in shells that believe that a person sits in front of them: keys go in through a
# pseudo-terminal, and the shell itself writes down the line that came of them.

bats_require_minimum_version 1.5.0

share=/usr/share

# Starts SHELL... on a terminal, waits until it is ready to read keys, types KEYS, and asks for the
# line by Ctrl-X d. The start-up file that the shell is told to read has to make both files.
type_in() {
	local keys=$1 line=$BATS_TEST_TMPDIR/line ready=$BATS_TEST_TMPDIR/ready typing
	shift
	rm -f "$line" "$ready"
	mkfifo "$BATS_TEST_TMPDIR/keys"
	TERM=dumb script --quiet --return --command "$*" "$BATS_TEST_TMPDIR/screen" \
		<"$BATS_TEST_TMPDIR/keys" >/dev/null 3>&- &
	typing=$!
	exec {keyboard}>"$BATS_TEST_TMPDIR/keys"
	appears "$ready" && sleep 0.5 && printf '%s' "$keys" >&"$keyboard" && sleep 0.2 &&
		printf '\030d' >&"$keyboard" && appears "$line"
	exec {keyboard}>&-
	kill "$typing" 2>/dev/null || true
	wait "$typing" 2>/dev/null || true
	rm "$BATS_TEST_TMPDIR/keys"
	[ -f "$line" ] || { cat "$BATS_TEST_TMPDIR/screen"; return 1; }
	output=$(cat "$line")
}

appears() {
	local i
	for ((i = 0; i < 300; i++)); do
		[ ! -f "$1" ] || return 0
		sleep 0.1
	done
	echo "$1 did not appear"
	return 1
}

# As a login on Debian does it: the function is loaded when it is wanted for the first time.
in_bash() {
	cat >"$BATS_TEST_TMPDIR/bashrc" <<-END
		. $share/bash-completion/bash_completion
		dump() { printf '%s' "\$READLINE_LINE" >$BATS_TEST_TMPDIR/line; }
		bind -x '"\\C-xd": dump'
		bind '"\\C-xa": insert-completions'
		bind 'set bell-style none'
		PROMPT_COMMAND='touch $BATS_TEST_TMPDIR/ready'
	END
	type_in "$1" bash --noprofile --rcfile "$BATS_TEST_TMPDIR/bashrc" -i
}

# Debian's zsh looks into vendor-completions and below /usr/local, not where PREFIX=/usr installs.
in_zsh() {
	command -v zsh >/dev/null || skip "there is no zsh"
	cat >"$BATS_TEST_TMPDIR/.zshrc" <<-END
		fpath=($share/zsh/site-functions \$fpath)
		autoload -Uz compinit && compinit -u -D
		zstyle ':completion:*' completer _all_matches _complete
		dump() { print -rn -- "\$BUFFER" >$BATS_TEST_TMPDIR/line }
		zle -N dump
		bindkey '^Xd' dump
		precmd() { touch $BATS_TEST_TMPDIR/ready }
	END
	[ -z "${2:-}" ] || echo "zstyle ':completion:*' insert true" >>"$BATS_TEST_TMPDIR/.zshrc"
	type_in "$1" env ZDOTDIR="$BATS_TEST_TMPDIR" zsh -d -i
}

# fish completes without a terminal, too, by the same code.
in_fish() {
	command -v fish >/dev/null || skip "there is no fish"
	output=$(HOME=$BATS_TEST_TMPDIR fish --no-config --command "source $share/fish/vendor_completions.d/vfioctl.fish
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
	in_bash $'vfioctl res\t'
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

@test "bash: a directory for --sysroot" {
	mkdir -p "$BATS_TEST_TMPDIR/captured"
	in_bash "vfioctl list --sysroot $BATS_TEST_TMPDIR/capt"$'\t'
	[[ $output == "vfioctl list --sysroot $BATS_TEST_TMPDIR/captured"* ]] || gives "the directory"
}

@test "zsh: a verb" {
	in_zsh $'vfioctl res\t'
	gives "vfioctl restore "
}

@test "zsh: all verbs" {
	in_zsh $'vfioctl \t' all
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

@test "fish: all verbs" {
	in_fish "vfioctl "
	diff <(sort <<<"$output") <(verbs | sort)
}

@test "fish: a verb" {
	in_fish "vfioctl res"
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
