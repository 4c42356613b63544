/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a reset takes along, and whether it may be: on a machine in a captured tree. That it is
 * done, and undone, is for the lab; what is written: test_reset_work.c.
 */
#include "change/reset_internal.h"

#include "tests/unit/machine.h"

#define BRIDGE "/sys/devices/pci0000:00/0000:00:1c.0"
#define FIRST  BRIDGE "/0000:03:00.0"

enum { ROOT_FUNCTION, PORT, ONE, TWO, VIRTUAL, OTHER_BUS, MDEV, N_DEVICES };

static struct device devices[N_DEVICES];
static struct inventory inventory;
static struct error err;

static struct device function(const char *address, const char *syspath)
{
	return (struct device){
		.address = address,
		.bus = "pci",
		.syspath = syspath,
		.class_id = 0x020000,
		.iommu_group = 7,
		.is_vfio = true,
		.vfio_name = "vfio0",
		.driver = "vfio-pci",
	};
}

/* A bus of two functions that VFIO has, the first a PF; one on a root bus; one behind another. */
static int make_machine(void **state)
{
	static const struct device blank;

	if (tree_setup(state) < 0)
		return -1;
	for (size_t i = 0; i < N_DEVICES; i++)
		devices[i] = blank;
	devices[ROOT_FUNCTION] = function("0000:00:10.0", "/sys/devices/pci0000:00/0000:00:10.0");
	devices[PORT] = function("0000:00:1c.0", BRIDGE);
	devices[PORT].class_id = 0x060400;
	devices[PORT].driver = "pcieport";
	devices[PORT].is_vfio = false;
	devices[ONE] = function("0000:03:00.0", FIRST);
	devices[TWO] = function("0000:03:00.1", BRIDGE "/0000:03:00.1");
	devices[VIRTUAL] = function("0000:04:10.0", BRIDGE "/0000:04:10.0");
	devices[VIRTUAL].physfn = "0000:03:00.0";
	devices[OTHER_BUS] =
		function("0000:05:00.0", "/sys/devices/pci0000:00/0000:00:1c.01/0000:05:00.0");
	devices[MDEV] = function("83b8f4f2-509f-382f-3c1e-e6bfe0fa1001",
				 FIRST "/83b8f4f2-509f-382f-3c1e-e6bfe0fa1001");
	devices[MDEV].bus = "mdev";
	inventory = (struct inventory){.devices = devices, .count = N_DEVICES};
	err = (struct error){0};
	tree_file(FIRST "/reset", "");
	tree_file(FIRST "/reset_method", "flr bus\n");
	return 0;
}

#define machine_test(f) cmocka_unit_test_setup_teardown(f, make_machine, tree_teardown)

static void make_result(struct reset_result *ret, int which, enum reset_scope scope)
{
	*ret = (struct reset_result){.dev = &devices[which], .scope = scope};
	assert_int_equal(reset_find_members(ret, &inventory), 0);
}

static void free_result(struct reset_result *result)
{
	for (size_t i = 0; i < result->n_members; i++) {
		usages_free(&result->members[i].usages);
		holders_free(&result->members[i].holders);
	}
	free(result->members);
}

/* reset_admit() of a device; the error is in err. */
static int admit(struct reset_result *ret, int which, enum reset_scope scope,
		 const struct reset_request *request)
{
	static const struct reset_request plain;

	err = (struct error){0};
	make_result(ret, which, scope);
	return reset_admit(ret, request ? request : &plain, &inventory, &err);
}

/* It must be refused with that status, code and a part of the message. */
static void refused(int which, enum reset_scope scope, enum status status, const char *code,
		    const char *text)
{
	struct reset_result result;

	assert_int_equal(admit(&result, which, scope, NULL), -1);
	assert_string_equal(err.code, code);
	assert_int_equal(err.status, status);
	assert_string_equal(err.device, devices[which].address);
	if (!strstr(err.message, text))
		fail_msg("no '%s' in: %s", text, err.message);
	assert_true(*err.remedy);
	free_result(&result);
}

static void allowed(int which, enum reset_scope scope)
{
	struct reset_result result;

	if (admit(&result, which, scope, NULL) < 0)
		fail_msg("%s", err.message);
	free_result(&result);
}

/* --- what is reset along ------------------------------------------------------------------ */

static void members_are(int which, enum reset_scope scope, const char *expected)
{
	struct reset_result result;
	char text[256] = "";

	make_result(&result, which, scope);
	for (size_t i = 0; i < result.n_members; i++)
		append(text, sizeof(text), "%s%s", i ? " " : "", result.members[i].dev->address);
	assert_string_equal(text, expected);
	free_result(&result);
}

