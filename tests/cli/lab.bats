# SPDX-License-Identifier: GPL-2.0-or-later
# What the lab does before it boots anything: its mirror, its packages, its cache, a kernel that is brought.

load helper

setup() {
	export LAB_DIR=$top/tests/lab CHECKOUT=$top XDG_CACHE_HOME=$BATS_TEST_TMPDIR/cache
	unset VFIOCTL_LAB_KERNEL VFIOCTL_LAB_MODULES VFIOCTL_LAB_MIRROR VFIOCTL_LAB_ACCEL
	cache=$XDG_CACHE_HOME/vfioctl
	mkdir -p "$BATS_TEST_TMPDIR/bin" "$cache"
	export PATH=$BATS_TEST_TMPDIR/bin:$PATH
}

teardown() {
	rm -f "$BATS_TEST_TMPDIR/slow"
}

# A script on standard input with the parts of the lab in front of it: lab_script NAME
lab_script() {
	{
		echo 'set -euo pipefail'
		printf '. "$LAB_DIR/lib/%s.sh"\n' common tree kernel options machine
		cat
	} >"$BATS_TEST_TMPDIR/$1"
}

in_lab() {
	lab_script script <<<"$1"
	runs bash "$BATS_TEST_TMPDIR/script"
}

# program NAME: a program on PATH, its script on standard input.
program() {
	cat >"$BATS_TEST_TMPDIR/bin/$1"
	chmod +x "$BATS_TEST_TMPDIR/bin/$1"
}

# wait_until COMMAND: ten seconds.
wait_until() {
	local i
	for ((i = 0; i < 200; i++)); do
		! "$@" 2>/dev/null || return 0
		sleep 0.05
	done
	printf 'never: %s\n' "$*"
	return 1
}

private_mounts() {
	unshare -m true 2>/dev/null || skip "no mount namespace for this user"
}

# --- the mirror ---------------------------------------------------------------------------------

# An apt-get that has these lists, "ORIGIN|LABEL|URI" a line; after an update those in the file "fetched".
apt_with() {
	printf '%s\n' "$@" | grep . >"$BATS_TEST_TMPDIR/targets" || true
	program apt-get <<-'END'
		#!/bin/bash
		cd "$BATS_TEST_TMPDIR"
		echo "$*" >>asked
		case " $* " in
		*" update "*) [ ! -e fetched ] || cp fetched targets ;;
		*" indextargets "*) cat targets ;;
		esac
	END
	export BATS_TEST_TMPDIR
}

updates() {
	grep -cw update "$BATS_TEST_TMPDIR/asked" || true
}

@test "the mirror is the one that apt has Debian from" {
	apt_with 'Debian|Debian-Security|http://security.example/debian-security/' \
		'Other|Debian|http://other.example/debian/' 'Debian|Debian|http://near.example/debian/' \
		'Debian|Debian|http://far.example/debian/'
	in_lab host_mirror
	exits 0
	equals "$output" http://near.example/debian
	equals "$(updates)" 0
}

@test "the mirror is in a list, as in a cloud image" {
	printf '%s\n' '# ours' '' 'ftp://old.example/debian' $'https://near.example/debian/\tpriority:1' \
		https://far.example/debian >"$BATS_TEST_TMPDIR/debian.list"
	apt_with "Debian|Debian|cdrom:[Debian]/" "Debian|Debian|mirror+file:$BATS_TEST_TMPDIR/no.list" \
		"Debian|Debian|mirror+file:$BATS_TEST_TMPDIR/debian.list/"
	in_lab host_mirror
	exits 0
	equals "$output" https://near.example/debian
	equals "$stderr" ""
}

@test "the mirror is known when apt has its lists, which are fetched once" {
	apt_with
	echo 'Debian|Debian|http://near.example/debian/' >"$BATS_TEST_TMPDIR/fetched"
	in_lab host_mirror
	exits 0
	equals "$output" http://near.example/debian
	equals "$(updates)" 1
}

