/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a grant is and what its rule says; what it does to nodes needs the lab. */
#include "change/access.h"
#include "change/access_internal.h"
#include "tests/unit/machine.h"

static void a_few_users(void)
{
	tree_file("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n"
				 "broken line\n"
				 "tester:x:1000:1001:A, Tester:/:/bin/sh\n");
	tree_file("/etc/group", "root:x:0:\ntester:x:1001:\nvmm:x:36:tester,other\n");
}

static void test_owner(void **state)
{
	static const struct {
		const char *owner, *mode;
		struct access access;
	} good[] = {
		{"tester", NULL, {1000, 0, 0600}},     {"tester:vmm", NULL, {1000, 36, 0660}},
		{"tester:", NULL, {1000, 1001, 0660}}, {"1000:36", "640", {1000, 36, 0640}},
		{"77:78", "0600", {77, 78, 0600}},     {"root:vmm", "00660", {0, 36, 0660}},
		{"tester", "0660", {1000, 0, 0660}},
	};

	(void)state;
	a_few_users();
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct access access;

		assert_int_equal(access_parse(&access, good[i].owner, good[i].mode, NULL), 0);
		assert_int_equal(access.uid, good[i].access.uid);
		assert_int_equal(access.gid, good[i].access.gid);
		assert_int_equal(access.mode, good[i].access.mode);
	}
}

static void test_wrong_owner(void **state)
{
	static const struct {
		const char *owner, *mode, *code;
	} bad[] = {
		{"nobody-knows", NULL, "no-user"},
		{"", NULL, "no-user"},
		{":vmm", NULL, "no-user"},
		{"tester:nothing", NULL, "no-group"},
		{"4294967295", NULL, "no-user"},
		{"77:", NULL, "no-group"},
		{"tester:4294967295", NULL, "no-group"},
		{"-1", NULL, "no-user"},
		{"tester", "0666", "bad-mode"},
		{"tester", "0664", "bad-mode"},
		{"tester", "0661", "bad-mode"},
		{"tester", "0700", "bad-mode"},
		{"tester", "4600", "bad-mode"},
		{"tester", "0060", "bad-mode"},
		{"tester", "0400", "bad-mode"},
		{"tester", "0620", "bad-mode"},
		{"tester", "rw", "bad-mode"},
		{"tester", "0680", "bad-mode"},
		{"tester", "", "bad-mode"},
		{"tester", "10660", "bad-mode"},
	};

	(void)state;
	a_few_users();
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct access access = {.uid = 5};
		struct error err = {0};

		assert_int_equal(access_parse(&access, bad[i].owner, bad[i].mode, &err), -1);
		assert_string_equal(err.code, bad[i].code);
		assert_int_equal(err.status, STATUS_USAGE);
		assert_int_equal(access.uid, 5);
	}
}

static void test_text(void **state)
{
	const struct access access = {.uid = 1000, .gid = 36, .mode = 0660};
	struct access back;

	(void)state;
	assert_string_equal(access_text(&access).text, "1000:36 0660");
	assert_true(access_from_text(&back, "1000:36 0660"));
	assert_memory_equal(&back, &access, sizeof(back));
	assert_false(access_from_text(&back, "1000:36 0660x"));
	assert_false(access_from_text(&back, "1000"));
	assert_false(access_from_text(&back, NULL));
}

static const struct device function = {
	.address = "0000:03:00.0",
	.bus = "pci",
	.syspath = "/sys/devices/pci0000:00/0000:03:00.0",
	.vendor_id = 0x1b36,
	.device_id = 0x10,
	.subvendor_id = 0x1af4,
	.subdevice_id = 0x1100,
	.iommu_group = 16,
};

