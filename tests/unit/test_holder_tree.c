/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Holders in captured trees: what a kernel of any age shows in /proc. */
#include "tests/unit/holder.h"

#define MINE   "/sys/devices/pci0000:00/0000:00:02.0"
#define OTHERS "/sys/devices/pci0000:00/0000:00:03.0"
#define ANON   "anon_inode:[vfio-device]"

static const struct holder_target vfio = {
	.number = DEV(511, 0), .syspath = MINE, .group = DEV(510, 12)};

static void make_process(const char *pid, const char *command)
{
	char path[128];

	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	tree_file(path, command);
	snprintf(path, sizeof(path), "/proc/%s/maps", pid);
	tree_file(path, "");
}

static void make_fd(const char *pid, const char *fd, const char *target, const char *syspath)
{
	char path[128], text[512] = "pos:\t0\nflags:\t02\n";

	snprintf(path, sizeof(path), "/proc/%s/fd/%s", pid, fd);
	tree_link(path, target);
	if (syspath)
		append(text, sizeof(text), "vfio-device-syspath: %s\n", syspath);
	snprintf(path, sizeof(path), "/proc/%s/fdinfo/%s", pid, fd);
	tree_file(path, text);
}

static void make_nodes(void)
{
	tree_file("/sys/dev/char/511:0/uevent", "MAJOR=511\nDEVNAME=vfio/devices/vfio0\n");
	tree_file("/sys/dev/char/510:12/uevent", "MAJOR=510\nMINOR=12\nDEVNAME=vfio/12\n");
	tree_file("/sys/dev/block/259:0/uevent", "MAJOR=259\nDEVNAME=nvme0n1\nDEVTYPE=disk\n");
}

static void goes_by_name_in_a_tree(void **state)
{
	const struct holder_target targets[] = {vfio, {.number = DEV(259, 0), .block = true}};
	scoped_holders struct holders holders = {0};

	(void)state;
	make_nodes();
	make_process("812", "qemu\x1b[31m\n");
	make_fd("812", "7", "/dev/vfio/devices/vfio0 (deleted)", NULL);
	make_fd("812", "9", "/dev/nvme0n1p1", NULL);
	make_process("90", "dd\n");
	make_fd("90", "3", "/dev/nvme0n1", NULL);
	search(&holders, targets, 2);
	assert_int_equal(holders.count, 2);
	assert_int_equal(holders.list[0].pid, 90);
	assert_int_equal(holders.list[0].target, 1);
	assert_int_equal(holders.list[1].pid, 812);
	assert_int_equal(holders.list[1].fd, 7);
	assert_string_equal(holders.list[1].command, "qemu\x1b[31m");
	assert_int_equal(holders.hidden, 0);
	assert_false(holders.unlisted);
}

static void a_descriptor_names_its_device(void **state)
{
	scoped_holders struct holders holders = {0};

	(void)state;
	make_process("812", "qemu\n");
	make_fd("812", "20", ANON, MINE);
	make_process("813", "qemu\n");
	make_fd("813", "20", ANON, OTHERS);
	make_fd("813", "21", ANON, MINE "0");
	search(&holders, &vfio, 1);
	assert_int_equal(holders.count, 1);
	assert_int_equal(holders.list[0].pid, 812);
	assert_int_equal(holders.list[0].fd, 20);
	assert_string_equal(holders.list[0].path, ANON);
}

static void a_nameless_descriptor_goes_with_the_group(void **state)
{
	scoped_holders struct holders holders = {0};

	(void)state;
	make_nodes();
	make_process("812", "qemu\n");
	make_fd("812", "20", ANON, NULL);
	make_fd("812", "21", "/dev/vfio/12", NULL);
	make_process("813", "qemu\n");
	make_fd("813", "20", ANON, NULL);
	make_fd("813", "21", "/dev/vfio/13", NULL);
	search(&holders, &vfio, 1);
	assert_int_equal(holders.count, 2);
	assert_int_equal(holders.list[0].pid, 812);
	assert_int_equal(holders.list[0].fd, 20);
	assert_int_equal(holders.list[1].pid, 812);
	assert_int_equal(holders.list[1].fd, 21);
}

static void a_nameless_descriptor_alone_counts(void **state)
{
	const struct holder_target targets[] = {{.number = DEV(259, 0), .block = true}, vfio};
	scoped_holders struct holders holders = {0};

	(void)state;
	make_process("812", "spdk\n");
	make_fd("812", "20", ANON, NULL);
	make_fd("812", "21", "/dev/vfio/vfio", NULL);
	make_fd("812", "22", "anon_inode:[eventpoll]", NULL);
	search(&holders, targets, 2);
	assert_int_equal(holders.count, 1);
	assert_int_equal(holders.list[0].fd, 20);
	assert_int_equal(holders.list[0].target, 1);
}

