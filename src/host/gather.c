/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/gather.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/sysmacros.h>

#include "base/path.h"
#include "host/inventory.h"
#include "host/vfio_driver.h"

#define DEVICE_PATH "/sys/bus/%s/devices/%s"

/* Where the attributes of the device that is being read live. */
struct source {
	struct arena *arena;
	const struct device *dev;
	int dir; /* the device's directory, or -1 */
};

static const char *read_string(const struct source *source, const char *attribute)
{
	char text[PATH_ATTR_MAX + 1];

	if (path_read_at(text, sizeof(text), source->dir, attribute) < 0)
		return NULL;
	return arena_strdup(source->arena, text);
}

/* An attribute of something that the device's directory holds or links to. */
static const char *read_string_below(const struct source *source, const char *path)
{
	char text[PATH_ATTR_MAX + 1];

	if (path_read(text, sizeof(text), DEVICE_PATH "/%s", source->dev->bus, source->dev->address,
		      path) < 0)
		return NULL;
	return arena_strdup(source->arena, text);
}

static int64_t read_number(const struct source *source, const char *attribute)
{
	int64_t value;

	return path_read_number_at(&value, source->dir, attribute) < 0 ? -1 : value;
}

static const char *read_link_name(const struct source *source, const char *attribute)
{
	char text[NAME_MAX + 1];

	if (path_link_name_at(text, sizeof(text), source->dir, attribute) < 0)
		return NULL;
	return arena_strdup(source->arena, text);
}

static int64_t parse_hex(const char *text)
{
	uint64_t value;

	return parse_number(text, 16, INT64_MAX, &value) == 0 ? (int64_t)value : -1;
}

/* "8086:10D3" into two numbers. */
static void parse_id_pair(char *text, int64_t *first, int64_t *second)
{
	char *colon = strchr(text, ':');

	if (!colon)
		return;
	*colon = '\0';
	*first = parse_hex(text);
	*second = parse_hex(colon + 1);
}

static void parse_uevent_line(struct device *dev, struct arena *arena, char *key, char *value)
{
	if (streq(key, "DRIVER"))
		dev->driver = arena_strdup(arena, value);
	else if (streq(key, "MODALIAS"))
		dev->modalias = arena_strdup(arena, value);
	else if (streq(key, "PCI_CLASS"))
		dev->class_id = parse_hex(value);
	else if (streq(key, "PCI_ID"))
		parse_id_pair(value, &dev->vendor_id, &dev->device_id);
	else if (streq(key, "PCI_SUBSYS_ID"))
		parse_id_pair(value, &dev->subvendor_id, &dev->subdevice_id);
}

/* One read of uevent gives class, ids, driver and modalias together. */
static int read_uevent(struct device *dev, const struct source *source)
{
	char text[PATH_ATTR_MAX + 1], *line, *rest = text;
	ssize_t n = path_read_at(text, sizeof(text), source->dir, "uevent");

	if (n < 0)
		return (int)n;
	while ((line = strsep(&rest, "\n"))) {
		char *equals = strchr(line, '=');

		if (!equals)
			continue;
		*equals = '\0';
		parse_uevent_line(dev, source->arena, line, equals + 1);
	}
	return 0;
}

/* The kernel prints a missing override as "(null)", on some buses as an empty line. */
static const char *read_override(const struct source *source)
{
	const char *text = read_string(source, "driver_override");

	return !text || streq(text, "(null)") || *text == '\0' ? NULL : text;
}

static void read_group(struct device *dev, const struct source *source)
{
	const char *group = read_link_name(source, "iommu_group");
	uint64_t number;

	if (group && parse_number(group, 10, INT_MAX, &number) == 0)
		dev->iommu_group = (int)number;
}

static void read_iommu(struct device *dev, const struct source *source)
{
	read_group(dev, source);
	dev->iommu_instance = read_link_name(source, "iommu");
	if (dev->iommu_instance)
		dev->iommu = IOMMU_PHYSICAL;
}

