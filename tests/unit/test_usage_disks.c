/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The gate against the running kernel: loop devices stand for disks. */
#include <sched.h>
#include <sys/mount.h>

#include "tests/unit/usage_live.h"

static char image[256], node[64], name[32], syspath[128];

/* One partition from sector 2048 to the end of 8 MiB. */
static void write_partition_table(FILE *f)
{
	static const unsigned char entry[] = {0, 0, 2, 0, 0x83, 0, 0, 0, 0, 8, 0, 0, 0, 0x38, 0, 0};

	fseek(f, 446, SEEK_SET);
	fwrite(entry, sizeof(entry), 1, f);
	fseek(f, 510, SEEK_SET);
	fwrite("\x55\xaa", 2, 1, f);
}

static int disk_setup(void **state)
{
	const char *dir = getenv("TMPDIR");
	char line[512];
	FILE *f;

	(void)state;
	*node = '\0';
	snprintf(image, sizeof(image), "%s/vfioctl-disk-%d", dir ? dir : "/tmp", getpid());
	f = fopen(image, "w");
	if (!f || ftruncate(fileno(f), 8 << 20) < 0)
		return -1;
	write_partition_table(f);
	fclose(f);
	snprintf(line, sizeof(line), "losetup --find --show --partscan %s 2>/dev/null", image);
	if (getuid() != 0 || command(node, sizeof(node), line) != 0)
		*node = '\0';
	snprintf(name, sizeof(name), "%.31s", base_name(node));
	snprintf(syspath, sizeof(syspath), "/sys/devices/virtual/block/%s", name);
	return 0;
}

static int disk_teardown(void **state)
{
	char line[128];

	(void)state;
	snprintf(line, sizeof(line), "losetup --detach %s 2>/dev/null", node);
	if (*node)
		run(line);
	return unlink(image);
}

/* What another process finds when it tries to claim the disk: 0 when it can have it. */
static int try_elsewhere(void)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		scoped_usages struct usages usages = {0};

		/* A worker of its own would have the claims that it inherits. */
		closefrom(3);
		look_at_live(&usages, syspath, true);
		if (usages.n_claims == 1)
			_exit(0);
		_exit(strstr(evidence_of(&usages, USAGE_BLOCK_HELD), "held by something") ? 1 : 2);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WEXITSTATUS(status);
}

/* While it is claimed nobody else can claim it, or any partition. */
static void claims_an_idle_disk(void **state)
{
	scoped_usages struct usages usages = {0};

	(void)state;
	if (!*node)
		skip();
	look_at_live(&usages, syspath, true);
	assert_int_equal(count_of(&usages, USAGE_BLOCK_HELD), 0);
	assert_int_equal(usages.n_claims, 1);
	assert_int_equal(try_elsewhere(), 1);
	usages_free(&usages);
	assert_int_equal(try_elsewhere(), 0);
}

/* As with two controllers of one disk: either keeps it, and both must let it go. */
static void shares_its_own_claim(void **state)
{
	const struct device dev = {.address = "test", .bus = "none", .syspath = syspath};
	const struct device *const twice[] = {&dev, &dev};
	struct usages usages[2];
	struct error err = {0};

	(void)state;
	if (!*node)
		skip();
	assert_int_equal(usage_of_devices(usages, twice, 2, true, &err), 0);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(count_of(&usages[i], USAGE_BLOCK_HELD), 0);
		assert_int_equal(usages[i].n_claims, 1);
	}
	usages_free(&usages[0]);
	assert_int_equal(try_elsewhere(), 1);
	usages_free(&usages[1]);
	assert_int_equal(try_elsewhere(), 0);
}

static void claims_nothing_unasked(void **state)
{
	scoped_usages struct usages usages = {0};

	(void)state;
	if (!*node)
		skip();
	look_at_live(&usages, syspath, false);
	assert_int_equal(usages.n_claims, 0);
	assert_int_equal(count_of(&usages, USAGE_BLOCK_HELD), 0);
}

/* The node of the disk's partition. The kernel may not know this kind of table; partx tells it. */
static bool find_partition(char *ret, size_t size)
{
	char line[128];

	snprintf(line, sizeof(line), "partx --add %s 2>/dev/null", node);
	if (*node)
		run(line);
	snprintf(ret, size, "%sp1", node);
	return access(ret, R_OK) == 0;
}