static void mappings_count(void **state)
{
	scoped_holders struct holders holders = {0};

	(void)state;
	make_nodes();
	make_process("812", "qemu\n");
	tree_dir("/proc/812/fd");
	tree_file("/proc/812/maps", "7f0000000000-7f0000001000 rw-s 00000000 00:05 99     "
				    "/dev/vfio/devices/vfio0 (deleted)\n"
				    "7f0000001000-7f0000002000 rw-s 00001000 00:05 99     "
				    "/dev/vfio/devices/vfio0 (deleted)\n");
	make_process("813", "qemu\n");
	tree_dir("/proc/813/fd");
	tree_file("/proc/813/maps", "7f0000000000-7f0000001000 rw-s 0 00:0e 7   " ANON "\n");
	make_process("814", "qemu\n");
	make_fd("814", "20", ANON, OTHERS);
	tree_file("/proc/814/maps", "7f0000000000-7f0000001000 rw-s 0 00:0e 7   " ANON "\n");
	search(&holders, &vfio, 1);
	assert_int_equal(holders.count, 2);
	assert_int_equal(holders.list[0].pid, 812);
	assert_int_equal(holders.list[0].fd, -1);
	assert_int_equal(holders.list[1].pid, 813);
	assert_string_equal(holders.list[1].path, ANON);
}

/* The line that matters lies across the border of two reads, which are 32 KiB each. */
static void reads_large_maps(void **state)
{
	scoped_holders struct holders holders = {0};
	FILE *f;

	(void)state;
	make_nodes();
	make_process("812", "qemu\n");
	tree_dir("/proc/812/fd");
	f = fopen(tree_path("/proc/812/maps"), "w");
	assert_non_null(f);
	for (int i = 0; i < 500; i++) /* lines of 100 bytes */
		fprintf(f, "7f0000000000-7f0000001000 r--p 00000000 00:05 99  /%049d\n", i);
	fseek(f, 32768 - 58, SEEK_SET); /* in the middle of the path */
	fputs("\n7f0000001000-7f0000002000 rw-s 00001000 00:05 99 /dev/vfio/devices/vfio0\n", f);
	fclose(f);
	search(&holders, &vfio, 1);
	assert_int_equal(holders.count, 1);
}

static void goes_on_behind_a_process_that_does_not_answer(void **state)
{
	scoped_holders struct holders holders = {0};
	int64_t start = now_ms();

	(void)state;
	make_nodes();
	make_process("812", "stuck\n");
	make_fd("812", "3", "/dev/vfio/12", NULL);
	unlink(tree_path("/proc/812/maps"));
	tree_fifo("/proc/812/maps");
	make_process("811", "qemu\n");
	make_fd("811", "7", "/dev/vfio/12", NULL);
	make_process("813", "qemu\n");
	make_fd("813", "7", "/dev/vfio/12", NULL);
	search(&holders, &vfio, 1);
	assert_int_equal(holders.hidden, 1);
	assert_int_equal(holders.count, 3);
	assert_true(now_ms() - start < 6000);
}

static void make_vfio_device(const char *group)
{
	char path[128];

	tree_file(MINE "/vfio-dev/vfio3/dev", "511:3\n");
	snprintf(path, sizeof(path), "../../../kernel/iommu_groups/12");
	tree_link(MINE "/iommu_group", path);
	snprintf(path, sizeof(path), "/sys/class/vfio/%s/dev", group);
	tree_file(path, "510:12\n");
}

static void reads_what_to_look_for(void **state)
{
	struct holder_target target;

	(void)state;
	make_vfio_device("12");
	holder_target_vfio(&target, MINE);
	assert_int_equal(target.number, DEV(511, 3));
	assert_int_equal(target.group, DEV(510, 12));
	assert_false(target.block);
	assert_string_equal(target.syspath, MINE);
	holder_target_vfio(&target, OTHERS);
	assert_int_equal(target.number | target.group, 0);
}

static void reads_a_group_without_iommu(void **state)
{
	struct holder_target target;

	(void)state;
	make_vfio_device("noiommu-12");
	holder_target_vfio(&target, MINE);
	assert_int_equal(target.group, DEV(510, 12));
}

/* What an unbind leaves that waits for its last user: no vfio-dev, a record with no more than a
 * name. */
static void finds_who_blocks_an_unbind(void **state)
{
	const struct device dev = {.address = "0000:00:02.0", .bus = "pci", .state = DEVICE_LOCKED};
	scoped_holders struct holders holders = {0};

	(void)state;
	tree_dir(MINE);
	tree_link("/sys/bus/pci/devices/0000:00:02.0", "../../../devices/pci0000:00/0000:00:02.0");
	make_process("812", "qemu\n");
	make_fd("812", "7", "/dev/vfio/devices/vfio0 (deleted)", MINE);
	assert_int_equal(holders_of_device(&holders, &dev, NULL), 0);
	assert_int_equal(holders.count, 1);
	assert_int_equal(holders.list[0].pid, 812);
}

static void an_unknown_device_is_an_error(void **state)
{
	const struct device dev = {.address = "0000:00:02.0", .bus = "pci"};
	struct holders holders;
	struct error err = {0};

	(void)state;
	assert_int_equal(holders_of_device(&holders, &dev, &err), -1);
	assert_int_equal(err.status, STATUS_NO_DEVICE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(goes_by_name_in_a_tree),
		tree_test(a_descriptor_names_its_device),
		tree_test(a_nameless_descriptor_goes_with_the_group),
		tree_test(a_nameless_descriptor_alone_counts),
		tree_test(mappings_count),
		tree_test(reads_large_maps),
		tree_test(goes_on_behind_a_process_that_does_not_answer),
		tree_test(reads_what_to_look_for),
		tree_test(reads_a_group_without_iommu),
		tree_test(finds_who_blocks_an_unbind),
		tree_test(an_unknown_device_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
