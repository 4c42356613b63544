/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel layer as far as it goes without VFIO: reading what a kernel answers, and keeping away
 * from nodes that must not be opened. The rest is proved in the lab.
 */
#include <errno.h>

#include "base/path.h"
#include "kernel/abi_iommufd.h"
#include "kernel/ioctl.h"
#include "kernel/probe.h"
#include "kernel/vfio_backend.h"
#include "tests/unit/tree.h"

/* --- the allowed addresses of a container ----------------------------------------------- */

/* An answer to the container's GET_INFO: a capability to pass over, then the ranges. */
struct answer {
	struct k_type1_info info;
	struct k_type1_available other; /* what follows lies unaligned, as before Linux 6.6 */
	struct k_type1_iova_ranges ranges;
	struct k_range list[2];
} __attribute__((packed));

static struct answer good_answer(void)
{
	return (struct answer){
		.info = {.argsz = sizeof(struct answer),
			 .flags = K_TYPE1_INFO_CAPS | K_TYPE1_INFO_PAGE_SIZES,
			 .page_sizes = 0x201000,
			 .cap_offset = offsetof(struct answer, other)},
		.other = {.cap = {.id = K_TYPE1_CAP_AVAILABLE,
				  .version = 1,
				  .next = offsetof(struct answer, ranges)},
			  .count = 65535},
		.ranges = {.cap = {.id = K_TYPE1_CAP_IOVA_RANGE, .version = 1}, .count = 2},
		.list = {{0, 0xfedfffff}, {0xfef00000, UINT64_MAX}},
	};
}

static int parse(struct answer *answer, size_t size, struct iova_range *ranges, size_t room)
{
	const struct vfio_answer all = {.data = answer, .size = size};

	return vfio_container_parse_ranges(&all, ranges, room);
}

static int parse_limits(struct answer *answer, size_t size, struct vfio_limits *ret)
{
	const struct vfio_answer all = {.data = answer, .size = size};

	return vfio_container_parse_limits(&all, ret);
}

static void ranges_are_read(void **state)
{
	struct answer answer = good_answer();
	struct iova_range ranges[4] = {{0}};

	(void)state;
	assert_int_equal(parse(&answer, sizeof(answer), ranges, 4), 2);
	assert_int_equal(ranges[0].first, 0);
	assert_int_equal(ranges[0].last, 0xfedfffff);
	assert_int_equal(ranges[1].first, 0xfef00000);
	assert_true(ranges[1].last == UINT64_MAX);
	assert_int_equal(ranges[2].last, 0);
}

static void ranges_beyond_the_room_are_counted(void **state)
{
	struct answer answer = good_answer();
	struct iova_range ranges[2] = {{7, 7}, {7, 7}};

	(void)state;
	assert_int_equal(parse(&answer, sizeof(answer), ranges, 1), 2);
	assert_int_equal(ranges[0].last, 0xfedfffff);
	assert_int_equal(ranges[1].first, 7);
}

static void no_ranges_is_no_error_of_ours(void **state)
{
	struct answer answer = good_answer();
	struct iova_range ranges[2];

	(void)state;
	answer.info.flags = 0;
	assert_int_equal(parse(&answer, sizeof(answer), ranges, 2), -EOPNOTSUPP);
	answer = good_answer();
	answer.ranges.cap.id = 9;
	assert_int_equal(parse(&answer, sizeof(answer), ranges, 2), -EOPNOTSUPP);
}

static void a_circle_of_capabilities_ends(void **state)
{
	struct answer answer = good_answer();
	struct iova_range ranges[2];

	(void)state;
	answer.other.cap.next = offsetof(struct answer, other);
	assert_int_equal(parse(&answer, sizeof(answer), ranges, 2), -EOPNOTSUPP);
}

static void lies_about_size_are_refused(void **state)
{
	struct answer answer = good_answer();
	struct iova_range ranges[2];

	(void)state;
	/* Every shorter answer is either without ranges or in contradiction to itself. */
	for (size_t size = 0; size < sizeof(answer); size++)
		assert_true(parse(&answer, size, ranges, 2) < 0);
	answer.ranges.count = 3;
	assert_int_equal(parse(&answer, sizeof(answer), ranges, 2), -EPROTO);
	answer.ranges.count = UINT32_MAX;
	assert_int_equal(parse(&answer, sizeof(answer), ranges, 2), -EPROTO);
	answer = good_answer();
	answer.other.cap.next = UINT32_MAX;
	assert_int_equal(parse(&answer, sizeof(answer), ranges, 2), -EOPNOTSUPP);
}

