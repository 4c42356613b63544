# SPDX-License-Identifier: GPL-2.0-or-later
# What others have laid in the way: links where vfioctl writes, and an environment that means no good.

load common
bats_require_minimum_version 1.5.0

nvme=0000:03:00.0
pf=0000:02:00.0
places=(devices journal access)
rules=/run/udev/rules.d

setup() {
	modprobe -a vfio-pci iommufd
	target=$BATS_TEST_TMPDIR/target
	mkdir -p /run/vfioctl
}

teardown() {
	local place
	for place in "${places[@]}" lock; do [ ! -L "/run/vfioctl/$place" ] || rm "/run/vfioctl/$place"; done
	[ ! -L /run/vfioctl ] || rm /run/vfioctl
	! mountpoint -q /run/udev || umount /run/udev
	vfioctl recover -q --timeout 20 || true
	echo 0 >$pci/$pf/sriov_numvfs 2>/dev/null || true
	give_back $nvme $pf
	rm -rf /run/vfioctl $rules/99-vfioctl-*
	setfacl -b /dev/iommu
	chmod 660 /dev/iommu
}

# A directory that is somebody else's, with files by the names that vfioctl uses.
precious() {
	rm -rf "$target"
	mkdir "$target"
	for name in $nvme.json 1-1.json 99-vfioctl-$nvme.rules; do echo precious >"$target/$name"; done
	before=$(ls -l --time-style=full-iso "$target")
}

untouched() {
	[ "$(ls -l --time-style=full-iso "$target")" = "$before" ] || { ls -l "$target"; return 1; }
	[ "$(cat "$target"/*)" = $'precious\nprecious\nprecious' ]
}

as_it_was() {
	[ "$(driver_of $nvme) $(override_of $nvme)" = "nvme (null)" ]
}

@test "links in the place of the directories: refused, by whoever changes something" {
	for place in "${places[@]}"; do
		precious
		rm -rf "/run/vfioctl/$place"
		ln -s "$target" "/run/vfioctl/$place"
		for command in "bind $nvme" "bind --owner tester $nvme" recover "run $nvme -- true" "sriov $pf 1"; do
			wanted=4
			[[ $command != run* ]] || wanted=125
			# shellcheck disable=SC2086 # words
			expect $wanted vfioctl $command
			says "/run/vfioctl/$place: it is no directory"
		done
		vfioctl restore $nvme >/dev/null 2>&1 || true
		vfioctl list >/dev/null 2>&1
		vfioctl doctor >/dev/null 2>&1 || true
		as_it_was
		untouched
		rm "/run/vfioctl/$place"
	done
}

@test "so is one that comes when a device is bound: restore does not delete through it" {
	for place in "${places[@]}"; do
		vfioctl bind -q --owner tester $nvme
		precious
		mv "/run/vfioctl/$place" "$BATS_TEST_TMPDIR/away"
		ln -s "$target" "/run/vfioctl/$place"
		run vfioctl restore $nvme # the record is looked for before the lock is taken
		[ "$status" -eq 4 ] || [ "$status" -eq 1 ]
		says "/run/vfioctl/$place"
		[ "$(driver_of $nvme)" = vfio-pci ]
		untouched
		rm "/run/vfioctl/$place"
		mv "$BATS_TEST_TMPDIR/away" "/run/vfioctl/$place"
		expect 0 vfioctl restore -q $nvme
		as_it_was
	done
}

@test "a link in the place of all of it" {
	precious
	rm -rf /run/vfioctl
	ln -s "$target" /run/vfioctl
	for command in "bind $nvme" "bind --owner tester $nvme" recover; do
		# shellcheck disable=SC2086 # words
		run vfioctl $command
		[ "$status" -eq 1 ] || [ "$status" -eq 4 ]
		says "/run/vfioctl"
	done
	as_it_was
	untouched
}

@test "a link in the place of the lock, to what is there and to what is not" {
	precious
	for name in $nvme.json new; do
		rm -f /run/vfioctl/lock
		ln -s "$target/$name" /run/vfioctl/lock
		for command in bind restore; do
			[ $command = bind ] || { rm /run/vfioctl/lock; vfioctl bind -q $nvme; rm /run/vfioctl/lock; ln -s "$target/$name" /run/vfioctl/lock; }
			expect 1 vfioctl $command $nvme
			says "/run/vfioctl/lock"
		done
		rm /run/vfioctl/lock
		vfioctl restore -q $nvme
		untouched
	done
}

@test "links in the place of the records are replaced, what they lead to is untouched" {
	precious
	mkdir -p /run/vfioctl/devices /run/vfioctl/access
	ln -s "$target/$nvme.json" /run/vfioctl/devices/$nvme.json
	ln -s "$target/1-1.json" /run/vfioctl/access/$nvme.json
	expect 0 vfioctl bind --owner tester $nvme
	for place in devices access; do
		[ -f /run/vfioctl/$place/$nvme.json ] && [ ! -L /run/vfioctl/$place/$nvme.json ]
	done
	untouched
	expect 0 vfioctl restore $nvme
	as_it_was
	untouched
}

@test "a link in the place of a journal is read as a damaged one, and goes by the hand of root alone" {
	precious
	mkdir -p /run/vfioctl/journal
	ln -s "$target/1-1.json" /run/vfioctl/journal/1-1.json
	expect 1 vfioctl recover
	says "/run/vfioctl/journal/1-1.json"
	expect 1 vfioctl bind $nvme
	as_it_was
	untouched
	rm /run/vfioctl/journal/1-1.json
}

