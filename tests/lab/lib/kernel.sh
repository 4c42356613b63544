# SPDX-License-Identifier: GPL-2.0-or-later
# The kernels. All variants of our own come from one object tree, so that the second one takes
# seconds; each is then an artefact of its own: bzImage, config and lib/modules/VERSION. Sourced by lab.
# shellcheck shell=bash

variants() {
	(cd "$LAB_DIR/kernel" && basename --suffix .config -- *.config)
	echo debian
}

kernel_source() {
	local deb
	deb=$(echo "$TREE"/debs/linux-source-*.deb)
	[ -f "$deb" ] || die "the tree has no linux-source package: try lab clean"
	echo "$deb"
}

# The configuration of a variant: the common one, then what is different.
fragment() {
	cat "$LAB_DIR/kernel/dual.config"
	[ "$1" = dual ] || cat "$LAB_DIR/kernel/$1.config"
}

kernel_key() {
	if [ "$1" = debian ]; then
		basename "$TREE"/debs/linux-image-*.deb | key_of fill_debian_kernel
	else
		{
			basename "$(kernel_source)"
			fragment "$1" | grep CONFIG_
		} | key_of fill_kernel configure_kernel compile_kernel
	fi
}

# Sets KERNEL and MODULES, making the kernel of the variant $1 when needed. Wants TREE.
need_kernel() {
	if [ -n "${VFIOCTL_LAB_KERNEL:-}" ]; then
		own_kernel
		return
	fi
	local variant=$1 dir
	dir=$CACHE/kernel-$variant-$(kernel_key "$variant")
	if [ "$variant" = debian ]; then
		artefact "$dir" "kernel-debian" "Debian's stock kernel" fill_debian_kernel
	elif [ ! -d "$dir" ]; then
		need_kernel_source
		with_lock kernel-build exclusive \
			artefact "$dir" "kernel-$variant" "kernel $variant (minutes when it is the first)" \
			fill_kernel "$variant"
	fi
	KERNEL=$dir/bzImage
	MODULES=$dir/lib/modules
}

# The kernel that the user brings.
own_kernel() {
	local dir
	KERNEL=$(realpath "$VFIOCTL_LAB_KERNEL")
	[ -f "$KERNEL" ] || die "VFIOCTL_LAB_KERNEL: no such file: $KERNEL"
	for dir in "${VFIOCTL_LAB_MODULES:-}" "${KERNEL%/*}/lib/modules" "${KERNEL%/*}/modules"; do
		[ -d "$dir/$(kernel_release "$KERNEL")" ] || continue
		MODULES=$(realpath "$dir")
		return
	done
	die "no modules of $(kernel_release "$KERNEL") beside the kernel: set VFIOCTL_LAB_MODULES"
}

# The release that a bzImage will report, from its boot header.
kernel_release() {
	local offset
	offset=$(od -An -tu2 -j $((0x20e)) -N 2 "$1")
	dd if="$1" bs=1 skip=$((offset + 0x200)) count=128 2>/dev/null | tr '\0' ' ' | cut -d' ' -f1
}

kernel_source_key() {
	basename "$(kernel_source)" | key_of fill_kernel_source
}

# Sets KERNEL_BUILD: a directory with the unpacked source and the objects.
need_kernel_source() {
	KERNEL_BUILD=$CACHE/kernel-build-$(kernel_source_key)
	artefact "$KERNEL_BUILD" kernel-source "$(basename "$(kernel_source)" .deb)" fill_kernel_source
}

# Documentation, register lists and self tests are a third of it and none of them is compiled.
fill_kernel_source() {
	mkdir "$1/src" "$1/obj"
	dpkg-deb --fsys-tarfile "$(kernel_source)" |
		tar -xO --wildcards '*/linux-source-*.tar.xz' |
		tar -xJ -C "$1/src" --strip-components=1 --exclude='*/Documentation/*/*' \
			--exclude='*/drivers/gpu/drm/amd/include/*' --exclude='*/tools/testing/*/*' \
			--exclude='*/boot/dts/*/*'
}

# fill_kernel VARIANT DIR, with our own namespace around it.
fill_kernel() {
	local variant=$1 dir=$2
	enter_tree
	bind rw "$KERNEL_BUILD" "$ROOT/build"
	fragment "$variant" >"$KERNEL_BUILD/fragment"
	configure_kernel
	compile_kernel
	cp "$KERNEL_BUILD/obj/arch/x86/boot/bzImage" "$dir/bzImage"
	cp "$KERNEL_BUILD/obj/.config" "$dir/config"
	mv "$KERNEL_BUILD/modules/lib" "$dir/lib"
	umount --recursive "$ROOT"
}

kernel_make() {
	in_root KBUILD_BUILD_USER=lab KBUILD_BUILD_HOST=vfioctl KBUILD_BUILD_TIMESTAMP=@0 \
		make -s -C /build/src O=/build/obj -j"$(nproc)" "$@"
}

configure_kernel() {
	kernel_make tinyconfig
	in_root /build/src/scripts/kconfig/merge_config.sh -m -O /build/obj \
		/build/obj/.config /build/fragment >/dev/null
	kernel_make olddefconfig
	local missing
	missing=$(lines_not_held "$KERNEL_BUILD/fragment" "$KERNEL_BUILD/obj/.config")
	[ -z "$missing" ] || die "the kernel's configuration did not take these lines:" $'\n'"$missing"
}

# Print the lines of fragment $1 that the configuration $2 contradicts; a later line of the
# fragment wins over an earlier one, and a symbol that does not exist is not set.
lines_not_held() {
	awk '
		function name(line) { sub(/^# /, "", line); sub(/[ =].*/, "", line); return line }
		!/^(# )?CONFIG_/ { next }
		FILENAME == ARGV[1] { wanted[name($0)] = $0; next }
		{ got[name($0)] = $0 }
		END {
			for (n in wanted)
				if (n in got ? wanted[n] != got[n] : wanted[n] !~ /^#/)
					print wanted[n]
		}' "$1" "$2"
}

compile_kernel() {
	kernel_make bzImage modules
	rm -rf "$KERNEL_BUILD/modules"
	kernel_make INSTALL_MOD_PATH=/build/modules modules_install
	rm -f "$KERNEL_BUILD"/modules/lib/modules/*/build
}

# The stock kernel: groups only, and nothing built in.
fill_debian_kernel() {
	local dir=$1
	dpkg-deb --extract "$TREE"/debs/linux-image-*.deb "$dir/deb"
	mv "$dir"/deb/boot/vmlinuz-* "$dir/bzImage"
	mv "$dir"/deb/boot/config-* "$dir/config"
	mkdir "$dir/lib"
	mv "$dir"/deb/{usr/,}lib/modules "$dir/lib" 2>/dev/null || [ -d "$dir/lib/modules" ]
	rm -rf "$dir/deb"
	enter_tree
	bind rw "$dir" "$ROOT/build"
	in_root depmod --basedir /build "$(kernel_release "$dir/bzImage")"
	umount --recursive "$ROOT"
}

lab_build() {
	local variant
	[ $# -gt 0 ] || set -- dual
	for variant; do known_variant "$variant"; done
	in_own_namespace build "$@"
	need_tree
	for variant; do need_kernel "$variant"; done
}
