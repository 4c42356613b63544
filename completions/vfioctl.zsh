#compdef vfioctl
# SPDX-License-Identifier: GPL-2.0-or-later
# zsh completion for vfioctl: words from the program's own tables, devices live.

_vfioctl_table() { vfioctl help --words 2>/dev/null }

_vfioctl() {
	local verb=$words[2] previous=$words[CURRENT-1]
	local -a found
	integer program=$words[(i)--]

	if [[ $verb == run ]] && (( program < CURRENT )); then
		shift $program words
		(( CURRENT -= program ))
		_normal
	elif (( CURRENT == 2 )) || [[ $previous == help ]]; then
		found=(${(f)"$(_vfioctl_table | sed -n 's/^command \([^ ]*\) /\1:/p')"})
		_describe command found
	elif [[ $verb == topology && $previous == (-o|--output) ]]; then
		_files
	elif [[ $previous == --sort ]]; then
		found=(${(f)"$(_vfioctl_table | sed -n "s/^column $verb //p")"})
		compadd -a found
	elif [[ $previous == --format ]]; then
		found=(${(f)"$(_vfioctl_table | sed -n "s/^word $verb //p")"})
		compadd -a found
	elif [[ $previous == --color ]]; then
		compadd auto always never
	elif [[ $previous == (-o|--output) ]]; then
		found=(${(f)"$(_vfioctl_table | sed -n "s/^column $verb //p")"})
		_sequence compadd - $found
	elif [[ $previous == (--rule|--ignore) ]]; then
		found=(${(f)"$(_vfioctl_table | sed -n "s/^word $verb //p")"})
		_sequence compadd - $found
	elif [[ $previous == --sysroot || ( $verb == snapshot && $PREFIX != -* ) ]]; then
		_directories
	elif [[ $PREFIX == -* ]]; then
		found=(${(f)"$(_vfioctl_table | sed -n "s/^option $verb \(--[^ ]*\).*/\1/p")"})
		compadd -a found
	else
		found=(${(f)"$(vfioctl list --noheadings --raw --output address 2>/dev/null)"})
		compadd -a found
	fi
}

_vfioctl "$@"
