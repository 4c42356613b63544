# SPDX-License-Identifier: GPL-2.0-or-later
# Which driver bind would take: the most specific variant that the kernel has, else vfio-pci.

load helper

# A machine of one network function and these module lines.
with_modules() {
	{
		a_function 0000:03:00.0 ice
		printf '@ /proc\nf sys/kernel/osrelease 6.18.0\nk 6.18.0\n'
		cat
	} | make_tree
	json show 03:00.0 --json --sysroot "$tree"
	exits 0
}

generic='m vfio_pci
	alias vfio_pci:v*d*sv*sd*bc*sc*i*
m ice
	alias pci:v00008086d00001572sv*sd*bc*sc*i*'

@test "the generic driver when there is nothing better" {
	with_modules <<<"$generic"
	equals "$(query '.devices[0].bind_driver')" vfio-pci
	equals "$(query '.devices[0].vfio_modules | join(",")')" vfio_pci
	equals "$(query '.devices[0].native_modules | join(",")')" ice
}

@test "a variant made for the device comes first" {
	with_modules <<<"$generic"$'\nm ice_vfio_pci\n\talias vfio_pci:v00008086d00001572sv*sd*bc*sc*i*'
	equals "$(query '.devices[0].bind_driver')" ice_vfio_pci
	equals "$(query '.devices[0].vfio_modules | join(",")')" ice_vfio_pci,vfio_pci
	[[ $(query '.devices[0].bind_why') == *"made for this device"* ]]
}

@test "among variants the more specific one" {
	with_modules <<<"$generic"'
m a_vfio_pci
	alias vfio_pci:v00008086d00001572sv*sd*bc*sc*i*
m z_vfio_pci
	alias vfio_pci:v00008086d00001572sv00008086sd*bc*sc*i*'
	equals "$(query '.devices[0].vfio_modules | join(",")')" z_vfio_pci,a_vfio_pci,vfio_pci
}

@test "a variant for another device does not count" {
	with_modules <<<"$generic"$'\nm mlx5_vfio_pci\n\talias vfio_pci:v000015B3d0000101Esv*sd*bc*sc*i*'
	equals "$(query '.devices[0].bind_driver')" vfio-pci
}

@test "a kernel before 5.15, whose vfio_pci says nothing of what it is for" {
	with_modules <<<'m vfio_pci
m ice
	alias pci:v00008086d00001572sv*sd*bc*sc*i*'
	equals "$(query '.devices[0].bind_driver')" vfio-pci
	equals "$(query '.devices[0].vfio_modules | join(",")')" ""
}

@test "no vfio_pci, no driver" {
	with_modules <<<'m ice
	alias pci:v00008086d00001572sv*sd*bc*sc*i*'
	equals "$(query '.devices[0].bind_driver')" null
}

@test "a driver that is built in and registered needs no module" {
	with_modules <<<$'b vfio_pci\n@ /sys/bus/pci/drivers\nd vfio-pci'
	equals "$(query '.devices[0].bind_driver')" vfio-pci
	json mode --json --sysroot "$tree"
	equals "$(query '.modules[] | select(.name == "vfio_pci").state')" built-in
}

@test "what vfio.ko was built with" {
	needs() {
		rm -rf "$tree"
		with_modules <<<"m vfio"$'\n'"$1"
		json mode --json --sysroot "$tree"
		query .offers
	}
	equals "$(needs $'\tneeds iommufd_ctx_from_fd\n\tneeds iommu_group_id')" "group and cdev"
	equals "$(needs $'\tneeds iommu_group_id')" "group only"
	equals "$(needs $'\tneeds iommufd_ctx_from_fd')" "cdev only"
	equals "$(needs $'\tneeds printk')" none
}

# The machine of with_modules, as another place has it that no tree may lead to.
elsewhere() {
	with_modules <<<"$generic"$'\nm ice_vfio_pci\n\talias vfio_pci:v00008086d00001572sv*sd*bc*sc*i*'
	outside=$BATS_TEST_TMPDIR/outside
	cp -a "$tree" "$outside"
	mkdir -p "$outside/etc/modprobe.d"
	printf 'install ice_vfio_pci /bin/true\nalias pci:v00008086d00001572sv* vfio_pci\nsecret of another machine\n' \
		>"$outside/etc/modprobe.d/z.conf"
}

