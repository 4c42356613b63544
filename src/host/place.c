/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The device is the nearest one above, but for the disks of multipath NVMe: they hang below their
 * subsystem, which has a link to each controller. The controllers that are paths to a disk have a
 * hidden one for it, "nvme1c2n1" for "nvme1n1".
 *
 * What may stand for the device is asked of the nearest directory that is in a class or on a bus:
 * is there another of those on the device, neither above nor below of it?
 */
#include "host/place.h"

#include <limits.h>
#include <stdio.h>

#include "base/path.h"
#include "host/logical_name.h"
#include "host/vfio_driver.h"

/* --- the device ----------------------------------------------------------------------------- */

/* True for a directory of sysfs that is a PCI function or carries a VFIO device. */
static bool is_device(const char *path)
{
	char bus[64];

	if (path_link_name(bus, sizeof(bus), "%s/subsystem", path) < 0)
		return false;
	return streq(bus, "pci") || streq(bus, "mdev") || vfio_holds("%s", path);
}

/* Shortens a path until it names a device of ours. */
static bool climb(char *path)
{
	while (startswith(path, "/sys/devices/")) {
		if (is_device(path))
			return true;
		*strrchr(path, '/') = '\0';
	}
	return false;
}

/* What is below an NVMe subsystem. */
struct head {
	char subsystem[PATH_MAX];    /* its directory */
	char disk[DEVICE_NAME_SIZE]; /* "": all of it is meant */
};

static bool read_head(struct head *ret, const char *path)
{
	const char *name = startswith(path, "/sys/devices/virtual/nvme-subsystem/");
	const char *child = name ? strchr(name, '/') : NULL, *generic;
	size_t length;

	if (!name)
		return false;
	snprintf(ret->subsystem, sizeof(ret->subsystem), "%.*s",
		 (int)(child ? (size_t)(child - path) : strlen(path)), path);
	child = child ? child + 1 : "";
	length = strcspn(child, "/");
	generic = startswith(child, "ng"); /* its other node, for commands */
	snprintf(ret->disk, sizeof(ret->disk), "%s%.*s", generic ? "nvme" : "",
		 (int)(generic ? length - strlen("ng") : length), generic ? generic : child);
	if (!startswith(ret->disk, "nvme"))
		ret->disk[0] = '\0';
	return true;
}

/* True for a controller that is a path to the disk. */
static bool leads_to(const char *controller, const char *disk)
{
	scoped_dir DIR *dir = *disk ? path_opendir("%s", controller) : NULL;
	char shown[DEVICE_NAME_SIZE];
	const char *name;

	while (dir && (name = path_next(dir)))
		if (nvme_disk_of(shown, sizeof(shown), name) && streq(shown, disk))
			return true;
	return !*disk;
}

struct owners {
	char device[PATH_MAX]; /* the directory of the last one */
	char names[256];
	size_t count;
};

static void find_owners(struct owners *ret, const char *path)
{
	scoped_dir DIR *dir = NULL;
	struct head head;
	const char *name;

	*ret = (struct owners){.count = 0};
	if (!read_head(&head, path)) {
		snprintf(ret->device, sizeof(ret->device), "%s", path);
		ret->count = climb(ret->device);
		return;
	}
	dir = path_opendir("%s", head.subsystem);
	while (dir && (name = path_next(dir))) {
		char controller[PATH_MAX];

		if (path_resolve(controller, sizeof(controller), "%s/%s", head.subsystem, name) <
			    0 ||
		    !leads_to(controller, head.disk) || !climb(controller))
			continue;
		append(ret->names, sizeof(ret->names), "%s%s", ret->count++ ? ", " : "",
		       base_name(controller));
		memcpy(ret->device, controller, sizeof(ret->device));
	}
}

bool place_is_owned(const char *path)
{
	struct owners owners;

	find_owners(&owners, path);
	return owners.count > 0;
}

/* --- what stands for it --------------------------------------------------------------------- */

struct child {
	char path[PATH_MAX];
	char name[DEVICE_NAME_SIZE]; /* the disk's, for a path to one */
	char directory[PATH_MAX];    /* of all that are of its kind, and perhaps on other devices */
	bool is_drm;
};

/* "nvme1n1" for "nvme1c2n1", the name itself for all others. */
static void show_name(char *ret, size_t size, const char *name)
{
	if (!nvme_disk_of(ret, size, name))
		snprintf(ret, size, "%s", name);
}

/* Partitions are part of their disk, not a second one. */
static bool is_entry(const char *path)
{
	return path_exists("%s/subsystem", path) && !path_exists("%s/partition", path);
}

