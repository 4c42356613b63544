#compdef vfioctl
# SPDX-License-Identifier: GPL-2.0-or-later
# zsh completion for vfioctl: words from the program's own tables, devices live.

# KIND VERB [OPTION]: the words that `vfioctl help --words` prints for them, into found.
_vfioctl_words() {
	found=(${(f)"$(vfioctl help --words 2>/dev/null | awk -v what="$*" '
		index($0, what " ") == 1 { print substr($0, length(what) + 2) }')"})
}

# COLUMN: what the devices have in it, of this machine or of the captured one that was typed, into found.
_vfioctl_live() {
	local -a tree
	integer at=$typed[(I)--sysroot]
	tree=(${${(M)typed:#--sysroot=*}#--sysroot=})
	(( at == 0 )) || tree=($typed[at+1])
	(( $#tree == 0 )) || tree=(--sysroot ${(Q)~tree[-1]})
	found=(${(fu)"$(vfioctl list --noheadings --raw --output $1 $tree 2>/dev/null)"})
	found=(${found:#-})
}

# Several between commas, the first maybe behind a plus.
_vfioctl_list() {
	compset -P '+'
	_sequence compadd - $found
}

# _vfioctl_values VERB OPTION ARGUMENT: what the option takes.
_vfioctl_values() {
	local -a found
	case $3 in
	DIR) _directories ;;
	FILE) _files ;;
	USER*) _users ;;
	COLUMN) _vfioctl_words column $1 && compadd -a found ;;
	LIST) _vfioctl_words column $1 && _vfioctl_list ;;
	*,*) _vfioctl_words word $1 $2 && _vfioctl_list ;;
	*)
		_vfioctl_words word $1 $2 && compadd -a found
		_vfioctl_words live $1 $2
		[[ -z $found ]] || { _vfioctl_live $found && compadd -a found }
		;;
	esac
}

_vfioctl_commands() {
	local -a found
	found=(${(f)"$(vfioctl help --words 2>/dev/null | sed -n 's/^command \([^ ]*\) /\1:/p')"})
	_describe command found
}

# Behind a device the second kind, if there is one. No device twice.
_vfioctl_operands() {
	local -a found
	_vfioctl_words operand $1
	[[ $words[CURRENT-1] != *:*.* ]] || (( $#found < 2 )) || shift found
	case $found[1] in
	COMMAND) _vfioctl_commands ;;
	DIR) _directories ;;
	DEVICE)
		_vfioctl_live address
		found=(${found:|typed})
		compadd -a found
		;;
	esac
}

_vfioctl() {
	local verb=$words[2] option=$words[CURRENT-1]
	local -a found typed=($words[1,CURRENT-1])
	integer program=$words[(i)--]

	if [[ $verb == run ]] && (( program < CURRENT )); then
		shift $program words
		(( CURRENT -= program ))
		_normal
		return
	elif (( CURRENT == 2 )); then
		_vfioctl_commands
		return
	fi
	if [[ $PREFIX == --*=* ]]; then
		option=${PREFIX%%=*}
		compset -P '*='
	elif [[ $option == -o ]]; then
		option=--output
	fi
	[[ $option != --* ]] || _vfioctl_words option $verb $option
	if [[ -n $found && $found != - ]]; then
		_vfioctl_values $verb $option $found
	elif [[ $PREFIX == -* ]]; then
		_vfioctl_words option $verb
		found=(${found%% *})
		compadd -a found
	else
		_vfioctl_operands $verb
	fi
}

_vfioctl "$@"
