# SPDX-License-Identifier: GPL-2.0-or-later
# The examples of the manual that the lab has no tool for; tests/lab/suite/manual.bats runs all others.

load helper

setup() {
	mkdir "$BATS_TEST_TMPDIR/bin"
	ln -s "$VFIOCTL" "$BATS_TEST_TMPDIR/bin/vfioctl"
	PATH=$BATS_TEST_TMPDIR/bin:/usr/bin:$PATH # Debian's python3 has jsonschema
	cd "$BATS_TEST_TMPDIR"
}

# typed PAGE PART: the block of the page that has PART is typed into a shell, each line of which succeeds.
typed() {
	local fields i block=
	mapfile -d '' -t fields < <("$top/tests/lab/examples" "$top/man/$1.scd")
	for ((i = 0; i < ${#fields[@]}; i += 5)); do
		[[ ${fields[i + 3]} != *"$2"* ]] || block=${fields[i + 1]}
	done
	for ((i = 0; i < ${#fields[@]}; i += 5)); do
		[ "${fields[i + 1]}" != "$block" ] || printf '%s\n' "${fields[i + 3]}"
	done >typed
	grep -qF -e "$2" typed
	runs bash -e -o pipefail typed
	exits 0
}

@test "a document is checked against its schema with Python's jsonschema" {
	typed vfioctl-help.8 "python3 -m jsonschema"
	equals "$(jq -r .schema list.json)" "$(jq -r .title schema.json)"
	equals "$output" ""
}

@test "graphviz draws the machine" {
	command -v dot >/dev/null || skip "graphviz is not installed"
	typed vfioctl-topology.8 "dot -Tpdf"
	equals "$(head -c 5 machine.pdf)" "%PDF-"
}