static void test_members(void **state)
{
	(void)state;
	members_are(TWO, RESET_FUNCTION, "0000:03:00.1");
	members_are(TWO, RESET_HOT, "0000:03:00.1 0000:03:00.0 0000:04:10.0");
	members_are(OTHER_BUS, RESET_HOT, "0000:05:00.0");
	members_are(ROOT_FUNCTION, RESET_HOT, "0000:00:10.0");
	/* A PF takes its virtual functions along in any case. */
	members_are(ONE, RESET_FUNCTION, "0000:03:00.0 0000:04:10.0");
	members_are(ONE, RESET_HOT, "0000:03:00.0 0000:03:00.1 0000:04:10.0");
	members_are(VIRTUAL, RESET_FUNCTION, "0000:04:10.0");
}

/* One that is stuck has no path, and is on the bus all the same; one that is gone is not. */
static void test_members_that_do_not_answer(void **state)
{
	(void)state;
	devices[TWO].syspath = NULL;
	devices[TWO].state = DEVICE_LOCKED;
	devices[VIRTUAL].state = DEVICE_GONE;
	tree_dir(BRIDGE "/0000:03:00.1");
	tree_link("/sys/bus/pci/devices/0000:03:00.1",
		  "../../../devices/pci0000:00/0000:00:1c.0/0000:03:00.1");
	members_are(ONE, RESET_HOT, "0000:03:00.0 0000:03:00.1");
	refused(ONE, RESET_HOT, STATUS_REFUSED, "unseen",
		"0000:03:00.1 is reset along with it: it does not answer");
}

/* --- methods ------------------------------------------------------------------------------ */

static void method_is(const char *wanted, const char *expected)
{
	const struct reset_request request = {.method = wanted};
	struct reset_result result;

	if (admit(&result, ONE, RESET_FUNCTION, &request) < 0)
		fail_msg("%s", err.message);
	assert_string_equal(result.method, expected);
	free_result(&result);
}

static void test_method(void **state)
{
	const struct reset_request request = {.method = "fl"};
	struct reset_result result;

	(void)state;
	devices[VIRTUAL].state = DEVICE_GONE;
	method_is(NULL, "flr");
	method_is("flr", "flr");
	method_is("bus", "bus");
	assert_int_equal(admit(&result, ONE, RESET_FUNCTION, &request), -1);
	assert_string_equal(err.code, "no-such-method");
	assert_int_equal(err.status, STATUS_UNSUPPORTED);
	assert_string_equal(err.remedy, "It can by: flr bus.");
	free_result(&result);
}

/* Linux before 5.15. */
static void test_no_choice_of_methods(void **state)
{
	const struct reset_request request = {.method = "flr"};
	struct reset_result result;

	(void)state;
	unlink(tree_path(FIRST "/reset_method"));
	method_is(NULL, "");
	assert_int_equal(admit(&result, ONE, RESET_FUNCTION, &request), -1);
	assert_string_equal(err.code, "no-such-method");
	free_result(&result);
}

static void test_no_reset(void **state)
{
	(void)state;
	refused(TWO, RESET_FUNCTION, STATUS_UNSUPPORTED, "no-reset", "no way to reset it alone");
	assert_non_null(strstr(err.remedy, "--scope hot"));
	refused(ROOT_FUNCTION, RESET_FUNCTION, STATUS_UNSUPPORTED, "no-reset", "no way");
	assert_null(strstr(err.remedy, "--scope hot"));
	refused(MDEV, RESET_FUNCTION, STATUS_UNSUPPORTED, "no-reset", "no way");
	tree_file(FIRST "/reset_method", "");
	refused(ONE, RESET_FUNCTION, STATUS_UNSUPPORTED, "no-reset", "switched off");
	assert_non_null(strstr(err.remedy, FIRST "/reset_method"));
}

static void test_no_hot_reset(void **state)
{
	(void)state;
	refused(ROOT_FUNCTION, RESET_HOT, STATUS_UNSUPPORTED, "no-hot-reset", "root bus");
	refused(VIRTUAL, RESET_HOT, STATUS_UNSUPPORTED, "no-hot-reset", "virtual function");
	refused(MDEV, RESET_HOT, STATUS_UNSUPPORTED, "no-hot-reset", "not a PCI function");
	devices[TWO].class_id = 0x060400;
	refused(ONE, RESET_HOT, STATUS_UNSUPPORTED, "no-hot-reset", "the bridge 0000:03:00.1");
}

/* --- who has it --------------------------------------------------------------------------- */

