# SPDX-License-Identifier: GPL-2.0-or-later
# The kernels. All variants of one source come from one object tree, so that the second one takes
# seconds; each is then an artefact of its own: bzImage, config and lib/modules/VERSION. Sourced by lab.
# shellcheck shell=bash

variants() {
	(cd "$LAB_DIR/kernel" && basename --suffix .config -- *.config)
	echo debian
}

# Sets SOURCE: the package that the variant $1 is compiled from, by its line "# source: PACKAGE".
# Without one it is empty and means the newest linux-source.
choose_source() {
	SOURCE=$(sed -n 's/^# source: //p' "$LAB_DIR/kernel/$1.config")
}

# The file of SOURCE.
kernel_source() {
	local deb
	deb=$(printf '%s\n' "$TREE/debs/${SOURCE:-linux-source}"*.deb | sort -V | tail -n 1)
	[ -f "$deb" ] || die "the tree has no ${SOURCE:-linux-source} package: try lab clean"
	echo "$deb"
}

# The configuration of a variant: the common one, then what is different.
fragment() {
	cat "$LAB_DIR/kernel/dual.config"
	[ "$1" = dual ] || cat "$LAB_DIR/kernel/$1.config"
}

# The patch of a variant, or nothing.
patch_of() {
	local patch=$LAB_DIR/kernel/$1.patch
	[ -f "$patch" ] || patch=/dev/null
	echo "$patch"
}

kernel_key() {
	if [ "$1" = debian ]; then
		basename "$TREE"/debs/linux-image-*.deb | key_of fill_debian_kernel
	else
		choose_source "$1"
		{
			basename "$(kernel_source)"
			fragment "$1" | grep CONFIG_
			cat "$(patch_of "$1")"
		} | key_of fill_kernel configure_kernel compile_kernel cover_source
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
		choose_source "$variant"
		need_kernel_source
		with_lock kernel-build exclusive \
			artefact "$dir" "kernel-$variant" "kernel $variant (minutes when it is the first)" \
			fill_kernel "$variant"
	fi
	KERNEL=$dir/bzImage
	MODULES=$dir/lib/modules
}

lab_made() {
	TREE=$CACHE/tree-$(tree_key)
	[ -d "$TREE" ] && [ -d "$CACHE/kernel-$1-$(kernel_key "$1")" ]
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

# Sets KERNEL_BUILD: a directory with the unpacked SOURCE and its objects.
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
	uncover_source
	cover_source "$(patch_of "$variant")"
	fragment "$variant" >"$KERNEL_BUILD/fragment"
	configure_kernel
	compile_kernel
	uncover_source
	cp "$KERNEL_BUILD/obj/arch/x86/boot/bzImage" "$dir/bzImage"
	cp "$KERNEL_BUILD/obj/.config" "$dir/config"
	mv "$KERNEL_BUILD/modules/lib" "$dir/lib"
	umount --recursive "$ROOT"
}

