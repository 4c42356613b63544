/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The gate and all but disks, in captured trees. The running kernel is for usage_live.h. */
#include "tests/unit/usage.h"

#define MDEV "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"

static void other_functions_below_are_not_entered(void **state)
{
	(void)state;
	make_node(FUNCTION "/0000:01:00.0/tty/ttyS4", "4:68", "../../../../../class/tty", "char",
		  "DEVNAME=ttyS4\n");
	make_process("90", "3", "/dev/ttyS4");
	assert_none(look_at(&device));
}

static void make_interface(const char *name, const char *flags)
{
	char path[256];

	snprintf(path, sizeof(path), FUNCTION "/virtio0/net/%s/flags", name);
	tree_file(path, flags);
	snprintf(path, sizeof(path), FUNCTION "/virtio0/net/%s/ifindex", name);
	tree_file(path, "3\n");
}

static void an_interface_that_is_down_is_free(void **state)
{
	(void)state;
	make_interface("eth1", DOWN);
	assert_none(look_at(&device));
}

/* A captured tree has no addresses; what cannot be seen counts as used. */
static void an_interface_that_is_up_is_unseen_in_a_tree(void **state)
{
	(void)state;
	make_interface("eth1", UP);
	assert_only(look_at(&device), USAGE_UNSEEN,
		    "eth1 is up and its addresses cannot be asked for: not a running system");
}

static void upper_devices_count_even_when_down(void **state)
{
	const struct usages *usages;

	(void)state;
	make_interface("eth1", DOWN);
	tree_link(FUNCTION "/virtio0/net/eth1/upper_eth1.5", "../../../../../virtual/net/eth1.5");
	assert_only(look_at(&device), USAGE_NET_UPPER, "eth1 is below eth1.5");
	make_interface("eth2", DOWN);
	tree_link(FUNCTION "/virtio0/net/eth2/master", "../../../../../virtual/net/bond0");
	tree_link(FUNCTION "/virtio0/net/eth2/upper_bond0", "../../../../../virtual/net/bond0");
	usages = look_at(&device);
	assert_int_equal(count_of(usages, USAGE_NET_UPPER), 2);
	assert_int_equal(usages->count, 2);
	unlink(tree_path(FUNCTION "/virtio0/net/eth2/upper_bond0"));
	assert_int_equal(count_of(look_at(&device), USAGE_NET_UPPER), 2);
}

static void an_interface_elsewhere_counts(void **state)
{
	(void)state;
	tree_dir(FUNCTION "/virtio0/net");
	assert_only(look_at(&device), USAGE_NET_NAMESPACE,
		    "a network interface below 0000:00:1f.0 is in another network namespace");
}

static void the_boot_display_counts(void **state)
{
	const struct device_detail detail = {.boot_vga = 1};
	struct device dev = device;

	(void)state;
	tree_file(FUNCTION "/boot_vga", "1\n");
	assert_only(look_at(&dev), USAGE_BOOT_VGA, "it is the boot display");
	tree_file(FUNCTION "/boot_vga", "0\n");
	tree_file(FUNCTION "/boot_display", "1\n");
	assert_only(look_at(&dev), USAGE_BOOT_VGA, "it is the boot display");
	tree_file(FUNCTION "/boot_display", "0\n");
	dev.detail = &detail;
	assert_only(look_at(&dev), USAGE_BOOT_VGA, "it is the boot display");
}

static void live_functions_count(void **state)
{
	struct device dev = device;

	(void)state;
	tree_dir(FUNCTION);
	dev.n_vfs = 2;
	assert_only(look_at(&dev), USAGE_LIVE_VFS, "2 virtual functions of it exist");
}

#define FIRST_VF "/sys/devices/pci0000:00/0000:02:10.0"
#define NEXT_VF  "/sys/devices/pci0000:00/0000:02:10.2"

/* A PF with two VFs: one is nobody's, VFIO has the other. */
static struct device make_physical(void)
{
	struct device dev = device;

