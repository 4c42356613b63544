/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The gate and disks, in captured trees. What only a running kernel shows is in test_usage_disks.c.
 */
#include "tests/unit/usage.h"

static void an_idle_disk_is_free(void **state)
{
	(void)state;
	make_disk();
	make_process("90", "3", "/dev/nvme1n1");
	assert_none(look_at(&device));
}

static void a_function_with_nothing_below_is_free(void **state)
{
	(void)state;
	tree_file(FUNCTION "/boot_vga", "0\n");
	assert_none(look_at(&device));
}

static void mounts_count(void **state)
{
	(void)state;
	make_disk();
	tree_file("/proc/self/mountinfo",
		  "22 1 259:9 / / rw shared:1 - ext4 /dev/nvme1n1p9 rw\n"
		  "23 22 259:1 / /data\\040x rw shared:2 - ext4 /dev/mapper/whatever rw\n");
	assert_only(look_at(&device), USAGE_MOUNTED, "nvme0n1p1 is mounted on /data x");
}

/* Btrfs has device numbers of its own. */
static void mounts_are_known_by_their_source(void **state)
{
	(void)state;
	make_disk();
	tree_file("/proc/self/mountinfo", "22 1 0:44 / /srv rw - btrfs /dev/nvme0n1p2 rw\n"
					  "23 1 0:45 / /srw rw - btrfs /dev/nvme0n1p22 rw\n");
	assert_only(look_at(&device), USAGE_MOUNTED, "nvme0n1p2 is mounted on /srv");
}

static void mounts_in_other_namespaces_count(void **state)
{
	(void)state;
	make_disk();
	tree_link("/proc/self/ns/mnt", "mnt:[1]");
	make_process("90", "3", "/dev/null");
	tree_link("/proc/90/ns/mnt", "mnt:[1]");
	tree_file("/proc/90/mountinfo", "23 22 259:2 / /same rw - ext4 /dev/nvme0n1p2 rw\n");
	make_process("91", "3", "/dev/null");
	tree_link("/proc/91/ns/mnt", "mnt:[2]");
	tree_file("/proc/91/mountinfo", "23 22 259:1 / /other rw - ext4 /dev/nvme0n1p1 rw\n");
	assert_only(look_at(&device), USAGE_MOUNTED,
		    "nvme0n1p1 is mounted on /other, as process 91 sees it");
}

/* Without the right to read ns/mnt the tables themselves tell namespaces apart. */
static void mounts_are_seen_without_namespace_names(void **state)
{
	static const char table[] = "23 22 259:1 / /other rw - ext4 /dev/nvme0n1p1 rw\n";
	static const char evidence[] = "nvme0n1p1 is mounted on /other, as process 9";
	const struct usages *usages;

	(void)state;
	make_disk();
	make_process("91", "3", "/dev/null");
	tree_file("/proc/91/mountinfo", table);
	make_process("92", "3", "/dev/null");
	tree_file("/proc/92/mountinfo", table);
	/* Once, and by which of the two depends on the file system below the tree. */
	usages = look_at(&device);
	assert_int_equal(usages->count, 1);
	assert_int_equal(usages->list[0].reason, USAGE_MOUNTED);
	assert_memory_equal(usages->list[0].evidence, evidence, strlen(evidence));
}

static void evidence_is_bounded(void **state)
{
	char table[8192];
	const struct usages *usages;
	FILE *f;

	(void)state;
	make_disk();
	memset(table, 'x', sizeof(table));
	snprintf(table + 4000, 100, " rw - ext4 /dev/nvme0n1 rw\n");
	memcpy(table, "23 22 259:0 / /\033[2J", 18);
	f = fopen(tree_path("/proc/self/mountinfo"), "w");
	assert_non_null(f);
	fputs(table, f);
	for (int i = 0; i < 500; i++)
		fprintf(f, "%d 22 259:1 / /m%d rw - ext4 /dev/nvme0n1p1 rw\n", i + 30, i);
	fclose(f);
	usages = look_at(&device);
	assert_in_range(usages->count, 5, 32);
	assert_int_equal(count_of(usages, USAGE_MOUNTED), usages->count);
	assert_true(strlen(usages->list[0].evidence) < sizeof(usages->list[0].evidence));
	assert_non_null(strstr(usages->list[usages->count - 1].evidence, "more"));
}

static void swap_counts(void **state)
{
	(void)state;
	make_disk();
	tree_file("/proc/swaps", "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
				 "/dev/nvme0n1p2 partition\t1048572\t\t0\t\t-2\n"
				 "/swapfile file\t1048572\t\t0\t\t-3\n");
	assert_only(look_at(&device), USAGE_BLOCK_HELD, "nvme0n1p2 is in use as swap");
}

