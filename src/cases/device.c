/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cases that hold on both ways to a device, once it answers.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>

#include "base/path.h"
#include "check/case.h"

#define MEMORY_SIZE 65536

/* Reads "MAJOR:MINOR". */
static bool read_number(dev_t *ret, const char *class, const char *name)
{
	unsigned int major, minor;
	char text[32];

	if (path_read(text, sizeof(text), "/sys/class/%s/%s/dev", class, name) < 0)
		return false;
	if (sscanf(text, "%u:%u", &major, &minor) != 2)
		return false;
	*ret = makedev(major, minor);
	return true;
}

static void node_is_the_devices(struct case_run *run)
{
	bool cdev = run->path == CASE_CDEV;
	const char *node = cdev ? run->target.cdev : run->target.group;
	struct stat st;
	dev_t number = 0;

	if (!case_check(run, "read the number in sysfs",
			read_number(&number, cdev ? "vfio-dev" : "vfio", base_name(node)),
			"sysfs knows no number for %s", node))
		return;
	if (!case_expect(run, "look at the node", 0, path_stat(&st, "%s", node)))
		return;
	case_check(run, "compare the numbers", S_ISCHR(st.st_mode) && st.st_rdev == number,
		   "%s is not the node of this device: it has number %u:%u, sysfs says %u:%u", node,
		   major(st.st_rdev), minor(st.st_rdev), major(number), minor(number));
}

/* Vendor and device id as the first four bytes of configuration space have them. */
static void config_is_the_devices(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	const struct device *known = run->device;
	uint8_t id[4] = {0};
	ssize_t n;

	if (!case_bind(run, &dev))
		return;
	n = vfio_device_read_config(dev.fd, id, sizeof(id), 0);
	if (!case_expect(run, "read configuration space", 0, (int)n))
		return;
	case_check(run, "compare the ids",
		   (id[0] | id[1] << 8) == known->vendor_id &&
			   (id[2] | id[3] << 8) == known->device_id,
		   "the device says %02x%02x:%02x%02x, sysfs says %04x:%04x", id[1], id[0], id[3],
		   id[2], (unsigned int)known->vendor_id, (unsigned int)known->device_id);
}

static void reset_as_told(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	struct vfio_info info = {0};

	if (!case_bind(run, &dev))
		return;
	if (!case_expect(run, "GET_INFO", 0, vfio_device_info(dev.fd, &info)))
		return;
	if (info.resettable)
		case_expect(run, "RESET", 0, vfio_device_reset(dev.fd));
	else if (!info.pci || run->device->iommu == IOMMU_EMULATED)
		case_skip(run, "the device does not say that it can be reset");
	else
		case_expect(run, "RESET of a function that has none", -EINVAL,
			    vfio_device_reset(dev.fd));
}

static void map_and_unmap(struct case_run *run, void *memory)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	uint64_t iova;

	if (!case_attach(run, &dev))
		return;
	if (!case_expect(run, "map", 0, dev.ops->map(&dev, memory, MEMORY_SIZE, &iova)))
		return;
	if (!case_expect(run, "unmap", 0, dev.ops->unmap(&dev, iova, MEMORY_SIZE)))
		return;
	if (!case_expect(run, "unmap what is not mapped", -ENOENT,
			 dev.ops->unmap(&dev, iova, MEMORY_SIZE)))
		return;
	case_expect(run, "map", 0, dev.ops->map(&dev, memory, MEMORY_SIZE, &iova));
}

static void memory_is_mapped(struct case_run *run)
{
	void *memory = mmap(NULL, MEMORY_SIZE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (!case_expect(run, "get memory", 0, memory == MAP_FAILED ? -errno : 0))
		return;
	map_and_unmap(run, memory);
	munmap(memory, MEMORY_SIZE);
}

/* --- the end ---------------------------------------------------------------------------- */

static void closes_and_opens(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;

	if (!case_attach(run, &dev))
		return;
	vfio_close(&dev);
	case_attach(run, &dev);
}

#define BOTH (CASE_CDEV | CASE_GROUP)

const struct test_case cases_device[] = {
	{.id = "E04",
	 .statement = "CL1",
	 .basic = true,
	 .title = "The node in /dev is this device's",
	 .promise = "The number of the node is the one that sysfs gives the device.",
	 .paths = BOTH,
	 .run = node_is_the_devices},
	{.id = "D01",
	 .statement = "IOM",
	 .basic = true,
	 .title = "The device tells who it is",
	 .promise = "Configuration space is readable and has the ids that sysfs shows.",
	 .paths = BOTH,
	 .needs = CASE_NEEDS_PCI,
	 .after = {"C05", "G04"},
	 .run = config_is_the_devices},
	{.id = "C27",
	 .statement = "IOM",
	 .basic = true,
	 .title = "The function resets if it said that it can",
	 .promise = "RESET works exactly when the device's info says so.",
	 .paths = BOTH,
	 .after = {"C05", "G04"},
	 .run = reset_as_told},
	{.id = "D02",
	 .statement = "IOM",
	 .basic = true,
	 .title = "Memory is mapped for the device, and unmapped",
	 .promise = "An address space takes a mapping and gives it back, once.",
	 .paths = BOTH,
	 .needs = CASE_NEEDS_MAPPING,
	 .after = {"C05", "G04"},
	 .run = memory_is_mapped},
	{.id = "C17",
	 .statement = "CL1",
	 .basic = true,
	 .title = "The device closes and opens again",
	 .promise = "Closing gives everything back: the next user finds the device free.",
	 .paths = BOTH,
	 .after = {"C05", "G04"},
	 .run = closes_and_opens},
	{.id = NULL},
};