# Let the compiler see what patch $1 makes of the source. The files that it changes are covered by
# patched copies: the source stays as it came, and the mounts end with us, however we end. The
# objects stay; a list of those files sees to it that no other kernel takes them over.
cover_source() {
	local patch=$1 file files
	mapfile -t files < <(sed -n 's,^+++ b/,,p' "$patch")
	[ ${#files[@]} -gt 0 ] || return 0
	printf '%s\n' "${files[@]}" >"$KERNEL_BUILD/covered"
	for file in "${files[@]}"; do
		install -D -m 644 "$KERNEL_BUILD/src/$file" "$ROOT/tmp/covers/$file"
	done
	in_root patch --strip=1 --directory=/tmp/covers <"$patch"
	for file in "${files[@]}"; do
		mount --bind "$ROOT/tmp/covers/$file" "$ROOT/build/src/$file"
	done
}

# The next build compiles these files again. Done after a patched build, and once more in front of
# the next one, because that one may have been cut short.
uncover_source() {
	local list=$KERNEL_BUILD/covered
	[ -f "$list" ] || return 0
	(cd "$KERNEL_BUILD/src" && xargs -d '\n' touch --) <"$list"
	rm "$list"
}

# Huge pages are worth a tenth of the compiler's time; objtool, which has nothing to do in a kernel without
# mitigations, ORC and jump labels, a twentieth.
kernel_make() {
	in_root GLIBC_TUNABLES=glibc.malloc.hugetlb=1 \
		KBUILD_BUILD_USER=lab KBUILD_BUILD_HOST=vfioctl KBUILD_BUILD_TIMESTAMP=@0 \
		make -s -C /build/src O=/build/obj -j"$(nproc)" OBJECT_FILES_NON_STANDARD=y "$@"
}

# The smallest configuration is the same for all; of what comes after it the last word counts.
configure_kernel() {
	local tiny=$KERNEL_BUILD/tinyconfig config=$KERNEL_BUILD/obj/.config missing
	if [ ! -f "$tiny" ]; then
		kernel_make tinyconfig
		cp "$config" "$tiny.part"
		mv "$tiny.part" "$tiny"
	fi
	cat "$tiny" "$KERNEL_BUILD/fragment" >"$config"
	kernel_make olddefconfig
	missing=$(lines_not_held "$KERNEL_BUILD/fragment" "$config")
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

# --- headers ------------------------------------------------------------------------------------

# Sets HEADERS: a directory with what the newest source offers to user space.
need_headers() {
	choose_source dual
	need_kernel_source
	HEADERS=$CACHE/headers-$(kernel_source_key)
	[ -d "$HEADERS" ] || with_lock kernel-build exclusive \
		artefact "$HEADERS" headers "headers of $(basename "$(kernel_source)" .deb)" fill_headers
}

fill_headers() {
	enter_tree
	bind rw "$KERNEL_BUILD" "$ROOT/build"
	uncover_source
	kernel_make headers
	cp -r "$KERNEL_BUILD/obj/usr/include" "$1/include"
	umount --recursive "$ROOT"
}

# Our declarations against the newest, as no distribution's compiler sees them yet.
lab_abi() {
	in_own_namespace abi
	need_tree
	need_headers
	enter_tree
	bind_checkout none
	bind ro "$HEADERS" "$ROOT/mnt"
	in_root gcc -std=gnu17 -Wall -Werror -fsyntax-only -D_GNU_SOURCE -DABI_NEWEST -isystem /mnt/include \
		-I/vfioctl-src/src /vfioctl-src/src/kernel/abi.c
}

lab_build() {
	local variant
	[ $# -gt 0 ] || set -- dual
	for variant; do known_variant "$variant"; done
	in_own_namespace build "$@"
	need_tree
	for variant; do need_kernel "$variant"; done
}

# --- modules of our own -------------------------------------------------------------------------

module_key() {
	{
		kernel_key "$2"
		cat "$LAB_DIR/module/$1"/*
	} | key_of fill_module
}

# Sets OWN_MODULE: a directory with tests/lab/module/$1, compiled for the variant $2. A step of its
# own, so that a change of it costs no kernel.
need_module() {
	if [ -n "${VFIOCTL_LAB_KERNEL:-}" ] || [ "$2" = debian ]; then
		die "--module wants a kernel of the lab's own"
	fi
	OWN_MODULE=$CACHE/module-$1-$2-$(module_key "$1" "$2")
	[ ! -d "$OWN_MODULE" ] || return 0
	choose_source "$2"
	need_kernel_source
	with_lock kernel-build exclusive \
		artefact "$OWN_MODULE" "module-$1" "module $1 for kernel $2" fill_module "$1" "$2"
}

# fill_module NAME VARIANT DIR, like fill_kernel. The objects may be another variant's; what counts
# for a module is the configuration.
fill_module() {
	local name=$1 variant=$2 dir=$3
	enter_tree
	bind rw "$KERNEL_BUILD" "$ROOT/build"
	uncover_source
	cover_source "$(patch_of "$variant")"
	fragment "$variant" >"$KERNEL_BUILD/fragment"
	configure_kernel
	kernel_make modules_prepare
	cp -r "$LAB_DIR/module/$name" "$ROOT/tmp/module"
	kernel_make KBUILD_MODPOST_WARN=1 M=/tmp/module modules
	uncover_source
	cp "$ROOT"/tmp/module/*.ko "$dir"
	umount --recursive "$ROOT"
}
