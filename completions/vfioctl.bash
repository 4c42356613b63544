# SPDX-License-Identifier: GPL-2.0-or-later
# bash completion for vfioctl: words from the program's own tables, devices live.

_vfioctl_words() # KIND VERB -> the words that `vfioctl help --words` prints for them
{
	"${COMP_WORDS[0]}" help --words 2>/dev/null | while read -r kind verb word _; do
		[ "$kind" = "$1" ] || continue
		case $1 in
		command) printf '%s\n' "$verb" ;;
		option) [ "$verb" = "$2" ] && printf '%s\n' "$word" ;;
		column | word) [ "$verb" = "$2" ] && printf '%s\n' "$word" ;;
		esac
	done
}

_vfioctl_devices()
{
	"${COMP_WORDS[0]}" list --noheadings --raw --output address 2>/dev/null
}

# Behind -- stands a command with arguments of its own: _vfioctl_program INDEX-OF-IT
_vfioctl_program()
{
	if declare -F _comp_command_offset >/dev/null; then
		_comp_command_offset "$1"
	elif declare -F _command_offset >/dev/null; then
		_command_offset "$1"
	elif [ "$COMP_CWORD" -eq "$1" ]; then
		mapfile -t COMPREPLY < <(compgen -c -- "${COMP_WORDS[COMP_CWORD]}")
	else
		compopt -o default
	fi
}

# An address holds colons, at which bash splits words: put the pieces together, complete the whole,
# and hand back what follows the last colon.
_vfioctl()
{
	local verb=${COMP_WORDS[1]-} line word previous words prefix i
	for ((i = 2; i < COMP_CWORD; i++)); do
		if [ "$verb" = run ] && [ "${COMP_WORDS[i]}" = -- ]; then
			_vfioctl_program $((i + 1))
			return
		fi
	done
	line=${COMP_LINE:0:COMP_POINT}
	word=${line##*[[:space:]]}
	previous=${line%"$word"}
	previous=${previous%"${previous##*[![:space:]]}"}
	previous=${previous##*[[:space:]]}

	if [ "$COMP_CWORD" -eq 1 ] || [ "$previous" = help ]; then
		words=$(_vfioctl_words command)
	elif [ "$verb" = topology ] && { [ "$previous" = --output ] || [ "$previous" = -o ]; }; then
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		return
	elif [ "$previous" = --sort ]; then
		words=$(_vfioctl_words column "$verb")
	elif [ "$previous" = --format ]; then
		words=$(_vfioctl_words word "$verb")
	elif [ "$previous" = --color ]; then
		words='auto always never'
	elif [ "$previous" = --output ] || [ "$previous" = -o ]; then
		prefix=${word%"${word##*[,+]}"}
		words=$(_vfioctl_words column "$verb" | sed "s|^|$prefix|")
	elif [ "$previous" = --rule ] || [ "$previous" = --ignore ]; then
		prefix=${word%"${word##*,}"}
		words=$(_vfioctl_words word "$verb" | sed "s|^|$prefix|")
	elif [ "$previous" = --sysroot ] || { [ "$verb" = snapshot ] && [ "${word:0:1}" != - ]; }; then
		mapfile -t COMPREPLY < <(compgen -d -- "$word")
		return
	elif [ "${word:0:1}" = - ]; then
		words=$(_vfioctl_words option "$verb")
	else
		words=$(_vfioctl_devices)
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
	case $word in
	*:*)
		prefix=${word%"${word##*:}"}
		COMPREPLY=("${COMPREPLY[@]#"$prefix"}")
		;;
	esac
}

complete -F _vfioctl vfioctl
