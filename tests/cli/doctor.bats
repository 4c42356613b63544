# SPDX-License-Identifier: GPL-2.0-or-later
# vfioctl doctor: what it says of captured machines, and its options. Each rule by itself is tried in
# tests/unit/test_rules.c.

load helper

teardown_file() { forget_nobody; }

# found [FILTER]: the rules that the document in $json tells of, with their objects.
found() {
	query "[.findings[] | select(${1:-true}) | .rule + \" \" + .object] | join(\", \")"
}

# What a word of a list of expectations stands for.
told() {
	if [ "$1" != none ]; then tr _ ' ' <<<"$1"; fi
}

# Nothing that was printed is wider than a terminal.
fits() {
	[ -z "$(awk 'length > 80' <<<"$output")" ] || { awk 'length > 80' <<<"$output"; return 1; }
}

# A machine with users; further lines follow on standard input.
people() {
	{
		cat <<-'END'
			@ /etc
			F passwd
			 root:x:0:0:root:/root:/bin/sh
			 vm:x:4000:4001:Machines:/:/bin/sh
			F security/limits.conf
			 * - memlock unlimited
			@ /sys/kernel/iommu_groups/16
			f reserved_regions 0x00000000fee00000 0x00000000feefffff msi
		END
		cat
	} | sed 's/^ /\t/' | make_tree both
}

@test "--list-rules: a table, a document, and the rules that are asked for" {
	json doctor --list-rules --json
	exits 0
	equals "$(query .schema)" vfioctl.rules/1
	equals "$(query '.rules | length >= 71')" true
	ids=$(query '.rules[].id')
	vfioctl doctor --list-rules
	exits 0
	equals "$stderr" ""
	[[ ${lines[0]} =~ ^ID\ +SEVERITY\ +TITLE$ ]]
	equals "$(awk 'NR > 1 { print $1 }' <<<"$output")" "$ids"
	equals "$("$VFIOCTL" help --words | awk '$1 == "word" && $2 == "doctor" && $3 == "--rule" { print $4 }')" "$ids"
	vfioctl doctor --list-rules -n -o id,scope --rule 'iommu-off-*'
	equals "$output" "iommu-off-firmware host"$'\n'"iommu-off-cmdline  host"
	json doctor --list-rules --json --rule 'node-*' --ignore '*-missing,node-no-access'
	equals "$(query '[.rules[].id] | join(" ")')" node-world-writable
	equals "$(query '.rules[0].blocks | tojson')" '[]'
}

@test "every rule that the issue names is there" {
	ids=" $("$VFIOCTL" doctor --list-rules -n -o id | tr -s ' \n' ' ') "
	for id in iommu-off-firmware iommu-off-cmdline iommu-passthrough no-interrupt-remapping \
		unsafe-interrupts-allowed noiommu-enabled x2apic-off secure-lockdown kernel-no-vfio kernel-no-iommufd \
		kernel-no-cdev kernel-no-group vfio-pci-builtin-options module-missing module-blacklisted \
		module-install-line modules-for-other-kernel node-missing node-world-writable node-no-access \
		iommu-node-no-access memlock-low hugepages-none cgroup-denies-device udev-not-running driverctl-present \
		ids-option-present libvirt-managed vmm-too-old-for-cdev vmm-needs-group leftover-journal stuck-unbind \
		selinux-or-apparmor-denies group-not-viable group-shared-through-bridge acs-missing companion-function \
		group-type-identity group-number-moved hot-reset-set-wider-than-group no-reset reset-only-bus \
		reset-method-changed d3cold suspended-not-read not-answering denylisted not-type0-header boot-display \
		rom-shadow bar-unassigned bar-too-small-for-resize link-degraded link-down aer-errors coherency-missing \
		reserved-region-conflict rmrr-direct-region numa-unknown override-set-not-bound driverless \
		variant-available native-grabs-at-boot initramfs-has-native pf-with-live-vfs vf-token-needed \
		vf-autoprobe-on vf-without-pf-driver mdev-parent-only in-use held-by-unknown; do
		[[ $ids == *" $id "* ]] || { echo "no $id"; return 1; }
	done
}

