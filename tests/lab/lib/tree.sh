# SPDX-License-Identifier: GPL-2.0-or-later
# The tree: a Debian 13 root with a compiler, QEMU, systemd and the test tools. Sourced by lab.
# shellcheck shell=bash

# The mirror that this host uses for Debian itself, so that a local one is honoured; the host's
# apt configuration is only read.
host_mirror() {
	local origin label uri
	while IFS='|' read -r origin label uri; do
		[ "$origin|$label" = "Debian|Debian" ] || continue
		[[ $uri = http* ]] || continue
		echo "${uri%/}"
		return
	done < <(apt-get indextargets --format "\$(ORIGIN)|\$(LABEL)|\$(REPO_URI)" 2>/dev/null || true)
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

# fill_tree DIR: DIR/root is the tree, DIR/debs the kernel packages that it resolved, by name.
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

# Sets TREE.
need_tree() {
	[ "$(id -u)" -eq 0 ] || die "needs root"
	TREE=$CACHE/tree-$(tree_key)
	[ -d "$TREE" ] || command -v mmdebstrap >/dev/null ||
		die "needs the packages: $("$LAB_DIR/lab" packages | paste -sd' ')"
	artefact "$TREE" tree "Debian 13 tree (mmdebstrap)" fill_tree
}
