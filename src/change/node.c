/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/node.h"

#include <errno.h>
#include <libudev.h>
#include <limits.h>
#include <stdio.h>
#include <sys/sysmacros.h>
#include <time.h>

#include "base/path.h"
#include "host/vfio_driver.h"

/* One node: where it will be, and its entry in sysfs. */
struct node {
	char path[256];
	char syspath[PATH_MAX];
};

static bool find_cdev(struct node *node, const struct device *dev)
{
	scoped_dir DIR *dir =
		path_opendir("/sys/bus/%s/devices/%s/vfio-dev", dev->bus, dev->address);
	const char *name = dir ? path_next(dir) : NULL;

	if (!name || !path_exists("/sys/class/vfio-dev/%s/dev", name))
		return false;
	snprintf(node->path, sizeof(node->path), "/dev/vfio/devices/%s", name);
	return path_resolve(node->syspath, sizeof(node->syspath), "/sys/class/vfio-dev/%s", name) >
	       0;
}

static bool find_group(struct node *node, const struct device *dev)
{
	char group[32], entry[64];

	if (path_link_name(group, sizeof(group), "/sys/bus/%s/devices/%s/iommu_group", dev->bus,
			   dev->address) < 0 ||
	    vfio_group_entry(entry, sizeof(entry), group) < 0)
		return false;
	snprintf(node->path, sizeof(node->path), "/dev/vfio/%s", entry);
	return path_resolve(node->syspath, sizeof(node->syspath), "/sys/class/vfio/%s", entry) > 0;
}

/* udevd has finished with the device, or there is no udevd. Its own record of the node answers most
 * of the times, and libudev, which looks at two dozen files, the others. */
static bool is_settled(struct udev *udev, const char *syspath, dev_t number)
{
	struct udev_device *device;
	bool settled;

	if (path_exists("/run/udev/data/c%u:%u", major(number), minor(number)) ||
	    !path_exists("/run/udev/control"))
		return true;
	device = udev_device_new_from_syspath(udev, syspath);
	settled = device && udev_device_get_is_initialized(device);
	udev_device_unref(device);
	return settled;
}

static bool is_ready(struct udev *udev, const struct node *node)
{
	struct stat st;

	return path_stat(&st, "%s", node->path) == 0 && S_ISCHR(st.st_mode) &&
	       is_settled(udev, node->syspath, st.st_rdev);
}

static int missing(const struct device *dev, const struct node *node, struct error *err)
{
	if (!vfio_holds("/sys/bus/%s/devices/%s", dev->bus, dev->address)) {
		error_set(err, STATUS_FAILED, ENODEV, "not-bound", dev->address,
			  "it was bound, and was taken away or lost its driver before its node %s "
			  "appeared",
			  node->path);
		return error_remedy(err, "The kernel log may say why.");
	}
	error_set(err, STATUS_TIMEOUT, ETIMEDOUT, "node-missing", dev->address,
		  "it is bound, but its node %s did not appear in time", node->path);
	return error_remedy(err, "Is devtmpfs mounted on /dev, and does udev run?");
}

/* The longer it takes, the less often it is looked at: udevd needs the processor for itself. */
static void pause_after(int64_t waited_ms)
{
	enum { SHORTEST_MS = 5, LONGEST_MS = 100, SHARE = 8, MS_NS = 1000 * 1000 };
	int64_t ms = SHORTEST_MS + waited_ms / SHARE;

	nanosleep(&(struct timespec){.tv_nsec = (ms < LONGEST_MS ? ms : LONGEST_MS) * MS_NS}, NULL);
}

int node_wait(const struct device *dev, int64_t timeout_ms, struct error *err)
{
	int64_t begin = now_ms();
	struct udev *udev = udev_new();
	struct node nodes[2];
	size_t count = 0;

	if (vfio_holds("/sys/bus/%s/devices/%s", dev->bus, dev->address)) {
		count += find_cdev(&nodes[count], dev);
		count += find_group(&nodes[count], dev);
	}
	for (size_t i = 0; i < count;) {
		if (is_ready(udev, &nodes[i])) {
			i++;
			continue;
		}
		if (!vfio_holds("/sys/bus/%s/devices/%s", dev->bus, dev->address) ||
		    now_ms() - begin >= timeout_ms) {
			udev_unref(udev);
			return missing(dev, &nodes[i], err);
		}
		pause_after(now_ms() - begin);
	}
	udev_unref(udev);
	return 0;
}

void node_wait_for_udev(int64_t timeout_ms)
{
	enum { PATIENCE_MS = 5000 };
	const struct timespec pause = {.tv_nsec = 5 * 1000 * 1000};
	int64_t deadline = now_ms() + (timeout_ms < PATIENCE_MS ? timeout_ms : PATIENCE_MS);

	/* The kernel's events reach udevd a moment after what they are about. */
	do
		nanosleep(&pause, NULL);
	while (path_exists("/run/udev/queue") && now_ms() < deadline);
}

void node_wait_for_rules(void)
{
	enum { INTERVAL_MS = 3200, SECOND_MS = 1000, MS_NS = 1000 * 1000 };
	struct timespec now;
	struct stat st;
	int64_t age;

	if (!path_exists("/run/udev/control") || path_stat(&st, "/run/udev/rules.d") < 0 ||
	    clock_gettime(CLOCK_REALTIME, &now) < 0)
		return;
	age = (now.tv_sec - st.st_mtim.tv_sec) * SECOND_MS +
	      (now.tv_nsec - st.st_mtim.tv_nsec) / MS_NS;
	/* A clock that was set back says nothing. */
	if (age < 0 || age >= INTERVAL_MS)
		return;
	now = (struct timespec){.tv_sec = (INTERVAL_MS - age) / SECOND_MS,
				.tv_nsec = (INTERVAL_MS - age) % SECOND_MS * MS_NS};
	nanosleep(&now, NULL);
}
