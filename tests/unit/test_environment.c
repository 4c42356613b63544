/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a program is told of its devices. */
#include "cli/environment.h"
#include "tests/unit/tree.h"

static const struct device devices[] = {
	{.address = "0000:03:00.0",
	 .driver = "vfio-pci",
	 .iommu_group = 16,
	 .cdev = "/dev/vfio/devices/vfio0",
	 .group_node = "/dev/vfio/16"},
	{.address = "0000:04:00.0", .driver = "mlx5_vfio_pci", .iommu_group = -1},
};
static const struct device *const list[] = {&devices[0], &devices[1]};

static char **environment;

static void make(char *const *inherited, const struct given *given)
{
	environment = environment_make(inherited, given);
	assert_non_null(environment);
}

static const char *value_of(const char *name)
{
	for (size_t i = 0; environment[i]; i++) {
		const char *rest = startswith(environment[i], name);

		if (rest && *rest == '=')
			return rest + 1;
	}
	return NULL;
}

static void is(const char *name, const char *wanted)
{
	const char *value = value_of(name);

	if (!streq_null(value, wanted))
		fail_msg("%s is %s instead of %s", name, value, wanted);
}

static size_t count(void)
{
	size_t n = 0;

	while (environment[n])
		n++;
	return n;
}

static void test_all_that_is_known(void **state)
{
	static const int fds[] = {5, 6};
	static const struct {
		const char *name, *value;
	} wanted[] = {
		{"VFIOCTL_COUNT", "2"},
		{"VFIOCTL_DEVICES", "0000:03:00.0 0000:04:00.0"},
		{"VFIOCTL_ADDRESS", "0000:03:00.0"},
		{"VFIOCTL_ADDRESS_0", "0000:03:00.0"},
		{"VFIOCTL_ADDRESS_1", "0000:04:00.0"},
		{"VFIOCTL_DRIVER", "vfio-pci"},
		{"VFIOCTL_DRIVER_0", "vfio-pci"},
		{"VFIOCTL_DRIVER_1", "mlx5_vfio_pci"},
		{"VFIOCTL_CDEV", "/dev/vfio/devices/vfio0"},
		{"VFIOCTL_CDEV_0", "/dev/vfio/devices/vfio0"},
		{"VFIOCTL_GROUP", "16"},
		{"VFIOCTL_GROUP_0", "16"},
		{"VFIOCTL_GROUP_NODE", "/dev/vfio/16"},
		{"VFIOCTL_GROUP_NODE_0", "/dev/vfio/16"},
		{"VFIOCTL_CDEV_FD", "5"},
		{"VFIOCTL_CDEV_FD_0", "5"},
		{"VFIOCTL_CDEV_FD_1", "6"},
		{"VFIOCTL_IOMMU", "/dev/iommu"},
		{"VFIOCTL_CONTAINER", "/dev/vfio/vfio"},
		{"VFIOCTL_IOMMU_FD", "7"},
	};

	(void)state;
	make((char *[]){NULL}, &(struct given){.devices = list,
					       .cdev_fds = fds,
					       .count = 2,
					       .iommu_fd = 7,
					       .iommu = "/dev/iommu",
					       .container = "/dev/vfio/vfio"});
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		is(wanted[i].name, wanted[i].value);
	/* And nothing else: what is not known is no empty string. */
	assert_int_equal(count(), ARRAY_SIZE(wanted));
	environment_free(environment);
}

static void test_what_there_is_not(void **state)
{
	(void)state;
	make((char *[]){NULL}, &(struct given){.devices = list, .count = 1, .iommu_fd = -1});
	is("VFIOCTL_COUNT", "1");
	is("VFIOCTL_CDEV", "/dev/vfio/devices/vfio0");
	is("VFIOCTL_CDEV_FD", NULL);
	is("VFIOCTL_IOMMU", NULL);
	is("VFIOCTL_IOMMU_FD", NULL);
	is("VFIOCTL_CONTAINER", NULL);
	environment_free(environment);
}

static void test_an_outer_run_leaves_nothing(void **state)
{
	char *inherited[] = {
		"PATH=/bin",
		"VFIOCTL_CDEV=/dev/vfio/devices/vfio9",
		"VFIOCTL_CDEV_0=x",
		"VFIOCTL_CDEV_12=x",
		"VFIOCTL_CDEV_FD=9",
		"VFIOCTL_CDEV_FD_1=9",
		"VFIOCTL_IOMMU_FD=9",
		"VFIOCTL_DEVICES=x y",
		"VFIOCTL=mine",
		"VFIOCTL_CDEV_X=mine",
		"VFIOCTL_CDEV_=mine",
		"VFIOCTL_COUNT_1=mine",
		"VFIOCTL_LAB=mine",
		"XVFIOCTL_CDEV=mine",
		"EMPTY=",
		NULL,
	};

	(void)state;
	make(inherited, &(struct given){.devices = list, .count = 0, .iommu_fd = -1});
	is("PATH", "/bin");
	is("EMPTY", "");
	for (size_t i = 8; i < 14; i++) {
		char name[32];

		snprintf(name, sizeof(name), "%.*s", (int)strcspn(inherited[i], "="), inherited[i]);
		is(name, "mine");
	}
	is("VFIOCTL_COUNT", "0");
	is("VFIOCTL_DEVICES", "");
	assert_int_equal(count(), 10);
	environment_free(environment);
}

/* Each is named once, and help has something to say of it. */
static void test_the_table(void **state)
{
	(void)state;
	for (const struct variable *variable = variables; variable->name; variable++) {
		assert_non_null(startswith(variable->name, "VFIOCTL_"));
		assert_non_null(variable->help);
		for (const struct variable *other = variables; other != variable; other++)
			assert_string_not_equal(other->name, variable->name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_that_is_known),
		cmocka_unit_test(test_what_there_is_not),
		cmocka_unit_test(test_an_outer_run_leaves_nothing),
		cmocka_unit_test(test_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