@test "what captured machines have, and no more" {
	while read -r name status errors warnings; do
		json_on "$name" doctor
		exits "$status"
		equals "$name: $(found '.severity == "error"')" "$name: $(told "$errors")"
		equals "$name: $(found '.severity == "warning"')" "$name: $(told "$warnings")"
		equals "$(query '[.errors, .warnings, .infos] == [([.findings[].severity] | map(select(. == "error")),
			map(select(. == "warning")), map(select(. == "info"))) | length]')" true
		equals "$(query '[.findings[] | .file, .value, .remedy, .consequence, .reference] | all')" true
	done <<-'END'
		both 1 group-not-viable_group_14 override-set-not-bound_0000:05:00.0
		before-6.1 1 group-not-viable_group_14 none
		cdev-only 0 none none
		group-only 0 none none
		noiommu 0 none noiommu-enabled_host
		unloaded 0 none none
		without-iommu 1 iommu-off-firmware_host none
	END
}

@test "for people: the worst first, by object, with a summary, in 80 columns" {
	on both doctor
	exits 1
	equals "$stderr" ""
	equals "${lines[0]}" "group 14"
	equals "${lines[1]}" "  error: A member of the group has a driver of the host [group-not-viable]"
	equals "${lines[2]}" "    /sys/bus/pci/devices/0000:01:00.0/driver: 0000:01:00.0 has e1000e"
	equals "${lines[4]}" "    -> vfioctl bind --group 0000:01:00.1"
	[[ ${lines[-1]} =~ ^"1 error, 1 warning, 4 notes, "[0-9]+" could not be checked (-v shows them)"$ ]]
	[[ $output != *suspended-not-read* ]]
	fits
	on both doctor -v
	prints "info: The device sleeps [suspended-not-read]" "could not be checked" "link-degraded, 0000:01:00.1:"
	fits
	on both doctor -q
	exits 1
	prints "group-not-viable"
	[[ $output != *override-set-not-bound* ]] && [[ $output != *notes* ]]
	on both doctor --for qemu -v
	fits
	on both doctor --rule 'rom-*'
	exits 0
	equals "$output" "nothing is wrong"
}

@test "the same of more than three devices is told once, and names them" {
	local bridges
	mapfile -t bridges < <("$VFIOCTL" list -n -r -o address,class --sysroot "$trees/big" | sed -n 's/ 0604.*//p')
	[ "${#bridges[@]}" -gt 16 ]
	on big doctor --rule not-type0-header "${bridges[@]:0:3}"
	equals "$(grep -c not-type0-header <<<"$output") ${lines[-1]}" "3 3 errors"
	[[ $output != *"as well"* ]]
	on big doctor --rule not-type0-header "${bridges[@]:0:16}"
	exits 1
	fits
	equals "$(grep -c not-type0-header <<<"$output") ${lines[-1]}" "1 16 errors"
	equals "${lines[0]}" "${bridges[0]}"
	equals "$(sed -n '/as well: /,$p' <<<"$output" | tr -s ' \n' ' ')" \
		" as well: $(printf '%s, ' "${bridges[@]:1:11}")${bridges[12]} and 3 more 16 errors "
	on big doctor -n -r -o object --rule not-type0-header "${bridges[@]:0:16}"
	equals "$output" "$(printf '%s\n' "${bridges[@]:0:16}")"

	# So is what could not be looked at.
	mapfile -t bridges < <("$VFIOCTL" list -n -r -o address --sysroot "$trees/synthetic-64")
	on synthetic-64 doctor -v --rule no-reset "${bridges[@]:0:5}"
	equals "$(grep -c no-reset <<<"$output") ${lines[1]%% and*}" "1   no-reset, $(printf '%s, ' "${bridges[@]:0:3}")${bridges[3]},"
}

