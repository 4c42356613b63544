/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a reset writes, in which order, and that each file is told.
 */
#include "change/reset_internal.h"

#include "tests/unit/machine.h"

#define FUNCTION "/sys/devices/pci0000:00/0000:00:1c.0/0000:03:00.0"

/* Its configuration space as a file of this machine, where it can be written to. */
static void live_config(const struct device *dev)
{
	static char config[256] = {'\x86', '\x80', '\x72', '\x15'};
	char path[1024];
	FILE *f;

	MACHINE_PATH(path, "%s/config", dev->syspath);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(config, sizeof(config), 1, f), 1);
	assert_int_equal(fclose(f), 0);
}

static void test_each_file_that_is_written_is_told(void **state)
{
	static const char *const wanted[][2] = {{"power/control", "on"},
						{"reset_method", "bus"},
						{"reset", "1"},
						{"reset_method", "flr bus"},
						{"power/control", "auto"}};
	struct device dev = {
		.address = "0000:03:00.0", .bus = "pci", .vendor_id = 0x8086, .device_id = 0x1572};
	struct reset_result result = {.dev = &dev, .methods = "flr bus", .method = "bus"};
	struct reset_report report;
	struct reset_job job;
	char syspath[512];
	int ends[2];

	(void)state;
	tree_file(FUNCTION "/power/control", "auto\n");
	tree_file(FUNCTION "/reset", "");
	tree_file(FUNCTION "/reset_method", "flr bus\n");
	MACHINE_PATH(syspath, "%s" FUNCTION, tree_root);
	path_set_root("/");
	dev.syspath = syspath;
	live_config(&dev);
	assert_int_equal(pipe(ends), 0);
	reset_prepare(&job, &result, true);
	reset_work(&job, ends[1]);
	assert_int_equal(read(ends[0], &report, sizeof(report)), sizeof(report));
	if (report.error.code)
		fail_msg("%s", report.error.message);
	assert_int_equal(report.n_writes, ARRAY_SIZE(wanted));
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		assert_string_equal(report.writes[i].name, wanted[i][0]);
		assert_string_equal(report.writes[i].value, wanted[i][1]);
	}
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_each_file_that_is_written_is_told, tree_setup,
						tree_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
