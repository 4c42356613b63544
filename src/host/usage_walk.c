/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Everything below a function that can be in use: a walk through its directory in sysfs. Links are
 * not followed, other PCI functions (below a bridge) are not entered. The namespaces of a multipath
 * NVMe subsystem hang elsewhere, so that directory is walked too.
 */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/sysmacros.h>

#include "base/path.h"
#include "host/address.h"
#include "host/logical_name.h"
#include "host/usage_internal.h"
#include "host/vfio_driver.h"

/* The deepest real ones are disks behind a row of USB hubs: about 20. */
enum { MAX_DEPTH = 32, MAX_DIRECTORIES = 50000 };

struct walk {
	struct look *look;
	char path[PATH_MAX]; /* of the directory at hand */
	size_t n_directories;
	bool cut;
};

static struct node *add_node(struct walk *walk, enum node_kind kind, dev_t number)
{
	struct node *node = look_add_node(walk->look, kind, number, walk->path);

	walk->cut |= !node;
	return node;
}

/* The kernel writes '!' for '/' in the names of block devices. */
static const char *block_name(struct arena *arena, const char *name)
{
	char *copy = (char *)(uintptr_t)arena_strdup(arena, name);

	for (char *p = copy; p && *p; p++)
		if (*p == '!')
			*p = '/';
	return copy ? copy : name;
}

/* The directory at hand has a "dev" attribute. */
static void look_at_dev(struct walk *walk)
{
	char text[32], subsystem[64] = "";
	unsigned int major_number, minor_number;
	struct node *node;
	bool block;

	if (path_read(text, sizeof(text), "%s/dev", walk->path) < 0 ||
	    sscanf(text, "%u:%u", &major_number, &minor_number) != 2)
		return;
	path_link_name(subsystem, sizeof(subsystem), "%s/subsystem", walk->path);
	block = streq(subsystem, "block");
	node = add_node(walk, block ? NODE_BLOCK : NODE_CHAR, makedev(major_number, minor_number));
	if (!node || !block)
		return;
	node->partition = path_exists("%s/partition", walk->path);
	node->name = block_name(walk->look->survey->arena, node->name);
}

/* The directory at hand is that of a VFIO device: the function itself, or an mdev below it. */
static void look_at_vfio(struct walk *walk)
{
	struct holder_target target;
	struct node *node;

	holder_target_vfio(&target, walk->path);
	node = add_node(walk, NODE_VFIO, target.number);
	if (node)
		node->group = target.group;
}

static void add_interface(struct walk *walk, const char *name, const char *parent)
{
	struct interface *interface;
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%.3000s/%s", walk->path, name ? name : "");
	interface = look_add_interface(walk->look, path);
	walk->cut |= !interface;
	if (!interface)
		return;
	interface->parent = parent;
	interface->lost = !name;
}

/* The name of the device whose "net" directory is at hand. */
static const char *name_above(const struct walk *walk)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s", walk->path);
	path[strlen(path) - strlen("/net")] = '\0';
	return arena_strdup(walk->look->survey->arena, base_name(path));
}

/*
 * The directory at hand is a "net" one. Sysfs lists only the interfaces of its own network
 * namespace in there, but counts all of them as links of the directory.
 */
static void look_at_net(struct walk *walk)
{
	scoped_dir DIR *dir = path_opendir("%s", walk->path);
	const char *parent = name_above(walk), *name;
	size_t visible = 0;
	struct stat st;

	while (dir && (name = path_next(dir))) {
		add_interface(walk, name, parent);
		visible++;
	}
	if (path_stat(&st, "%s", walk->path) < 0)
		return;
	if (visible == 0 || (path_is_live() && st.st_nlink > visible + 2))
		add_interface(walk, NULL, parent);
}

