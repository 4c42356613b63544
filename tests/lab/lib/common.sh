# SPDX-License-Identifier: GPL-2.0-or-later
# What every part of the lab uses: the cache, keys, locks, steps and their logs. Sourced by lab.
# shellcheck shell=bash

CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/vfioctl
LOGS=$CACHE/log

die() {
	printf 'lab: %s\n' "$*" >&2
	exit 1
}

usage_error() {
	printf 'lab: %s\nTry: tests/lab/lab --help\n' "$*" >&2
	exit 2
}

# The key of an artefact: a hash over the text of the functions that make it (comments do not
# count: bash prints functions without them) and over whatever is on standard input.
key_of() {
	{
		cat
		declare -f "$@"
	} | sha256sum | cut -c1-12
}

# Tables of the lab: one entry a line, # starts a comment.
lines_of() {
	sed -e 's/#.*//' -e 's/[[:space:]]*$//' -e '/^$/d' "$@"
}

# Run "$@" holding the lock NAME, alone ("exclusive") or with others of the same kind ("shared").
# Never test its status (no ||, no if): bash would forget `set -e` in all that it runs.
with_lock() {
	local name=$1 how=$2 fd
	shift 2
	mkdir -p "$CACHE"
	exec {fd}>"$CACHE/$name.lock"
	if ! flock --nonblock "--$how" "$fd"; then
		printf 'lab: waiting for another run that is using %s\n' "$name" >&2
		flock "--$how" "$fd"
	fi
	"$@"
	exec {fd}>&-
}

now() {
	date +%s%N
}

# Seconds with one decimal since the moment $1.
since() {
	local tenths=$((($(now) - $1) / 100000000))
	printf '%d.%d s' $((tenths / 10)) $((tenths % 10))
}

# step NAME TITLE COMMAND...: one line on stderr with what it is and how long it took; the output
# goes to a log, of which a failure shows the end.
step() {
	local name=$1 title=$2 start log status=0
	shift 2
	log=$LOGS/$name.log
	mkdir -p "$LOGS"
	start=$(now)
	printf 'lab: %-44s ' "$title" >&2
	# A subshell of its own, because bash forgets `set -e` in a command whose status is tested.
	set +e
	(
		set -e
		"$@"
	) >"$log" 2>&1 </dev/null
	status=$?
	set -e
	if [ "$status" -eq 0 ]; then
		printf '%s\n' "$(since "$start")" >&2
		return 0
	fi
	printf 'failed after %s\n' "$(since "$start")" >&2
	tail -n 15 "$log" | sed 's/^/    /' >&2
	die "the whole output of this step is in $log"
}

# artefact DIR NAME TITLE COMMAND...: make DIR by running COMMAND with a directory to fill, unless
# DIR is there. Several runs may want the same one: the first makes it, the others wait.
artefact() {
	local dir=$1
	[ -d "$dir" ] || with_lock "$2" exclusive make_artefact "$@"
}

make_artefact() {
	local dir=$1 name=$2 title=$3
	shift 3
	[ ! -d "$dir" ] || return 0
	rm -rf "$dir.part"
	mkdir -p "$dir.part"
	step "$name" "$title" "$@" "$dir.part"
	mv "$dir.part" "$dir"
}

# Mounts must vanish with us, whatever happens: go on in a mount namespace of our own. The process
# stays the same one, so its id tells the second life from the first.
in_own_namespace() {
	if [ "${VFIOCTL_LAB_NAMESPACE:-}" = $$ ]; then
		use_cache
		return
	fi
	[ "$(id -u)" -eq 0 ] || die "needs root: it makes mounts in a namespace of its own"
	VFIOCTL_LAB_NAMESPACE=$$ exec unshare --mount --propagation private "$LAB_DIR/lab" "$@"
}

# Whoever uses the cache holds this lock with the others, to the last of its processes; clean
# wants it alone.
use_cache() {
	mkdir -p "$CACHE"
	exec {USING}>"$CACHE/use.lock"
	flock --shared "$USING"
}

lab_clean() {
	mkdir -p "$CACHE"
	exec {USING}>"$CACHE/use.lock"
	flock --nonblock --exclusive "$USING" || die "the cache is in use"
	case ${1:-all} in
	all) rm -rf "$CACHE" ;;
	old) remove_old ;;
	*) usage_error "clean takes nothing or 'old'" ;;
	esac
}

# Remove what no command of this checkout would use. Without its tree no kernel can be told current.
remove_old() {
	local keep entry variant module
	TREE=$CACHE/tree-$(tree_key)
	keep=" ${TREE##*/} log "
	if [ -d "$TREE" ]; then
		for variant in $(variants); do
			keep+="kernel-$variant-$(kernel_key "$variant") "
			[ "$variant" = debian ] && continue
			choose_source "$variant"
			keep+="kernel-build-$(kernel_source_key) "
			for module in "$LAB_DIR"/module/*/; do
				module=$(basename "$module")
				keep+="module-$module-$variant-$(module_key "$module" "$variant") "
			done
		done
	fi
	for entry in "$CACHE"/*/; do
		entry=$(basename "$entry")
		[[ $keep = *" $entry "* || $entry = checkout-* ]] || rm -rf "${CACHE:?}/$entry"
	done
}

bind() {
	local how=$1 from=$2 to=$3
	mount --bind "$from" "$to"
	[ "$how" = rw ] || mount -o "remount,bind,$how" "$to"
}

# A private /dev of harmless nodes: nothing of the host's devices is within reach of the tree.
private_dev() {
	local dev=$1 node
	mount -t tmpfs -o mode=755,size=1m none "$dev"
	for node in null zero full random urandom tty kvm; do
		[ -e "/dev/$node" ] || continue
		: >"$dev/$node"
		mount --bind "/dev/$node" "$dev/$node"
	done
	mkdir "$dev/shm"
	mount -t tmpfs -o mode=1777 none "$dev/shm"
	ln -s /proc/self/fd "$dev/fd"
	ln -s /proc/self/fd/0 "$dev/stdin"
	ln -s /proc/self/fd/1 "$dev/stdout"
	ln -s /proc/self/fd/2 "$dev/stderr"
}

# Make the tree a place to chroot into: read-only, with /proc, /dev, /tmp and /run of its own.
# IN_ROOT is how a command gets there, with an environment of its own; it dies with us.
# Only in our own namespace.
enter_tree() {
	ROOT=$TREE/root
	IN_ROOT=(setpriv --pdeathsig KILL chroot "$ROOT" /usr/bin/env -i
		PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
		HOME=/tmp LANG=C.UTF-8 TERM="${TERM:-dumb}")
	bind ro "$TREE/root" "$TREE/root"
	mount -t proc none "$ROOT/proc"
	private_dev "$ROOT/dev"
	mount -t tmpfs none "$ROOT/tmp"
	mount -t tmpfs none "$ROOT/run"
}

# Run a command inside the tree.
in_root() {
	"${IN_ROOT[@]}" "$@"
}

lab_status() {
	[ -d "$CACHE" ] || { echo "nothing is cached in $CACHE"; return; }
	local entry
	for entry in "$CACHE"/*/; do
		printf '%8s  %s\n' "$(du -sh "$entry" | cut -f1)" "$(basename "$entry")"
	done
	printf '%8s  in all, in %s\n' "$(du -sh "$CACHE" | cut -f1)" "$CACHE"
}
