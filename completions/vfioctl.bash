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

# An address holds colons, at which bash splits words: put the pieces together, complete the whole,
# and hand back what follows the last colon.
_vfioctl()
{
	local verb=${COMP_WORDS[1]-} line word previous words prefix
	line=${COMP_LINE:0:COMP_POINT}
	word=${line##*[[:space:]]}
	previous=${line%"$word"}
	previous=${previous%"${previous##*[![:space:]]}"}
	previous=${previous##*[[:space:]]}

	if [ "$COMP_CWORD" -eq 1 ] || [ "$previous" = help ]; then
		words=$(_vfioctl_words command)
	elif [ "$previous" = --output ] || [ "$previous" = -o ]; then
		prefix=${word%"${word##*[,+]}"}
		words=$(_vfioctl_words column "$verb" | sed "s|^|$prefix|")
	elif [ "$previous" = --rule ] || [ "$previous" = --ignore ]; then
		prefix=${word%"${word##*,}"}
		words=$(_vfioctl_words word "$verb" | sed "s|^|$prefix|")
	elif [ "$previous" = --sysroot ]; then
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
