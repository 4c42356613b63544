/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "host/topology.h"

enum { MANY = 16, PORT = 0x060400, NETWORK = 0x020000 };

static struct device devices[MANY];
static struct inventory inventory;
static struct topology topology;

static int setup(void **state)
{
	(void)state;
	inventory = (struct inventory){.arena = arena_new(1 << 20), .devices = devices};
	return inventory.arena ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	arena_free(inventory.arena);
	return 0;
}

/* A function; path is its directory, whose end is its address. */
static struct device *add(const char *path, int class_id, const char *driver, int group)
{
	struct device *dev = &devices[inventory.count++];

	assert_true(inventory.count <= MANY);
	*dev = (struct device){
		.address = base_name(path),
		.bus = "pci",
		.syspath = path,
		.class_id = class_id,
		.driver = driver,
		.iommu_group = group,
		.numa_node = 0,
		.iommu = IOMMU_PHYSICAL,
		.iommu_instance = "dmar0",
		.is_vfio = driver && startswith(driver, "vfio") != NULL,
	};
	return dev;
}

static void build(void)
{
	struct error err = {0};

	if (topology_build(&topology, &inventory, &err) < 0)
		fail_msg("%s", err.message);
}

/* "address<parent" of each node, in order. */
static void expect_nodes(const char *const *wanted)
{
	for (size_t i = 0; i < topology.count; i++) {
		const struct topology_node *node = topology.nodes[i];
		char text[96];

		snprintf(text, sizeof(text), "%s<%s", node->device.address,
			 node->parent ? node->parent->device.address : "");
		assert_non_null(wanted[i]);
		assert_string_equal(text, wanted[i]);
		assert_int_equal(node->depth, node->parent ? node->parent->depth + 1 : 0);
	}
	assert_null(wanted[topology.count]);
}

static const struct topology_group *group(int number)
{
	for (size_t i = 0; i < topology.n_groups; i++)
		if (topology.groups[i]->number == number)
			return topology.groups[i];
	fail_msg("no group %d", number);
	return NULL;
}

#define BUS "/sys/devices/pci0000:00"
#define VMD "/sys/devices/pci0000:00/0000:00:0e.0/pci10000:00"

/* A port with two functions, VMD with a domain of its own, an mdev below a function. */
static void make_machine(void)
{
	add(BUS "/0000:00:01.0", PORT, "pcieport", 0);
	add(BUS "/0000:00:0e.0", 0x010400, "vmd", 1);
	add(BUS "/0000:00:01.0/0000:01:00.0", NETWORK, "vfio-pci", 2)->reset_set = "0000:00:01.0";
	add(BUS "/0000:00:01.0/0000:01:00.1", NETWORK, "ixgbe", 2)->reset_set = "0000:00:01.0";
	add(VMD "/10000:00:01.0", PORT, "pcieport", 1);
	add(VMD "/10000:00:01.0/10000:01:00.0", 0x010802, "nvme", 1)->numa_node = 1;
	add(BUS "/0000:00:0e.0/c0ffee00-0000-0000-0000-000000000000", -1, "vfio_mdev", 9)->bus =
		"mdev";
	add("/sys/devices/virtual/mtty/mtty/decaf000", -1, "mtty", 10)->bus = "mdev";
}

static void test_tree(void **state)
{
	(void)state;
	make_machine();
	build();
	expect_nodes((const char *const[]){
		"pci0000:00<", "0000:00:01.0<pci0000:00", "0000:01:00.0<0000:00:01.0",
		"0000:01:00.1<0000:00:01.0", "0000:00:0e.0<pci0000:00", "pci10000:00<0000:00:0e.0",
		"10000:00:01.0<pci10000:00", "10000:01:00.0<10000:00:01.0",
		"c0ffee00-0000-0000-0000-000000000000<0000:00:0e.0", "decaf000<", NULL});
	assert_int_equal(topology.nodes[0]->kind, TOPOLOGY_HOST_BRIDGE);
	assert_int_equal(topology.nodes[0]->device.numa_node, 0);
	assert_int_equal(topology.nodes[1]->kind, TOPOLOGY_BRIDGE);
	assert_int_equal(topology.nodes[2]->kind, TOPOLOGY_FUNCTION);
	assert_int_equal(topology.nodes[9]->kind, TOPOLOGY_OTHER);
}

/* A host bridge below another one, and directories that claim to be below each other and below
 * themselves. */
static void test_no_loops(void **state)
{
	(void)state;
	/* Host bridges are more than devices. */
	add("/sys/devices/pci0000:00/pci0001:00/pci0002:00/pci0003:00/pci0004:00/pci0005:00/"
	    "0000:01:00.0",
	    NETWORK, NULL, -1);
	add("/sys/devices/a/0000:03:00.0/0000:02:00.0", NETWORK, NULL, -1);
	add("/sys/devices/b/0000:02:00.0/0000:03:00.0", NETWORK, NULL, -1);
	add("/sys/devices/c/0000:04:00.0/0000:04:00.0", NETWORK, NULL, -1);
	build();
	expect_nodes((const char *const[]){"pci0000:00<", "pci0001:00<pci0000:00",
					   "pci0002:00<pci0001:00", "pci0003:00<pci0002:00",
					   "pci0004:00<pci0003:00", "pci0005:00<pci0004:00",
					   "0000:01:00.0<pci0005:00", "0000:02:00.0<",
					   "0000:03:00.0<", "0000:04:00.0<", NULL});
}