static void holders_count(void **state)
{
	(void)state;
	make_disk();
	tree_link(DISK "/nvme0n1p2/holders/dm-0", "../../../../../../../virtual/block/dm-0");
	tree_file("/sys/class/block/dm-0/dm/name", "vg-root\n");
	assert_only(look_at(&device), USAGE_BLOCK_HELD, "nvme0n1p2 is held by dm-0 (vg-root)");
}

static void loop_devices_count(void **state)
{
	(void)state;
	make_disk();
	tree_file("/sys/block/loop3/loop/backing_file", "/dev/nvme0n1p1 (deleted)\n");
	tree_file("/sys/block/loop4/loop/backing_file", "/var/lib/image\n");
	tree_dir("/sys/block/loop5");
	assert_only(look_at(&device), USAGE_BLOCK_HELD, "nvme0n1p1 backs loop3");
}

#define NVMET "/sys/kernel/config/nvmet/subsystems/nqn.x/namespaces/1"

/* In another mount namespace /dev may be anywhere. */
static void loop_devices_over_another_dev_count(void **state)
{
	(void)state;
	make_disk();
	tree_file("/sys/block/loop3/loop/backing_file", "/srv/root/dev/nvme0n1p1\n");
	assert_only(look_at(&device), USAGE_BLOCK_HELD, "nvme0n1p1 backs loop3");
	tree_file("/srv/root/dev/nvme0n1p1", "");
	assert_only(look_at(&device), USAGE_BLOCK_HELD, "nvme0n1p1 backs loop3");
}

static void nvme_target_counts(void **state)
{
	(void)state;
	make_disk();
	tree_file(NVMET "/device_path", "/dev/nvme0n1\n");
	tree_file(NVMET "/enable", "0\n");
	assert_none(look_at(&device));
	tree_file(NVMET "/enable", "1\n");
	assert_only(look_at(&device), USAGE_BLOCK_HELD,
		    "nvme0n1 is exported by the NVMe target " NVMET);
}

static void a_controller_exported_whole_counts(void **state)
{
	static const char passthru[] = "/sys/kernel/config/nvmet/subsystems/nqn.x/passthru";
	char path[128];

	(void)state;
	make_disk();
	snprintf(path, sizeof(path), "%s/device_path", passthru);
	tree_file(path, "/dev/nvme0\n");
	snprintf(path, sizeof(path), "%s/enable", passthru);
	tree_file(path, "0\n");
	assert_none(look_at(&device));
	tree_file(path, "1\n");
	assert_only(look_at(&device), USAGE_BLOCK_HELD,
		    "nvme0 is exported whole by the NVMe target "
		    "/sys/kernel/config/nvmet/subsystems/nqn.x/passthru");
}

static void exports_that_cannot_be_seen_count(void **state)
{
	(void)state;
	make_disk();
	tree_dir("/sys/module/nvmet");
	assert_only(look_at(&device), USAGE_UNSEEN,
		    "what the NVMe target exports cannot be seen: there is no "
		    "/sys/kernel/config/nvmet");
	tree_dir("/sys/kernel/config/nvmet");
	assert_none(look_at(&device));
}

/* ZFS says nothing in sysfs: udev read the label, and the module tells which pools are imported. */
static void zfs_members_count(void **state)
{
	(void)state;
	make_disk();
	tree_file("/run/udev/data/b259:1",
		  "S:disk/by-label/tank\nE:ID_FS_LABEL=tank\nE:ID_FS_TYPE=zfs_member\n");
	tree_file("/proc/spl/kstat/zfs/other/state", "ONLINE\n");
	assert_none(look_at(&device)); /* a pool that is not imported */
	tree_file("/proc/spl/kstat/zfs/tank/state", "ONLINE\n");
	assert_only(look_at(&device), USAGE_BLOCK_HELD,
		    "nvme0n1p1 is part of the ZFS pool tank, which is imported");
}

static void bcache_counts(void **state)
{
	(void)state;
	make_disk();
	tree_dir(DISK "/nvme0n1p1/bcache");
	assert_only(look_at(&device), USAGE_BLOCK_HELD, "nvme0n1p1 is held by bcache");
}

/* After the switch from an initramfs its mounts may be in nobody's table. */
static void mounts_that_no_process_shows_count(void **state)
{
	(void)state;
	make_disk();
	tree_dir("/sys/fs/ext4/nvme0n1p2");
	assert_only(look_at(&device), USAGE_MOUNTED,
		    "nvme0n1p2 is mounted (ext4), but nowhere that a process sees");
	tree_file("/proc/self/mountinfo", "23 22 259:2 / /data rw - ext4 /dev/nvme0n1p2 rw\n");
	assert_only(look_at(&device), USAGE_MOUNTED, "nvme0n1p2 is mounted on /data");
}

