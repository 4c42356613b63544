/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The gate against the running kernel: loop devices stand for disks, and a network namespace of our
 * own for network cards. The "function" is a directory of virtual devices. What the machine does
 * not allow is skipped.
 */
#include <errno.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include "host/usage.h"
#include "tests/unit/tree.h"

static size_t count_of(const struct usages *usages, enum usage_reason reason)
{
	size_t count = 0;

	for (size_t i = 0; i < usages->count; i++)
		count += usages->list[i].reason == reason;
	return count;
}

static const char *evidence_of(const struct usages *usages, enum usage_reason reason)
{
	for (size_t i = 0; i < usages->count; i++)
		if (usages->list[i].reason == reason)
			return usages->list[i].evidence;
	return "(none)";
}

static bool has(const struct usages *usages, enum usage_reason reason, const char *evidence)
{
	for (size_t i = 0; i < usages->count; i++)
		if (usages->list[i].reason == reason && streq(usages->list[i].evidence, evidence))
			return true;
	for (size_t i = 0; i < usages->count; i++)
		print_error("  %s: %s\n", usage_reasons[usages->list[i].reason].name,
			    usages->list[i].evidence);
	return false;
}

static void look_at(struct usages *ret, const char *syspath, bool claim)
{
	const struct device dev = {.address = "test", .bus = "none", .syspath = syspath};
	struct error err = {0};

	if (usage_of_device(ret, &dev, claim, &err) < 0)
		fail_msg("%s", err.message);
}

/* First line that a command prints. 0 when it succeeded. */
static int command(char *ret, size_t size, const char *line)
{
	FILE *pipe = popen(line, "r");

	assert_non_null(pipe);
	*ret = '\0';
	if (fgets(ret, (int)size, pipe))
		ret[strcspn(ret, "\n")] = '\0';
	return pclose(pipe);
}

static int run(const char *line)
{
	char ignored[256];

	return command(ignored, sizeof(ignored), line);
}

/* --- disks -------------------------------------------------------------------------------------
 */

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

static void claims_an_idle_disk(void **state)
{
	scoped_usages struct usages first = {0}, second = {0}, third = {0};
	char evidence[128];

	(void)state;
	if (!*node)
		skip();
	look_at(&first, syspath, true);
	assert_int_equal(count_of(&first, USAGE_BLOCK_HELD), 0);
	assert_int_equal(first.n_claims, 1);

	/* While it is claimed nobody else can claim it, or any partition. */
	look_at(&second, syspath, true);
	assert_int_equal(second.n_claims, 0);
	snprintf(evidence, sizeof(evidence), "%s is held by", name);
	assert_non_null(strstr(evidence_of(&second, USAGE_BLOCK_HELD), "held by something"));
	usages_free(&first);
	look_at(&third, syspath, true);
	assert_int_equal(third.n_claims, 1);
}

static void claims_nothing_unasked(void **state)
{
	scoped_usages struct usages usages = {0};

	(void)state;
	if (!*node)
		skip();
	look_at(&usages, syspath, false);
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
	look_at(&usages, syspath, true);
	close(fd);
	snprintf(evidence, sizeof(evidence),
		 "%sp1 is held by something in the kernel that cannot be named", name);
	assert_true(has(&usages, USAGE_BLOCK_HELD, evidence));
	assert_int_equal(count_of(&usages, USAGE_BLOCK_HELD), 1);
	assert_int_equal(usages.n_claims, 0);
}

