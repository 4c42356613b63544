/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The gate against the running kernel: a network namespace of our own stands for network cards. */
#include <sched.h>
#include <sys/mount.h>

#include "tests/unit/usage_live.h"

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
	look_at_live(ret, "/sys/devices/virtual", false);
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

/*
 * What stands on an interface of ours is not in our sysfs when it was moved elsewhere, as container
 * engines do with a macvlan. The other end of a pair tells its lower interface in the same way, on
 * any kernel.
 */
static void test_upper_elsewhere(void)
{
	scoped_usages struct usages usages = {0};
	int ready[2], stop[2];
	char line[160], evidence[160], c;
	pid_t pid;

	EXPECT(pipe(ready) == 0 && pipe(stop) == 0);
	pid = fork();
	if (pid == 0) {
		close(stop[1]);
		if (unshare(CLONE_NEWNET) < 0 || write(ready[1], "", 1) != 1 ||
		    read(stop[0], &c, 1) < 0)
			_exit(1);
		_exit(0);
	}
	EXPECT(read(ready[0], &c, 1) == 1);
	snprintf(line, sizeof(line), "ip link set port0 up; ip link set port1 netns %d", pid);
	setup_network(line);
	look_at_network(&usages);
	close(stop[1]);
	snprintf(evidence, sizeof(evidence),
		 "port0 is below port1 in another network namespace, that of pid %d "
		 "(test_usage_netw)",
		 pid);
	EXPECT(has(&usages, USAGE_NET_UPPER, evidence));
	EXPECT(count_network(&usages) == 1);
}

static void upper_devices_elsewhere_count(void **state)
{
	(void)state;
	in_namespace(test_upper_elsewhere);
}

/* From in here the interfaces of all other namespaces are elsewhere: at least their lo. */
static void test_elsewhere(void)
{
	scoped_usages struct usages usages = {0};

	look_at_network(&usages);
	EXPECT(has(&usages, USAGE_NET_NAMESPACE,
		   "a network interface below test is in another network namespace"));
}

static void interfaces_elsewhere_are_noticed(void **state)
{
	(void)state;
	in_namespace(test_elsewhere);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_interface_without_use_is_free),
		cmocka_unit_test(addresses_count),
		cmocka_unit_test(routes_count),
		cmocka_unit_test(next_hops_count),
		cmocka_unit_test(upper_devices_count),
		cmocka_unit_test(upper_devices_elsewhere_count),
		cmocka_unit_test(interfaces_elsewhere_are_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