/* Directories without device nodes that there are many of. */
static bool is_barren(const char *name)
{
	static const char *const names[] = {"power", "msi_irqs", "statistics", "queues", "mq"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (streq(name, names[i]))
			return true;
	return false;
}

static bool is_function(const char *name)
{
	struct pci_address address;

	return strlen(name) >= strlen("0000:00:00.0") && pci_address_parse(&address, name) == 0;
}

/* "input7": what has no node where nobody loaded the driver that makes one. */
static bool is_input(const char *name)
{
	const char *digits = startswith(name, "input");

	return digits && isdigit((unsigned char)*digits);
}

static bool is_type(const struct walk *walk, const char *name, unsigned char type,
		    unsigned char wanted)
{
	struct stat st;

	if (type != DT_UNKNOWN)
		return type == wanted;
	return path_lstat(&st, "%s/%s", walk->path, name) == 0 && IFTODT(st.st_mode) == wanted;
}

static void walk_directory(struct walk *walk, int depth);

static void enter(struct walk *walk, const char *name, int depth)
{
	size_t used = strlen(walk->path);

	if (!append(walk->path, sizeof(walk->path), "/%s", name)) {
		walk->cut = true;
	} else if (streq(name, "net")) {
		look_at_net(walk);
	} else {
		if (is_input(name))
			add_node(walk, NODE_INPUT, 0);
		walk_directory(walk, depth + 1);
	}
	walk->path[used] = '\0';
}

static void walk_entry(struct walk *walk, const char *name, unsigned char type, int depth)
{
	if (streq(name, "dev") && is_type(walk, name, type, DT_REG))
		look_at_dev(walk);
	/* Where VFIO devices have no directory of their own the group tells; see below. */
	if (streq(name, "iommu_group") && !vfio_has_device_class() && vfio_holds("%s", walk->path))
		look_at_vfio(walk);
	if (is_barren(name) || is_function(name) || !is_type(walk, name, type, DT_DIR))
		return;
	if (streq(name, "vfio-dev"))
		look_at_vfio(walk);
	else
		enter(walk, name, depth);
}

static void walk_directory(struct walk *walk, int depth)
{
	scoped_dir DIR *dir = path_opendir("%s", walk->path);
	unsigned char type;
	const char *name;

	if (depth > MAX_DEPTH || ++walk->n_directories > MAX_DIRECTORIES) {
		walk->cut = true;
		return;
	}
	if (!dir)
		usage_unseen(walk->look, errno, walk->path);
	while (dir && (name = path_next_typed(dir, &type)))
		walk_entry(walk, name, type, depth);
}

static void walk_from(struct walk *walk, const char *path)
{
	snprintf(walk->path, sizeof(walk->path), "%s", path);
	walk_directory(walk, 0);
}

/* The two nodes of a disk, for blocks and for commands, are called "nvme2n1" and "ng2n1". */
static void walk_head(struct walk *walk, const char *subsystem, const char *disk)
{
	static const char *const kinds[] = {"nvme", "ng"};
	char path[PATH_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		snprintf(path, sizeof(path), "%.3000s/%s%s", subsystem, kinds[i],
			 startswith(disk, "nvme"));
		if (path_exists("%s", path))
			walk_from(walk, path);
	}
}

/* Only the namespaces to which this controller is a path: others of the subsystem stay. */
static void walk_heads(struct walk *walk, const struct node *controller, const char *subsystem)
{
	scoped_dir DIR *dir = path_opendir("%s", controller->path);
	char disk[64];
	const char *name;

	if (!dir)
		usage_unseen(walk->look, errno, controller->path);
	while (dir && (name = path_next(dir)))
		if (nvme_disk_of(disk, sizeof(disk), name))
			walk_head(walk, subsystem, disk);
}

/* The namespaces of a multipath NVMe controller hang below its subsystem. */
static void walk_subsystem_of(struct walk *walk, const struct node *controller)
{
	static const char class[] = "/sys/class/nvme-subsystem";
	scoped_dir DIR *dir = path_opendir("%s", class);
	char path[PATH_MAX];
	const char *name;

	while (dir && (name = path_next(dir)))
		if (path_exists("%s/%s/%s", class, name, controller->name) &&
		    path_resolve(path, sizeof(path), "%s/%s", class, name) > 0)
			walk_heads(walk, controller, path);
}

static bool is_nvme_controller(const struct node *node)
{
	const char *digits = startswith(node->name, "nvme");

	return node->kind == NODE_CHAR && digits && *digits &&
	       digits[strspn(digits, "0123456789")] == '\0';
}

/* --- nodes that are not below their function ---------------------------------------------- */

enum { NVIDIA_MAJOR = 195 };

/* NVIDIA's own driver makes nodes that sysfs does not know. */
static void find_nvidia(struct look *look)
{
	char text[PATH_ATTR_MAX], path[64];
	const char *minor_number;
	ssize_t r = path_read(text, sizeof(text), "/proc/driver/nvidia/gpus/%s/information",
			      look->dev->address);

	if (r < 0) {
		usage_unseen(look, (int)r, "what NVIDIA's driver tells");
		return;
	}
	minor_number = strstr(text, "Device Minor:");
	if (!minor_number)
		return;
	minor_number += strlen("Device Minor:");
	snprintf(path, sizeof(path), "/dev/nvidia%ld", strtol(minor_number, NULL, 10));
	look_add_node(look, NODE_CHAR,
		      makedev(NVIDIA_MAJOR, (unsigned int)strtol(minor_number, NULL, 10)), path);
}

/* Habana's nodes are nobody's children, before they were moved to the class accel. */
static void find_habana(struct look *look)
{
	static const char class[] = "/sys/class/habanalabs";
	scoped_dir DIR *dir = path_opendir("%s", class);
	struct walk walk = {.look = look};
	char address[64], path[PATH_MAX];
	const char *name;

	while (dir && (name = path_next(dir)))
		if (path_read(address, sizeof(address), "%s/%s/pci_addr", class, name) > 0 &&
		    streq(address, look->dev->address) &&
		    path_resolve(path, sizeof(path), "%s/%s", class, name) > 0)
			walk_from(&walk, path);
}

void usage_find_nodes(struct look *look)
{
	struct walk walk = {.look = look};

	if (!look->syspath || device_is_bridge(look->dev))
		return;
	walk_from(&walk, look->syspath);
	/* What the subsystems add goes to the front of the list, behind this loop. */
	for (struct node *node = look->nodes; node; node = node->next)
		if (is_nvme_controller(node))
			walk_subsystem_of(&walk, node);
	find_nvidia(look);
	find_habana(look);
	if (walk.cut)
		usage_add(look, USAGE_UNSEEN, NULL, "more hangs below %s than can be looked at",
			  look->dev->address);
}