/* "252:0" */
static dev_t parse_device_number(char *text)
{
	char *colon = strchr(text, ':');
	uint64_t major_number, minor_number;

	if (!colon)
		return 0;
	*colon = '\0';
	if (parse_number(text, 10, UINT32_MAX, &major_number) < 0 ||
	    parse_number(colon + 1, 10, UINT32_MAX, &minor_number) < 0)
		return 0;
	return makedev((unsigned int)major_number, (unsigned int)minor_number);
}

static void read_cdev(struct device *dev, struct arena *arena)
{
	char number[64];

	/* The attribute is there only if the VFIO device has a character device of its own. */
	if (!dev->vfio_name ||
	    path_read(number, sizeof(number), "/sys/class/vfio-dev/%s/dev", dev->vfio_name) < 0)
		return;
	dev->cdev_number = parse_device_number(number);
	dev->cdev = arena_printf(arena, "/dev/vfio/devices/%s", dev->vfio_name);
	dev->modes |= MODE_CDEV;
}

/* Sets group_node; true when it is that of a group without an IOMMU. */
static bool read_group_node(struct device *dev, struct arena *arena)
{
	char group[32], entry[64];

	snprintf(group, sizeof(group), "%d", dev->iommu_group);
	if (dev->iommu_group < 0 || vfio_group_entry(entry, sizeof(entry), group) < 0)
		return false;
	dev->group_node = arena_printf(arena, "/dev/vfio/%s", entry);
	dev->modes |= MODE_GROUP;
	return vfio_group_number(entry) != entry;
}

static void read_vfio(struct device *dev, struct arena *arena, const struct vfio_entry *entry)
{
	bool noiommu;

	dev->is_vfio = true;
	dev->vfio_name = entry->name;
	read_cdev(dev, arena);
	noiommu =
		read_group_node(dev, arena) || (entry->name && startswith(entry->name, "noiommu-"));
	/* A VFIO device without IOMMU instance is mediated, unless it says that it has no IOMMU. */
	if (dev->iommu != IOMMU_PHYSICAL && !noiommu)
		dev->iommu = IOMMU_EMULATED;
}

/* sriov_numvfs would do, but reading it waits for the device lock; the links do not. */
static int count_vfs(const struct device *dev, const struct source *source)
{
	const char *name;
	int n = 0;

	if (dev->physfn || !path_exists_at(source->dir, "virtfn0"))
		return 0;
	scoped_dir DIR *dir = path_opendir(DEVICE_PATH, dev->bus, dev->address);

	while (dir && (name = path_next(dir)))
		n += startswith(name, "virtfn") != NULL;
	return n;
}

/* "0x00000000fe000000 0x00000000fe003fff 0x0000000000140204": flags as in linux/ioport.h. */
static bool parse_bar(struct bar *ret, int index, const char *line)
{
	enum {
		IORESOURCE_IO = 0x100,
		IORESOURCE_MEM = 0x200,
		IORESOURCE_PREFETCH = 0x2000,
		IORESOURCE_MEM_64 = 0x100000
	};
	unsigned long long start, end, flags;

	if (sscanf(line, "%llx %llx %llx", &start, &end, &flags) != 3 || end <= start)
		return false;
	*ret = (struct bar){
		.index = index,
		.start = start,
		.size = end - start + 1,
		.io = flags & IORESOURCE_IO,
		.prefetchable = flags & IORESOURCE_PREFETCH,
		.is64 = flags & IORESOURCE_MEM_64,
	};
	return flags & (IORESOURCE_IO | IORESOURCE_MEM);
}

static void read_bars(struct device_detail *detail, const struct source *source)
{
	enum { N_BARS = 7 };
	char text[PATH_ATTR_MAX + 1], *line, *rest = text;
	struct bar *bars = arena_alloc(source->arena, N_BARS * sizeof(*bars));

	if (!bars || path_read_at(text, sizeof(text), source->dir, "resource") < 0)
		return;
	for (int i = 0; i < N_BARS && (line = strsep(&rest, "\n")); i++)
		if (parse_bar(&bars[detail->n_bars], i, line))
			detail->n_bars++;
	detail->bars = bars;
}