static void test_rule(void **state)
{
	scoped_arena struct arena *arena = arena_new(1 << 16);
	const struct access access = {.uid = 1000, .gid = 36, .mode = 0660};

	(void)state;
	assert_string_equal(access_rule_path(arena, &function),
			    "/run/udev/rules.d/99-vfioctl-0000:03:00.0.rules");
	assert_string_equal(
		access_rule_text(arena, &function, &access),
		"# By `vfioctl bind --owner`; `vfioctl restore 0000:03:00.0` removes it.\n"
		"SUBSYSTEM==\"vfio-dev\", KERNELS==\"0000:03:00.0\", ATTRS{vendor}==\"0x1b36\", "
		"ATTRS{device}==\"0x0010\", ATTRS{subsystem_vendor}==\"0x1af4\", "
		"ATTRS{subsystem_device}==\"0x1100\", OWNER=\"1000\", GROUP=\"36\", MODE=\"0660\"\n"
		"SUBSYSTEM==\"vfio\", KERNEL==\"16\", "
		"TEST==\"/sys/kernel/iommu_groups/16/devices/0000:03:00.0\", "
		"ATTR{[pci/0000:03:00.0]vendor}==\"0x1b36\", "
		"ATTR{[pci/0000:03:00.0]device}==\"0x0010\", "
		"ATTR{[pci/0000:03:00.0]subsystem_vendor}==\"0x1af4\", "
		"ATTR{[pci/0000:03:00.0]subsystem_device}==\"0x1100\", "
		"OWNER=\"1000\", GROUP=\"36\", MODE=\"0660\"\n");
}

/* A device that has no ids, like an mdev, and no group. */
static void test_rule_without_ids(void **state)
{
	scoped_arena struct arena *arena = arena_new(1 << 16);
	const struct access access = {.uid = 7, .mode = 0600};
	const struct device dev = {
		.address = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001",
		.bus = "mdev",
		.vendor_id = -1,
		.device_id = -1,
		.subvendor_id = -1,
		.subdevice_id = -1,
		.iommu_group = -1,
	};
	const char *text = access_rule_text(arena, &dev, &access);

	(void)state;
	assert_non_null(strstr(text, "SUBSYSTEM==\"vfio-dev\", "
				     "KERNELS==\"83b8f4f2-509f-382f-3c1e-e6bfe0fa1001\", "
				     "OWNER=\"7\", GROUP=\"0\", MODE=\"0600\"\n"));
	assert_null(strstr(text, "SUBSYSTEM==\"vfio\","));
}

/* --- steps -------------------------------------------------------------------------------- */

static void a_bound_device(struct device *dev)
{
	machine_add("0000:03:00.0", "vfio-pci", 16);
	tree_file("/sys/class/misc/vfio/dev", "10:196\n");
	tree_file("/dev/vfio/devices/vfio0", "");
	tree_file("/dev/vfio/16", "");
	tree_file("/dev/vfio/vfio", "");
	tree_file("/dev/iommu", "");
	assert_int_equal(chmod(tree_path("/dev/vfio/vfio"), 0666), 0);
	assert_int_equal(chmod(tree_path("/dev/iommu"), 0600), 0);
	*dev = function;
	dev->is_vfio = true;
	dev->iommu = IOMMU_PHYSICAL;
	dev->modes = MODE_CDEV | MODE_GROUP;
	dev->cdev = "/dev/vfio/devices/vfio0";
	dev->group_node = "/dev/vfio/16";
}

static void has_step(const struct plan *plan, size_t i, enum step_kind kind, const char *path,
		     const char *value)
{
	assert_true(i < plan->count);
	assert_int_equal(plan->steps[i].kind, kind);
	assert_true(streq_null(plan->steps[i].path, path));
	assert_string_equal(plan->steps[i].value, value);
	assert_false(plan->steps[i].back);
}