@test "findings as a table" {
	on both doctor -n -r -o rule,object,remedy --ignore 'suspended-*,vf-autoprobe-on'
	exits 1
	equals "$output" 'group-not-viable group\x2014 vfioctl\x20bind\x20--group\x200000:01:00.1
override-set-not-bound 0000:05:00.0 vfioctl\x20bind\x200000:05:00.0'
	on both doctor -o nonsense
	exits 2
	says "there is no column 'nonsense'"
}

@test "only what is named is looked at" {
	json_on both doctor 03:00.0 02:10.0
	exits 0
	equals "$(query '.devices | join(" ")')" "0000:03:00.0 0000:02:10.0"
	equals "$(found '.scope != "host" and .severity != "info"')" ""
	json_on both doctor 07:01.0 --rule 'group-*'
	exits 0
	equals "$(found)" "group-shared-through-bridge group 19"
	json_on both doctor 02:00.0 --rule '*vfs*'
	equals "$(query '.findings[0] | .rule + ": " + .value')" "pf-with-live-vfs: it has 2 VFs"
	json_on both doctor 0f:00.0
	exits 8
	equals "$(query .error.code)" no-such-device
}

@test "--fail-on" {
	on both doctor 05:00.0
	exits 0
	on both doctor 05:00.0 --fail-on warning
	exits 1
	on both doctor 05:00.0 --fail-on warning --ignore 'no-*,override-*'
	exits 0
	on both doctor --fail-on error
	exits 1
	on both doctor --fail-on never
	exits 2
	says "--fail-on is error or warning, not 'never'"
}

@test "a rule that is not there is a mistake, and the nearest is named" {
	vfioctl doctor --rule no-rest
	exits 2
	equals "$output" ""
	says "there is no rule 'no-rest'. Did you mean no-reset?"
	vfioctl doctor --ignore 'node-*,group-not-viabel'
	exits 2
	says "there is no rule 'group-not-viabel'. Did you mean group-not-viable?"
	vfioctl doctor --rule 'xyz*'
	exits 2
	says "vfioctl doctor --list-rules"
	json doctor --list-rules --rule no-rest --json
	exits 2
	equals "$(query .error.code)" unknown-rule
	vfioctl doctor --for vmware
	exits 2
	says "--for does not know 'vmware'. It knows: qemu, libvirt, dpdk, spdk, container."
	on unloaded doctor --for qemu
	exits 2
	says "--for wants devices"
	people </dev/null
	vfioctl doctor --user nobody-at-all --sysroot "$tree"
	exits 2
	says nobody-at-all
}

@test "--for and --user: one answer, and every missing step in order" {
	people </dev/null
	json doctor --for qemu --user vm 04:00.0 --json --sysroot "$tree"
	exits 1
	equals "$(query '.answers | length')" 1
	equals "$(query '.answers[0] | .sentence, .ready')" "vm can start a VM in QEMU with 0000:04:00.0: no"$'\nfalse'
	equals "$(query '[.answers[0].steps[].remedy] | join("; ")')" "vfioctl bind --owner vm 0000:04:00.0"
	json doctor --for qemu --user vm 03:00.0 --json --sysroot "$tree"
	equals "$(query '[.answers[0].steps[].remedy] | join("; ")')" "vfioctl bind --owner vm 0000:03:00.0"
	equals "$(query '.findings[] | select(.rule == "node-no-access").value' | head -n 1 | grep -c 'mode 0600')" 1
	# Another purpose wants other things.
	json doctor --for libvirt --user vm 03:00.0 --json --sysroot "$tree"
	equals "$(query .answers[0].ready)" true
	json doctor --for dpdk --user vm 03:00.0 --json --sysroot "$tree"
	equals "$(query .answers[0].ready)" false
	people - <<-'END'
		@ /sys/kernel/mm/hugepages/hugepages-2048kB
		f nr_hugepages 0
	END
	json doctor --for dpdk --user vm 03:00.0 --json --sysroot "$tree"
	equals "$(query '[.answers[0].steps[].rule] | join(" ")')" "node-no-access hugepages-none"
	equals "$(query '[.answers[0].steps[].remedy] | join("; ")')" \
		"vfioctl bind --owner vm 0000:03:00.0; echo 1024 > /proc/sys/vm/nr_hugepages"
}

