# SPDX-License-Identifier: GPL-2.0-or-later
# The pictures of a machine: tree, DOT, SVG and JSON, for captured machines and for a big one.

load helper

# svg: $output is an XML document, without anything from outside, and not a line of it was lost.
is_svg() {
	/usr/bin/python3 -c '
import sys, xml.etree.ElementTree as tree
root = tree.fromstring(sys.stdin.read())
assert root.tag == "{http://www.w3.org/2000/svg}svg", root.tag
for element in root.iter():
    name = element.tag.split("}")[1]
    assert name in ("svg", "title", "style", "g", "rect", "path", "text", "tspan"), name
    assert not any("href" in key for key in element.attrib), element.attrib
assert "url(" not in root.find("{http://www.w3.org/2000/svg}style").text
' <<<"$1"
}

@test "tree: host bridges, ports and functions; what goes together stands below" {
	on both topology
	exits 0
	equals "$stderr" ""
	equals "${lines[0]}" "20 devices, 9 bridges, 24 IOMMU groups, IOMMU dmar0 (intel-vtd)"
	prints 'pci0000:00' '├─0000:00:02.0' '│ ├─0000:01:00.0' '│ └─0000:01:00.1' '│   └─0000:07:02.0' \
		'group 14       0000:01:00.0 0000:01:00.1' 'blocked: the host has 0000:01:00.0, by its driver e1000e' \
		'  0000:00:03.0   0000:02:00.0 0000:02:10.0 0000:02:10.2'
	# In a group that is blocked nothing is offered; a VF of its own is.
	[[ $output =~ 0000:01:00.1\ +vfio-pci\ +14\ blocked\ +with\ 1 ]]
	[[ $output =~ 0000:02:10.0\ +vfio-pci\ +21\ cdev,group\ with\ 2 ]]
	[[ $output =~ 0000:03:00.0\ +vfio-pci\ +16\ cdev,group\ - ]]
}

@test "DEVICE: what shares a group or a set with it, and what is above" {
	on both topology -n 02:10.0
	exits 0
	equals "$(grep -oE '(0000|pci0000):[0-9a-f:.]+' <<<"$output" | sort -u | tr '\n' ' ')" \
		"0000:00:03.0 0000:02:00.0 0000:02:10.0 0000:02:10.2 pci0000:00 "
	on both topology 07:00.7
	exits 8
}

@test "what is the same for all is in no column" {
	on without-iommu topology
	exits 0
	[[ ${lines[0]} == *", no IOMMU" ]]
	[[ $output != *GROUP* ]] && [[ $output != *NUMA* ]]
	on big topology
	prints "6 IOMMUs (intel-vtd), 2 NUMA nodes" "node 1, dmar3" "below 0000:a0:05.5, node 1"
	[[ ${lines[1]} != *NUMA* ]]
	make_tree both <<-END
		@ /sys/devices/pci0000:00/0000:00:10.0
		f numa_node 1
		@ /sys/devices/pci0000:00/0000:00:1a.0
		l iommu ../../virtual/iommu/dmar1
	END
	vfioctl topology --sysroot "$tree"
	[[ $output == *NUMA*IOMMU* ]]
	[[ $output =~ 00:1a.0\ +virtio-pci\ +10\ -\ +-\ +-\ dmar1 ]]
}

@test "a big machine: 128 VFs are three rows, VMD's domain is below its function" {
	on big topology
	exits 0
	[[ ${lines[0]} == "161 devices, 26 bridges, 164 IOMMU groups, "* ]]
	prints "0000:41:01.0 and 63 more vfio-pci        17-80 cdev,group with 129" \
		"0000:41:09.0 and 31 more" "0000:41:0d.0 and 31 more mlx5_core     114-145" \
		"└─pci10000:80" "and 118" "group 163      0000:c3:00.0 0000:c3:00.1"
	[ "${#lines[@]}" -lt 90 ]
}

@test "JSON: every device once, each behind its parent; groups and sets agree with the devices" {
	for machine in both big noiommu without-iommu unloaded before-6.1 group-only cdev-only; do
		json_on $machine topology
		exits 0
		equals "$(query '[.devices[].address] | length - (unique | length)')" 0
		equals "$(query '(.host_bridges | map(.name)) as $hosts | reduce .devices[] as $d ({seen: $hosts, bad: []};
			if $d.parent == null or ([.seen[] == $d.parent] | any) then . else .bad += [$d.address] end
			| .seen += [$d.address]) | .bad | length')" 0
		equals "$(query '[.groups[].devices[]] | length')" "$(query '[.devices[] | select(.iommu_group)] | length')"
		equals "$(query '([.devices[] | select(.reset_set) | .address] - [.reset_sets[].devices[]]) | length')" 0
	done
	json_on both topology 01:00.0
	equals "$(query '[.groups[] | select(.handover == "blocked") | .number, .blocker, .iommu_instance] | join(" ")')" \
		"14 0000:01:00.0 dmar0"
	equals "$(query '.reset_sets[] | "\(.bridge): \(.devices | join(" "))"')" "0000:00:02.0: 0000:01:00.0 0000:01:00.1"
}

