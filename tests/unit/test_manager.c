/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who may have captured a device, and whom the loading of a module would bind. */
#include "change/bystander.h"
#include "host/manager_internal.h"
#include "tests/unit/machine.h"

#define FIRST  "0000:03:00.0"
#define SECOND "0000:04:00.0"
#define OPTION "options vfio-pci ids=8086:10d3\n"

static bool is_first(const void *arg, const struct device *dev)
{
	(void)arg;
	return streq(dev->address, FIRST);
}

/* What would be said about loading vfio_pci for the first device; "" when nothing stands against.
 */
static const char *bystanders(const char *driver)
{
	static struct error err;
	scoped_inventory struct inventory inventory = {0};
	struct bystander_scope scope = {.inventory = &inventory, .is_moving = is_first};

	err = (struct error){0};
	assert_int_equal(inventory_scan(&inventory, 0, &err), 0);
	if (bystanders_check(&scope, "vfio_pci", driver, &err) == 0)
		return "";
	assert_string_equal(err.code, "bystanders");
	assert_int_equal(err.status, STATUS_REFUSED);
	return err.message;
}

static void ids_bind_bystanders(void **state)
{
	(void)state;
	machine_add(FIRST, NULL, 7);
	machine_add(SECOND, NULL, 8);
	assert_string_equal(bystanders("vfio-pci"), "");
	tree_file("/etc/modprobe.d/x.conf", "\n" OPTION);
	assert_non_null(strstr(bystanders("vfio-pci"),
			       "would also bind " SECOND " (ids= in /etc/modprobe.d/x.conf:2)"));
	assert_string_equal(bystanders("lab-vfio-pci"), "");
}

static void a_driver_or_an_override_protects_from_ids(void **state)
{
	(void)state;
	machine_add(FIRST, NULL, 7);
	machine_add(SECOND, "e1000e", 8);
	machine_add("0000:05:00.0", NULL, 9);
	tree_file("/sys/devices/pci0000:00/0000:05:00.0/driver_override", "e1000e\n");
	tree_file("/etc/modprobe.d/x.conf", OPTION);
	assert_string_equal(bystanders("vfio-pci"), "");
	tree_file("/sys/devices/pci0000:00/0000:05:00.0/driver_override", "vfio-pci\n");
	assert_non_null(strstr(bystanders("vfio-pci"), "0000:05:00.0 (driver_override)"));
}

static void the_command_line_has_no_line(void **state)
{
	(void)state;
	machine_add(SECOND, NULL, 8);
	tree_file("/proc/cmdline", "quiet vfio-pci.ids=8086:10d3\n");
	assert_non_null(strstr(bystanders("vfio-pci"), SECOND " (ids= in /proc/cmdline)"));
}

static void who_captured_it(void **state)
{
	scoped_inventory struct inventory inventory = {0};
	char text[256] = "as it was";
	struct error err;

	(void)state;
	machine_add(FIRST, "vfio-pci", 7);
	assert_int_equal(inventory_scan(&inventory, 0, &err), 0);
	assert_false(manager_explain(&inventory.devices[0], "vfio-pci", text, sizeof(text)));
	assert_string_equal(text, "as it was");
	tree_file("/etc/modprobe.d/x.conf", "softdep e1000e pre: vfio-pci\n" OPTION);
	assert_false(manager_explain(&inventory.devices[0], "pci-stub", text, sizeof(text)));
	assert_false(manager_explain(&inventory.devices[0], "", text, sizeof(text)));
	assert_true(manager_explain(&inventory.devices[0], "vfio-pci", text, sizeof(text)));
	assert_non_null(strstr(text, "the option ids= of module vfio_pci gives it to vfio-pci"));
	assert_non_null(strstr(text, "(/etc/modprobe.d/x.conf:2)"));
}

static void what_cannot_be_read_says_nothing(void **state)
{
	scoped_arena struct arena *arena = arena_new(1 << 20);
	struct managers managers;

	(void)state;
	tree_dir("/etc");
	tree_dir("/etc/modprobe.d");
	tree_dir("/etc/modprobe.d/directory.conf");
	tree_link("/etc/modprobe.d/dangling.conf", "nowhere");
	tree_file("/etc/modprobe.d/odd.conf",
		  "options\n\\\n\"\noptions vfio-pci ids=\nblacklist\\");
	tree_file("/etc/driverctl.d/x", "");
	managers_read(&managers, arena, MANAGER_MODULES);
	assert_null(managers.first->next);
	managers_read(&managers, arena, MANAGER_ALL);
	assert_non_null(managers.first->next);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(ids_bind_bystanders),
		tree_test(a_driver_or_an_override_protects_from_ids),
		tree_test(the_command_line_has_no_line),
		tree_test(who_captured_it),
		tree_test(what_cannot_be_read_says_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