	tree_dir(FIRST_VF);
	tree_file(NEXT_VF "/vfio-dev/vfio3/dev", "511:3\n");
	tree_file("/sys/dev/char/511:3/uevent", "DEVNAME=vfio/devices/vfio3\n");
	tree_file(NEXT_VF "/enable", "0\n");
	tree_link(FUNCTION "/virtfn0", "../0000:02:10.0");
	tree_link(FUNCTION "/virtfn1", "../0000:02:10.2");
	dev.n_vfs = 2;
	return dev;
}

static void who_uses_a_function_of_a_pf_is_told(void **state)
{
	struct device dev = make_physical();
	const struct usages *usages;

	(void)state;
	make_process("90", "3", "/dev/vfio/devices/vfio3");
	usages = look_at(&dev);
	print(usages);
	assert_int_equal(usages->count, 2);
	assert_int_equal(count_of(usages, USAGE_LIVE_VFS), 2);
	assert_string_equal(usages->list[1].evidence,
			    "0000:02:10.2 is in use: pid 90 (dd) has /dev/vfio/devices/vfio3 open "
			    "(fd 3)");
}

static void idle_functions_of_a_pf_only_exist(void **state)
{
	struct device dev = make_physical();

	(void)state;
	assert_only(look_at(&dev), USAGE_LIVE_VFS, "2 virtual functions of it exist");
}

/* Each is told its own, and a VF that is asked about, too, is looked at once. */
static void many_devices_are_looked_at_together(void **state)
{
	const struct device physical = make_physical();
	const struct device other = {.address = "0000:01:00.0",
				     .bus = "pci",
				     .syspath = "/sys/devices/pci0000:00/0000:01:00.0",
				     .class_id = 0x010802};
	const struct device function = {
		.address = "0000:02:10.2", .bus = "pci", .syspath = NEXT_VF, .is_vfio = true};
	const struct device *const all[] = {&other, &physical, &function};
	struct usages usages[3];
	struct error err = {0};

	(void)state;
	make_node("/sys/devices/pci0000:00/0000:01:00.0/block/sdx", "8:16",
		  "../../../../../class/block", "block", "DEVNAME=sdx\n");
	tree_file("/proc/self/mountinfo", "23 22 8:16 / /data rw - ext4 /dev/sdx rw\n");
	make_process("90", "3", "/dev/vfio/devices/vfio3");
	assert_int_equal(usage_of_devices(usages, all, 3, false, &err), 0);
	assert_only(&usages[0], USAGE_MOUNTED, "sdx is mounted on /data");
	assert_int_equal(usages[1].count, 2);
	assert_only(&usages[2], USAGE_VFIO_OPEN,
		    "pid 90 (dd) has /dev/vfio/devices/vfio3 open (fd 3)");
	for (size_t i = 0; i < 3; i++)
		usages_free(&usages[i]);
}

static void an_inventory_gets_its_reasons(void **state)
{
	struct device devices[] = {make_physical(), {.address = "gone", .bus = "pci"}};
	struct inventory inventory = {.devices = devices, .count = 2};
	struct error err = {0};

	(void)state;
	devices[1].state = DEVICE_GONE;
	assert_int_equal(usage_of_inventory(&inventory, &err), 0);
	assert_true(devices[0].usage_known);
	assert_int_equal(devices[0].usage, REASON_BIT(USAGE_LIVE_VFS));
	assert_false(devices[1].usage_known);
}

static void bridges_count(void **state)
{
	struct device dev = device;

	(void)state;
	make_disk();
	make_process("90", "3", "/dev/nvme0n1");
	dev.class_id = 0x060400;
	assert_only(look_at(&dev), USAGE_BRIDGE, "it is a bridge: other devices hang on it");
}

static struct device make_vfio_device(void)
{
	struct device dev = device;

	tree_file(FUNCTION "/vfio-dev/vfio0/dev", "511:0\n");
	tree_file("/sys/dev/char/511:0/uevent", "DEVNAME=vfio/devices/vfio0\n");
	dev.is_vfio = true;
	return dev;
}

static void an_idle_vfio_device_is_free(void **state)
{
	struct device dev = make_vfio_device();

	(void)state;
	tree_file(FUNCTION "/enable", "0\n");
	make_process("90", "3", "/dev/vfio/devices/vfio1");
	assert_none(look_at(&dev));
}