static void test_steps(void **state)
{
	scoped_arena struct arena *arena = arena_new(1 << 20);
	scoped_plan struct plan plan = {.arena = arena};
	const struct access access = {.uid = 4000, .gid = 36, .mode = 0660};
	struct device dev;

	(void)state;
	a_bound_device(&dev);
	assert_int_equal(access_plan_rule(&plan, &dev, &access, NULL), 0);
	assert_int_equal(access_plan_nodes(&plan, &dev, &access, NULL), 0);
	assert_int_equal(plan.count, 5);
	has_step(&plan, 0, STEP_RULE, "/run/udev/rules.d/99-vfioctl-0000:03:00.0.rules",
		 "4000:36 0660");
	has_step(&plan, 1, STEP_OWN, "/dev/vfio/devices/vfio0", "4000:36 0660");
	has_step(&plan, 2, STEP_OWN, "/dev/vfio/16", "4000:36 0660");
	has_step(&plan, 3, STEP_ACL, "/dev/iommu", "user:4000:rw");
	has_step(&plan, 4, STEP_ACL, "/dev/iommu", "group:36:rw");
	/* The container is everybody's. */
}

static void test_shared_node_is_open_already(void **state)
{
	scoped_arena struct arena *arena = arena_new(1 << 20);
	scoped_plan struct plan plan = {.arena = arena};
	const struct access access = {.uid = 4000, .mode = 0600};
	struct device dev;

	(void)state;
	a_bound_device(&dev);
	assert_int_equal(chmod(tree_path("/dev/iommu"), 0666), 0);
	assert_int_equal(chmod(tree_path("/dev/vfio/vfio"), 0600), 0);
	assert_int_equal(access_plan_nodes(&plan, &dev, &access, NULL), 0);
	assert_int_equal(plan.count, 3);
	has_step(&plan, 2, STEP_ACL, "/dev/vfio/vfio", "user:4000:rw");
}

static void test_cdev_has_no_name_yet(void **state)
{
	scoped_arena struct arena *arena = arena_new(1 << 20);
	scoped_plan struct plan plan = {.arena = arena};
	const struct access access = {.uid = 4000, .mode = 0600};
	struct device dev;

	(void)state;
	a_bound_device(&dev);
	dev.cdev = NULL;
	dev.modes = MODE_CDEV;
	assert_int_equal(access_plan_nodes(&plan, &dev, &access, NULL), 0);
	assert_int_equal(plan.count, 2);
	has_step(&plan, 0, STEP_OWN, NULL, "4000:0 0600");
}

static void test_without_iommu(void **state)
{
	scoped_arena struct arena *arena = arena_new(1 << 20);
	scoped_plan struct plan plan = {.arena = arena};
	const struct access access = {.uid = 4000, .mode = 0600};
	struct error err = {0};
	struct device dev;

	(void)state;
	a_bound_device(&dev);
	dev.iommu = IOMMU_NONE;
	assert_int_equal(access_plan_nodes(&plan, &dev, &access, &err), -1);
	assert_int_equal(err.status, STATUS_UNSUPPORTED);
	assert_int_equal(plan.count, 0);
}

/* --- records ------------------------------------------------------------------------------ */

#define BOOT "/proc/sys/kernel/random/boot_id"

static void record(const char *address, const char *boot, const char *more)
{
	char path[256], text[1024];

	MACHINE_PATH(path, "/run/vfioctl/access/%s.json", address);
	MACHINE_PATH(text,
		     "{\"boot_id\":\"%s\",\"identity\":\"1b36:0010:1af4:1100\","
		     "\"syspath\":\"/sys/devices/pci0000:00/%s\",%s}",
		     boot, address, more);
	tree_file(path, text);
}

static void test_record(void **state)
{
	struct access access;

	(void)state;
	tree_file(BOOT, "this\n");
	assert_false(access_load(&access, &function));
	record("0000:03:00.0", "that", "\"uid\":7,\"gid\":8,\"mode\":384");
	assert_false(access_load(&access, &function));
	record("0000:03:00.0", "this", "\"uid\":7,\"gid\":8,\"mode\":384");
	assert_true(access_load(&access, &function));
	assert_int_equal(access.uid, 7);
	assert_int_equal(access.gid, 8);
	assert_int_equal(access.mode, 0600);
	record("0000:03:00.0", "this", "\"uid\":-1");
	assert_false(access_load(NULL, &function));
}

