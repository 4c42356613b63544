/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A word is tried as each kind in turn. Most end the same way: some directory in sysfs is found,
 * and place.c tells the device that it belongs to.
 */
#include "host/resolve.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/sysmacros.h>

#include "base/path.h"
#include "host/address.h"
#include "host/place.h"
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

static int resolve_sysfs(char *ret, const char *text, enum resolve_for purpose, struct error *err)
{
	char path[PATH_MAX];

	if (path_resolve(path, sizeof(path), "%s", text) < 0)
		return unknown(err, text);
	return place_resolve(ret, text, path, purpose, err);
}

/* "/dev/disk/by-id/...", "/dev/sg0": whatever has the number of a device. */
static int resolve_node(char *ret, const char *text, enum resolve_for purpose, struct error *err)
{
	char path[PATH_MAX];
	struct stat st;

	if (path_stat(&st, "%s", text) < 0)
		return unknown(err, text);
	if (!S_ISBLK(st.st_mode) && !S_ISCHR(st.st_mode)) {
		error_set(err, STATUS_NO_DEVICE, 0, "no-such-device", text, "it is no device node");
		return error_remedy(err, "`vfioctl list` shows the devices there are.");
	}
	if (path_resolve(path, sizeof(path), "/sys/dev/%s/%u:%u",
			 S_ISBLK(st.st_mode) ? "block" : "char", major(st.st_rdev),
			 minor(st.st_rdev)) < 0)
		return unknown(err, text);
	return place_resolve(ret, text, path, purpose, err);
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

/* "eth0", "nvme0n1", "/dev/sda1": an entry of a class below the function that is meant. */
static int resolve_name(char *ret, const char *text, enum resolve_for purpose, struct error *err)
{
	const char *node = startswith(text, "/dev/"), *name = startswith(text, "/dev/dri/");
	char path[PATH_MAX];

	name = name ? name : node ? node : text;
	for (size_t i = 0; valid_name(name) && i < ARRAY_SIZE(classes); i++)
		if (path_resolve(path, sizeof(path), "/sys/class/%s/%s", classes[i], name) > 0)
			return place_resolve(ret, text, path, purpose, err);
	if (valid_name(name) && device_directory(path, sizeof(path), name) == 0) {
		snprintf(ret, DEVICE_NAME_SIZE, "%s", name);
		return 0;
	}
	return node ? resolve_node(ret, text, purpose, err) : unknown(err, text);
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
		return resolve_sysfs(ret, text, purpose, err);
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