static void limits_are_read(void **state)
{
	struct answer answer = good_answer();
	struct vfio_limits limits;

	(void)state;
	assert_int_equal(parse_limits(&answer, sizeof(answer), &limits), 0);
	assert_int_equal(limits.page_sizes, 0x201000);
	assert_int_equal(limits.mappings_left, 65535);
	answer.info.flags = 0;
	assert_int_equal(parse_limits(&answer, sizeof(answer), &limits), 0);
	assert_int_equal(limits.page_sizes, 0);
	assert_int_equal(limits.mappings_left, -1);
}

static void cut_limits_are_refused(void **state)
{
	struct answer answer = good_answer();
	struct vfio_limits limits = {.mappings_left = 17};

	(void)state;
	assert_int_equal(parse_limits(&answer, sizeof(answer.info) - 1, &limits), -EPROTO);
	/* The header of the capability is there, its value is not. */
	assert_int_equal(parse_limits(&answer, offsetof(struct answer, other.count), &limits),
			 -EPROTO);
	assert_int_equal(limits.mappings_left, 17);
}

/* --- ioctl ------------------------------------------------------------------------------ */

static void errors_are_negative_errnos(void **state)
{
	scoped_fd int null = path_open(O_RDWR, "/dev/null");
	uint32_t id = 17;

	(void)state;
	assert_true(null >= 0);
	assert_int_equal(kernel_ioctl_value(-1, K_GET_API_VERSION, 0), -EBADF);
	assert_int_equal(iommufd_knows(null, 0x81), 0);
	assert_int_equal(iommufd_ioas_alloc(null, &id), -ENOTTY);
	assert_int_equal(vfio_cdev_bind(null, null, &id), -ENOTTY);
	assert_int_equal(vfio_cdev_attach(null, &id), -ENOTTY);
	assert_int_equal(id, 17);
}

static void a_long_name_is_not_cut(void **state)
{
	char name[200];

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(vfio_group_get_device(-1, name), -ENAMETOOLONG);
	assert_int_equal(vfio_group_get_device(-1, "0000:03:00.0"), -EBADF);
}

/* --- nodes ------------------------------------------------------------------------------ */

static void a_way_without_nodes_is_not_opened(void **state)
{
	struct vfio_target nothing = {.name = "0000:03:00.0"};
	struct vfio_device dev = VFIO_DEVICE_NONE;

	(void)state;
	assert_int_equal(vfio_open(&dev, &nothing, VFIO_CDEV), -ENODEV);
	assert_int_equal(vfio_open(&dev, &nothing, VFIO_GROUP), -ENODEV);
	assert_null(dev.ops);
	assert_int_equal(dev.fd, -1);
	vfio_close(&dev);
}

static void a_captured_tree_is_not_asked(void **state)
{
	struct kernel_container container;
	struct kernel_iommufd iommufd;
	struct vfio_target target = {.name = "x",
				     .cdev = "/dev/vfio/devices/vfio0",
				     .group = "/dev/vfio/1",
				     .container = "/dev/vfio/vfio"};
	struct vfio_device dev;

	(void)state;
	tree_dir("/sys/class/misc/iommu");
	tree_dir("/sys/class/misc/vfio");
	kernel_probe_container(&container);
	assert_int_equal(container.provider, KERNEL_CONTAINER_NONE);
	assert_int_equal(container.api_version, -1);
	kernel_probe_iommufd(&iommufd);
	assert_true(iommufd.present);
	assert_int_equal(iommufd.noiommu_cdev, -1);
	for (size_t i = 0; i < KERNEL_COMMANDS; i++)
		assert_int_equal(iommufd.commands[i], -1);
	assert_int_equal(vfio_open(&dev, &target, VFIO_CDEV), -ENODEV);
	assert_int_equal(vfio_open(&dev, &target, VFIO_GROUP), -EXDEV);
}

static void commands_are_consecutive(void **state)
{
	(void)state;
	for (size_t i = 0; i < KERNEL_COMMANDS; i++)
		assert_int_equal(kernel_commands[i].number, K_IOMMUFD_FIRST + i);
	assert_null(kernel_commands[KERNEL_COMMANDS - 1].name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges_are_read),
		cmocka_unit_test(ranges_beyond_the_room_are_counted),
		cmocka_unit_test(no_ranges_is_no_error_of_ours),
		cmocka_unit_test(a_circle_of_capabilities_ends),
		cmocka_unit_test(lies_about_size_are_refused),
		cmocka_unit_test(limits_are_read),
		cmocka_unit_test(cut_limits_are_refused),
		cmocka_unit_test(errors_are_negative_errnos),
		cmocka_unit_test(a_long_name_is_not_cut),
		cmocka_unit_test(a_way_without_nodes_is_not_opened),
		tree_test(a_captured_tree_is_not_asked),
		cmocka_unit_test(commands_are_consecutive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