static void an_open_vfio_device_counts(void **state)
{
	struct device dev = make_vfio_device();

	(void)state;
	tree_file(FUNCTION "/enable", "1\n");
	make_process("90", "3", "/dev/vfio/devices/vfio0");
	assert_only(look_at(&dev), USAGE_VFIO_OPEN,
		    "pid 90 (dd) has /dev/vfio/devices/vfio0 open (fd 3)");
}

static void a_process_is_told_once(void **state)
{
	struct device dev = make_vfio_device();
	const struct usages *usages;

	(void)state;
	tree_file(FUNCTION "/enable", "1\n");
	make_process("90", "3", "/dev/vfio/devices/vfio0");
	make_process("90", "4", "/dev/vfio/devices/vfio1");
	make_process("90", "5", "/dev/vfio/devices/vfio0");
	make_process("90", "7", "/dev/vfio/devices/vfio0");
	make_process("91", "8", "/dev/vfio/devices/vfio0");
	usages = look_at(&dev);
	assert_int_equal(usages->count, 2);
	assert_string_equal(usages->list[0].evidence,
			    "pid 90 (dd) has /dev/vfio/devices/vfio0 open (fd 3), and 2 more");
	assert_string_equal(usages->list[1].evidence,
			    "pid 91 (dd) has /dev/vfio/devices/vfio0 open (fd 8)");
}

static void an_invisible_user_counts(void **state)
{
	struct device dev = make_vfio_device();

	(void)state;
	tree_file(FUNCTION "/enable", "1\n");
	assert_only(look_at(&dev), USAGE_VFIO_OPEN,
		    "0000:00:1f.0 is in use by something that cannot be seen from here");
	dev.is_vfio = false; /* any other driver enables its device */
	assert_none(look_at(&dev));
}

static void mediated_devices_below_count(void **state)
{
	(void)state;
	tree_file(FUNCTION "/" MDEV "/vfio-dev/vfio7/dev", "511:7\n");
	tree_file("/sys/dev/char/511:7/uevent", "DEVNAME=vfio/devices/vfio7\n");
	make_process("90", "3", "/dev/vfio/devices/vfio7");
	assert_only(look_at(&device), USAGE_VFIO_OPEN,
		    "pid 90 (dd) has /dev/vfio/devices/vfio7 open (fd 3)");
}

/* Before Linux 6.1: the group's node is all there is, of the function and of an mdev below it. */
static void an_open_group_counts_on_older_kernels(void **state)
{
	struct device dev = device;

	(void)state;
	dev.is_vfio = true;
	tree_link(FUNCTION "/driver", "../../../bus/pci/drivers/vfio-pci");
	tree_link(FUNCTION "/iommu_group", "../../../kernel/iommu_groups/7");
	tree_link(FUNCTION "/" MDEV "/driver", "../../../../bus/mdev/drivers/vfio_mdev");
	tree_link(FUNCTION "/" MDEV "/iommu_group", "../../../../kernel/iommu_groups/8");
	tree_file("/sys/class/vfio/7/dev", "243:0\n");
	tree_file("/sys/class/vfio/8/dev", "243:1\n");
	tree_file("/sys/dev/char/243:0/uevent", "DEVNAME=vfio/7\n");
	tree_file("/sys/dev/char/243:1/uevent", "DEVNAME=vfio/8\n");
	make_process("90", "3", "/dev/vfio/9");
	assert_none(look_at(&dev));
	make_process("90", "4", "/dev/vfio/7");
	assert_only(look_at(&dev), USAGE_VFIO_OPEN, "pid 90 (dd) has /dev/vfio/7 open (fd 4)");
	unlink(tree_path("/proc/90/fd/4"));
	make_process("90", "4", "/dev/vfio/8");
	assert_only(look_at(&dev), USAGE_VFIO_OPEN, "pid 90 (dd) has /dev/vfio/8 open (fd 4)");
}