# natives: the modules that show finds for the device, with nothing on stderr, in time.
natives() {
	run -0 --separate-stderr kept timeout 20 "$VFIOCTL" show 03:00.0 --json --sysroot "$tree"
	json=$output
	equals "$stderr" ''
	query '.devices[0] | "\(.native_modules | join(",")) \(.bind_driver)"'
}

@test "configuration behind links out of the tree: libkmod does not get it" {
	elsewhere
	mkdir -p "$tree/etc/modprobe.d" "$tree/run"
	ln -s "$outside/etc/modprobe.d/z.conf" "$tree/etc/modprobe.d/z.conf"
	ln -s "$outside/etc/modprobe.d" "$tree/run/modprobe.d"
	ln -s ../../../../../../../../../../etc/shadow "$tree/etc/modprobe.d/shadow.conf"
	equals "$(natives)" "ice ice_vfio_pci"
	run -0 --separate-stderr "$VFIOCTL" mode --sysroot "$tree"
	[[ $stderr != *libkmod* && $stderr != *"bad line"* ]]
}

@test "configuration behind links that stay in the tree counts, as the tree means them" {
	elsewhere
	rm -rf "$tree/etc/modprobe.d"
	mkdir -p "$tree/etc" "$tree/opt/conf.d"
	cp "$outside/etc/modprobe.d/z.conf" "$tree/opt/conf.d/z.conf"
	refused() {
		equals "$(natives)" "vfio_pci vfio-pci"
		json show 03:00.0 --json --sysroot "$tree"
		equals "$(query '.devices[0].bind_driver')" vfio-pci
		[[ $(query '.devices[0].bind_why') == *"install line"* ]]
	}
	ln -s /opt/conf.d "$tree/etc/modprobe.d"
	refused
	rm "$tree/etc/modprobe.d"
	ln -s ../opt/conf.d "$tree/etc/modprobe.d"
	refused
	rm "$tree/etc/modprobe.d"
	mkdir "$tree/etc/modprobe.d"
	ln -s /opt/conf.d/z.conf "$tree/etc/modprobe.d/a.conf"
	refused
	rm "$tree/etc/modprobe.d/a.conf"
	equals "$(natives)" "ice ice_vfio_pci"
}

@test "modules behind links out of the tree are not there" {
	local name
	elsewhere
	name=$tree/lib/modules/6.18.0
	rm -rf "$name"
	ln -s "$outside/lib/modules/6.18.0" "$name"
	equals "$(natives)" " null"
	rm "$name"
	cp -a "$outside/lib/modules/6.18.0" "$name"
	equals "$(natives)" "ice ice_vfio_pci"
	rm "$name/modules.alias.bin"
	ln -s "$outside/lib/modules/6.18.0/modules.alias.bin" "$name/"
	equals "$(natives)" " null"
	run -1 --separate-stderr kept "$VFIOCTL" doctor --sysroot "$tree" --rule 'module-*' --json
	json=$output
	equals "$(query '[.findings[] | "\(.rule) \(.file)"] | join(",")')" \
		"module-index-damaged /lib/modules/6.18.0/modules.alias.bin"
	rm "$name/modules.alias.bin"
	cp -a "$outside/lib/modules/6.18.0/modules.alias.bin" "$name/"
	ln -sf "$outside/etc/modprobe.d/z.conf" "$name/modules.softdep"
	equals "$(natives)" " null"
}

@test "modules behind links that stay in the tree are what the tree means" {
	elsewhere
	mv "$tree/lib" "$tree/store"
	ln -s /store "$tree/lib"
	equals "$(natives)" "ice ice_vfio_pci"
	mv "$tree/store/modules/6.18.0/modules.alias.bin" "$tree/store/alias"
	ln -s ../../alias "$tree/store/modules/6.18.0/modules.alias.bin"
	equals "$(natives)" "ice ice_vfio_pci"
}

