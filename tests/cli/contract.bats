# SPDX-License-Identifier: GPL-2.0-or-later
# Within version 1 of a document keys are only added: tests/contract.

load helper

setup() {
	cp -a "$top/cli/schema" "$BATS_TEST_TMPDIR/schema"
	file=$BATS_TEST_TMPDIR/schema/vfioctl.list-1.json
}

contract() {
	runs "$top/tests/contract" --schemas "$BATS_TEST_TMPDIR/schema" "$@"
}

# altered FILTER: jq on the schema of list.
altered() {
	jq "$1" "$file" >"$file.new"
	mv "$file.new" "$file"
}

@test "the schemas that are kept hold what was promised" {
	contract
	equals "$output" ""
	exits 0
}

@test "what the program prints now holds it, too" {
	rm "$BATS_TEST_TMPDIR"/schema/*
	for name in $(cd "$top/cli/schema" && printf '%s\n' * | sed 's/^vfioctl\.\(.*\)-1\.json$/\1/'); do
		"$VFIOCTL" help --schema "$name" >"$BATS_TEST_TMPDIR/schema/vfioctl.$name-1.json"
	done
	contract
	equals "$output" ""
	exits 0
}

@test "a key that is gone is found" {
	altered 'del(.properties.devices.items.properties.address)'
	contract
	exits 1
	prints "gone or changed: vfioctl.list/1	devices[].address	string"
	# Generating and promising anew does not help.
	contract --add
	exits 1
	prints "gone or changed"
}

@test "another type is found, and so is a key that may be missing" {
	altered '.properties.devices.items.properties.iommu_group.type = "string"'
	contract
	exits 1
	prints "gone or changed: vfioctl.list/1	devices[].iommu_group	integer|null"
	altered '.properties.devices.items.properties.iommu_group.type = ["integer", "null"]
		| .properties.devices.items.required -= ["iommu_group"]'
	contract
	exits 1
	prints "devices[].iommu_group	integer|null"
}

@test "a document that is gone is found" {
	rm "$file"
	contract
	exits 1
	prints "gone or changed: vfioctl.list/1	schema"
}

@test "a new key is asked for, and promised from then on" {
	cp "$data/contract" "$BATS_TEST_TMPDIR/file"
	altered '.properties.devices.items.properties.new_key = {type: "string"}
		| .properties.devices.items.required += ["new_key"]'
	contract --file "$BATS_TEST_TMPDIR/file"
	exits 1
	prints "new, and not yet promised"
	contract --file "$BATS_TEST_TMPDIR/file" --add
	exits 0
	contract --file "$BATS_TEST_TMPDIR/file"
	exits 0
	cp "$top/cli/schema/vfioctl.list-1.json" "$file"
	contract --file "$BATS_TEST_TMPDIR/file"
	exits 1
	prints "gone or changed: vfioctl.list/1	devices[].new_key	string"
}

@test "a promise taken back in the history of the repository is found" {
	git --version >/dev/null 2>&1 || skip "git is not installed"
	copy=$BATS_TEST_TMPDIR/copy
	mkdir -p "$copy/tests/data" "$copy/cli"
	cp "$top/tests/contract" "$copy/tests/"
	cp "$data/contract" "$copy/tests/data/"
	cp -a "$top/cli/schema" "$copy/cli/"
	cd "$copy"
	git init -q
	commit() { git add -A && git -c user.name=x -c user.email=x@y commit -q -m x; }
	commit
	tests/contract
	jq 'del(.properties.devices.items.properties.numa_node)' cli/schema/vfioctl.list-1.json >new
	mv new cli/schema/vfioctl.list-1.json
	grep -v 'vfioctl.list/1	devices\[\].numa_node' tests/data/contract >new
	mv new tests/data/contract
	commit
	runs tests/contract
	exits 1
	prints "taken out of contract: vfioctl.list/1	devices[].numa_node"
}
