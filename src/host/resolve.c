/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A word is tried as each kind in turn. All but PCI addresses end the same way: some directory in
 * sysfs is resolved, and from there the nearest parent that is a device of ours is taken.
 */
#include "host/resolve.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/sysmacros.h>

#include "base/path.h"
#include "host/address.h"
#include "host/suggest.h"
#include "host/vfio_driver.h"

static bool valid_name(const char *name)
{
	return *name && strlen(name) < DEVICE_NAME_SIZE && !strchr(name, '/') &&
	       !streq(name, ".") && !streq(name, "..");
}

int device_directory(char *ret, size_t size, const char *name)
{
	int n;

	if (path_exists("/sys/bus/pci/devices/%s", name)) {
		n = snprintf(ret, size, "/sys/bus/pci/devices/%s", name);
		return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
	}
	if (path_exists("/sys/bus/mdev/devices/%s", name)) {
		n = snprintf(ret, size, "/sys/bus/mdev/devices/%s", name);
		return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
	}

	/* A device of another bus is known only while VFIO holds it. */
	return vfio_find_device(ret, size, name);
}

/* True for a directory of sysfs that is a PCI function or carries a VFIO device. */
static bool is_device(const char *path)
{
	char bus[64];

	if (path_link_name(bus, sizeof(bus), "%s/subsystem", path) < 0)
		return false;
	return streq(bus, "pci") || streq(bus, "mdev") || vfio_holds("%s", path);
}

/* Shortens a resolved sysfs path until it names a device of ours. */
static bool climb_to_device(char *path)
{
	while (startswith(path, "/sys/devices/")) {
		if (is_device(path))
			return true;
		*strrchr(path, '/') = '\0';
	}
	return false;
}

static int unknown(struct error *err, const char *text)
{
	error_set(err, STATUS_NO_DEVICE, 0, "no-such-device", text, "no such device");
	if (suggest_device(err, text))
		return -1;
	return error_remedy(err, "`vfioctl list` shows the devices there are.");
}

static int malformed(struct error *err, const char *text)
{
	error_set(err, STATUS_USAGE, EINVAL, "bad-address", text, "not a PCI address");
	if (suggest_device(err, text))
		return -1;
	return error_remedy(err, "Write it as 0000:03:00.0 or 03:00.0.");
}

static int resolve_address(char *ret, const char *text, struct error *err)
{
	struct pci_address address;
	char name[PCI_ADDRESS_SIZE];

	if (pci_address_parse(&address, text) < 0)
		return malformed(err, text);
	pci_address_format(name, &address);
	if (!path_exists("/sys/bus/pci/devices/%s", name))
		return unknown(err, text);
	snprintf(ret, DEVICE_NAME_SIZE, "%s", name);
	return 0;
}

/* "card0", not "card0-HDMI-A-1". */
static bool is_card(const char *name)
{
	const char *number = startswith(name, "card");

	return number && *number && number[strspn(number, "0123456789")] == '\0';
}

/* Other entries of the same class on the same function: "eth1, eth2" for eth0. */
static size_t list_siblings(char *buf, size_t size, const char *class, const char *device,
			    const char *self)
{
	scoped_dir DIR *dir = path_opendir("/sys/class/%s", class);
	char path[PATH_MAX];
	size_t count = 0;
	const char *name;

	while (dir && (name = path_next(dir))) {
		/* Partitions are part of their disk, not a second one. */
		if (streq(name, self) || path_exists("/sys/class/%s/%s/partition", class, name))
			continue;
		/* A display's connectors and render node belong to its card. */
		if (streq(class, "drm") && !is_card(name))
			continue;
		if (path_resolve(path, sizeof(path), "/sys/class/%s/%s", class, name) < 0 ||
		    !climb_to_device(path) || !streq(path, device))
			continue;
		append(buf, size, "%s%s", count++ ? ", " : "", name);
	}
	return count;
}

static int refuse_ambiguous(struct error *err, const char *text, const char *name,
			    const char *siblings)
{
	error_set(err, STATUS_USAGE, 0, "ambiguous", text, "%s also carries %s", name, siblings);
	return error_remedy(err, "Name the function itself if all of them may go: %s", name);
}

/* "eth0", "nvme0n1", "/dev/sda1": an entry of a class below the function that is meant. */
static int resolve_class_entry(char *ret, const char *text, const char *class, const char *name,
			       enum resolve_for purpose, struct error *err)
{
	char path[PATH_MAX], device[PATH_MAX], siblings[256] = "";

	if (path_resolve(path, sizeof(path), "/sys/class/%s/%s", class, name) < 0)
		return 1;
	snprintf(device, sizeof(device), "%s", path);
	if (!climb_to_device(device)) {
		error_set(err, STATUS_NO_DEVICE, 0, "no-such-device", text,
			  "it does not belong to a PCI function or VFIO device (%s)", path);
		return -1;
	}
	if (path_exists("%s/partition", path)) { /* its disk is no second device */
		*strrchr(path, '/') = '\0';
		name = base_name(path);
	}
	if (purpose == RESOLVE_TO_CHANGE &&
	    list_siblings(siblings, sizeof(siblings), class, device, name) > 0)
		return refuse_ambiguous(err, text, base_name(device), siblings);
	snprintf(ret, DEVICE_NAME_SIZE, "%s", base_name(device));
	return 0;
}