@test "links by the names that half-written files have" {
	precious
	mkdir -p /run/vfioctl/devices /run/vfioctl/access /run/vfioctl/journal
	python3 - "$target/$nvme.json" $nvme $$ <<-'END'
		import os, sys
		target, device, first = sys.argv[1], sys.argv[2], int(sys.argv[3])
		for pid in range(first, first + 5000):
		    for place in "devices", "access":
		        os.symlink(target, f"/run/vfioctl/{place}/.{device}.json.{pid}")
		    os.symlink(target, f"/run/udev/rules.d/.99-vfioctl-{device}.rules.{pid}")
	END
	expect 0 vfioctl bind --owner tester $nvme
	[ ! -L /run/vfioctl/devices/$nvme.json ]
	untouched
	expect 0 vfioctl restore $nvme
	find $rules -name '.99-vfioctl-*' -delete
	as_it_was
	untouched
}

@test "a rule's name that is a link is replaced; one that is a directory fails the bind" {
	precious
	mkdir -p $rules
	ln -s "$target/99-vfioctl-$nvme.rules" $rules/99-vfioctl-$nvme.rules
	expect 0 vfioctl bind --owner tester $nvme
	[ -f $rules/99-vfioctl-$nvme.rules ] && [ ! -L $rules/99-vfioctl-$nvme.rules ]
	vfioctl restore -q $nvme
	untouched
	mkdir $rules/99-vfioctl-$nvme.rules
	expect 1 vfioctl bind --owner tester $nvme
	says "$rules/99-vfioctl-$nvme.rules"
	as_it_was
	rmdir $rules/99-vfioctl-$nvme.rules
}

@test "a link in the place of udev's directory of rules, before bind and before restore" {
	precious
	mkdir -p $rules
	vfioctl bind -q --owner tester $nvme
	mv $rules $rules.away
	ln -s "$target" $rules
	run vfioctl restore $nvme
	rm $rules
	mv $rules.away $rules
	untouched
	vfioctl restore -q $nvme
	mv $rules $rules.away
	ln -s "$target" $rules
	run vfioctl bind --owner tester $nvme
	rm $rules
	mv $rules.away $rules
	# 5 when a rule of that name lies there, which cannot be taken back.
	[ "$status" -eq 1 ] || [ "$status" -eq 5 ]
	says "cannot write udev's rule $rules/"
	untouched
	as_it_was
}

# hostile COMMAND...: in an environment in which nothing is what it should be.
hostile() {
	mkdir -p "$BATS_TEST_TMPDIR/bin" "$BATS_TEST_TMPDIR/empty"
	local name
	for name in modprobe udevadm sh bash less ip; do
		printf '#!/bin/bash\ntouch %s/called\n' "$BATS_TEST_TMPDIR" >"$BATS_TEST_TMPDIR/bin/$name"
		chmod +x "$BATS_TEST_TMPDIR/bin/$name"
	done
	env PATH="$BATS_TEST_TMPDIR/bin" MODPROBE_OPTIONS="-C /nonexistent" PAGER=false LESS=-F \
		TMPDIR=/nonexistent TZ=:/nonexistent LIBUDEV_LOG=debug SYSTEMD_LOG_LEVEL=debug UDEV_LOG=7 \
		LD_LIBRARY_PATH="$BATS_TEST_TMPDIR/empty" LC_ALL=xx_YY.nonsense LANG=zz COLUMNS=-7 LINES=0 \
		HOME=/nonexistent TERM=nonsense LIBSMARTCOLS_DEBUG= IFS=/ BASH_ENV=/nonexistent "$@"
}

@test "a hostile environment has no effect on bind, restore, sriov and run" {
	modprobe -r vfio-pci
	modprobe -r igbvf 2>/dev/null || true
	vfioctl=$(command -v vfioctl)
	expect 0 hostile "$vfioctl" bind -q $nvme
	[ -z "$output" ]
	[ "$(driver_of $nvme)" = vfio-pci ]
	expect 0 hostile "$vfioctl" restore -q $nvme
	[ -z "$output" ]
	as_it_was
	expect 0 hostile "$vfioctl" sriov -q $pf 2
	[ -z "$output" ]
	[ "$(cat $pci/$pf/sriov_numvfs) $(driver_of 0000:02:10.0)" = "2 vfio-pci" ]
	expect 0 hostile "$vfioctl" sriov -q $pf 0
	[ -z "$output" ]
	expect 3 hostile "$vfioctl" run -q $nvme -- /usr/bin/dash -c '/usr/bin/readlink '$pci/$nvme/driver'; echo "$TMPDIR $MODPROBE_OPTIONS"; exit 3'
	# The command has the environment that it was given. bash would complain of the locale.
	[ "$output" = "../../../../bus/pci/drivers/vfio-pci"$'\n'"/nonexistent -C /nonexistent" ]
	as_it_was
	[ ! -e "$BATS_TEST_TMPDIR/called" ]
}

@test "nor on what is printed" {
	vfioctl=$(command -v vfioctl)
	for command in "bind --dry-run $nvme" "restore $nvme" "sriov --dry-run $pf 2" "list --json" mode; do # not kept: printed together with stderr
		# shellcheck disable=SC2086 # words
		expected=$("$vfioctl" $command 2>&1)
		# shellcheck disable=SC2086
		expect 0 hostile "$vfioctl" $command
		[ "$output" = "$expected" ] || { diff <(echo "$expected") <(echo "$output"); false; }
	done
	[ ! -e "$BATS_TEST_TMPDIR/called" ]
}
