# SPDX-License-Identifier: GPL-2.0-or-later
# The whole output for captured machines and small invented ones.

load helper
load golden

@test "both" {
	golden both 01:00.1 02:00.0 02:10.0 03:00.0 06:00.0 83b8f4f2-509f-382f-3c1e-e6bfe0fa1001
}

@test "unloaded" {
	golden unloaded 03:00.0
}

@test "group-only" {
	golden group-only 03:00.0
}

@test "cdev-only" {
	golden cdev-only 03:00.0
}

@test "before-6.1" {
	golden before-6.1 01:00.0 01:00.1 03:00.0
}

@test "noiommu" {
	golden noiommu 03:00.0 01:00.0
}

@test "virtio-iommu" {
	golden virtio-iommu 03:00.0
}

@test "without-iommu" {
	golden without-iommu 00:03.0
}

# --- invented machines: tests/data/invent -------------------------------------------------------

# A GPU, a PF and a VF, a disk behind VMD, a GPU in a large group.
@test "big" {
	list big
	pictures big
	host_and_devices big 23:00.0 41:00.1 41:01.0 10000:81:00.0 c3:00.0
}

@test "synthetic-arm64" {
	golden synthetic-arm64 0000:01:00.0 0000:02:00.1 9800000.dma-controller
}

@test "synthetic-s390" {
	golden synthetic-s390 0001:00:00.0 669d9b23-fe1b-4ecb-be08-a2fabca99b71
}

# --- what is the same on every machine ----------------------------------------------------------

@test "the rules of doctor and the cases of test" {
	vfioctl doctor --list-rules
	exits 0
	same rules.txt
	vfioctl test --list
	exits 0
	same cases.txt
}

@test "every document of this file is valid" {
	all_documents_valid
}