/* "/dev/vfio/12": the group's only member, or an error that lists its members. */
static int resolve_group(char *ret, const char *text, const char *number, struct error *err)
{
	scoped_dir DIR *dir = path_opendir("/sys/kernel/iommu_groups/%s/devices", number);
	char members[256] = "", only[DEVICE_NAME_SIZE] = "";
	const char *name;
	int n = 0;

	if (!dir)
		return unknown(err, text);
	while ((name = path_next(dir))) {
		snprintf(only, sizeof(only), "%s", name);
		append(members, sizeof(members), "%s%s", n++ ? ", " : "", name);
	}
	if (n == 0)
		return unknown(err, text);
	if (n > 1) {
		error_set(err, STATUS_USAGE, 0, "ambiguous", text,
			  "IOMMU group %s has %d members: %s", number, n, members);
		return error_remedy(err, "Name one of them, or all.");
	}
	memcpy(ret, only, sizeof(only));
	return 0;
}

static int resolve_sysfs(char *ret, const char *text, struct error *err)
{
	char path[PATH_MAX];

	if (path_resolve(path, sizeof(path), "%s", text) < 0 || !climb_to_device(path))
		return unknown(err, text);
	snprintf(ret, DEVICE_NAME_SIZE, "%s", base_name(path));
	return 0;
}

static int resolve_vfio_node(char *ret, const char *text, const char *node, struct error *err)
{
	const char *cdev = startswith(node, "devices/");
	const char *group = startswith(node, "noiommu-") ? node + strlen("noiommu-") : node;
	char path[PATH_MAX];

	if (!cdev)
		return valid_name(group) ? resolve_group(ret, text, group, err)
					 : unknown(err, text);
	if (!valid_name(cdev) ||
	    path_resolve(path, sizeof(path), "/sys/class/vfio-dev/%s/device", cdev) < 0)
		return unknown(err, text);
	snprintf(ret, DEVICE_NAME_SIZE, "%s", base_name(path));
	return 0;
}

/* Whose entries stand for the device that they belong to. */
static const char *const classes[] = {"net", "block", "nvme", "drm", "infiniband"};

static int resolve_name(char *ret, const char *text, enum resolve_for purpose, struct error *err)
{
	const char *name = startswith(text, "/dev/dri/");
	char directory[PATH_MAX];

	name = name ? name : startswith(text, "/dev/");
	name = name ? name : text;
	if (!valid_name(name))
		return unknown(err, text);
	for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
		int r = resolve_class_entry(ret, text, classes[i], name, purpose, err);

		if (r <= 0)
			return r;
	}
	if (device_directory(directory, sizeof(directory), name) < 0)
		return unknown(err, text);
	snprintf(ret, DEVICE_NAME_SIZE, "%s", name);
	return 0;
}

/* "pci_0000_03_00_0", as libvirt names 0000:03:00.0. */
static bool libvirt_address(char ret[static PCI_ADDRESS_SIZE], const char *text)
{
	struct pci_address address;
	unsigned int domain, bus, device, function;
	int end = 0;

	if (sscanf(text, "pci_%x_%x_%x_%x%n", &domain, &bus, &device, &function, &end) != 4 ||
	    text[end] != '\0' || bus > 0xff || device > 0x1f || function > 7)
		return false;
	address = (struct pci_address){.domain = domain,
				       .bus = (uint8_t)bus,
				       .device = (uint8_t)device,
				       .function = (uint8_t)function};
	pci_address_format(ret, &address);
	return true;
}

static int libvirt_name(const char *text, const char *address, struct error *err)
{
	error_set(err, STATUS_USAGE, EINVAL, "bad-address", text, "that is libvirt's name");
	return error_remedy(err, "Write it as %s.", address);
}

/* Digits, colons and dots only: meant as a PCI address, rightly written or not. */
static bool looks_like_address(const char *text)
{
	return strchr(text, ':') && text[strspn(text, "0123456789abcdefABCDEF:.")] == '\0';
}

int device_resolve(char ret[static DEVICE_NAME_SIZE], const char *text, enum resolve_for purpose,
		   struct error *err)
{
	const char *node = startswith(text, "/dev/vfio/");
	char address[PCI_ADDRESS_SIZE];

	if (looks_like_address(text))
		return resolve_address(ret, text, err);
	if (startswith(text, "/sys/"))
		return resolve_sysfs(ret, text, err);
	if (node)
		return resolve_vfio_node(ret, text, node, err);
	if (libvirt_address(address, text))
		return libvirt_name(text, address, err);
	return resolve_name(ret, text, purpose, err);
}

/* --- all names ---------------------------------------------------------------------------- */

/* Looks up each entry of a directory, by its name behind a prefix. */
static void resolve_entries(const char *directory, const char *prefix)
{
	scoped_dir DIR *dir = path_opendir("%s", directory);
	const char *name;

	while (dir && (name = path_next(dir))) {
		char text[PATH_MAX], device[DEVICE_NAME_SIZE];
		struct error err = {.code = NULL};

		snprintf(text, sizeof(text), "%s%s", prefix, name);
		device_resolve(device, text, RESOLVE_TO_READ, &err);
	}
}

void device_resolve_all(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
		char directory[64];

		snprintf(directory, sizeof(directory), "/sys/class/%s", classes[i]);
		resolve_entries(directory, "");
	}
	resolve_entries("/sys/class/vfio-dev", "/dev/vfio/devices/");
	resolve_entries("/sys/class/vfio-dev", "/sys/class/vfio-dev/");
	resolve_entries("/sys/kernel/iommu_groups", "/dev/vfio/");
}
