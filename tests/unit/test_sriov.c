/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/sriov.h"

#include <errno.h>

#include "tests/unit/machine.h"

#define PF "0000:02:00.0"

static const struct device pf = {
	.bus = "pci",
	.address = PF,
	.syspath = "/sys/devices/pci0000:00/" PF,
	.class_id = 0x020000,
	.vendor_id = 0x8086,
	.device_id = 0x10c9,
	.subvendor_id = 0x1af4,
	.subdevice_id = 0x1100,
};

static void attribute(const char *name, const char *value)
{
	char path[256];

	MACHINE_PATH(path, "/sys/devices/pci0000:00/" PF "/%s", name);
	tree_file(path, value);
}

static void make_pf(const char *offset, const char *stride)
{
	machine_add(PF, "igb", 1);
	attribute("sriov_totalvfs", "7\n");
	attribute("sriov_offset", offset);
	attribute("sriov_stride", stride);
	attribute("sriov_vf_device", "10ca\n");
	attribute("sriov_drivers_autoprobe", "0\n");
}

static void test_what_a_pf_says(void **state)
{
	struct sriov sriov;

	(void)state;
	make_pf("128\n", "2\n");
	assert_int_equal(sriov_read(&sriov, &pf), 0);
	assert_int_equal(sriov.total, 7);
	assert_int_equal(sriov.offset, 128);
	assert_int_equal(sriov.stride, 2);
	assert_int_equal(sriov.vf_device, 0x10ca);
	assert_false(sriov.autoprobe);
	assert_int_equal(sriov_count(&pf), 0);
}

static void test_no_pf(void **state)
{
	struct sriov sriov;

	(void)state;
	machine_add(PF, "igb", 1);
	assert_int_equal(sriov_read(&sriov, &pf), -ENOENT);
	assert_true(sriov_autoprobe(&pf));
}

static const char *predict(int64_t offset, int64_t stride, int index)
{
	static struct arena *arena;
	const struct sriov sriov = {.offset = offset, .stride = stride, .vf_device = 0x10ca};
	const struct device *vf;

	arena_free(arena);
	arena = arena_new(1 << 16);
	vf = sriov_predict_vf(arena, &pf, &sriov, index);
	return vf ? vf->address : NULL;
}

/* Routing ids run on from bus to bus. */
static void test_addresses(void **state)
{
	(void)state;
	assert_string_equal(predict(128, 2, 0), "0000:02:10.0");
	assert_string_equal(predict(128, 2, 6), "0000:02:11.4");
	assert_string_equal(predict(1, 1, 0), "0000:02:00.1");
	assert_string_equal(predict(1, 1, 7), "0000:02:01.0");
	assert_string_equal(predict(1, 1, 255), "0000:03:00.0");
	assert_null(predict(0, 0, 0));
	assert_null(predict(128, 2, 65535));
}

static void test_ids(void **state)
{
	const struct sriov sriov = {.offset = 128, .stride = 2, .vf_device = 0x10ca};
	scoped_arena struct arena *arena = arena_new(1 << 16);
	const struct device *vf = sriov_predict_vf(arena, &pf, &sriov, 1);

	(void)state;
	assert_string_equal(vf->physfn, PF);
	assert_string_equal(vf->syspath, "/sys/devices/pci0000:00/0000:02:10.2");
	assert_string_equal(vf->modalias, "pci:v00008086d000010CAsv00001AF4sd00001100bc02sc00i00");
	assert_int_equal(vf->iommu_group, -1);
	assert_int_equal(vf->state, DEVICE_OK);
}

static void test_vfs_that_exist(void **state)
{
	scoped_inventory struct inventory inventory = {0};
	const struct device *vf;

	(void)state;
	make_pf("128\n", "2\n");
	machine_add("0000:02:10.0", "igbvf", 2);
	machine_add("0000:02:10.2", NULL, 3);
	tree_link("/sys/devices/pci0000:00/" PF "/virtfn0", "../0000:02:10.0");
	tree_link("/sys/devices/pci0000:00/" PF "/virtfn1", "../0000:02:10.2");
	assert_int_equal(inventory_scan(&inventory, 0, NULL), 0);
	assert_int_equal(sriov_count(&pf), 2);
	vf = sriov_vf(&inventory, &pf, 1);
	assert_non_null(vf);
	assert_string_equal(vf->address, "0000:02:10.2");
	assert_null(sriov_vf(&inventory, &pf, 2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(test_what_a_pf_says), tree_test(test_no_pf),
		tree_test(test_addresses),      tree_test(test_ids),
		tree_test(test_vfs_that_exist),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
