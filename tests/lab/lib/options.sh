# SPDX-License-Identifier: GPL-2.0-or-later
# The options that choose a machine. Sourced by lab.
# shellcheck shell=bash
# shellcheck disable=SC2034 # the other parts read these

TOPOLOGY=default
VARIANT=dual
CPU=
CPUS=
APPEND=
DISK=
MEMORY=2G
TIMEOUT=1800
BUILD=release
OUT=
MODULE=
JOBS=$(($(nproc) < 4 ? $(nproc) : 4)) # one processor each

# Set the variables above from "$@"; what is left goes to ARGUMENTS. GIVEN is the options as they
# were, to hand on.
parse_options() {
	ARGUMENTS=()
	GIVEN=()
	while [ $# -gt 0 ]; do
		case $1 in
		--) shift; ARGUMENTS+=("$@"); return ;;
		--*=*) set -- "${1%%=*}" "${1#*=}" "${@:2}"; continue ;;
		--topology | --kernel | --cpu | --cpus | --append | --disk | --memory | --timeout | --build | --out | --jobs | --module)
			[ $# -gt 1 ] || usage_error "$1 wants a value"
			set_option "$1" "$2"
			GIVEN+=("$1" "$2")
			shift 2
			;;
		-*) usage_error "unknown option '$1'" ;;
		*) ARGUMENTS+=("$1"); shift ;;
		esac
	done
}

set_option() {
	case $1 in
	--topology) one_of "$1" "$2" "$(ls "$LAB_DIR/topology")" && TOPOLOGY=$2 ;;
	--kernel) known_variant "$2" && VARIANT=$2 ;;
	--cpu) CPU=$2 ;;
	--cpus) number "$1" "$2" && CPUS=$2 ;;
	--append) APPEND=$2 ;;
	--disk) DISK=$(realpath -m "$2") ;;
	--memory) MEMORY=$2 ;;
	--timeout) number "$1" "$2" && TIMEOUT=$2 ;;
	--build)
		[[ $2 =~ ^(release|sanitize|none)$ ]] || usage_error "--build is release, sanitize or none"
		BUILD=$2
		;;
	--out) OUT=$(realpath -m "$2") ;;
	--module) one_of "$1" "$2" "$(ls "$LAB_DIR/module")" && MODULE=$2 ;;
	--jobs) number "$1" "$2" && JOBS=$2 ;;
	esac
}

one_of() {
	grep -qxF -e "$2" <<<"$3" || usage_error "$1 '$2' is none of: ${3//$'\n'/ }"
}

number() {
	[[ $2 =~ ^[0-9]+$ ]] || usage_error "$1 wants a number, not '$2'"
}

known_variant() {
	one_of --kernel "$1" "$(variants)"
}