static void names_the_partition_that_is_held(void **state)
{
	scoped_usages struct usages usages = {0};
	char path[80], evidence[160];
	int fd;

	(void)state;
	if (!find_partition(path, sizeof(path)))
		skip();
	fd = open(path, O_RDONLY | O_EXCL);
	assert_true(fd >= 0);
	look_at_live(&usages, syspath, true);
	close(fd);
	snprintf(evidence, sizeof(evidence),
		 "%sp1 is held by something in the kernel that cannot be named", name);
	assert_true(has(&usages, USAGE_BLOCK_HELD, evidence));
	assert_int_equal(count_of(&usages, USAGE_BLOCK_HELD), 1);
	assert_int_equal(usages.n_claims, 0);
}

/* Has the device mounted by a child in a mount namespace of its own, and looks. */
static void look_while_mounted(struct usages *ret, const char *what, char *evidence, size_t size)
{
	char line[256], c;
	int ready[2], stop[2], status = 0;
	pid_t pid;

	snprintf(line, sizeof(line), "mkfs.ext4 -F -q %s 2>/dev/null", what);
	if (!*node || run(line) != 0)
		skip();
	assert_int_equal(pipe(ready) | pipe(stop), 0);
	pid = fork();
	if (pid == 0) {
		close(stop[1]);
		if (unshare(CLONE_NEWNS) < 0 ||
		    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		    mount(what, "/mnt", "ext4", MS_RDONLY, NULL) < 0)
			_exit(77);
		if (write(ready[1], "", 1) != 1 || read(stop[0], &c, 1) < 0)
			_exit(1);
		_exit(0);
	}
	close(ready[1]);
	if (read(ready[0], &c, 1) == 1)
		look_at_live(ret, syspath, true);
	close(stop[1]);
	close(stop[0]);
	close(ready[0]);
	waitpid(pid, &status, 0);
	if (WEXITSTATUS(status) == 77)
		skip();
	snprintf(evidence, size, "%s is mounted on /mnt, as process %d sees it", base_name(what),
		 pid);
}

/* The mount also explains why the disk cannot be claimed: that is no second reason. */
static void sees_a_mount_in_another_namespace(void **state)
{
	scoped_usages struct usages usages = {0};
	char path[80], evidence[256];

	(void)state;
	find_partition(path, sizeof(path)); /* while the disk is mounted it is busy too */
	look_while_mounted(&usages, node, evidence, sizeof(evidence));
	assert_true(has(&usages, USAGE_MOUNTED, evidence));
	assert_int_equal(count_of(&usages, USAGE_BLOCK_HELD), 0);
	assert_int_equal(usages.n_claims, 0);
}

static void sees_a_mounted_partition(void **state)
{
	scoped_usages struct usages usages = {0};
	char path[80], evidence[256];

	(void)state;
	if (!find_partition(path, sizeof(path)))
		skip();
	look_while_mounted(&usages, path, evidence, sizeof(evidence));
	assert_true(has(&usages, USAGE_MOUNTED, evidence));
	assert_int_equal(count_of(&usages, USAGE_BLOCK_HELD), 0);
	assert_int_equal(usages.n_claims, 0);
}

static void sees_who_has_the_disk_open(void **state)
{
	scoped_usages struct usages usages = {0};
	char start[64], c;
	int ready[2], stop[2];
	pid_t pid;

	(void)state;
	if (!*node)
		skip();
	assert_int_equal(pipe(ready) | pipe(stop), 0);
	pid = fork();
	if (pid == 0) {
		close(stop[1]);
		if (open(node, O_RDONLY) < 0 || write(ready[1], "", 1) != 1 ||
		    read(stop[0], &c, 1) < 0)
			_exit(1);
		_exit(0);
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	look_at_live(&usages, syspath, true);
	close(stop[1]);
	close(stop[0]);
	close(ready[0]);
	close(ready[1]);
	waitpid(pid, NULL, 0);
	snprintf(start, sizeof(start), "pid %d (test_usage_disks", pid);
	assert_int_equal(count_of(&usages, USAGE_BLOCK_OPEN), 1);
	assert_non_null(strstr(evidence_of(&usages, USAGE_BLOCK_OPEN), "pid"));
	assert_memory_equal(evidence_of(&usages, USAGE_BLOCK_OPEN), start, 10);
}

#define disk_test(f) cmocka_unit_test_setup_teardown(f, disk_setup, disk_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		disk_test(claims_an_idle_disk),
		disk_test(shares_its_own_claim),
		disk_test(claims_nothing_unasked),
		disk_test(names_the_partition_that_is_held),
		disk_test(sees_a_mount_in_another_namespace),
		disk_test(sees_a_mounted_partition),
		disk_test(sees_who_has_the_disk_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