static void test_places(void **state)
{
	(void)state;
	make_machine();
	devices[7].iommu_instance = NULL;
	devices[7].numa_node = -1;
	build();
	assert_int_equal(topology.n_iommus, 1);
	assert_string_equal(topology.iommus[0].kind, "intel-vtd");
	assert_int_equal(topology.iommus[0].devices, 7);
	assert_int_equal(topology.n_numa, 2);
	assert_int_equal(topology.numa[0].devices, 6);
	assert_int_equal(topology.numa[1].node, 1);
}

/* What does not answer has no place of its own, and takes none from its host bridge. */
static void test_place_beside_a_locked_device(void **state)
{
	(void)state;
	make_machine();
	devices[0].state = DEVICE_LOCKED;
	devices[0].iommu_instance = NULL;
	devices[0].numa_node = -1;
	build();
	assert_string_equal(topology.nodes[0]->device.address, "pci0000:00");
	assert_int_equal(topology.nodes[0]->device.numa_node, 0);
	assert_string_equal(topology.nodes[0]->device.iommu_instance, "dmar0");
}

static void test_groups(void **state)
{
	(void)state;
	make_machine();
	build();
	assert_int_equal(topology.n_groups, 5);
	assert_int_equal(group(0)->handover, HANDOVER_BRIDGES);
	assert_int_equal(group(1)->handover, HANDOVER_HOST);
	assert_int_equal(group(1)->count, 3);
	assert_int_equal(group(2)->handover, HANDOVER_BLOCKED);
	assert_string_equal(group(2)->blocker->address, "0000:01:00.1");
	assert_string_equal(group(2)->members[0]->device.address, "0000:01:00.0");
	assert_int_equal(group(9)->handover, HANDOVER_READY);
}

/* What the same group comes to, as its one member changes. */
static void test_handover(void **state)
{
	(void)state;
	add(BUS "/0000:00:02.0", NETWORK, NULL, 3);
	build();
	assert_int_equal(group(3)->handover, HANDOVER_UNBOUND);
	devices[0].driver = "vfio-pci";
	devices[0].is_vfio = true;
	build();
	assert_int_equal(group(3)->handover, HANDOVER_READY);
	devices[0].iommu = IOMMU_NONE;
	build();
	assert_int_equal(group(3)->handover, HANDOVER_UNGUARDED);
	devices[0].iommu_group = -1;
	build();
	assert_int_equal(topology.n_groups, 0);
	assert_int_equal(topology.nodes[1]->handover, HANDOVER_UNGUARDED);
	devices[0].iommu_group = 3;
	devices[0].state = DEVICE_LOCKED; /* nobody knows what has it until that ends */
	build();
	assert_int_equal(group(3)->handover, HANDOVER_BLOCKED);
}

static void test_sets(void **state)
{
	(void)state;
	make_machine();
	build();
	assert_int_equal(topology.n_sets, 1);
	assert_string_equal(topology.sets[0]->bridge, "0000:00:01.0");
	assert_int_equal(topology.sets[0]->count, 2);
}

static void test_keep(void **state)
{
	const char *const one[] = {"0000:01:00.0"};

	(void)state;
	make_machine();
	build();
	topology_keep(&topology, one, 1, ALONG_NOTHING);
	expect_nodes((const char *const[]){"pci0000:00<", "0000:00:01.0<pci0000:00",
					   "0000:01:00.0<0000:00:01.0", NULL});
	assert_int_equal(topology.n_groups, 2); /* the port's, too */
	assert_int_equal(topology.groups[0]->number, 0);
	assert_int_equal(topology.groups[1]->number, 2);
	assert_int_equal(topology.n_iommus, 1);
	assert_int_equal(topology.iommus[0].devices, 2);
	build();
	topology_keep(&topology, one, 1, ALONG_WITH_BONDS);
	expect_nodes((const char *const[]){"pci0000:00<", "0000:00:01.0<pci0000:00",
					   "0000:01:00.0<0000:00:01.0", "0000:01:00.1<0000:00:01.0",
					   NULL});
	assert_int_equal(topology.n_sets, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_tree, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_loops, setup, teardown),
		cmocka_unit_test_setup_teardown(test_places, setup, teardown),
		cmocka_unit_test_setup_teardown(test_place_beside_a_locked_device, setup, teardown),
		cmocka_unit_test_setup_teardown(test_groups, setup, teardown),
		cmocka_unit_test_setup_teardown(test_handover, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sets, setup, teardown),
		cmocka_unit_test_setup_teardown(test_keep, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