static void test_claims(void **state)
{
	const struct claim claim = claim_acl("/dev/iommu", "user:7");
	char value[32];

	(void)state;
	tree_file(BOOT, "this\n");
	record("0000:03:00.0", "this", "\"uid\":7,\"acl /dev/iommu user:7\":\"given\"");
	assert_false(claim_of_others(&function, &claim, NULL, 0));
	record("0000:04:00.0", "that", "\"uid\":7,\"acl /dev/iommu user:7\":\"given\"");
	assert_false(claim_of_others(&function, &claim, NULL, 0));
	record("0000:05:00.0", "this", "\"uid\":7,\"acl /dev/iommu user:7\":null");
	assert_false(claim_of_others(&function, &claim, NULL, 0));
	record("0000:06:00.0", "this", "\"uid\":7,\"acl /dev/iommu user:7\":\"given\"");
	assert_true(claim_of_others(&function, &claim, value, sizeof(value)));
	assert_string_equal(value, "given");
}

static void test_group_has_one_owner(void **state)
{
	scoped_arena struct arena *arena = arena_new(1 << 20);
	scoped_plan struct plan plan = {.arena = arena};
	const struct access same = {.uid = 7, .gid = 8, .mode = 0600},
			    another = {.uid = 9, .gid = 8, .mode = 0600};
	struct error err = {0};
	struct device dev;

	(void)state;
	a_bound_device(&dev);
	tree_file(BOOT, "this\n");
	record("0000:03:00.1", "this",
	       "\"uid\":7,\"gid\":8,\"mode\":384,\"own /dev/vfio/16\":\"0:0 0600\"");
	assert_int_equal(access_plan_nodes(&plan, &dev, &same, &err), 0);
	assert_int_equal(access_plan_nodes(&plan, &dev, &another, &err), -1);
	assert_int_equal(err.status, STATUS_REFUSED);
	assert_non_null(strstr(err.message, "0000:03:00.1"));
}

static void test_steps_back(void **state)
{
	scoped_arena struct arena *arena = arena_new(1 << 20);
	scoped_plan struct plan plan = {.arena = arena};
	struct device dev;

	(void)state;
	a_bound_device(&dev);
	tree_file(BOOT, "this\n");
	assert_int_equal(access_plan_back(&plan, &dev, NULL), 0);
	assert_int_equal(plan.count, 0);
	record("0000:03:00.0", "this",
	       "\"uid\":7,\"gid\":8,\"mode\":384,\"own /dev/vfio/16\":\"0:0 0600\","
	       "\"acl /dev/iommu user:7\":\"given\"");
	tree_file("/run/udev/rules.d/99-vfioctl-0000:03:00.0.rules", "");
	assert_int_equal(access_plan_back(&plan, &dev, NULL), 0);
	/* The group's node goes by itself. */
	assert_int_equal(plan.count, 2);
	assert_int_equal(plan.steps[0].kind, STEP_RULE);
	assert_int_equal(plan.steps[1].kind, STEP_ACL);
	assert_string_equal(plan.steps[1].value, "user:7");
	assert_true(plan.steps[0].back && plan.steps[1].back);
	/* Unless another member keeps it. */
	plan.count = 0;
	machine_add("0000:03:00.1", "vfio-pci", 16);
	machine_add_child("0000:03:00.1", "vfio-dev", "vfio1");
	assert_int_equal(access_plan_back(&plan, &dev, NULL), 0);
	assert_int_equal(plan.count, 3);
	assert_int_equal(plan.steps[1].kind, STEP_OWN);
	assert_string_equal(plan.steps[1].value, "0:0 0600");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(test_owner),
		tree_test(test_wrong_owner),
		tree_test(test_text),
		tree_test(test_rule),
		tree_test(test_rule_without_ids),
		tree_test(test_steps),
		tree_test(test_shared_node_is_open_already),
		tree_test(test_cdev_has_no_name_yet),
		tree_test(test_without_iommu),
		tree_test(test_record),
		tree_test(test_claims),
		tree_test(test_group_has_one_owner),
		tree_test(test_steps_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