@test "once nothing is missing, the answer is yes" {
	people - <<-'END'
		@ /dev
		n vfio/devices/vfio0 666
		n iommu 666
	END
	everybody=(--ignore node-world-writable)
	json doctor --for qemu --user vm "${everybody[@]}" 03:00.0 --json --sysroot "$tree"
	exits 0
	equals "$(query '.answers[0] | .sentence')" \
		"vm can start a VM in QEMU with 0000:03:00.0: yes, through the cdev alone"
	equals "$(query '.answers[0].steps | length')" 0
	vfioctl doctor --for qemu --user vm "${everybody[@]}" 03:00.0 --sysroot "$tree"
	exits 0
	prints "vm can start a VM in QEMU with 0000:03:00.0: yes, through the cdev alone"
}

@test "yes, through one of two ways" {
	everybody=(--ignore node-world-writable)
	people <<<$'@ /dev\nn vfio/16 666'
	json doctor --for qemu --user vm "${everybody[@]}" 03:00.0 --json --sysroot "$tree"
	exits 0
	equals "$(query '.answers[0] | .sentence, .modes[]')" \
		"vm can start a VM in QEMU with 0000:03:00.0: yes, through the group alone"$'\ngroup'
	people <<<$'@ /dev\nn vfio/devices/vfio0 666\nn iommu 666'
	json doctor --for qemu --user vm "${everybody[@]}" 03:00.0 --json --sysroot "$tree"
	equals "$(query '.answers[0] | .sentence, .modes[]')" \
		"vm can start a VM in QEMU with 0000:03:00.0: yes, through the cdev alone"$'\ncdev'
	# Its daemon opens them; and before it is bound there is none.
	json doctor --for libvirt --user vm "${everybody[@]}" 03:00.0 --json --sysroot "$tree"
	equals "$(query '.answers[0] | .sentence, (.modes | length)')" \
		"vm can start a VM through libvirt with 0000:03:00.0: yes"$'\n2'
	json doctor --for qemu --user vm 04:00.0 --json --sysroot "$tree"
	equals "$(query '.answers[0].modes | length')" 0
}

@test "who is named is given what the remedy binds" {
	people </dev/null
	json doctor --rule group-not-viable --user vm --json --sysroot "$tree"
	equals "$(query '.findings[0].command')" "vfioctl bind --group --owner vm 0000:01:00.1"
}

@test "a group of which one member is bound: one step, for whichever is asked" {
	for device in 01:00.0 01:00.1; do
		json_on both doctor --for qemu "$device"
		equals "$(query '[.answers[0].steps[].remedy] | join("; ")')" "vfioctl bind --group 0000:01:00.1"
	done
}

@test "a device without an IOMMU is for no machine, and no owner helps" {
	on noiommu doctor --for qemu
	exits 1
	prints "No IOMMU guards the device [device-unguarded]" "with 0000:03:00.0: no"
	json_on noiommu doctor --for dpdk --user 4000 --ignore 'memlock-*,hugepages-*' 03:00.0
	exits 1
	[[ $(query '[.answers[0].steps[].remedy] | join("; ")') != *--owner* ]]
}

@test "--rule cannot answer whether all is well" {
	json_on both doctor --for qemu --rule node-missing 05:00.0
	exits 0
	equals "$(query .answers)" '[]'
	on both doctor --for qemu --rule node-missing 05:00.0
	exits 0
	says "--rule leaves rules out that matter for qemu: whether all is well is not told"
	[[ $output != *" can start "* ]]
}

@test "a bridge is not told to be bound" {
	bridge=$("$VFIOCTL" list -n -r -o address,class --sysroot "$trees/both" | sed -n 's/ 0604.*//p' | head -n 1)
	on both doctor --for qemu "$bridge"
	exits 1
	prints "VFIO takes no bridges"
	[[ $output != *"vfioctl bind"* ]]
}