static void a_locked_device_is_unseen_and_named(void **state)
{
	const struct device dev = {.address = "0000:00:1f.0", .bus = "pci", .state = DEVICE_LOCKED};
	const struct usages *usages;

	(void)state;
	tree_dir(FUNCTION);
	tree_link("/sys/bus/pci/devices/0000:00:1f.0", "../../../devices/pci0000:00/0000:00:1f.0");
	make_process("90", "3", "anon_inode:[vfio-device]");
	tree_file("/proc/90/fdinfo/3", "vfio-device-syspath: " FUNCTION "\n");
	usages = look_at(&dev);
	assert_int_equal(usages->count, 2);
	assert_int_equal(count_of(usages, USAGE_UNSEEN), 1);
	assert_int_equal(count_of(usages, USAGE_VFIO_OPEN), 1);
}

/* The same on kernels that answer all the same: a driver is named, but there is no link to it. */
static void a_device_that_is_leaving_vfio_counts(void **state)
{
	struct device dev = device;

	(void)state;
	dev.driver = "vfio-pci";
	make_process("90", "3", "anon_inode:[vfio-device]");
	tree_file("/proc/90/fdinfo/3", "vfio-device-syspath: " FUNCTION "\n");
	tree_link(FUNCTION "/driver", "../../../bus/pci/drivers/vfio-pci");
	assert_none(look_at(&dev));
	unlink(tree_path(FUNCTION "/driver"));
	assert_only(look_at(&dev), USAGE_VFIO_OPEN,
		    "pid 90 (dd) has anon_inode:[vfio-device] open (fd 3)");
}

static void a_device_without_directory_is_unseen(void **state)
{
	const struct device dev = {.address = "0000:00:1f.0", .bus = "pci"};

	(void)state;
	assert_only(look_at(&dev), USAGE_UNSEEN, "it has no directory in sysfs");
}

static void hidden_processes_count(void **state)
{
	(void)state;
	make_disk();
	make_process("90", "3", "/dev/null");
	unlink(tree_path("/proc/90/maps"));
	tree_fifo("/proc/90/maps"); /* a process that cannot be looked at */
	assert_only(look_at(&device), USAGE_UNSEEN, "what 1 process has open cannot be looked at");
}

static void one_stuck_look_leaves_the_others(void **state)
{
	const struct usages *usages;
	int64_t start = now_ms();

	(void)state;
	make_disk();
	tree_fifo(FUNCTION "/boot_vga");
	make_process("90", "3", "/dev/nvme0n1");
	usages = look_at(&device);
	assert_int_equal(usages->count, 2);
	assert_int_equal(usages->list[0].reason, USAGE_UNSEEN);
	assert_string_equal(usages->list[0].evidence,
			    "looking at its attributes did not end in time");
	assert_int_equal(usages->list[1].reason, USAGE_BLOCK_OPEN);
	assert_true(now_ms() - start < 12000);
}

static void every_reason_has_a_name(void **state)
{
	(void)state;
	for (int i = 0; i < USAGE_REASON_COUNT; i++) {
		assert_non_null(usage_reasons[i].name);
		assert_non_null(usage_reasons[i].help);
		assert_non_null(usage_reasons[i].remedy);
		for (int k = 0; k < i; k++)
			assert_string_not_equal(usage_reasons[i].name, usage_reasons[k].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(other_functions_below_are_not_entered),
		tree_test(an_interface_that_is_down_is_free),
		tree_test(an_interface_that_is_up_is_unseen_in_a_tree),
		tree_test(upper_devices_count_even_when_down),
		tree_test(an_interface_elsewhere_counts),
		tree_test(the_boot_display_counts),
		tree_test(live_functions_count),
		tree_test(who_uses_a_function_of_a_pf_is_told),
		tree_test(idle_functions_of_a_pf_only_exist),
		tree_test(many_devices_are_looked_at_together),
		tree_test(an_inventory_gets_its_reasons),
		tree_test(bridges_count),
		tree_test(an_idle_vfio_device_is_free),
		tree_test(an_open_vfio_device_counts),
		tree_test(a_process_is_told_once),
		tree_test(an_invisible_user_counts),
		tree_test(mediated_devices_below_count),
		tree_test(an_open_group_counts_on_older_kernels),
		tree_test(a_locked_device_is_unseen_and_named),
		tree_test(a_device_that_is_leaving_vfio_counts),
		tree_test(a_device_without_directory_is_unseen),
		tree_test(hidden_processes_count),
		tree_test(one_stuck_look_leaves_the_others),
		cmocka_unit_test(every_reason_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
