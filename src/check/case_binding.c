/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/case_binding.h"

#include <errno.h>

#include "base/path.h"

bool case_driver_of(char *buf, size_t size, const char *syspath)
{
	if (path_link_name(buf, size, "%s/driver", syspath) >= 0)
		return true;
	*buf = '\0';
	return false;
}

int case_override(const struct device *dev, const char *driver)
{
	return path_write(driver ? driver : "\n", "%s/driver_override", dev->syspath);
}

int case_unbind(const struct device *dev)
{
	char driver[64];

	if (!case_driver_of(driver, sizeof(driver), dev->syspath))
		return 0;
	return path_write(dev->address, "/sys/bus/%s/drivers/%s/unbind", dev->bus, driver);
}

int case_bind_to(const struct device *dev, const char *driver)
{
	return path_write(dev->address, "/sys/bus/%s/drivers/%s/bind", dev->bus, driver);
}

int case_probe(const struct device *dev)
{
	return path_write(dev->address, "/sys/bus/%s/drivers_probe", dev->bus);
}

int case_rebind(const struct device *dev, const char *driver)
{
	char taken[64];
	int r = case_override(dev, driver);

	if (r >= 0)
		r = case_unbind(dev);
	if (r < 0 || driver)
		return r < 0 ? r : case_bind_to(dev, driver);
	r = case_probe(dev);
	if (r < 0)
		return r;
	return case_driver_of(taken, sizeof(taken), dev->syspath) ? 0 : -ENODEV;
}