@test "limits and unknowns have their say" {
	people - <<-'END'
		@ /dev
		n vfio/devices/vfio0 666
		n iommu 666
	END
	printf 'vm - memlock 64\n' >"$tree/etc/security/limits.conf"
	vfioctl doctor --for qemu --user vm 03:00.0 --sysroot "$tree"
	exits 1
	prints "with 0000:03:00.0: no" '  1. `vm - memlock unlimited` in /etc/security/limits.d/vfio.conf'
	printf '* - memlock unlimited\n' >"$tree/etc/security/limits.conf"
	rm "$tree/sys/kernel/iommu_groups/16/reserved_regions"
	json doctor --for qemu --user vm --ignore node-world-writable 03:00.0 --json --sysroot "$tree"
	exits 0
	equals "$(query '.answers[0] | .ready, .unknown[0].rule')" $'null\nrmrr-direct-region'
	vfioctl doctor --for qemu --user vm 03:00.0 --sysroot "$tree"
	prints "03:00.0: as far as could be seen" "not seen: "
}

@test "without rights, and with none to see something" {
	runs kept as_nobody "$VFIOCTL" doctor --json
	[ "$status" -le 1 ] || { echo "$stderr"; false; }
	equals "$(jq -r .schema <<<"$output")" vfioctl.doctor/1
	[ "$(id -u)" -eq 0 ] || skip "only root can hide a file"
	tree=$(readlink -f "$BATS_FILE_TMPDIR/nobody")/tree
	make_tree both <<<$'@ /sys/firmware/acpi/tables\nf DMAR x\n@ /proc\nf cpuinfo flags : fpu x2apic'
	chmod 600 "$tree/sys/firmware/acpi/tables/DMAR"
	runs kept as_nobody "$VFIOCTL" doctor --json --rule x2apic-off --sysroot "$tree"
	exits 0
	json=$output
	equals "$(query '.unknown[0] | .rule + " " + .file + ": " + .reason')" \
		"x2apic-off /sys/firmware/acpi/tables/DMAR: this user may not read it: run as root"
}

@test "a run that was killed" {
	make_tree both <<-END
		@ /proc/sys/kernel/random
		f boot_id abc
		@ /run/vfioctl/journal
		f 1.json {"verb":"bind","boot_id":"abc","pid":2147483646,"start_time":1,"devices":[{"address":"0000:03:00.0","bus":"pci","identity":"x","syspath":"/sys/x"}]}
		f 2.json {"verb":"bind","boot_id":"of another boot","pid":2147483645,"devices":[]}
	END
	json doctor --rule leftover-journal --json --sysroot "$tree"
	exits 1
	equals "$(query '.findings[] | .file + ": " + .value + ": " + .remedy')" \
		"/run/vfioctl/journal/1.json: vfioctl bind, pid 2147483646: vfioctl recover"
	[ -e "$tree/run/vfioctl/journal/2.json" ]
}

@test "a file that blocks costs its rule alone" {
	make_tree both <<<$'@ /sys/kernel/security\np lockdown\n@ /proc\nf cmdline quiet'
	SECONDS=0
	json doctor --json --sysroot "$tree"
	exits 1
	[ "$SECONDS" -lt 15 ]
	equals "$(query '.unknown[] | select(.rule == "secure-lockdown").reason')" "it did not answer in time"
	equals "$(found '.severity == "error"')" "group-not-viable group 14"
}

@test "configuration that blocks is an error, and no hang" {
	make_tree both <<<$'@ /etc/modprobe.d\np x.conf'
	SECONDS=0
	json doctor --json --sysroot "$tree"
	exits 6
	[ "$SECONDS" -lt 25 ]
	equals "$(query .error.code)" timeout
}

@test "a device that does not answer" {
	make_tree both <<<$'@ /sys/devices/pci0000:00/0000:00:04.0/0000:03:00.0\np uevent'
	json doctor 03:00.0 --json --sysroot "$tree"
	exits 1
	equals "$(found '.severity == "error"')" "not-answering 0000:03:00.0"
	equals "$(query '.unknown | map(select(.device == "0000:03:00.0").reason) | unique | join(" ")')" \
		"the device does not answer"
}

