# SPDX-License-Identifier: GPL-2.0-or-later
# What the tests of the program share. VFIOCTL is the program, VFIOCTL_TREES the expanded trees
# (tests/data/expand-all); both have defaults, so that `bats tests/cli/list.bats` works by itself.
# shellcheck shell=bash

bats_require_minimum_version 1.5.0

top=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
data=$top/tests/data
VFIOCTL=$(realpath "${VFIOCTL:-$top/build/vfioctl}")
trees=${VFIOCTL_TREES:-$top/build/trees}
[ -x "$VFIOCTL" ] || { echo "$VFIOCTL is not there: make, or name another one in VFIOCTL" >&2; exit 1; }
[ -d "$trees" ] || { echo "$trees is not there: tests/data/expand-all makes it" >&2; exit 1; }
export VFIOCTL ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:abort_on_error=1} LC_ALL=C.UTF-8

# The program whose system calls are counted: the sanitizers make calls of their own, and look for leaks by
# ptrace. That of the lint is plain, too, and `make check` has made it anew.
plain_program() {
	local program
	for program in "$VFIOCTL" "$top/build/gcc/vfioctl" "$top/build/vfioctl"; do
		if [ -x "$program" ] && ! grep -q __asan_init "$program"; then
			echo "$program"
			return
		fi
	done
	echo "no program without sanitizers: make" >&2
	return 1
}

# Run a command; $status, $output, $lines, $stderr and $stderr_lines tell what it did, as after bats'
# `run --separate-stderr`, which starts five processes to find out.
runs() {
	local out=$BATS_TEST_TMPDIR/stdout err=$BATS_TEST_TMPDIR/stderr
	status=0
	"$@" >"$out" 2>"$err" || status=$?
	whole output "$out"
	whole stderr "$err"
	IFS=$'\n' read -r -d '' -a lines <"$out" || true
	IFS=$'\n' read -r -d '' -a stderr_lines <"$err" || true
}

# whole VARIABLE FILE: its text, without the newlines at the end.
whole() {
	local -n text=$1
	! IFS= read -r -d '' text <"$2" || { echo "a NUL in what was printed: $text"; return 1; }
	while [[ $text == *$'\n' ]]; do text=${text%$'\n'}; done
}

# Run vfioctl. A sanitizer's report is a failure.
vfioctl() {
	runs "$VFIOCTL" "$@"
	[[ $stderr != *Sanitizer* && $stderr != *"runtime error"* ]] || { echo "$stderr"; return 1; }
}

# on TREE ARGUMENTS: run it against a captured tree.
on() {
	local tree=$1
	shift
	vfioctl "$@" --sysroot "$trees/$tree"
}

# terminal COMMAND...: run it on a terminal of $wide or 80 columns, where both streams are $output.
terminal() {
	local line
	printf -v line '%q ' env TERM=xterm "$@"
	runs script -qec "stty cols ${wide:-80}; $line" /dev/null
	output=${output//$'\r\n'/$'\n'}
	output=${output%$'\r'}
}

# Run vfioctl, which must print one JSON document on stdout, that is kept for all_documents_valid.
# $json is the document.
json() {
	vfioctl "$@"
	json=$output
	keep
}

# Keep the document in $output.
keep() {
	[ -d "$BATS_FILE_TMPDIR/documents" ] || mkdir "$BATS_FILE_TMPDIR/documents"
	documents=$((documents + 1))
	printf '%s' "$output" >"$BATS_FILE_TMPDIR/documents/$BATS_TEST_NUMBER.$documents.json"
}

# Run a command that has vfioctl print one JSON document; it is printed, and kept.
kept() {
	local file status=0
	mkdir -p "$BATS_FILE_TMPDIR/documents"
	file=$(mktemp "$BATS_FILE_TMPDIR/documents/${BATS_TEST_NUMBER:-0}.XXXXXX.json")
	"$@" >"$file" || status=$?
	cat "$file"
	return "$status"
}
documents=0

json_on() {
	local tree=$1
	shift
	json "$@" --json --sysroot "$trees/$tree"
}

# The last test of a file that prints JSON: one python for all of its documents. They are named by
# the number of the test, then of the document in it.
all_documents_valid() {
	/usr/bin/python3 "$top/tests/validate.py" "$top/cli/schema" "$BATS_FILE_TMPDIR/documents"
}

# query FILTER: jq on the document.
query() {
	jq -r "$1" <<<"$json"
}

exits() {
	[ "$status" -eq "$1" ] && return
	printf 'exit status %s instead of %s\n%s\n%s\n' "$status" "$1" "$output" "$stderr"
	return 1
}

# says TEXT...: stderr holds each.
says() {
	local text
	for text; do
		[[ $stderr == *"$text"* ]] || { printf 'no "%s" in: %s\n' "$text" "$stderr"; return 1; }
	done
}

# prints TEXT...: stdout holds each.
prints() {
	local text
	for text; do
		[[ $output == *"$text"* ]] || { printf 'no "%s" in: %s\n' "$text" "$output"; return 1; }
	done
}

equals() {
	[ "$1" = "$2" ] || { printf 'got:    %s\nwanted: %s\n' "$1" "$2"; return 1; }
}

tree=${BATS_TEST_TMPDIR:-}/tree

# A tree of this test's own from the lines on standard input; $tree is its directory. With names of
# trees as arguments the lines change a copy of these.
make_tree() {
	local files=() name
	for name; do files+=("$data/captured/$name.tree"); done
	"$data/expand" "$tree" ${files[@]+"${files[@]}"} -
}

# The lines of one network function for make_tree: a_function ADDRESS [DRIVER]
a_function() {
	printf '@ /sys/devices/pci0000:00/%s\nF uevent\n' "$1"
	[ -z "${2:-}" ] || printf '\tDRIVER=%s\n' "$2"
	printf '\t%s\n' PCI_CLASS=20000 PCI_ID=8086:1572 PCI_SUBSYS_ID=8086:0001 "PCI_SLOT_NAME=$1" \
		MODALIAS=pci:v00008086d00001572sv00008086sd00000001bc02sc00i00
	printf 'f driver_override (null)\nf numa_node 0\nl subsystem ../../../bus/pci\n'
	[ -z "${2:-}" ] || printf 'l driver ../../../bus/pci/drivers/%s\n' "$2"
	printf '@ /sys/bus/pci/devices\nl %s ../../../devices/pci0000:00/%s\n' "$1" "$1"
}

# Run the rest as somebody without rights; the program is where anybody can run it.
as_nobody() {
	local where=$BATS_FILE_TMPDIR/nobody
	if [ "$(id -u)" -ne 0 ]; then
		"$@"
		return
	fi
	if [ ! -e "$where" ]; then
		where=$(mktemp -d /tmp/vfioctl-nobody-XXXXXX)
		chmod 755 "$where"
		cp "$VFIOCTL" "$where/vfioctl"
		ln -s "$where" "$BATS_FILE_TMPDIR/nobody"
	fi
	(
		VFIOCTL=$(readlink -f "$BATS_FILE_TMPDIR/nobody")/vfioctl
		cd /
		setpriv --reuid 65534 --regid 65534 --clear-groups "${@/#$top*vfioctl/$VFIOCTL}"
	)
}

forget_nobody() {
	[ ! -L "$BATS_FILE_TMPDIR/nobody" ] || rm -rf "$(readlink "$BATS_FILE_TMPDIR/nobody")"
}
