# SPDX-License-Identifier: GPL-2.0-or-later
# bash completion for vfioctl: words from the program's own tables, devices live.

_vfioctl_words() # KIND [VERB [OPTION]] -> the words that `vfioctl help --words` prints behind these
{
	"${COMP_WORDS[0]}" help --words 2>/dev/null | awk -v what="$* " '
		index($0, what) == 1 { split(substr($0, length(what) + 1), word, " "); print word[1] }'
}

# COLUMN -> what the devices have in it, of this machine or of the captured one that was typed
_vfioctl_live()
{
	local i tree=()
	[ -n "$1" ] || return 0
	for i in "${!typed[@]}"; do
		case ${typed[i]} in
		--sysroot=*) tree=(--sysroot "${typed[i]#*=}") ;;
		--sysroot) tree=(--sysroot "${typed[i + 1]-}") ;;
		esac
	done
	[ ${#tree[@]} -eq 0 ] || tree[1]=${tree[1]/#\~/~}
	"${COMP_WORDS[0]}" list --noheadings --raw --output "$1" "${tree[@]}" 2>/dev/null | grep -vx -e - | sort -u
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

# Paths, directories with a slash: _vfioctl_paths -d|-f BEGINNING
_vfioctl_paths()
{
	local path
	compgen "$1" -- "$2" | while IFS= read -r path; do
		if [ -d "$path" ]; then printf '%s/\n' "$path"; else printf '%s\n' "$path"; fi
	done
}

# _vfioctl_values VERB OPTION ARGUMENT VALUE: what the option takes. Of several between commas, the last.
_vfioctl_values()
{
	local front words
	case $3 in
	DIR) _vfioctl_paths -d "$4" ;;
	FILE) _vfioctl_paths -f "$4" ;;
	USER*) compgen -u -- "$4" ;;
	COLUMN) compgen -W "$(_vfioctl_words column "$1")" -- "$4" ;;
	LIST)
		front=${4%"${4##*[,+]}"}
		compgen -P "$front" -W "$(_vfioctl_words column "$1")" -- "${4#"$front"}"
		;;
	*)
		front=
		[[ $3 != *,* ]] || front=${4%"${4##*,}"}
		words=$(_vfioctl_words word "$1" "$2"; _vfioctl_live "$(_vfioctl_words live "$1" "$2")")
		[ -z "$words" ] || compgen -P "$front" -W "$words" -- "${4#"$front"}"
		;;
	esac
}

# _vfioctl_operands VERB PREVIOUS WORD: behind a device the second kind, if there is one. No device twice.
_vfioctl_operands()
{
	local kinds
	mapfile -t kinds < <(_vfioctl_words operand "$1")
	[[ $2 != *:*.* || ${#kinds[@]} -lt 2 ]] || kinds=("${kinds[1]}")
	case ${kinds[0]-} in
	COMMAND) compgen -W "$(_vfioctl_words command)" -- "$3" ;;
	DEVICE) compgen -W "$(_vfioctl_live address | grep -vxF "${typed[@]/#/-e}")" -- "$3" ;;
	DIR) _vfioctl_paths -d "$3" ;;
	esac
}

# What the word may be that is being typed: _vfioctl_answers VERB PREVIOUS WORD
_vfioctl_answers()
{
	local option=$2 value=$3 argument
	if [[ $3 == --*=* ]]; then
		option=${3%%=*} value=${3#*=}
	fi
	[ "$option" != -o ] || option=--output
	argument=$(_vfioctl_words option "$1" "$option")
	if [ -n "$argument" ] && [ "$argument" != - ]; then
		_vfioctl_values "$1" "$option" "$argument" "$value"
	elif [ "${3:0:1}" = - ]; then
		compgen -W "$(_vfioctl_words option "$1")" -- "$3"
	else
		_vfioctl_operands "$1" "$2" "$3"
	fi
}

# An address holds colons, at which bash splits words, as it does at an equals sign: put the pieces
# together, complete the whole, and hand back what follows the last of them.
_vfioctl()
{
	local verb=${COMP_WORDS[1]-} line word previous prefix i typed
	for ((i = 2; i < COMP_CWORD; i++)); do
		if [ "$verb" = run ] && [ "${COMP_WORDS[i]}" = -- ]; then
			_vfioctl_program $((i + 1))
			return
		fi
	done
	line=${COMP_LINE:0:COMP_POINT}
	word=${line##*[[:space:]]}
	read -r -a typed <<<"${line%"$word"}"
	previous=${typed[-1]-}

	if [ "$COMP_CWORD" -eq 1 ]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_vfioctl_words command)" -- "$word")
	else
		mapfile -t COMPREPLY < <(_vfioctl_answers "$verb" "$previous" "$word")
	fi
	# In a directory one goes on typing.
	[[ ${COMPREPLY[*]} != */ ]] || compopt -o nospace 2>/dev/null || :
	[[ $word != --*=* ]] || word=${word#*=}
	prefix=${word%"${word##*:}"}
	COMPREPLY=("${COMPREPLY[@]#"$prefix"}")
}

complete -F _vfioctl vfioctl
