# SPDX-License-Identifier: GPL-2.0-or-later
# The output for a machine of thousands of functions, and what invents it.
# stage: suites

load helper
load golden

# The whole list would be 100,000 lines: the first NIC with the port above it, and how many there are of each kind.
@test "synthetic-vfs-4096" {
	local name=synthetic-vfs-4096
	on "$name" list -n -r -o "$columns"
	exits 0
	output=$(sed -n '1,131p' <<<"$output"; cut -d' ' -f4,5,10 <<<"$output" | sort | uniq -c)
	same "$name/list.txt"
	host_and_devices "$name" 0000:11:00.0 0000:11:01.0
}

@test "what is invented is whole, and says that it is invented" {
	local name machine
	for name in server vfs-4096 arm64 s390; do
		machine=$trees/synthetic-$name
		[ "$name" != server ] || machine=$trees/big
		"$data/invent" "$name" >"$BATS_TEST_TMPDIR/text"
		[[ $(head -n 1 "$BATS_TEST_TMPDIR/text") == "# SYNTHETIC "* ]]
		cmp "$BATS_TEST_TMPDIR/text" <("$data/invent" "$name")
		# No link leads nowhere but to drivers' and modules' directories that nobody looks into.
		equals "$(find "$machine" -xtype l -not -name driver -not -name module | wc -l)" 0
		equals "$(find "$machine" -lname '/*' | wc -l)" 0
	done
	[ "$("$VFIOCTL" list -n -o address --sysroot "$trees/synthetic-vfs-4096" | sort -u | wc -l)" -eq $((4096 + 32 + 32)) ]
	equals "$("$VFIOCTL" list -n -r -o numa_node,device,driver --sysroot "$trees/big" | grep -E ' (2330|2684) ' | sort | uniq -c | tr -s ' ' | tr '\n' ';')" \
		" 2 0 2330 nvidia; 2 0 2330 vfio-pci; 4 1 2684 nvidia;"
	runs "$data/invent" nothing
	exits 1
}

@test "every document of this file is valid" {
	all_documents_valid
}
