# SPDX-License-Identifier: GPL-2.0-or-later
# This checkout's vfioctl, built inside the tree so that it fits the guest. Sourced by lab.
# shellcheck shell=bash

# The objects stay in the cache, in a place of their own for each checkout, compiled anew only
# where the source changed.
checkout_cache() {
	printf '%s/checkout-%s/%s' "$CACHE" "$(printf '%s' "$CHECKOUT" | sha256sum | cut -c1-12)" "$1"
}

# Make vfioctl see the checkout as in the guest, read-only. Wants ROOT.
bind_checkout() {
	local objects
	objects=$(checkout_cache "$1")
	mkdir -p "$objects"
	bind ro "$CHECKOUT" "$ROOT/vfioctl-src"
	bind rw "$objects" "$ROOT/vfioctl-build"
}

# Build this checkout as KIND and install it below DIR, a directory inside ROOT.
install_vfioctl() {
	local kind=$1 dir=$2
	with_lock "checkout-$kind" exclusive \
		step "vfioctl-$kind" "vfioctl, $kind build" make_vfioctl "$kind" "${dir#"$ROOT"}"
}

make_vfioctl() {
	local sanitize=()
	[ "$1" != sanitize ] || sanitize=(SANITIZE=1)
	in_root make -C /vfioctl-src -j"$(nproc)" BUILD=/vfioctl-build "${sanitize[@]}"
	in_root make -C /vfioctl-src BUILD=/vfioctl-build "${sanitize[@]}" \
		DESTDIR="$2" PREFIX=/usr install
}

lab_in_tree() {
	parse_options "$@"
	[ ${#ARGUMENTS[@]} -gt 0 ] || usage_error "in-tree wants a command"
	in_own_namespace in-tree "$@"
	need_tree
	enter_tree
	bind_checkout "$BUILD"
	in_root BUILD=/vfioctl-build bash -c 'cd /vfioctl-src && exec "$@"' bash "${ARGUMENTS[@]}"
}