/* Whoever has a root of its own sees less of its namespace than others do. */
static void mounts_outside_of_a_root_count(void **state)
{
	(void)state;
	make_disk();
	make_process("91", "3", "/dev/null");
	tree_link("/proc/91/ns/mnt", "mnt:[2]");
	tree_link("/proc/91/root", "/jail");
	tree_file("/proc/91/mountinfo", "");
	make_process("92", "3", "/dev/null");
	tree_link("/proc/92/ns/mnt", "mnt:[2]");
	tree_link("/proc/92/root", "/");
	tree_file("/proc/92/mountinfo", "23 22 259:1 / /other rw - ext4 /dev/nvme0n1p1 rw\n");
	assert_only(look_at(&device), USAGE_MOUNTED,
		    "nvme0n1p1 is mounted on /other, as process 92 sees it");
}

static void btrfs_members_count(void **state)
{
	(void)state;
	make_disk();
	tree_link("/sys/fs/btrfs/0e8c/devices/nvme0n1p2", "../../../../.." DISK "/nvme0n1p2");
	assert_only(look_at(&device), USAGE_MOUNTED,
		    "nvme0n1p2 is part of a btrfs file system that is mounted");
}

static void open_disks_count(void **state)
{
	(void)state;
	make_disk();
	make_process("90", "3", "/dev/nvme0n1p1");
	assert_only(look_at(&device), USAGE_BLOCK_OPEN,
		    "pid 90 (dd) has /dev/nvme0n1p1 open (fd 3)");
}

#define SUBSYSTEM "/sys/devices/virtual/nvme-subsystem/nvme-subsys0"

/* A namespace's head and its two nodes. */
static void make_head(const char *name, const char *block, const char *generic)
{
	char path[160], text[64];

	snprintf(path, sizeof(path), SUBSYSTEM "/nvme%s", name);
	snprintf(text, sizeof(text), "DEVNAME=nvme%s\n", name);
	make_node(path, block, "../../../../../class/block", "block", text);
	append(path, sizeof(path), "/holders");
	tree_dir(path);
	snprintf(path, sizeof(path), SUBSYSTEM "/ng%s", name);
	snprintf(text, sizeof(text), "DEVNAME=ng%s\n", name);
	make_node(path, generic, "../../../../../class/nvme-generic", "char", text);
}

/*
 * With native multipath the namespaces hang below the subsystem; the path devices have no number.
 * The subsystem has one more, of another controller alone.
 */
static void make_subsystem(void)
{
	make_disk();
	make_head("0n2", "259:5", "241:5");
	make_head("0n3", "259:6", "241:6");
	tree_dir(FUNCTION "/nvme/nvme0/nvme0c0n2");
	tree_dir(SUBSYSTEM "/nvme1/nvme0c1n3");
	tree_link(SUBSYSTEM "/nvme0", "../../../../pci0000:00/0000:00:1f.0/nvme/nvme0");
	tree_link("/sys/class/nvme-subsystem/nvme-subsys0",
		  "../../devices/virtual/nvme-subsystem/nvme-subsys0");
}

static void multipath_namespaces_count(void **state)
{
	(void)state;
	make_subsystem();
	make_process("90", "3", "/dev/nvme0n2");
	assert_only(look_at(&device), USAGE_BLOCK_OPEN, "pid 90 (dd) has /dev/nvme0n2 open (fd 3)");
}

static void their_other_nodes_count(void **state)
{
	(void)state;
	make_subsystem();
	make_process("90", "3", "/dev/ng0n2");
	assert_only(look_at(&device), USAGE_CHAR_OPEN, "pid 90 (dd) has /dev/ng0n2 open (fd 3)");
}

static void namespaces_of_another_controller_do_not(void **state)
{
	(void)state;
	make_subsystem();
	make_process("90", "3", "/dev/nvme0n3");
	assert_none(look_at(&device));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(an_idle_disk_is_free),
		tree_test(a_function_with_nothing_below_is_free),
		tree_test(mounts_count),
		tree_test(mounts_are_known_by_their_source),
		tree_test(mounts_in_other_namespaces_count),
		tree_test(mounts_are_seen_without_namespace_names),
		tree_test(evidence_is_bounded),
		tree_test(swap_counts),
		tree_test(holders_count),
		tree_test(loop_devices_count),
		tree_test(loop_devices_over_another_dev_count),
		tree_test(nvme_target_counts),
		tree_test(a_controller_exported_whole_counts),
		tree_test(exports_that_cannot_be_seen_count),
		tree_test(zfs_members_count),
		tree_test(bcache_counts),
		tree_test(mounts_outside_of_a_root_count),
		tree_test(mounts_that_no_process_shows_count),
		tree_test(btrfs_members_count),
		tree_test(open_disks_count),
		tree_test(multipath_namespaces_count),
		tree_test(their_other_nodes_count),
		tree_test(namespaces_of_another_controller_do_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
