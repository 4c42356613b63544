/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cases without a device: do the host's own interfaces work and agree with each other?
 */
#include <errno.h>
#include <sys/mman.h>

#include "base/path.h"
#include "check/case.h"

#define MEMORY_SIZE 65536

/* A device class entry has a number exactly when it can be opened as a cdev. */
static bool check_device_entry(struct case_run *run, const char *name)
{
	bool has_cdev = path_exists("/sys/class/vfio-dev/%s/dev", name);
	bool physical = path_exists("/sys/class/vfio-dev/%s/device/iommu", name);

	if (run->host->ways.cdev == ANSWER_YES)
		return case_check(run, "look at the devices", has_cdev || !physical,
				  "%s has no cdev although cdevs are built", name);
	return case_check(run, "look at the devices", !has_cdev,
			  "%s has a cdev although none are built", name);
}

static void interfaces_agree(struct case_run *run)
{
	const struct host_ways *ways = &run->host->ways;
	scoped_dir DIR *dir = path_opendir("/sys/class/vfio-dev");
	const char *name;

	if (!case_check(run, "compare the group class with /proc/devices",
			(ways->group == ANSWER_YES) == path_exists("/sys/class/vfio"),
			"/proc/devices and /sys/class/vfio disagree about groups"))
		return;
	if (!case_check(run, "find a way to devices",
			ways->group == ANSWER_YES || ways->cdev == ANSWER_YES,
			"VFIO offers neither groups nor device cdevs"))
		return;
	while (dir && (name = path_next(dir)))
		if (!check_device_entry(run, name))
			return;
}

/* The value of an extension on a fresh container, -1 when it is not in the table. */
static int extension(const struct case_run *run, int number)
{
	for (size_t i = 0; i < KERNEL_EXTENSIONS; i++)
		if (kernel_extensions[i].number == number)
			return run->host->container.extensions[i];
	return -1;
}

static void container_answers(struct case_run *run)
{
	const struct kernel_container *container = &run->host->container;

	if (!case_check(run, "ask for the API version", container->api_version == 0,
			"the container's API version is %d instead of 0", container->api_version))
		return;
	case_check(run, "look for an IOMMU model",
		   extension(run, 1) > 0 || extension(run, 3) > 0 || extension(run, 8) > 0,
		   "the container has no IOMMU model: vfio_iommu_type1 is not loaded");
}

static void iommufd_knows_commands(struct case_run *run)
{
	scoped_fd int fd = iommufd_open();
	/* The commands that iommufd was born with. */
	const unsigned int first = 0x80, last = 0x88;

	if (!case_expect(run, "open /dev/iommu", 0, fd))
		return;
	for (unsigned int number = first; number <= last; number++)
		if (!case_check(run, "ask for the basic commands", iommufd_knows(fd, number) == 1,
				"command 0x%x is not known", number))
			return;
	case_check(run, "ask for a command that does not exist", iommufd_knows(fd, 0xff) == 0,
		   "command 0xff is taken for one");
}

static void map_and_unmap(struct case_run *run, int fd, uint32_t ioas, void *memory)
{
	uint64_t iova;

	if (!case_expect(run, "map", 0, iommufd_map(fd, ioas, memory, MEMORY_SIZE, &iova)))
		return;
	if (!case_expect(run, "unmap", 0, iommufd_unmap(fd, ioas, iova, MEMORY_SIZE)))
		return;
	if (!case_expect(run, "unmap again", -ENOENT, iommufd_unmap(fd, ioas, iova, MEMORY_SIZE)))
		return;
	case_expect(run, "destroy the address space", 0, iommufd_destroy(fd, ioas));
}

static void iommufd_maps_memory(struct case_run *run)
{
	void *memory =
		mmap(NULL, MEMORY_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	scoped_fd int fd = iommufd_open();
	uint32_t ioas = 0;

	if (memory == MAP_FAILED || !case_expect(run, "open /dev/iommu", 0, fd))
		return;
	if (case_expect(run, "make an address space", 0, iommufd_ioas_alloc(fd, &ioas)))
		map_and_unmap(run, fd, ioas, memory);
	munmap(memory, MEMORY_SIZE);
}

/* How many devices of VFIO's have the number of a cdev. */
static int count_cdevs(void)
{
	scoped_dir DIR *dir = path_opendir("/sys/class/vfio-dev");
	const char *name;
	int n = 0;

	while (dir && (name = path_next(dir)))
		n += path_exists("/sys/class/vfio-dev/%s/dev", name);
	return n;
}

/* What Debian's kernels are like, which have no iommufd, and all kernels before 6.6. */
static void groups_alone(struct case_run *run)
{
	int cdevs = count_cdevs();

	if (!case_check(run, "look for groups", run->host->ways.group == ANSWER_YES,
			"VFIO offers neither groups nor device cdevs"))
		return;
	if (!case_check(run, "look for a container",
			run->host->container.provider != KERNEL_CONTAINER_NONE,
			"nobody provides /dev/vfio/vfio, which groups want"))
		return;
	case_check(run, "look for cdevs", cdevs == 0 && !path_exists("/dev/vfio/devices"),
		   "there are cdevs (%d in sysfs), although none are built", cdevs);
}

const struct test_case cases_host[] = {
	{.id = "E01",
	 .statement = "CL10",
	 .basic = true,
	 .title = "The ways to devices that the kernel reports agree",
	 .promise = "/proc/devices, /sys/class/vfio and /sys/class/vfio-dev show the same ways.",
	 .paths = CASE_HOST,
	 .needs = CASE_NEEDS_VFIO,
	 .run = interfaces_agree},
	{.id = "E02",
	 .statement = "CL10",
	 .basic = true,
	 .title = "The container answers and has an IOMMU model",
	 .promise = "/dev/vfio/vfio speaks version 0 of its interface, whoever provides it.",
	 .paths = CASE_HOST,
	 .needs = CASE_NEEDS_CONTAINER,
	 .run = container_answers},
	{.id = "E03",
	 .statement = "IOM",
	 .basic = true,
	 .title = "iommufd knows its commands",
	 .promise = "A command that exists refuses a short argument, another is not known.",
	 .paths = CASE_HOST,
	 .needs = CASE_NEEDS_IOMMUFD,
	 .run = iommufd_knows_commands},
	{.id = "E09",
	 .statement = "IOM",
	 .basic = true,
	 .title = "iommufd maps memory into an address space",
	 .promise = "An address space takes and gives back mappings before any device uses it.",
	 .paths = CASE_HOST,
	 .needs = CASE_NEEDS_IOMMUFD,
	 .run = iommufd_maps_memory},
	{.id = "E08",
	 .statement = "CL10",
	 .title = "A kernel without cdevs has groups, and only these",
	 .promise = "Where device cdevs are not built, groups with a container are the way.",
	 .paths = CASE_HOST,
	 .needs = CASE_NEEDS_VFIO | CASE_NEEDS_NO_CDEV,
	 .run = groups_alone},
	{.id = NULL},
};
