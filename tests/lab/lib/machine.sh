# SPDX-License-Identifier: GPL-2.0-or-later
# The machine: QEMU's arguments, the directory shared with the guest, and whether KVM is any good.
# Sourced by lab.
# shellcheck shell=bash

# The lab's own devices sit at the end of bus 0, away from those of the topologies.
readonly ADDR_ROOT_DISK=1a.0 ADDR_SHARE=1b.0 ADDR_SERIAL=1c.0 ADDR_UPPER_DISK=1d.0

# Everything of one run lives in RUN, a memory file system inside the tree's /run, which exists in
# our namespace only: the share, the pipes, the initrd and the emulated disks.
prepare_run() {
	RUN=$ROOT/run/lab
	mkdir -p "$RUN"/{share/{src,modules,own,out,stage,guest},drives}
	mount -t tmpfs none "$RUN/share/out"
	bind ro "$CHECKOUT" "$RUN/share/src"
	bind ro "$MODULES" "$RUN/share/modules"
	bind ro "$LAB_DIR/guest" "$RUN/share/guest"
	[ -z "$MODULE" ] || bind ro "$OWN_MODULE" "$RUN/share/own"
	[ -z "$OUT" ] || { mkdir -p "$OUT" && mount --bind "$OUT" "$RUN/share/out"; }
	[ "$BUILD" = none ] || stage_vfioctl
	guest_units
	make_initrd
}

stage_vfioctl() {
	if [ ! -f "$CHECKOUT/Makefile" ]; then
		echo "lab: the checkout has no Makefile yet: the guest will have no vfioctl" >&2
		return
	fi
	bind_checkout "$BUILD"
	install_vfioctl "$BUILD" "$RUN/share/stage"
}

# What goes to /run/systemd: our units; and the masks of units, generators and udev's rules that only cost time.
guest_units() {
	local name
	cp -r "$LAB_DIR"/guest/systemd "$RUN/share"
	mkdir "$RUN/share/systemd/system-generators" "$RUN/share/rules.d"
	while IFS= read -r name; do
		case $name in
		*.rules) : >"$RUN/share/rules.d/$name" ;;
		*-generator) ln -s /dev/null "$RUN/share/systemd/system-generators/$name" ;;
		*) ln -s /dev/null "$RUN/share/systemd/system/$name" ;;
		esac
	done < <(lines_of "$LAB_DIR/guest/masked")
}

# busybox, our init, and the modules without which this kernel cannot reach its root.
make_initrd() {
	local dir=$RUN/initrd file release
	release=$(kernel_release "$KERNEL")
	mkdir -p "$dir"/{bin,dev,proc,sys,modules}
	cp "$ROOT/bin/busybox" "$dir/bin/busybox"
	cp "$LAB_DIR/guest/init" "$dir/init"
	bind ro "$MODULES" "$ROOT/usr/lib/modules"
	in_root modprobe --all --quiet --show-depends --set-version "$release" \
		virtio_pci virtio_blk virtio_console ext4 overlay 9p 9pnet_virtio 2>/dev/null |
		awk '$1 == "insmod" && !seen[$2]++ { print $2 }' |
		while IFS= read -r file; do
			unpack_module "$file" >"$dir/modules/$(basename "${file%%.ko*}").ko"
			basename "${file%%.ko*}.ko" >>"$dir/modules/order"
		done
	in_root sh -c 'cd /run/lab/initrd && find . | cpio --quiet -o -H newc' >"$RUN/initrd.cpio"
	rm -r "$dir"
}

# unpack_module FILE: a path inside the tree, as depmod names it.
unpack_module() {
	case $1 in
	*.xz) in_root xz -dc "$1" ;;
	*.zst) in_root zstd -qdc "$1" ;;
	*) in_root cat "$1" ;;
	esac
}

# The topology's file, as QEMU arguments in DEVICES and kernel arguments in DEVICE_APPEND.
#   drive NAME SIZE   an empty disk for the devices below to use, new in each run
#   append ARGS       kernel arguments
#   -option ARGS      for QEMU as it stands
read_topology() {
	local word rest
	DEVICES=()
	DEVICE_APPEND=
	while read -r word rest; do
		case $word in
		drive) add_drive "${rest%% *}" "${rest##* }" ;;
		append) DEVICE_APPEND+=" $rest" ;;
		-*) DEVICES+=("$word" "$rest") ;;
		*) die "topology $TOPOLOGY: do not understand '$word $rest'" ;;
		esac
	done < <(lines_of "$LAB_DIR/topology/$TOPOLOGY")
}