@test "SVG: self-contained, a box for each row, light and dark" {
	for machine in both big noiommu without-iommu; do
		on $machine topology --format svg
		exits 0
		is_svg "$output"
		prints '@media (prefers-color-scheme:dark)'
	done
	on big topology --format svg
	prints '× 64' '0000:41:01.0 to 0000:41:08.7' 'below 0000:a0:05.5' 'NUMA node 1, IOMMU dmar4'
	# As high as wide, about: twelve hundred pixels of each row are no picture.
	[[ ${output%%>*} =~ width=\"([0-9]+)\"\ height=\"([0-9]+)\" ]]
	[ "${BASH_REMATCH[2]}" -lt $((BASH_REMATCH[1] * 3 / 2)) ]
}

@test "DOT: graphviz takes it, every row is a node, and none is in a cluster twice" {
	command -v dot >/dev/null || skip "graphviz is not installed"
	for machine in both big noiommu without-iommu; do
		on $machine topology --format dot
		exits 0
		printf '%s\n' "$output" >"$BATS_TEST_TMPDIR/graph"
		runs dot -Tplain "$BATS_TEST_TMPDIR/graph"
		exits 0
		equals "$stderr" ""
		nodes=$(grep -c ^node <<<"$output")
		on $machine topology -n -r
		equals "$nodes" "${#lines[@]}"
	done
}

@test "what a device calls itself is text and no markup" {
	make_tree both <<-END
		@ /sys/bus/mdev/devices/83b8f4f2-509f-382f-3c1e-e6bfe0fa1001
		f mdev_type/name <script>"\\&'
	END
	for format in svg dot tree; do
		vfioctl topology --sysroot "$tree" --format $format
		exits 0
		case $format in
		svg) is_svg "$output"; prints '&lt;script&gt;&quot;\&amp;&#39;' ;;
		dot) prints '<script>\"\\&' ;;
		tree) prints "<script>\"\\&'" ;;
		esac
	done
}

@test "-o FILE: the format by its name, whole, with what the umask leaves; -v names it" {
	cd "$BATS_TEST_TMPDIR"
	on both topology -v -o machine.svg
	exits 0
	equals "$output" ""
	says "machine.svg written, $(stat -c %s machine.svg) bytes"
	is_svg "$(<machine.svg)"
	on both topology -o machine.dot
	[[ $(<machine.dot) == digraph* ]]
	on both topology -o machine
	[[ $(<machine) == *"├─"* ]]
	on both topology -o machine.svg --format dot
	[[ $(<machine.svg) == digraph* ]]
	equals "$(ls -A)" "$(printf 'machine\nmachine.dot\nmachine.svg\nstderr\nstdout')"
	umask 027
	on both topology -o private.svg
	equals "$(stat -c %a private.svg)" 640
	chmod 604 private.svg
	on both topology -o private.svg
	equals "$(stat -c %a private.svg)" 604
}

@test "-o FILE: a link is followed; what is no file, or cannot be written, is left alone" {
	cd "$BATS_TEST_TMPDIR"
	mkdir -p directory
	echo old >real.svg
	ln -s real.svg link.svg
	mkfifo pipe.svg
	on both topology -o link.svg
	exits 0
	[ -L link.svg ]
	is_svg "$(<real.svg)"
	on both topology -o pipe.svg
	exits 2
	says "pipe.svg: it is there, and no regular file"
	[ -p pipe.svg ]
	on both topology -o directory
	exits 2
	on both topology -o directory/
	exits 2
	on both topology -o nowhere/machine.svg
	exits 1
	says "ENOENT"
	equals "$(find . -name '.*' -type f | wc -l)" 0
}

prints_tree() {
	grep -q '^DEVICE .*NAME$' "$1"
}

@test "-o FILE: an ending that is no format's is refused, unless --format says what goes in" {
	cd "$BATS_TEST_TMPDIR"
	for file in x.png ./x.jpeg x.svg.gz; do
		on both topology -o "$file"
		exits 2
		says "'$file' ends as no format that there is" ".txt, .dot, .svg" "--format"
		[ ! -e "$file" ]
	done
	for file in plain x.txt .hidden with.dot/plain; do
		mkdir -p with.dot
		on both topology -o "$file"
		exits 0
		prints_tree "$file"
	done
	on both topology -o x.SVG
	is_svg "$(<x.SVG)"
	on both topology --format tree -o x.png
	exits 0
	prints_tree x.png
}

@test "mistakes" {
	on both topology --format sgv
	exits 2
	says "Did you mean 'svg'?"
	json_on both topology -o x.json
	exits 2
	json_on both topology --format svg
	exits 2
	on both topology --color sometimes
	exits 2
	says "auto, always or never"
}

@test "the picture in README.md is what the program draws" {
	grep -q 'doc/topology.svg' "$top/README.md"
	mapfile -t pictured < <(sed -n 's/^PICTURED := //p' "$top/Makefile" | tr ' ' '\n')
	on both topology --format svg "${pictured[@]}"
	exits 0
	# Names come from the machine's hardware database.
	without_names() { sed -E 's/<title>.*<\/title>//; /class="dim( small)?">/s/>[^<]*</></'; }
	diff -u <(without_names <"$top/doc/topology.svg") <(without_names <<<"$output")
}

@test "the headline counts what is drawn" {
	on both topology 01:00.0
	equals "${lines[0]}" "2 devices, 1 bridge, 2 IOMMU groups, IOMMU dmar0 (intel-vtd)"
	on big topology 41:00.0
	[[ ${lines[0]} != *NUMA* && ${lines[0]} != *IOMMUs* ]]
}

@test "-o - is standard output" {
	cd "$BATS_TEST_TMPDIR"
	on both topology --format svg -o -
	exits 0
	[ "${output::4}" = "<svg" ]
	[ ! -e ./- ]
}

@test "every document is valid" {
	all_documents_valid
}