/* The nearest entry of a class or bus; false when the device or its subsystem itself is meant. */
static bool find_child(struct child *ret, const char *path, const char *device)
{
	char kind[64];
	struct head head;
	bool below = read_head(&head, path);
	size_t top = strlen(below ? head.subsystem : device);

	snprintf(ret->path, sizeof(ret->path), "%s", path);
	while (strlen(ret->path) > top && !is_entry(ret->path))
		*strrchr(ret->path, '/') = '\0';
	if (strlen(ret->path) <= top ||
	    path_link_name(kind, sizeof(kind), "%s/subsystem", ret->path) < 0)
		return false;
	show_name(ret->name, sizeof(ret->name), base_name(ret->path));
	if (below) {
		snprintf(kind, sizeof(kind), "block");
		memcpy(ret->name, head.disk, sizeof(ret->name));
	}
	ret->is_drm = streq(kind, "drm");
	snprintf(ret->directory, sizeof(ret->directory),
		 path_exists("/sys/class/%s", kind) ? "/sys/class/%s" : "/sys/bus/%s/devices",
		 kind);
	return true;
}

/* True when one of two paths is the other one or above of it. */
static bool is_one_branch(const char *a, const char *b)
{
	const char *longer = strlen(a) > strlen(b) ? a : b;
	const char *rest = startswith(longer, longer == a ? b : a);

	return rest && (*rest == '\0' || *rest == '/');
}

/* "card0", not "card0-HDMI-A-1". */
static bool is_card(const char *name)
{
	const char *number = startswith(name, "card");

	return number && *number && number[strspn(number, "0123456789")] == '\0';
}

/* Others of its kind on the same device: "eth1, eth2" for eth0. */
static size_t list_siblings(char *buf, size_t size, const struct child *child, const char *device)
{
	/* A display's connectors and render node belong to its card. */
	size_t own = child->is_drm && !is_card(child->name), count = 0;
	scoped_dir DIR *dir = path_opendir("%s", child->directory);
	char path[PATH_MAX], shown[DEVICE_NAME_SIZE];
	const char *name;

	while (dir && (name = path_next(dir))) {
		show_name(shown, sizeof(shown), name);
		if (streq(shown, child->name) || (child->is_drm && !is_card(name)) ||
		    path_exists("%s/%s/partition", child->directory, name))
			continue;
		if (path_resolve(path, sizeof(path), "%s/%s", child->directory, name) < 0 ||
		    is_one_branch(path, child->path) || !climb(path) || !streq(path, device))
			continue;
		append(buf, size, "%s%s", count++ ? ", " : "", shown);
	}
	return count > own ? count : 0;
}

/* --- together ------------------------------------------------------------------------------- */

static int refuse_siblings(struct error *err, const char *text, const char *name,
			   const char *siblings)
{
	error_set(err, STATUS_USAGE, 0, "ambiguous", text, "%s also carries %s", name, siblings);
	return error_remedy(err, "Name the function itself if all of them may go: %s", name);
}

static int refuse_several(struct error *err, const char *text, const struct owners *owners)
{
	error_set(err, STATUS_USAGE, 0, "ambiguous", text, "it belongs to %zu devices: %s",
		  owners->count, owners->names);
	return error_remedy(err, "Name one of them, or all.");
}

/* What is made of disks has their names below it. */
static int refuse_unowned(struct error *err, const char *text, const char *path)
{
	scoped_dir DIR *dir = path_opendir("%s/slaves", path);
	char names[256] = "";
	const char *name;

	error_set(err, STATUS_NO_DEVICE, 0, "no-such-device", text,
		  "it does not belong to a PCI function or VFIO device (%s)", path);
	while (dir && (name = path_next(dir)))
		append(names, sizeof(names), "%s%s", *names ? ", " : "", name);
	if (*names)
		return error_remedy(err, "Name what it is made of: %s.", names);
	return error_remedy(err, "`vfioctl list` shows the devices there are.");
}

int place_resolve(char ret[static DEVICE_NAME_SIZE], const char *text, const char *path,
		  enum resolve_for purpose, struct error *err)
{
	char siblings[256] = "";
	struct owners owners;
	struct child child;

	find_owners(&owners, path);
	if (owners.count == 0)
		return refuse_unowned(err, text, path);
	if (owners.count > 1)
		return refuse_several(err, text, &owners);
	if (purpose == RESOLVE_TO_CHANGE && find_child(&child, path, owners.device) &&
	    list_siblings(siblings, sizeof(siblings), &child, owners.device) > 0)
		return refuse_siblings(err, text, base_name(owners.device), siblings);
	snprintf(ret, DEVICE_NAME_SIZE, "%s", base_name(owners.device));
	return 0;
}