static const struct device_detail *read_detail(const struct source *source)
{
	struct device_detail *detail = arena_alloc(source->arena, sizeof(*detail));

	if (!detail)
		return NULL;
	detail->reset_methods = read_string(source, "reset_method");
	detail->runtime_status = read_string_below(source, "power/runtime_status");
	detail->power_state = read_string(source, "power_state");
	detail->firmware_node = read_string_below(source, "firmware_node/path");
	detail->enable_count = read_number(source, "enable");
	detail->revision = read_number(source, "revision");
	detail->d3cold_allowed = read_number(source, "d3cold_allowed");
	detail->boot_vga = read_number(source, "boot_vga");
	detail->sriov_total = read_number(source, "sriov_totalvfs");
	/* Asking for the link's state reads config space, which would wake a sleeping device. */
	if (detail->runtime_status && streq(detail->runtime_status, "active")) {
		detail->link_speed = read_string(source, "current_link_speed");
		detail->link_width = read_string(source, "current_link_width");
	}
	read_bars(detail, source);
	return detail;
}

static const char *read_syspath(const struct source *source)
{
	char path[PATH_MAX];

	if (path_of(path, sizeof(path), source->dir) < 0)
		return NULL;
	return arena_strdup(source->arena, path);
}

void gather_device(struct device *ret, struct arena *arena, const struct vfio_entry *entry,
		   unsigned int needs)
{
	scoped_fd int dir = path_open(O_PATH | O_DIRECTORY, DEVICE_PATH, ret->bus, ret->address);
	struct source source = {.arena = arena, .dev = ret, .dir = dir < 0 ? -1 : dir};
	int r = dir < 0 ? dir : read_uevent(ret, &source);

	if (r == -ENOENT || r == -ENODEV) {
		ret->state = DEVICE_GONE;
		return;
	}
	ret->syspath = entry ? entry->syspath : read_syspath(&source);
	ret->driver_override = read_override(&source);
	ret->numa_node = (int)read_number(&source, "numa_node");
	ret->iommu = IOMMU_NONE;
	read_iommu(ret, &source);
	if (entry)
		read_vfio(ret, arena, entry);
	ret->physfn = read_link_name(&source, "physfn");
	ret->n_vfs = count_vfs(ret, &source);
	if (streq(ret->bus, "mdev"))
		ret->device_name = read_string_below(&source, "mdev_type/name");
	if (needs & NEED_DETAIL)
		ret->detail = read_detail(&source);
}

void gather_more(struct device *ret, struct arena *arena, unsigned int needs)
{
	scoped_fd int dir = path_open(O_PATH | O_DIRECTORY, DEVICE_PATH, ret->bus, ret->address);
	struct source source = {.arena = arena, .dev = ret, .dir = dir < 0 ? -1 : dir};

	if (dir == -ENOENT)
		ret->state = DEVICE_GONE;
	else if (needs & NEED_DETAIL)
		ret->detail = read_detail(&source);
}

void gather_locked(struct device *ret, struct arena *arena)
{
	scoped_fd int dir = path_open(O_PATH | O_DIRECTORY, DEVICE_PATH, ret->bus, ret->address);
	struct source source = {.arena = arena, .dev = ret, .dir = dir < 0 ? -1 : dir};

	ret->state = DEVICE_LOCKED;
	if (dir < 0)
		return;
	if (!ret->syspath)
		ret->syspath = read_syspath(&source);
	read_group(ret, &source);
	ret->iommu_instance = read_link_name(&source, "iommu");
}

bool device_is_bridge(const struct device *dev)
{
	enum {
		CLASS_BRIDGE_PCI = 0x0604,
		CLASS_BRIDGE_CARDBUS = 0x0607,
		CLASS_BRIDGE_PCI_SEMITRANSPARENT = 0x0609
	};
	int64_t class = dev->class_id >> 8;

	return class == CLASS_BRIDGE_PCI || class == CLASS_BRIDGE_CARDBUS ||
	       class == CLASS_BRIDGE_PCI_SEMITRANSPARENT;
}

/* Above a function on a root bus stands its host bridge, "pci0000:00", not another function. */
bool device_is_on_root_bus(const struct device *dev)
{
	const char *start = dev->syspath, *end = start ? strrchr(start, '/') : NULL;

	if (!end || end == start)
		return true;
	for (start = end; start > dev->syspath && start[-1] != '/'; start--)
		;
	return startswith(start, "pci") != NULL;
}