/* Has the device mounted by a child in a mount namespace of its own, and looks. */
static void look_while_mounted(struct usages *ret, const char *device, char *evidence, size_t size)
{
	char line[256], c;
	int ready[2], stop[2], status = 0;
	pid_t pid;

	snprintf(line, sizeof(line), "mkfs.ext4 -F -q %s 2>/dev/null", device);
	if (!*node || run(line) != 0)
		skip();
	assert_int_equal(pipe(ready) | pipe(stop), 0);
	pid = fork();
	if (pid == 0) {
		close(stop[1]);
		if (unshare(CLONE_NEWNS) < 0 ||
		    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		    mount(device, "/mnt", "ext4", MS_RDONLY, NULL) < 0)
			_exit(77);
		if (write(ready[1], "", 1) != 1 || read(stop[0], &c, 1) < 0)
			_exit(1);
		_exit(0);
	}
	close(ready[1]);
	if (read(ready[0], &c, 1) == 1)
		look_at(ret, syspath, true);
	close(stop[1]);
	close(stop[0]);
	close(ready[0]);
	waitpid(pid, &status, 0);
	if (WEXITSTATUS(status) == 77)
		skip();
	snprintf(evidence, size, "%s is mounted on /mnt, as process %d sees it", base_name(device),
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
	look_at(&usages, syspath, true);
	close(stop[1]);
	close(stop[0]);
	close(ready[0]);
	close(ready[1]);
	waitpid(pid, NULL, 0);
	snprintf(start, sizeof(start), "pid %d (test_usage_live", pid);
	assert_int_equal(count_of(&usages, USAGE_BLOCK_OPEN), 1);
	assert_non_null(strstr(evidence_of(&usages, USAGE_BLOCK_OPEN), "pid"));
	assert_memory_equal(evidence_of(&usages, USAGE_BLOCK_OPEN), start, 10);
}

/* --- network -----------------------------------------------------------------------------------
 */

/*
 * Runs a test in a child that has a network namespace of its own with a pair of interfaces, port0
 * and port1, and a sysfs that shows it. Skips when the machine does not allow that.
 */
static void in_namespace(void (*test)(void))
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		if (unshare(CLONE_NEWNET | CLONE_NEWNS) < 0 ||
		    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		    mount("sysfs", "/sys", "sysfs", 0, NULL) < 0 ||
		    run("ip link add port0 type veth peer name port1 2>&1") != 0)
			_exit(77);
		test();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip();
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* The library's assertions jump out of the test, which a child must not do. */
static void expect(bool condition, const char *what)
{
	if (condition)
		return;
	print_error("not so: %s\n", what);
	_exit(1);
}
#define EXPECT(condition) expect(condition, #condition)

static void setup_network(const char *line)
{
	if (run(line) != 0) {
		print_error("failed: %s\n", line);
		_exit(77);
	}
}

/* There is more below this directory; only what concerns network interfaces is asked about. */
static void look_at_network(struct usages *ret)
{
	look_at(ret, "/sys/devices/virtual", false);
}

static size_t count_network(const struct usages *usages)
{
	return count_of(usages, USAGE_NET_ADDRESS) + count_of(usages, USAGE_NET_ROUTE) +
	       count_of(usages, USAGE_NET_UPPER);
}

static void test_idle(void)
{
	scoped_usages struct usages down = {0}, up = {0};

	setup_network("ip addr add 192.0.2.1/24 dev port0"); /* but it is down */
	look_at_network(&down);
	EXPECT(count_network(&down) == 0);
	setup_network("ip addr del 192.0.2.1/24 dev port0; ip link set port0 up;"
		      "ip link set port1 up; sleep 0.2");
	look_at_network(&up);
	EXPECT(count_network(&up) == 0); /* link-local address and routes are there by now */
}

static void an_interface_without_use_is_free(void **state)
{
	(void)state;
	in_namespace(test_idle);
}

static void test_address(void)
{
	scoped_usages struct usages usages = {0};

	setup_network("ip link set port0 up; ip link set port1 up;"
		      "ip addr add 192.0.2.1/24 dev port0; "
		      "ip addr add 2001:db8::1/64 dev port1 nodad");
	look_at_network(&usages);
	EXPECT(has(&usages, USAGE_NET_ADDRESS, "port0 is up with address 192.0.2.1/24"));
	EXPECT(has(&usages, USAGE_NET_ADDRESS, "port1 is up with address 2001:db8::1/64"));
	EXPECT(count_network(&usages) == 2); /* no word of the prefixes' routes */
}

static void addresses_count(void **state)
{
	(void)state;
	in_namespace(test_address);
}

static void test_routes(void)
{
	scoped_usages struct usages usages = {0};

	setup_network("ip link set port0 up; ip link set port1 up;"
		      "ip addr add 192.0.2.1/24 dev port0;"
		      "ip route add default dev port0 table 100;"
		      "ip route add 198.51.100.0/24 nexthop dev port0 nexthop dev port1;"
		      "ip -6 route add default dev port1;"
		      "ip -6 route add 2001:db8:1::/48 dev port0");
	look_at_network(&usages);
	EXPECT(has(&usages, USAGE_NET_ROUTE,
		   "the default route (IPv4) (table 100) goes through port0"));
	EXPECT(has(&usages, USAGE_NET_ROUTE, "the route to 198.51.100.0/24 goes through port0"));
	EXPECT(has(&usages, USAGE_NET_ROUTE, "the route to 198.51.100.0/24 goes through port1"));
	EXPECT(has(&usages, USAGE_NET_ROUTE, "the default route (IPv6) goes through port1"));
	EXPECT(has(&usages, USAGE_NET_ROUTE, "the route to 2001:db8:1::/48 goes through port0"));
	EXPECT(count_of(&usages, USAGE_NET_ADDRESS) == 1);
	EXPECT(count_network(&usages) == 6);
}

static void routes_count(void **state)
{
	(void)state;
	in_namespace(test_routes);
}

static void test_next_hop(void)
{
	scoped_usages struct usages usages = {0};

	setup_network("ip link set port0 up; ip link set port1 up; ip nexthop add id 7 dev port0");
	look_at_network(&usages);
	EXPECT(has(&usages, USAGE_NET_ROUTE, "next hop 7 goes through port0"));
	EXPECT(count_network(&usages) == 1);
}

static void next_hops_count(void **state)
{
	(void)state;
	in_namespace(test_next_hop);
}

static void test_upper(void)
{
	scoped_usages struct usages usages = {0};

	setup_network("ip link add bridge0 type bridge; ip link set port0 master bridge0");
	look_at_network(&usages);
	EXPECT(has(&usages, USAGE_NET_UPPER, "port0 is below bridge0"));
	EXPECT(count_network(&usages) == 1);
}

static void upper_devices_count(void **state)
{
	(void)state;
	in_namespace(test_upper);
}

/* From in here the interfaces of all other namespaces are elsewhere: at least their lo. */
static void test_elsewhere(void)
{
	scoped_usages struct usages usages = {0};

	look_at_network(&usages);
	EXPECT(has(&usages, USAGE_UNSEEN,
		   "a network interface below test is in another network namespace"));
}

static void interfaces_elsewhere_are_noticed(void **state)
{
	(void)state;
	in_namespace(test_elsewhere);
}

/* --- character devices -------------------------------------------------------------------------
 */

static void sees_who_has_a_character_device_open(void **state)
{
	scoped_usages struct usages usages = {0};
	int status, fd = open("/dev/full", O_RDONLY);
	pid_t pid;

	(void)state;
	assert_true(fd >= 0);
	pid = fork(); /* the child looks, so that this process is somebody else */
	if (pid == 0) {
		close(fd);
		look_at(&usages, "/sys/devices/virtual/mem/full", false);
		for (size_t i = 0; i < usages.count; i++) {
			char start[32];

			snprintf(start, sizeof(start), "pid %d (", getppid());
			if (usages.list[i].reason == USAGE_CHAR_OPEN &&
			    startswith(usages.list[i].evidence, start))
				_exit(0);
		}
		_exit(1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(fd);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

#define disk_test(f) cmocka_unit_test_setup_teardown(f, disk_setup, disk_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		disk_test(claims_an_idle_disk),
		disk_test(claims_nothing_unasked),
		disk_test(names_the_partition_that_is_held),
		disk_test(sees_a_mount_in_another_namespace),
		disk_test(sees_a_mounted_partition),
		disk_test(sees_who_has_the_disk_open),
		cmocka_unit_test(an_interface_without_use_is_free),
		cmocka_unit_test(addresses_count),
		cmocka_unit_test(routes_count),
		cmocka_unit_test(next_hops_count),
		cmocka_unit_test(upper_devices_count),
		cmocka_unit_test(interfaces_elsewhere_are_noticed),
		cmocka_unit_test(sees_who_has_a_character_device_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
