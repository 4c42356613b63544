/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/case_mdev_own.h"

#include <errno.h>
#include <stdio.h>

#include "base/path.h"

/* "vfictl" in ASCII, and version 8 of RFC 9562: a UUID whose rest means what its maker wants. */
#define UUID_PREFIX "76666963-746c-8000-8000-"

int case_mdev_available(const struct device *mdev)
{
	int64_t available;
	int r = path_read_number(&available, "%s/mdev_type/available_instances", mdev->syspath);

	return r < 0 ? r : (int)available;
}

void case_mdev_uuid(char buf[CASE_UUID_SIZE], unsigned int index)
{
	snprintf(buf, CASE_UUID_SIZE, UUID_PREFIX "%08x%04x", (unsigned int)getppid(),
		 index & 0xffff);
}

int case_mdev_create_as(const struct device *mdev, const char *text)
{
	return path_write(text, "%s/mdev_type/create", mdev->syspath);
}

int case_mdev_create(struct case_mdev *ret, const struct device *mdev, unsigned int index)
{
	int parent = (int)(base_name(mdev->syspath) - mdev->syspath);

	case_mdev_uuid(ret->uuid, index);
	snprintf(ret->syspath, sizeof(ret->syspath), "%.*s%s", parent, mdev->syspath, ret->uuid);
	ret->device = *mdev;
	ret->device.address = ret->uuid;
	ret->device.syspath = ret->syspath;
	return case_mdev_create_as(mdev, ret->uuid);
}

int case_mdev_remove(const char *uuid)
{
	return path_write("1", "/sys/bus/mdev/devices/%s/remove", uuid);
}

/* Somebody else is removing it. */
static bool is_on_its_way(int r)
{
	return r == -ENOENT || r == -ENODEV || r == -EAGAIN;
}

int case_mdev_remove_all(pid_t runner)
{
	scoped_dir DIR *dir = path_opendir("/sys/bus/mdev/devices");
	char prefix[CASE_UUID_SIZE];
	const char *name;
	int first = 0;

	snprintf(prefix, sizeof(prefix), UUID_PREFIX "%08x", (unsigned int)runner);
	while (dir && (name = path_next(dir))) {
		int r = startswith(name, prefix) ? case_mdev_remove(name) : 0;

		if (r < 0 && !is_on_its_way(r) && first == 0)
			first = r;
	}
	return first;
}
