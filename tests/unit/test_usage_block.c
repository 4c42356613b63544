/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The gate and disks, in captured trees. What only a running kernel shows is in test_usage_live.c.
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

	(void)state;
	make_disk();
	make_process("91", "3", "/dev/null");
	tree_file("/proc/91/mountinfo", table);
	make_process("92", "3", "/dev/null");
	tree_file("/proc/92/mountinfo", table);
	assert_only(look_at(&device), USAGE_MOUNTED,
		    "nvme0n1p1 is mounted on /other, as process 91 sees it");
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

static void open_character_devices_count(void **state)
{
	(void)state;
	make_disk();
	make_process("90", "4", "/dev/nvme0");
	assert_only(look_at(&device), USAGE_CHAR_OPEN, "pid 90 (dd) has /dev/nvme0 open (fd 4)");
}

static void consoles_count(void **state)
{
	(void)state;
	make_node(FUNCTION "/tty/ttyS4", "4:68", "../../../../../class/tty", "char",
		  "DEVNAME=ttyS4\n");
	tree_file("/proc/consoles", "tty0                 -WU (EC  p  )    4:7\n"
				    "ttyS4                -W- (E   p a)    4:68\n");
	assert_only(look_at(&device), USAGE_CHAR_OPEN, "ttyS4 is a console of the system");
}

/* With native multipath the namespaces hang below the subsystem; the path devices have no number.
 */
static void multipath_namespaces_count(void **state)
{
	static const char subsystem[] = "/sys/devices/virtual/nvme-subsystem/nvme-subsys0";
	char head[128], link[128];

	(void)state;
	make_disk();
	snprintf(head, sizeof(head), "%s/nvme0n2", subsystem);
	make_node(head, "259:5", "../../../../../class/block", "block", "DEVNAME=nvme0n2\n");
	append(head, sizeof(head), "/holders");
	tree_dir(head);
	snprintf(link, sizeof(link), "%s/nvme0", subsystem);
	tree_link(link, "../../../../pci0000:00/0000:00:1f.0/nvme/nvme0");
	tree_link("/sys/class/nvme-subsystem/nvme-subsys0",
		  "../../devices/virtual/nvme-subsystem/nvme-subsys0");
	make_process("90", "3", "/dev/nvme0n2");
	assert_only(look_at(&device), USAGE_BLOCK_OPEN, "pid 90 (dd) has /dev/nvme0n2 open (fd 3)");
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
		tree_test(nvme_target_counts),
		tree_test(btrfs_members_count),
		tree_test(open_disks_count),
		tree_test(open_character_devices_count),
		tree_test(consoles_count),
		tree_test(multipath_namespaces_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