static void test_free_devices_pass(void **state)
{
	(void)state;
	allowed(ONE, RESET_FUNCTION);
	allowed(ONE, RESET_HOT);
	allowed(TWO, RESET_HOT);
	/* Alone, it needs no driver; pci-stub does nothing with it. */
	devices[ONE].is_vfio = false;
	devices[ONE].driver = NULL;
	allowed(ONE, RESET_FUNCTION);
	devices[ONE].driver = "pci-stub";
	allowed(ONE, RESET_FUNCTION);
}

static void test_not_bound(void **state)
{
	(void)state;
	devices[ONE].is_vfio = false;
	devices[ONE].driver = "e1000e";
	refused(ONE, RESET_FUNCTION, STATUS_UNSUPPORTED, "not-bound", "but to e1000e");
	assert_string_equal(err.remedy, "`vfioctl bind 0000:03:00.0` binds it.");
	refused(ONE, RESET_HOT, STATUS_UNSUPPORTED, "not-bound", "but to e1000e");
	devices[ONE].driver = NULL;
	refused(ONE, RESET_HOT, STATUS_UNSUPPORTED, "not-bound", "not bound to a VFIO driver");
}

static void test_not_owned(void **state)
{
	(void)state;
	devices[TWO].is_vfio = devices[VIRTUAL].is_vfio = false;
	devices[TWO].driver = NULL;
	devices[VIRTUAL].driver = "igbvf";
	refused(ONE, RESET_HOT, STATUS_REFUSED, "not-owned",
		"takes along 0000:03:00.1, which has no driver; 0000:04:10.0, which has the driver "
		"igbvf");
	assert_string_equal(err.remedy,
			    "Hand them to VFIO too: `vfioctl bind 0000:03:00.1 0000:04:10.0`.");
	/* Alone, the others do not matter. */
	allowed(ONE, RESET_FUNCTION);
}

static void test_in_use(void **state)
{
	(void)state;
	tree_file(FIRST "/enable", "1\n");
	refused(ONE, RESET_FUNCTION, STATUS_REFUSED, "vfio-open", "in use");
	refused(ONE, RESET_HOT, STATUS_REFUSED, "vfio-open", "in use");
	refused(TWO, RESET_HOT, STATUS_REFUSED, "vfio-open", "0000:03:00.0 is reset along with it");
	tree_file(FIRST "/enable", "0\n");
	devices[ONE].n_vfs = 1;
	refused(ONE, RESET_FUNCTION, STATUS_REFUSED, "live-vfs", "1 virtual function");
	/* What is in use is told before what is not bound. */
	devices[ONE].is_vfio = false;
	devices[ONE].driver = "igb";
	refused(ONE, RESET_FUNCTION, STATUS_REFUSED, "live-vfs", "1 virtual function");
}

static void test_force(void **state)
{
	const struct reset_request request = {.forced = REASON_BIT(USAGE_VFIO_OPEN) |
							REASON_BIT(USAGE_LIVE_VFS)};
	struct reset_result result;

	(void)state;
	devices[ONE].n_vfs = 1;
	assert_int_equal(admit(&result, ONE, RESET_HOT, &request), 0);
	assert_int_equal(result.overridden, REASON_BIT(USAGE_LIVE_VFS));
	free_result(&result);
	tree_file(FIRST "/enable", "1\n");
	assert_int_equal(admit(&result, ONE, RESET_FUNCTION, &request), 0);
	assert_int_equal(result.overridden,
			 REASON_BIT(USAGE_VFIO_OPEN) | REASON_BIT(USAGE_LIVE_VFS));
	free_result(&result);
	/* VFIO gives nobody a device that another has, and to ask for it does harm. */
	assert_int_equal(admit(&result, ONE, RESET_HOT, &request), -1);
	assert_string_equal(err.code, "vfio-open");
	free_result(&result);
}

/* The gate was passed, and then somebody came. */
static void test_last_look(void **state)
{
	(void)state;
	assert_int_equal(reset_check_unopened(&devices[ONE], &err), 0);
	tree_file(FIRST "/enable", "0\n");
	assert_int_equal(reset_check_unopened(&devices[ONE], &err), 0);
	tree_file(FIRST "/enable", "1\n");
	assert_int_equal(reset_check_unopened(&devices[ONE], &err), -1);
	assert_int_equal(err.status, STATUS_REFUSED);
	devices[ONE].is_vfio = false; /* it counts its own driver's */
	assert_int_equal(reset_check_unopened(&devices[ONE], &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_test(test_members),
		machine_test(test_members_that_do_not_answer),
		machine_test(test_method),
		machine_test(test_no_choice_of_methods),
		machine_test(test_no_reset),
		machine_test(test_no_hot_reset),
		machine_test(test_free_devices_pass),
		machine_test(test_not_bound),
		machine_test(test_not_owned),
		machine_test(test_in_use),
		machine_test(test_force),
		machine_test(test_last_look),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
