/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A plan is data, so a move is compared with the lines that it ought to be. */
#include "change/plan.h"
#include "tests/unit/plan.h"

static const struct device one = {.bus = "pci", .address = "0000:03:00.0"};
static const struct device two = {.bus = "pci", .address = "0000:04:00.0"};

/* "unbind nvme; bind vfio-pci; verify vfio-pci": the file's directory or the value that counts. */
static const char *plan_text(void)
{
	static char text[1024];

	*text = '\0';
	for (size_t i = 0; i < plan.count; i++) {
		const struct step *step = &plan.steps[i];
		const char *what = step->value ? step->value : step->any_driver ? "any" : "none";
		const char *driver = step->path ? strstr(step->path, "/drivers/") : NULL;
		char name[64];

		if (driver) {
			snprintf(name, sizeof(name), "%s", driver + strlen("/drivers/"));
			*strchr(name, '/') = '\0';
			what = name;
		}
		if (streq(what, "\n"))
			what = "-";
		append(text, sizeof(text), "%s%s%s %s", i ? "; " : "",
		       step->dev == &two ? "two " : "", step_kind_name(step->kind), what);
	}
	return text;
}

static void move(const struct device *dev, struct binding from, struct binding to)
{
	assert_int_equal(plan_overrides(&plan, dev, from, to), 0);
	assert_int_equal(plan_move(&plan, dev, from, to), 0);
}

static const struct binding nvme = {.driver = "nvme"};
static const struct binding vfio = {.driver = "vfio-pci", .override = "vfio-pci"};
static const struct binding none = {.driver = NULL};
static const struct binding any = {.any_driver = true};

/* The override closes the race with udev, so it goes first. */
static void test_native_to_vfio(void **state)
{
	(void)state;
	move(&one, nvme, vfio);
	assert_string_equal(plan_text(),
			    "override vfio-pci; unbind nvme; bind vfio-pci; verify vfio-pci");
	assert_string_equal(plan.steps[0].path,
			    "/sys/bus/pci/devices/0000:03:00.0/driver_override");
	assert_string_equal(plan.steps[1].path, "/sys/bus/pci/drivers/nvme/unbind");
	assert_string_equal(plan.steps[1].value, "0000:03:00.0");
	assert_string_equal(plan.steps[2].path, "/sys/bus/pci/drivers/vfio-pci/bind");
	assert_string_equal(plan.steps[2].value, "0000:03:00.0");
	assert_string_equal(plan.steps[3].path, "/sys/bus/pci/devices/0000:03:00.0/driver");
}

static void test_driverless_to_vfio(void **state)
{
	(void)state;
	move(&one, none, vfio);
	assert_string_equal(plan_text(), "override vfio-pci; bind vfio-pci; verify vfio-pci");
}

static void test_nothing_to_do(void **state)
{
	(void)state;
	move(&one, vfio, vfio);
	move(&one, nvme, nvme);
	move(&one, none, none);
	assert_int_equal(plan.count, 0);
}

static void test_override_alone(void **state)
{
	const struct binding without = {.driver = "vfio-pci"};

	(void)state;
	move(&one, without, vfio);
	assert_string_equal(plan_text(), "override vfio-pci");
	plan.count = 0;
	move(&one, vfio, without);
	assert_string_equal(plan_text(), "override -");
}

static void test_back_to_native(void **state)
{
	(void)state;
	move(&one, vfio, nvme);
	assert_string_equal(plan_text(), "override -; unbind vfio-pci; bind nvme; verify nvme");
}

static void test_back_to_driverless(void **state)
{
	(void)state;
	move(&one, vfio, none);
	assert_string_equal(plan_text(), "override -; unbind vfio-pci; verify none");
	assert_null(plan.steps[2].value);
	assert_false(plan.steps[2].any_driver);
}

/* No record of what it had: the kernel chooses. */
static void test_back_to_any(void **state)
{
	(void)state;
	move(&one, vfio, any);
	assert_string_equal(plan_text(),
			    "override -; unbind vfio-pci; probe 0000:03:00.0; verify any");
	assert_string_equal(plan.steps[2].path, "/sys/bus/pci/drivers_probe");
	assert_true(plan.steps[3].any_driver);
}

/* Somebody had prepared the next change by hand: its override would keep the driver from binding.
 */
static void test_override_of_another_driver_comes_last(void **state)
{
	const struct binding prepared = {.driver = "nvme", .override = "vfio-pci"};
	const struct binding odd = {.driver = "nvme", .override = "pci-stub"};

	(void)state;
	move(&one, vfio, prepared);
	assert_string_equal(plan_text(), "override nvme; unbind vfio-pci; bind nvme; verify nvme; "
					 "override vfio-pci");
	plan.count = 0;
	move(&one, prepared, odd); /* does not move: one write will do */
	assert_string_equal(plan_text(), "override pci-stub");
}

static void test_between_vfio_drivers(void **state)
{
	const struct binding variant = {.driver = "mlx5_vfio_pci", .override = "mlx5_vfio_pci"};

	(void)state;
	move(&one, vfio, variant);
	assert_string_equal(plan_text(), "override mlx5_vfio_pci; unbind vfio-pci; "
					 "bind mlx5_vfio_pci; verify mlx5_vfio_pci");
}

static void test_all_overrides_come_first(void **state)
{
	(void)state;
	assert_int_equal(plan_overrides(&plan, &one, nvme, vfio), 0);
	assert_int_equal(plan_overrides(&plan, &two, none, vfio), 0);
	assert_int_equal(plan_move(&plan, &one, nvme, vfio), 0);
	assert_int_equal(plan_wait(&plan, &one), 0);
	assert_int_equal(plan_move(&plan, &two, none, vfio), 0);
	assert_string_equal(plan_text(), "override vfio-pci; two override vfio-pci; unbind nvme; "
					 "bind vfio-pci; verify vfio-pci; wait none; "
					 "two bind vfio-pci; two verify vfio-pci");
}

static void test_other_buses(void **state)
{
	static const struct device fsl = {.bus = "fsl-mc", .address = "dprc.2"};

	(void)state;
	move(&fsl, none, vfio);
	assert_string_equal(plan.steps[0].path, "/sys/bus/fsl-mc/devices/dprc.2/driver_override");
	assert_string_equal(plan.steps[1].path, "/sys/bus/fsl-mc/drivers/vfio-pci/bind");
}

static void test_many_devices(void **state)
{
	(void)state;
	for (int i = 0; i < 50; i++)
		move(&one, nvme, vfio);
	assert_int_equal(plan.count, 200);
	assert_string_equal(plan.steps[199].value, "vfio-pci");
}

static void test_arena_full(void **state)
{
	(void)state;
	while (arena_alloc(plan.arena, 16))
		;
	assert_true(plan_overrides(&plan, &one, nvme, vfio) < 0);
	assert_true(plan_move(&plan, &one, nvme, vfio) < 0);
	assert_int_equal(plan.count, 0);
}

#define plan_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		plan_test(test_native_to_vfio),
		plan_test(test_driverless_to_vfio),
		plan_test(test_nothing_to_do),
		plan_test(test_override_alone),
		plan_test(test_back_to_native),
		plan_test(test_back_to_driverless),
		plan_test(test_back_to_any),
		plan_test(test_override_of_another_driver_comes_last),
		plan_test(test_between_vfio_drivers),
		plan_test(test_all_overrides_come_first),
		plan_test(test_other_buses),
		plan_test(test_many_devices),
		plan_test(test_arena_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
