/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/logical_name.h"
#include "tests/unit/tree.h"

static struct device devices[] = {
	{.address = "0000:01:00.0"}, {.address = "0000:02:10.0"}, {.address = "0000:03:00.0"},
	{.address = "0000:04:00.0"}, {.address = "0000:05:00.0"},
};

static struct inventory inventory = {.devices = devices, .count = ARRAY_SIZE(devices)};

static int setup(void **state)
{
	inventory.arena = arena_new(1 << 20);
	for (size_t i = 0; i < ARRAY_SIZE(devices); i++)
		devices[i].logical_names = NULL;
	return inventory.arena ? tree_setup(state) : -1;
}

static int teardown(void **state)
{
	arena_free(inventory.arena);
	return tree_teardown(state);
}

static void add(const char *class, const char *name, const char *directory)
{
	char path[256], target[512];

	snprintf(path, sizeof(path), "/sys/class/%s/%s", class, name);
	snprintf(target, sizeof(target), "../../devices/pci0000:00/%s/%s", directory, name);
	tree_link(path, target);
}

static void assert_names(const char *address, const char *wanted)
{
	const struct device *dev = inventory_find(&inventory, address);
	char names[256] = "";

	assert_non_null(dev);
	for (const struct logical_name *name = dev->logical_names; name; name = name->next)
		append(names, sizeof(names), "%s%s", *names ? "," : "", name->text);
	assert_string_equal(names, wanted);
}

static void test_what_is_below_a_device(void **state)
{
	(void)state;
	add("net", "enp1s0f0", "0000:00:02.0/0000:01:00.0/net");
	add("net", "enp8s0", "0000:00:03.0/0000:02:10.0/virtio3/net");
	add("infiniband", "mlx5_0", "0000:00:02.0/0000:01:00.0/infiniband");
	add("drm", "card0", "0000:05:00.0/drm");
	add("drm", "renderD128", "0000:05:00.0/drm");
	logical_names_fill(&inventory);
	assert_names("0000:01:00.0", "enp1s0f0,mlx5_0");
	assert_names("0000:02:10.0", "enp8s0");
	assert_names("0000:03:00.0", "");
	assert_names("0000:05:00.0", "card0,renderD128");
}

/* As `show` of a bridge has it: what is below belongs to who is not there. */
static void test_what_is_below_another(void **state)
{
	(void)state;
	add("net", "enp9s0", "0000:01:00.0/0000:09:00.0/net");
	add("net", "usb0", "0000:04:00.0/usb1/1-1/1-1:1.0/net");
	logical_names_fill(&inventory);
	assert_names("0000:01:00.0", "");
	assert_names("0000:04:00.0", "usb0");
}

static void test_what_is_a_part_or_hidden(void **state)
{
	(void)state;
	add("nvme", "nvme1", "0000:03:00.0/nvme");
	add("block", "nvme1c1n10", "0000:03:00.0/nvme/nvme1");
	add("block", "nvme1c1n2", "0000:03:00.0/nvme/nvme1");
	add("block", "sda", "0000:04:00.0/ata1/host0/target0:0:0/0:0:0:0/block");
	add("block", "sda1", "0000:04:00.0/ata1/host0/target0:0:0/0:0:0:0/block/sda");
	tree_file("/sys/devices/pci0000:00/0000:04:00.0/ata1/host0/target0:0:0/0:0:0:0/block/sda/"
		  "sda1/partition",
		  "1\n");
	add("drm", "card0", "0000:05:00.0/drm");
	add("drm", "card0-HDMI-A-1", "0000:05:00.0/drm/card0");
	logical_names_fill(&inventory);
	assert_names("0000:03:00.0", "nvme1,nvme1n2,nvme1n10");
	assert_names("0000:04:00.0", "sda");
	assert_names("0000:05:00.0", "card0");
}

static void test_odd_trees(void **state)
{
	(void)state;
	tree_file("/sys/class/net", "not a directory");
	tree_link("/sys/class/block/loop0", "loop0");
	tree_link("/sys/class/block/vda", "../../devices/virtual/block/vda");
	tree_link("/sys/class/block/0000:03:00.0", "/0000:03:00.0");
	tree_file("/sys/class/nvme/nvme0", "not a link");
	logical_names_fill(&inventory);
	for (size_t i = 0; i < ARRAY_SIZE(devices); i++)
		assert_names(devices[i].address, "");
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(test_what_is_below_a_device),
		TEST(test_what_is_below_another),
		TEST(test_what_is_a_part_or_hidden),
		TEST(test_odd_trees),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