@test "a FIFO in the place of what libkmod reads: nothing hangs" {
	local name file
	elsewhere
	mkdir -p "$tree/etc/modprobe.d" "$tree/usr/lib/modprobe.d"
	mkfifo "$tree/etc/modprobe.d/z.conf" "$tree/usr/lib/modprobe.d/a.conf"
	equals "$(natives)" "ice ice_vfio_pci"
	name=$tree/lib/modules/6.18.0
	for file in modules.softdep modules.dep.bin modules.alias.bin modules.builtin.modinfo; do
		rm -f "$name/$file"
		mkfifo "$name/$file"
		equals "$(natives)" " null"
		rm "$name/$file"
		[ ! -e "$outside/lib/modules/6.18.0/$file" ] || cp -a "$outside/lib/modules/6.18.0/$file" "$name/"
	done
	for file in $(cd "$name" && find . -name '*.ko'); do
		rm "$name/$file"
		mkfifo "$name/$file"
	done
	natives >"$BATS_TEST_TMPDIR/natives"
	json mode --json --sysroot "$tree"
	exits 0
}

@test "configuration that libkmod does not like is not told, least of all with what is in it" {
	elsewhere
	mkdir -p "$tree/etc/modprobe.d"
	printf '\033[31mevil\n' >"$tree/etc/modprobe.d/z.conf"
	equals "$(natives)" "ice ice_vfio_pci"
	run -0 --separate-stderr "$VFIOCTL" mode --sysroot "$tree"
	[[ $stderr != *libkmod* && $stderr != *"bad line"* ]]
}

@test "every document of this file is valid" {
	all_documents_valid
}

@test "a damaged index, which libkmod would read for ever: told, and nothing hangs" {
	with_modules <<<"$generic"
	index=$tree/lib/modules/6.18.0/modules.alias.bin
	# Its first node has a prefix without an end, as far as the file goes.
	printf '\xb0\x07\xf4\x57\x00\x02\x00\x01\x80\x00\x00\x0cpci' >"$index"
	run -0 --separate-stderr kept timeout 10 "$VFIOCTL" show 03:00.0 --json --sysroot "$tree"
	json=$output
	equals "$(query '.devices[0].native_modules | tojson')" '[]'
	run -1 --separate-stderr kept timeout 10 "$VFIOCTL" doctor --sysroot "$tree" --rule 'module-*' --json
	json=$output
	equals "$(query '[.findings[] | "\(.rule) \(.file)"] | join(",")')" \
		"module-index-damaged /lib/modules/6.18.0/modules.alias.bin"
}

@test "KMOD_LOG does not have libkmod speak" {
	with_modules <<<"$generic"
	run -0 --separate-stderr env KMOD_LOG=debug "$VFIOCTL" show 03:00.0 --sysroot "$tree"
	equals "$stderr" ''
}

# libkmod takes a blacklist from the command line of the machine that it runs on, whatever it is asked about.
@test "a blacklist on the command line counts on the machine that has it, and on no other" {
	with_modules <<<"$generic"$'\nm ice_vfio_pci\n\talias vfio_pci:v00008086d00001572sv*sd*bc*sc*i*'
	echo modprobe.blacklist=ice_vfio_pci >"$BATS_TEST_TMPDIR/blacklist"
	as_if_here() {
		unshare --mount sh -c 'mount --bind "$1" /proc/cmdline && shift && exec "$@"' sh "$BATS_TEST_TMPDIR/blacklist" "$@"
	}
	as_if_here true || skip "no mounts of its own for this user"
	run -0 --separate-stderr kept as_if_here "$VFIOCTL" show 03:00.0 --json --sysroot "$tree"
	json=$output
	equals "$(query '.devices[0].bind_driver')" ice_vfio_pci
	cp "$BATS_TEST_TMPDIR/blacklist" "$tree/proc/cmdline"
	json show 03:00.0 --json --sysroot "$tree"
	equals "$(query '.devices[0].bind_driver')" vfio-pci
	[[ $(query '.devices[0].bind_why') == *blacklist* ]]
}
