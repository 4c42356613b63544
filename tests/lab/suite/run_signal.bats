# SPDX-License-Identifier: GPL-2.0-or-later
# vfioctl run and signals: they reach the command, once each, and whatever they do to it, its devices go
# back.

load common
load run
bats_require_minimum_version 1.5.0

# The leak checker cannot work while strace watches.
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0

# A command that writes down each signal that it gets, and ends when it is told to. No shell: one that waits
# for a command may miss SIGINT just when that ends.
setup_file() {
	cat >"$BATS_FILE_TMPDIR/listen" <<-'END'
		#!/usr/bin/python3
		import os, signal, sys, time
		def hear(number, frame):
		    with open(sys.argv[1] + "/heard", "a") as heard:
		        print(signal.Signals(number).name[3:], file=heard)
		for name in "INT TERM HUP QUIT USR1 USR2 WINCH CONT".split():
		    signal.signal(getattr(signal, "SIG" + name), hear)
		with open(sys.argv[1] + "/being", "w") as being:
		    being.write(str(os.getpid()))
		os.rename(sys.argv[1] + "/being", sys.argv[1] + "/ready")
		while not os.path.exists(sys.argv[1] + "/end"):
		    time.sleep(0.1)
		sys.exit(9)
	END
	chmod +x "$BATS_FILE_TMPDIR/listen"
}

listen() {
	echo "$BATS_FILE_TMPDIR/listen" "$BATS_TEST_TMPDIR"
}

# heard NAME...: these and no more, once half a second has gone by without another.
heard() {
	local got
	eventually test -e "$BATS_TEST_TMPDIR/heard" || { echo "instead of hearing $*"; return 1; }
	sleep 0.5
	got=$(xargs <"$BATS_TEST_TMPDIR/heard")
	rm "$BATS_TEST_TMPDIR/heard"
	[ "$got" = "$*" ] || { echo "heard: $got instead of $*"; return 1; }
}

# Whoever hears a signal twice at once may hear it once: so what vfioctl sends is seen, too.
watch_kills() {
	strace -qq -o "$BATS_TEST_TMPDIR/kills" -e trace=kill -p "$1" >/dev/null 2>&1 3>&- &
	eventually grep -q 'TracerPid:[^1-9]*[1-9]' "/proc/$1/status"
}

# sent NAME...: by vfioctl, since it was watched. SIGKILL is for its own workers.
sent() {
	local got
	got=$(sed -nE 's/^kill\([0-9]+, SIG([A-Z0-9]+)\).*/\1/p' "$BATS_TEST_TMPDIR/kills" | grep -vx KILL | xargs)
	[ "$got" = "$*" ] || { echo "sent: $got instead of $*"; return 1; }
}

# ends STATUS: the run in the background.
ends() {
	local status=0
	wait "$runner" || status=$?
	runner=
	[ "$status" -eq "$1" ] || { echo "ended with $status"; cat "$BATS_TEST_TMPDIR/said"; return 1; }
}

# on_terminal COMMAND: in the background, on a terminal whose keys come from type_in; $terminal is the
# process that has the other end.
on_terminal() {
	mkfifo "$BATS_TEST_TMPDIR/keys"
	sleep 300 >"$BATS_TEST_TMPDIR/keys" 3>&- &
	holder=$!
	TERM=dumb env --default-signal=INT,QUIT script --quiet --return --flush --command "$1" "$BATS_TEST_TMPDIR/screen" \
		<"$BATS_TEST_TMPDIR/keys" >/dev/null 2>&1 3>&- &
	terminal=$!
}

type_in() {
	printf '%b' "$1" >"$BATS_TEST_TMPDIR/keys"
}

terminal_ends() {
	local status=0
	wait "$terminal" || status=$?
	[ "$status" -eq "$1" ] || { echo "ended with $status"; cat "$BATS_TEST_TMPDIR/screen"; return 1; }
}

state_of() {
	sed 's/.*) //' "/proc/$1/stat" | cut -c1
}

@test "what is sent to vfioctl reaches the command, once each; the devices go back after it" {
	# shellcheck disable=SC2046 # words
	start_run $nvme -- $(listen)
	eventually test -e "$BATS_TEST_TMPDIR/ready"
	watch_kills "$runner"
	for name in TERM INT HUP QUIT USR1 USR2 WINCH CONT; do
		kill -s $name "$runner"
		heard $name
	done
	[ "$(driver_of $nvme)" = vfio-pci ]
	touch "$BATS_TEST_TMPDIR/end"
	ends 9
	sent TERM INT HUP QUIT USR1 USR2 WINCH CONT
	whole $nvme
}