@test "no mirror: the run ends before anything is made" {
	program mmdebstrap <<<'#!/bin/bash'
	program id <<<'echo 0'
	apt_with 'Ubuntu|Ubuntu|http://near.example/ubuntu/'
	in_lab 'need_tree; echo gone on'
	exits 1
	says "names no Debian mirror: set VFIOCTL_LAB_MIRROR"
	equals "$output" ""
	equals "$(updates)" 0
	apt_with
	in_lab 'need_tree; echo gone on'
	exits 1
	equals "$(updates)" 1
	equals "$(ls "$cache")" ""
}

# --- packages on another distribution -----------------------------------------------------------

# elsewhere 'PROGRAM...' GROUP...: deps where there are these programs, and those that it needs itself.
elsewhere() {
	local one
	private_mounts
	printf 'ID=fedora\nVERSION_ID=42\n' >"$BATS_TEST_TMPDIR/os-release"
	rm -rf "$BATS_TEST_TMPDIR/few"
	mkdir "$BATS_TEST_TMPDIR/few"
	for one in sed awk dirname; do ln -s "$(command -v $one)" "$BATS_TEST_TMPDIR/few"; done
	for one in $1; do
		cp "$BATS_TEST_TMPDIR/bin/$one" "$BATS_TEST_TMPDIR/few" 2>/dev/null ||
			ln -s /bin/true "$BATS_TEST_TMPDIR/few/$one"
	done
	shift
	runs unshare -m bash -c 'mount --bind "$1/os-release" /etc/os-release; PATH=$1/few; exec "${@:2}"' - \
		"$BATS_TEST_TMPDIR" "$LAB_DIR/deps" "$@"
}

# Each package of a group is in the line on stderr that begins with it.
lists_all_of() {
	local line package
	line=$(grep "^deps: $1: " <<<"$stderr")
	while read -r _ package _; do
		[[ "${line#*calls:} " == *" $package "* ]] || { echo "no $package in: $line"; return 1; }
	done < <(grep "^$1 " "$LAB_DIR/host-packages")
}

@test "elsewhere the lab wants what the lab needs, and no compiler" {
	elsewhere 'mmdebstrap mount xz' lab
	exits 0
	equals "$stderr" ""
	elsewhere 'gcc make pkg-config mount' lab
	exits 1
	says "deps: lab: not found: mmdebstrap xz. This is not Debian 12 or 13"
	lists_all_of lab
}

@test "elsewhere each group is asked for its own, and listed whole" {
	elsewhere 'gcc make pkg-config scdoc mmdebstrap mount xz' build check lab
	exits 1
	says "deps: check: not found: bats clang " " jq " " strace"
	lists_all_of check
	[[ $stderr != *"deps: build"* && $stderr != *"deps: lab"* ]]
}

@test "elsewhere libraries are asked for by pkg-config" {
	program pkg-config <<<'[ "$2" != mount ]'
	sed -i '1i #!/bin/bash' "$BATS_TEST_TMPDIR/bin/pkg-config"
	elsewhere 'gcc make pkg-config scdoc' build
	exits 1
	says "deps: build: not found: mount.pc. "
	lists_all_of build
}

@test "a group of packages that does not exist" {
	runs "$LAB_DIR/deps" nosuch
	exits 2
	says "no group 'nosuch'"
}

# --- the cache ----------------------------------------------------------------------------------

# A run that wants the artefact toy-1, whose builder stops in the middle as long as the file "slow" exists.
toy_script() {
	lab_script toy <<-'END'
		build_toy() {
			[ -z "$(ls "$1")" ]
			echo >>"$BATS_TEST_TMPDIR/built"
			echo half >"$1/half"
			while [ -e "$BATS_TEST_TMPDIR/slow" ]; do sleep 0.05; done
			[ ! -e "$1/../broken" ]
			echo whole >"$1/whole"
		}
		artefact "$CACHE/toy-1" toy "A toy" build_toy
	END
	export BATS_TEST_TMPDIR
}

# Such a run in a process group of its own; $run is its process.
begin() {
	setsid bash "$BATS_TEST_TMPDIR/toy" >"$BATS_TEST_TMPDIR/said" 2>&1 3>&- &
	run=$!
}

begin_to_the_middle() {
	touch "$BATS_TEST_TMPDIR/slow"
	begin
	wait_until test -e "$cache/toy-1.part/half"
}

