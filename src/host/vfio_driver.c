/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/vfio_driver.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "base/path.h"

#define NOIOMMU "noiommu-"

bool vfio_has_device_class(void)
{
	return path_exists("/sys/class/vfio-dev");
}

const char *vfio_group_number(const char *entry)
{
	const char *number = startswith(entry, NOIOMMU);

	return number ? number : entry;
}

int vfio_group_entry(char *ret, size_t size, const char *group)
{
	static const char *const prefixes[] = {"", NOIOMMU};

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		if (!path_exists("/sys/class/vfio/%s%s", prefixes[i], group))
			continue;
		snprintf(ret, size, "%s%s", prefixes[i], group);
		return 0;
	}
	return -ENOENT;
}

/* True for the modules that use symbols of vfio: themselves, or through another that does. */
static bool uses_vfio(const char *module)
{
	scoped_dir DIR *dir = path_opendir("/sys/module/vfio/holders");
	const char *user;

	while (dir && (user = path_next(dir)))
		if (streq(user, module) || path_exists("/sys/module/%s/holders/%s", user, module))
			return true;
	return false;
}

bool vfio_is_driver_name(const char *name)
{
	return name && strstr(name, "vfio");
}

static bool has_vfio_driver(const char *device)
{
	char driver[NAME_MAX + 1], name[NAME_MAX + 1];

	if (path_link_name(driver, sizeof(driver), "%s/driver", device) < 0)
		return false;
	if (vfio_is_driver_name(driver))
		return true;
	if (path_link_name(name, sizeof(name), "%s/subsystem", device) > 0 && streq(name, "mdev"))
		return true;
	return path_link_name(name, sizeof(name), "%s/driver/module", device) > 0 &&
	       uses_vfio(name);
}

static bool has_group_node(const char *device)
{
	char group[NAME_MAX + 1], entry[NAME_MAX + 1];

	return path_link_name(group, sizeof(group), "%s/iommu_group", device) > 0 &&
	       vfio_group_entry(entry, sizeof(entry), group) == 0;
}

bool vfio_holds(const char *fmt, ...)
{
	char device[PATH_MAX];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(device, sizeof(device), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(device))
		return false;
	if (path_exists("%s/vfio-dev", device))
		return true;
	return !vfio_has_device_class() && has_group_node(device) && has_vfio_driver(device);
}

static int find_by_class(char *ret, size_t size, const char *name)
{
	scoped_dir DIR *dir = path_opendir("/sys/class/vfio-dev");
	const char *entry;

	while (dir && (entry = path_next(dir)))
		if (path_resolve(ret, size, "/sys/class/vfio-dev/%s/device", entry) > 0 &&
		    streq(base_name(ret), name))
			return 0;
	return -ENODEV;
}

static int find_by_group(char *ret, size_t size, const char *name)
{
	scoped_dir DIR *dir = path_opendir("/sys/class/vfio");
	const char *entry;

	while (dir && (entry = path_next(dir)))
		if (path_resolve(ret, size, "/sys/kernel/iommu_groups/%s/devices/%s",
				 vfio_group_number(entry), name) > 0 &&
		    vfio_holds("%s", ret))
			return 0;
	return -ENODEV;
}

int vfio_find_device(char *ret, size_t size, const char *name)
{
	return vfio_has_device_class() ? find_by_class(ret, size, name)
				       : find_by_group(ret, size, name);
}