@test "a command that a signal ends: vfioctl ends by the same, as shells want to know it" {
	for signal in TERM:15 INT:2 HUP:1; do
		start_run $nvme -- sleep 300
		kill -s "${signal%:*}" "$runner"
		ends $((128 + ${signal#*:}))
		whole $nvme
	done
	run python3 -c '
import subprocess, sys
print(subprocess.run(["vfioctl", "run", sys.argv[1], "--", "sh", "-c", "kill -TERM $$"]).returncode,
      subprocess.run(["vfioctl", "run", sys.argv[1], "--", "sh", "-c", "kill -KILL $$"]).returncode)' $nvme
	[ "$output" = "-15 137" ]
}

@test "one that is ignored, as under nohup, stays so" {
	start_run $nvme -- sleep 300
	kill -TERM "$runner"
	ends 143
	nohup vfioctl run $nvme -- sh -c 'kill -HUP $PPID; kill -HUP $$; exit 7' >/dev/null 2>&1 3>&- &
	runner=$!
	ends 7
	whole $nvme
}

@test "Ctrl-C comes from the terminal, and not from vfioctl as well" {
	on_terminal "exec vfioctl run $nvme -- $(listen)"
	eventually test -e "$BATS_TEST_TMPDIR/ready"
	watch_kills "$(pgrep -x vfioctl --parent $terminal)"
	type_in '\003'
	heard INT
	type_in '\034'
	heard QUIT
	touch "$BATS_TEST_TMPDIR/end"
	terminal_ends 9
	sent
	whole $nvme
}

@test "nor is it lost on a command that has a session of its own" {
	on_terminal "exec vfioctl run $nvme -- setsid $(listen)"
	eventually test -e "$BATS_TEST_TMPDIR/ready"
	type_in '\003'
	heard INT
	touch "$BATS_TEST_TMPDIR/end"
	terminal_ends 9
	whole $nvme
}

@test "Ctrl-C ends a command that knows nothing of it" {
	on_terminal "exec vfioctl run $nvme -- sleep 300"
	eventually eval 'pgrep -x sleep --parent "$(pgrep -x vfioctl --parent $terminal)"'
	type_in '\003'
	terminal_ends 130
	whole $nvme
}

@test "a terminal that goes away takes the command with it, and the devices go back" {
	on_terminal "exec vfioctl run $nvme -- $(listen)"
	eventually test -e "$BATS_TEST_TMPDIR/ready"
	kill -KILL $terminal
	heard HUP
	touch "$BATS_TEST_TMPDIR/end"
	eventually has_driver $nvme nvme || eventually has_driver $nvme nvme
	eventually eval '[ "$(journals)" -eq 0 ]'
	whole $nvme
}

@test "Ctrl-Z stops both, fg has both go on" {
	on_terminal "PS1=ready bash --noprofile --norc -i"
	eventually grep -q ready "$BATS_TEST_TMPDIR/screen"
	type_in "vfioctl run $nvme -- $(listen)\n"
	eventually test -e "$BATS_TEST_TMPDIR/ready" || eventually test -e "$BATS_TEST_TMPDIR/ready"
	command=$(cat "$BATS_TEST_TMPDIR/ready")
	runner=$(ps -o ppid= -p "$command" | tr -d ' ')
	type_in '\032'
	eventually eval '[ "$(state_of $command)$(state_of $runner)" = TT ]'
	type_in 'fg\n'
	eventually eval '[[ "$(state_of $command)$(state_of $runner)" == [SR]S ]]'
	touch "$BATS_TEST_TMPDIR/end"
	eventually has_driver $nvme nvme || eventually has_driver $nvme nvme
	type_in 'exit $?\n'
	terminal_ends 9
	runner=
	whole $nvme
}

@test "a shell as the command has the terminal for itself" {
	on_terminal "exec vfioctl run $nvme -- env PS1=ready bash --noprofile --norc -i"
	eventually grep -q ready "$BATS_TEST_TMPDIR/screen" || eventually grep -q ready "$BATS_TEST_TMPDIR/screen"
	type_in "sleep 300\n"
	eventually pgrep -x sleep --newest
	type_in '\003'
	type_in 'echo $VFIOCTL_DEVICES >'"$BATS_TEST_TMPDIR/said"'; exit 5\n'
	terminal_ends 5
	[ "$(cat "$BATS_TEST_TMPDIR/said")" = $nvme ]
	whole $nvme
}

@test "interrupted while it binds: the command does not run, and the device goes back" {
	traced -o /dev/null -P /sys/bus/pci/drivers/vfio-pci/bind -e trace=write -e inject=write:delay_enter=3000000 \
		vfioctl run $nvme -- touch "$BATS_TEST_TMPDIR/ran" >"$BATS_TEST_TMPDIR/said" 2>&1 3>&- &
	tracer=$!
	eventually test ! -e $pci/$nvme/driver
	kill -TERM "$(pgrep -o -x vfioctl)"
	status=0
	wait $tracer || status=$?
	echo "ended with $status"
	cat "$BATS_TEST_TMPDIR/said"
	[ "$status" -eq 143 ]
	grep -q "interrupted before touch was started" "$BATS_TEST_TMPDIR/said"
	[ ! -e "$BATS_TEST_TMPDIR/ran" ]
	whole $nvme
}

@test "interrupted on the way back: that is gone to its end" {
	traced -o /dev/null -P /sys/bus/pci/drivers/nvme/bind -e trace=write -e inject=write:delay_enter=3000000 \
		vfioctl run $nvme -- sh -c 'exit 7' >"$BATS_TEST_TMPDIR/said" 2>&1 3>&- &
	tracer=$!
	eventually has_driver $nvme vfio-pci
	eventually test ! -e $pci/$nvme/driver
	for name in TERM INT HUP USR1; do kill -s $name "$(pgrep -o -x vfioctl)"; done
	status=0
	wait $tracer || status=$?
	cat "$BATS_TEST_TMPDIR/said"
	[ "$status" -eq 7 ]
	whole $nvme
}

@test "as a service with KillMode=mixed it is told to stop once" {
	# shellcheck disable=SC2046 # words
	systemd-run --quiet --unit lab-run -p KillMode=mixed vfioctl run $nvme -- $(listen)
	eventually test -e "$BATS_TEST_TMPDIR/ready"
	{ eventually test -e "$BATS_TEST_TMPDIR/heard" && sleep 0.5 && touch "$BATS_TEST_TMPDIR/end"; } 3>&- &
	systemctl stop lab-run
	wait $!
	# systemd wakes up what it stops.
	[ "$(sort "$BATS_TEST_TMPDIR/heard" | xargs)" = "CONT TERM" ]
	systemctl reset-failed lab-run 2>/dev/null || true
	whole $nvme
}