# A few readable sectors at the start, so that a read proves something.
add_drive() {
	local file=$RUN/drives/$1
	yes "vfioctl lab, drive $1" 2>/dev/null | head -c 65536 >"$file" || true
	truncate -s "$2" "$file"
	DEVICES+=(-drive "if=none,id=$1,format=raw,cache=unsafe,discard=unmap,file=/run/lab/drives/$1")
}

# The disk that keeps the root's changes.
add_upper_disk() {
	[ -n "$DISK" ] || return 0
	if [ ! -e "$DISK" ]; then
		truncate -s 2G "$DISK"
		in_root mke2fs -q -t ext4 /dev/stdin <>"$DISK" 2>/dev/null ||
			die "cannot make a file system on $DISK"
	fi
	: >"$RUN/disk"
	mount --bind "$DISK" "$RUN/disk"
	DEVICES+=(-drive "if=none,id=upper,format=raw,file=/run/lab/disk"
		-device "virtio-blk-pci,drive=upper,serial=upper,addr=$ADDR_UPPER_DISK")
}

# Fill QEMU with the command line of the machine; the arguments are QEMU's, too.
#
# Without KVM there is one processor: with two, QEMU 10 may abort ("iotlb_to_section: Assertion
# failed") when one of them moves a BAR, as every reset of a function does, while the other runs.
# 5-level page tables and SVM only cost time (SVM would load kvm_amd into every guest). On a busy
# host the emulated timer may be late at the very moment when the kernel tests it, and the time
# stamp counter may look unstable: no_timer_check and tsc=reliable.
qemu_arguments() {
	read_topology
	local kernel_args="console=ttyS0 quiet loglevel=4 panic=-1 no_timer_check tsc=reliable"
	kernel_args+=" intel_iommu=on,sm_on systemd.unit=lab.target systemd.show_status=false"
	kernel_args+=" systemd.log_level=notice udev.children_max=4 $DEVICE_APPEND $APPEND"
	: >"$RUN/bzImage"
	bind ro "$KERNEL" "$RUN/bzImage"
	QEMU=(qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot
		-machine "q35,kernel-irqchip=split" -m "$MEMORY"
		-kernel /run/lab/bzImage -initrd /run/lab/initrd.cpio -append "$kernel_args"
		-drive "if=none,id=root,format=raw,readonly=on,file=/run/lab/root.img"
		-device "virtio-blk-pci,drive=root,serial=root,addr=$ADDR_ROOT_DISK"
		-fsdev "local,id=share,path=/run/lab/share,security_model=none,multidevs=remap"
		-device "virtio-9p-pci,fsdev=share,mount_tag=lab,addr=$ADDR_SHARE"
		-chardev "file,id=log,path=/run/lab/console" -serial chardev:log
		-device "virtio-serial-pci,addr=$ADDR_SERIAL")
	ACCELERATOR=$(accelerator)
	case $ACCELERATOR in
	kvm) QEMU+=(-accel kvm -cpu "${CPU:-host}" -smp "${CPUS:-$(nproc)}") ;;
	*) QEMU+=(-accel "tcg,thread=multi" -cpu "${CPU:-max,la57=off,svm=off}" -smp "${CPUS:-1}") ;;
	esac
	add_upper_disk
	QEMU+=("${DEVICES[@]}" "$@")
}

# kvm or tcg. A /dev/kvm that exists may still fail early in the boot, so a short boot decides,
# once for each boot of the host. A model that was asked for is always emulated: KVM gives the guest
# what the host's processor has, which need not be the model's SVM.
accelerator() {
	local memo
	if [ -n "${VFIOCTL_LAB_ACCEL:-}" ]; then
		echo "$VFIOCTL_LAB_ACCEL"
		return
	fi
	if [ -n "$CPU" ] || [ ! -w /dev/kvm ]; then
		echo tcg
		return
	fi
	memo=$CACHE/accel-$(cat /proc/sys/kernel/random/boot_id)
	[ -s "$memo" ] || { rm -f "$CACHE"/accel-*; probe_kvm >"$memo"; }
	cat "$memo"
}

# Does the kernel reach our init under KVM? Told by lab.probe, init says so and ends.
probe_kvm() {
	local said
	said=$(in_root timeout 10 qemu-system-x86_64 -nodefaults -no-user-config -display none \
		-no-reboot -machine "q35,kernel-irqchip=split" -accel kvm -cpu host -m 256M \
		-kernel /run/lab/bzImage -initrd /run/lab/initrd.cpio -serial stdio \
		-append "console=ttyS0 quiet panic=-1 lab.probe" </dev/null 2>&1) || true
	if [[ $said = *"lab: init runs"* ]]; then echo kvm; else echo tcg; fi
}
