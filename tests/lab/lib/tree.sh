# SPDX-License-Identifier: GPL-2.0-or-later
# The tree: a Debian 13 root with a compiler, QEMU, systemd and the test tools. Sourced by lab.
# shellcheck shell=bash

# What apt here knows of its sources, "ORIGIN|LABEL|URI" of each file of their lists.
apt_targets() {
	apt-get indextargets --format "\$(ORIGIN)|\$(LABEL)|\$(REPO_URI)" 2>/dev/null || true
}

# The mirror that a URI of apt's leads to: of a list of them, as cloud images have it, the first one.
mirror_behind() {
	case $1 in
	http://* | https://*) echo "$1" ;;
	mirror+file:*) sed -nE '\,^https?://, { s,/*([[:space:]].*)?$,,; p; q }' "${1#mirror+file:}" ;;
	esac
}

# The mirror that this host uses for Debian itself, so that a local one is honoured; the host's
# apt configuration is only read. Images may come without apt's lists, which have the names.
host_mirror() {
	local targets origin label uri mirror
	targets=$(apt_targets)
	if [ -z "$targets" ]; then
		apt-get -qq update >&2 || true
		targets=$(apt_targets)
	fi
	while IFS='|' read -r origin label uri; do
		[ "$origin|$label" = "Debian|Debian" ] || continue
		mirror=$(mirror_behind "${uri%/}" 2>/dev/null) || true
		[ -z "$mirror" ] || { echo "$mirror"; return; }
	done <<<"$targets"
	echo "lab: apt here names no Debian mirror: set VFIOCTL_LAB_MIRROR to one" >&2
	return 1
}

# mmdebstrap does not read the host's apt configuration; what leads to the network must still hold.
host_apt_options() {
	apt-config dump | grep -E '^Acquire::(http|https|Retries|ForceIPv4|ForceIPv6)[: ]' || true
}

tree_key() {
	lines_of "$LAB_DIR/packages" "$LAB_DIR/lib/tree-hook" | key_of fill_tree make_root_image
}

# fill_tree DIR: DIR/root is the tree, DIR/debs the kernel packages that it resolved, by name. The mirror is
# known by now: need_tree asks.
fill_tree() {
	local dir=$1 mirror=${VFIOCTL_LAB_MIRROR:-$(host_mirror)} options=() line
	while IFS= read -r line; do options+=("--aptopt=$line"); done < <(host_apt_options)
	for line in doc locale info man/?? man/??_\*; do
		options+=("--dpkgopt=path-exclude=/usr/share/$line/*")
	done
	mkdir "$dir/debs"
	export LAB_DEBS=$dir/debs
	mmdebstrap --mode=root --variant=minbase "${options[@]}" --dpkgopt=force-unsafe-io \
		--include="$(lines_of "$LAB_DIR/packages" | paste -sd,)" \
		--customize-hook="$LAB_DIR/lib/tree-hook" trixie "$dir/root" \
		"deb $mirror trixie main" "deb $mirror trixie-backports main"
	make_root_image "$dir"
}

# The same tree as a read-only disk: under TCG a boot from it is faster than over 9p.
make_root_image() {
	local root=$1/root megabytes
	megabytes=$(du -sxm "$root" | cut -f1)
	mount --bind "$1" "$root/build"
	chroot "$root" mke2fs -q -t ext4 -O ^has_journal -m 0 -i 8192 -L lab -d /build/root \
		/build/root.img "$((megabytes * 5 / 4 + 64))M"
	umount "$root/build"
}

# Sets TREE, and VFIOCTL_LAB_MIRROR when it has to be made: there, where not to know one ends the run.
need_tree() {
	[ "$(id -u)" -eq 0 ] || die "needs root"
	TREE=$CACHE/tree-$(tree_key)
	if [ ! -d "$TREE" ]; then
		command -v mmdebstrap >/dev/null ||
			die "needs the packages: $("$LAB_DIR/lab" packages | paste -sd' ')"
		[ -n "${VFIOCTL_LAB_MIRROR:-}" ] || VFIOCTL_LAB_MIRROR=$(host_mirror)
	fi
	artefact "$TREE" tree "Debian 13 tree (mmdebstrap)" fill_tree
}