begin_and_wait() {
	begin
	wait_until grep -q "waiting for another run that is using toy" "$BATS_TEST_TMPDIR/said"
	equals "$(wc -l <"$BATS_TEST_TMPDIR/built")" 1
	rm "$BATS_TEST_TMPDIR/slow"
}

toy_is_whole() {
	equals "$(cd "$cache" && echo toy-1*/*)" "toy-1/half toy-1/whole"
	equals "$(wc -l <"$BATS_TEST_TMPDIR/built")" "$1"
}

@test "a build that is killed leaves nothing that looks finished, and the next one makes it whole" {
	toy_script
	begin_to_the_middle
	kill -KILL -- "-$run"
	wait "$run" || true
	[ ! -e "$cache/toy-1" ]
	rm "$BATS_TEST_TMPDIR/slow"
	runs bash "$BATS_TEST_TMPDIR/toy"
	exits 0
	toy_is_whole 2
	# And it is taken as it is from now on.
	runs bash "$BATS_TEST_TMPDIR/toy"
	exits 0
	equals "$stderr" ""
	toy_is_whole 2
}

@test "a builder whose run was killed is waited for, not met" {
	toy_script
	begin_to_the_middle
	kill -KILL "$run"
	wait "$run" || true
	begin_and_wait
	wait "$run"
	toy_is_whole 2
}

@test "two runs at once build it once" {
	local first
	toy_script
	begin_to_the_middle
	first=$run
	begin_and_wait
	wait "$first"
	wait "$run"
	toy_is_whole 1
}

@test "a build that fails is told with its log, and done again" {
	toy_script
	touch "$cache/broken"
	runs bash "$BATS_TEST_TMPDIR/toy"
	exits 1
	says "A toy" "failed after" "is in $cache/log/toy.log"
	[ ! -e "$cache/toy-1" ]
	rm "$cache/broken"
	runs bash "$BATS_TEST_TMPDIR/toy"
	exits 0
	toy_is_whole 2
}

# --- the machine --------------------------------------------------------------------------------

# image FILE RELEASE: as much of a bzImage as tells its release.
image() {
	truncate -s 4096 "$1"
	printf '\x00\x03' | dd of="$1" bs=1 seek=$((0x20e)) conv=notrunc status=none
	printf '%s (me@here) #1' "$2" | dd of="$1" bs=1 seek=$((0x500)) conv=notrunc status=none
}

@test "VFIOCTL_LAB_KERNEL: a kernel that is brought, with its modules beside it or named" {
	local own=$BATS_TEST_TMPDIR/own
	export VFIOCTL_LAB_KERNEL=$own/bzImage
	mkdir "$own"
	in_lab 'need_kernel dual'
	exits 1
	says "VFIOCTL_LAB_KERNEL: no such file: $own/bzImage"
	image "$own/bzImage" 6.99.0-own
	mkdir -p "$own/lib/modules/6.98.0-own" "$own/named/6.99.0-own"
	in_lab 'need_kernel dual'
	exits 1
	says "no modules of 6.99.0-own beside the kernel: set VFIOCTL_LAB_MODULES"
	VFIOCTL_LAB_MODULES=$own/named in_lab 'need_kernel dual; echo "$KERNEL $MODULES"'
	exits 0
	equals "$output" "$own/bzImage $own/named"
	mkdir "$own/lib/modules/6.99.0-own"
	in_lab 'need_kernel dual; echo "$KERNEL $MODULES"'
	equals "$output" "$own/bzImage $own/lib/modules"
}

# accelerated ARGUMENTS: where KVM works, kvm or tcg.
accelerated() {
	private_mounts
	lab_script script <<-'END'
		probe_kvm() { echo kvm; }
		parse_options "$@"
		accelerator
	END
	mkdir -p "$BATS_TEST_TMPDIR/shm"
	# Our files may lie in /dev/shm.
	runs unshare -m bash -c 'cd "$1" && mount --bind /dev/shm shm && mount -t tmpfs none /dev && mkdir /dev/shm &&
		mount --bind shm /dev/shm && touch /dev/kvm /dev/null && exec bash script "${@:2}"' - "$BATS_TEST_TMPDIR" "$@"
	exits 0
}

@test "a processor that is asked for is emulated, also where KVM works" {
	accelerated
	equals "$output" kvm
	accelerated --cpu EPYC
	equals "$output" tcg
}