@test "what comes from outside is scrubbed" {
	make_tree both <<<$'@ /etc/modprobe.d\nf x.conf options vfio-pci ids=\e[31m,1b36:0010\n@ /etc/driverctl.d\nf pci-\e[2Jx \a\x9b'
	on both doctor -v --sysroot "$tree"
	for command in "vfioctl doctor -v" "vfioctl doctor -r" "json doctor --json"; do
		$command --sysroot "$tree"
		equals "$(LC_ALL=C grep -c $'[\x01-\x08\x0b-\x1f\x7f]' <<<"$output")" 0
		iconv -f UTF-8 -t UTF-16 <<<"$output" >/dev/null
	done
	jq -e '.findings | map(.rule) | contains(["driverctl-present", "ids-option-present"])' <<<"$output"
}

@test "nothing is written, and no device is opened or woken" {
	# Neither configuration nor a node, and of sleeping functions nothing that reads their configuration.
	ASAN_OPTIONS=detect_leaks=0 strace -f -qq -e trace=openat,openat2 -o "$BATS_TEST_TMPDIR/trace" \
		"$VFIOCTL" doctor --sysroot "$trees/both" >/dev/null || true
	grep -q '01:00.1/power' "$BATS_TEST_TMPDIR/trace"
	# With O_PATH it is only asked whether there is such a file.
	run grep -E '/config"|dev/(vfio|iommu)[^"]*".*O_RDWR|01:00\.1/(current_link|max_link|resource[0-9])' \
		<(grep -v O_PATH "$BATS_TEST_TMPDIR/trace")
	equals "$status $output" "1 "
	# /dev/null is what the processes have for their streams.
	run grep -E 'O_(WRONLY|RDWR|CREAT)' <(grep -vF '"/dev/null"' "$BATS_TEST_TMPDIR/trace")
	equals "$status $output" "1 "
}

@test "colour: the severity and the answer, on a terminal only, not with NO_COLOR, and as --color says" {
	people </dev/null
	local asked=("$VFIOCTL" doctor --sysroot "$tree" 01:00.0 03:00.0 --for qemu --user vm)
	"${asked[@]}" >"$BATS_TEST_TMPDIR/plain" || true
	run ! grep $'\e' "$BATS_TEST_TMPDIR/plain"
	for how in "NO_COLOR=" "NO_COLOR=1 --color always"; do
		# shellcheck disable=SC2086 # words
		terminal env ${how%% *} "${asked[@]}" ${how#"${how%% *}"}
		[ "$status" -eq 1 ]
		prints $'\n  \e[31merror:\e[0m ' $'\e[31m no\e[0m\n'
		# Without the colours it is the same to the letter: they do not count as width.
		sed 's/\x1b\[[0-9;]*m//g' <<<"$output" | diff - "$BATS_TEST_TMPDIR/plain"
	done
	for how in NO_COLOR=1 TERM=dumb; do
		terminal env "$how" "${asked[@]}"
		diff - "$BATS_TEST_TMPDIR/plain" <<<"$output"
	done
	terminal "${asked[@]}" --color never
	diff - "$BATS_TEST_TMPDIR/plain" <<<"$output"
	terminal "${asked[@]}" --json # not kept: both streams are one
	[[ $output != *$'\e'* ]]
	on both doctor --color always
	prints $'\e[33mwarning:\e[0m '
	on before-6.1 doctor --color always 03:00.0 --for qemu
	prints $':\e[33m as far as could be seen\e[0m\n'
	on both doctor -n -o severity --color always
	prints $'\e[31merror' $'\e[33mwarning'
	vfioctl doctor --list-rules --color always
	prints $' \e[31merror' $' \e[33mwarning'
}

@test "this machine" {
	json doctor --json
	[ "$status" -le 1 ]
	equals "$(query .schema)" vfioctl.doctor/1
	vfioctl doctor -v
	fits
}

@test "its documents are valid" {
	all_documents_valid
}
