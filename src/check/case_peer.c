/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The devices of a case: where they are found, and which of those that the user named stand in a
 * certain relation to the one that is tested.
 */
#include "base/path.h"
#include "check/case.h"

static bool find_name(char *buf, size_t size, const char *syspath)
{
	scoped_dir DIR *dir = path_opendir("%s/vfio-dev", syspath);
	const char *name = dir ? path_next(dir) : NULL;

	*buf = 0;
	return name && append(buf, size, "%s", name);
}

bool case_vfio_name(char *buf, size_t size, const struct device *dev)
{
	return find_name(buf, size, dev->syspath);
}

static void find_cdev(char *buf, size_t size, const char *syspath)
{
	char name[48];

	*buf = 0;
	if (find_name(name, sizeof(name), syspath) &&
	    path_exists("%s/vfio-dev/%s/dev", syspath, name))
		append(buf, size, "/dev/vfio/devices/%s", name);
}

static void find_group(char *buf, size_t size, const char *syspath)
{
	static const char *const prefixes[] = {"", "noiommu-"};
	char group[32];

	*buf = 0;
	if (path_link_name(group, sizeof(group), "%s/iommu_group", syspath) < 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(prefixes) && !*buf; i++)
		if (path_exists("/sys/class/vfio/%s%s", prefixes[i], group))
			append(buf, size, "/dev/vfio/%s%s", prefixes[i], group);
}

void case_find_nodes(struct case_nodes *ret, const char *syspath)
{
	find_cdev(ret->cdev, sizeof(ret->cdev), syspath);
	find_group(ret->group, sizeof(ret->group), syspath);
}

/* Where no container is provided, an iommufd does as one. */
static const char *container_of_host(const struct case_host *host)
{
	return host->container.provider == KERNEL_CONTAINER_NONE ? "/dev/iommu" : "/dev/vfio/vfio";
}

void case_find(struct case_nodes *nodes, struct vfio_target *ret, const struct case_host *host,
	       const struct device *dev)
{
	case_find_nodes(nodes, dev->syspath);
	*ret = (struct vfio_target){
		.name = dev->address,
		.cdev = *nodes->cdev ? nodes->cdev : NULL,
		.group = *nodes->group ? nodes->group : NULL,
		.container = container_of_host(host),
		.noiommu = dev->iommu == IOMMU_NONE,
	};
}

static bool is_sibling(const struct device *dev, const struct device *other)
{
	return dev->iommu_group >= 0 && dev->iommu_group == other->iommu_group;
}

static bool is_stranger(const struct device *dev, const struct device *other)
{
	return dev->iommu_group >= 0 && dev->iommu_group != other->iommu_group &&
	       dev->iommu == other->iommu;
}

static bool is_pf(const struct device *dev, const struct device *other)
{
	return dev->physfn && streq(dev->physfn, other->address);
}

static bool is_vf(const struct device *dev, const struct device *other)
{
	return is_pf(other, dev);
}

static bool (*const relations[])(const struct device *dev, const struct device *other) = {
	[CASE_SIBLING] = is_sibling,
	[CASE_STRANGER] = is_stranger,
	[CASE_PF] = is_pf,
	[CASE_VF] = is_vf,
};

const struct device *case_peer(const struct case_run *run, enum case_relation relation)
{
	for (size_t i = 0; run->device && i < run->n_named; i++) {
		const struct device *other = &run->named[i];

		if (!streq(other->address, run->device->address) &&
		    relations[relation](run->device, other))
			return other;
	}
	return NULL;
}
