# SPDX-License-Identifier: GPL-2.0-or-later
# Boot a machine and do something in it. Sourced by lab.
# shellcheck shell=bash

# Ten seconds are usual; this is for a host with a load of twenty.
readonly BOOT_LIMIT=240

# Everything up to the point where QEMU can start. Only in our own namespace.
prepare_machine() {
	need_tree
	need_kernel "$VARIANT"
	[ -z "$MODULE" ] || need_module "$MODULE" "$VARIANT"
	enter_tree
	prepare_run
	: >"$RUN/root.img"
	bind ro "$TREE/root.img" "$RUN/root.img"
}

# Print "$@" so that the guest's shell reads the same words.
quoted() {
	printf '%q ' "$@"
}

# What the guest's service runs, as a shell script.
guest_command() {
	{
		echo 'export ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1'
		printf 'export LAB_TOPOLOGY=%q LAB_KERNEL=%q LAB_BUILD=%q\n' "$TOPOLOGY" "$VARIANT" "$BUILD"
		printf 'cd /vfioctl-src\n%s\n' "$1"
	} >"$RUN/share/command"
}

lab_run() {
	parse_options "$@"
	[ ${#ARGUMENTS[@]} -gt 0 ] || usage_error "run wants a command after --"
	in_own_namespace run "$@"
	prepare_machine
	guest_command "$(quoted "${ARGUMENTS[@]}")"
	boot_and_wait
}

# Boot, stream the command's output, and return its exit status. Three ports carry stdout, stderr
# and what the guest says about itself ("ready SECONDS", "exit STATUS").
boot_and_wait() {
	local port start qemu streams=()
	start=$(now)
	for port in out err status; do mkfifo "$RUN/$port"; done
	qemu_arguments \
		-chardev "file,id=out,path=/run/lab/out" -device virtserialport,chardev=out,name=lab.out \
		-chardev "file,id=err,path=/run/lab/err" -device virtserialport,chardev=err,name=lab.err \
		-chardev "file,id=status,path=/run/lab/status" \
		-device virtserialport,chardev=status,name=lab.status
	cat "$RUN/out" &
	streams+=($!)
	cat "$RUN/err" >&2 &
	streams+=($!)
	exec {STATUS_PIPE}<>"$RUN/status"
	"${IN_ROOT[@]}" "${QEMU[@]}" </dev/null >"$RUN/qemu.log" 2>&1 &
	qemu=$!
	trap 'kill -KILL $qemu 2>/dev/null; wait $qemu 2>/dev/null' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	wait_for "$qemu" ready "$BOOT_LIMIT" || boot_failed "did not boot" "$start"
	printf 'lab: booted in %s (%s, %s, kernel %s)\n' "$(since "$start")" "$TOPOLOGY" \
		"$ACCELERATOR" "$(kernel_release "$KERNEL")" >&2
	wait_for "$qemu" exit "$TIMEOUT" || boot_failed "did not finish its command" "$start"
	# Only a disk needs a guest that ends in good order.
	[ -n "$DISK" ] || kill -KILL "$qemu"
	wait "${streams[@]}" "$qemu" 2>/dev/null || true
	trap - EXIT
	return "$VALUE"
}

# Wait until the guest says WORD; its value goes to VALUE. False when it died or time is over. A line may come in
# two parts, when a second ends within it, and the last one when the machine has gone already.
wait_for() {
	local qemu=$1 wanted=$2 limit=$((SECONDS + $3)) part said='' gone=''
	while [ "$SECONDS" -lt "$limit" ]; do
		if read -r -t 1 -u "$STATUS_PIPE" part; then
			said+=$part
			VALUE=${said#* }
			[ "${said%% *}" != "$wanted" ] || return 0
			said=
		else
			said+=$part
			[ -z "$gone" ] || return 1
			kill -0 "$qemu" 2>/dev/null || gone=yes
		fi
	done
	return 1
}

boot_failed() {
	{
		printf 'lab: the machine %s within %s; its console ends so:\n' "$1" "$(since "$2")"
		tail -n 30 "$RUN/console" 2>/dev/null | tr -d '\r' | sed 's/^/    /'
		sed 's/^/    /' "$RUN/qemu.log"
	} >&2
	keep_console
	printf 'lab: the whole console is in %s\n' "$LOGS/console.log" >&2
	exit 125
}

# The kernel's messages of the last run, for whoever asks.
keep_console() {
	mkdir -p "$LOGS"
	cp "$RUN/console" "$LOGS/console.log" 2>/dev/null || true
}

# The console of a person is a virtio one: faster than the serial line, which keeps the kernel's
# messages for itself.
lab_shell() {
	parse_options "$@"
	[ ${#ARGUMENTS[@]} -eq 0 ] || usage_error "shell takes no arguments"
	in_own_namespace shell "$@"
	prepare_machine
	mkdir "$RUN/share/systemd/system/lab.service.d"
	cp "$LAB_DIR/guest/shell.conf" "$RUN/share/systemd/system/lab.service.d"
	echo "$(stty size 2>/dev/null || echo 24 80) ${TERM:-linux}" >"$RUN/share/terminal"
	guest_command "exec bash -l"
	qemu_arguments -chardev "stdio,id=person,mux=on,signal=off" -mon chardev=person \
		-device virtconsole,chardev=person
	echo "lab: booting ($TOPOLOGY); leave with 'exit', or at once with Ctrl-A x" >&2
	in_root "${QEMU[@]}" || die "QEMU failed"
	keep_console
}
