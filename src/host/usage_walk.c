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
	struct look *look = walk->look;
	struct node *node = arena_alloc(look->arena, sizeof(*node));
	char *path = node ? (char *)(uintptr_t)arena_strdup(look->arena, walk->path) : NULL;

	if (!path) {
		walk->cut = true;
		return NULL;
	}
	*node = (struct node){.next = look->nodes, .kind = kind, .number = number, .path = path};
	node->name = base_name(path);
	look->nodes = node;
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
	node->name = block_name(walk->look->arena, node->name);
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

static void add_interface(struct walk *walk, const char *name)
{
	struct look *look = walk->look;
	struct interface *interface = arena_alloc(look->arena, sizeof(*interface));
	const char *path = interface ? arena_printf(look->arena, "%s/%s", walk->path, name) : NULL;

	if (!path) {
		walk->cut = true;
		return;
	}
	*interface = (struct interface){.next = look->interfaces, .path = path};
	interface->name = base_name(path);
	look->interfaces = interface;
}

/*
 * The directory at hand is a "net" one. Sysfs lists only the interfaces of its own network
 * namespace in there, but counts all of them as links of the directory.
 */
static void look_at_net(struct walk *walk)
{
	scoped_dir DIR *dir = path_opendir("%s", walk->path);
	size_t visible = 0;
	const char *name;
	struct stat st;

	while (dir && (name = path_next(dir))) {
		add_interface(walk, name);
		visible++;
	}
	if (path_stat(&st, "%s", walk->path) < 0)
		return;
	if (visible == 0 || (path_is_live() && st.st_nlink > visible + 2))
		usage_add(walk->look, USAGE_UNSEEN, "Bring it back, or stop what uses it there.",
			  "a network interface below %s is in another network namespace",
			  walk->look->dev->address);
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

static void walk_directory(struct walk *walk, int depth);

static void walk_entry(struct walk *walk, const char *name, int depth)
{
	size_t used = strlen(walk->path);
	struct stat st;

	if (path_lstat(&st, "%s/%s", walk->path, name) < 0)
		return;
	if (streq(name, "dev") && S_ISREG(st.st_mode))
		look_at_dev(walk);
	/* Where VFIO devices have no directory of their own the group tells; see below. */
	if (streq(name, "iommu_group") && !vfio_has_device_class() && vfio_holds("%s", walk->path))
		look_at_vfio(walk);
	if (!S_ISDIR(st.st_mode) || is_barren(name) || is_function(name))
		return;
	if (streq(name, "vfio-dev")) {
		look_at_vfio(walk);
		return;
	}
	if (!append(walk->path, sizeof(walk->path), "/%s", name))
		walk->cut = true;
	else if (streq(name, "net"))
		look_at_net(walk);
	else
		walk_directory(walk, depth + 1);
	walk->path[used] = '\0';
}

static void walk_directory(struct walk *walk, int depth)
{
	scoped_dir DIR *dir = path_opendir("%s", walk->path);
	const char *name;

	if (depth > MAX_DEPTH || ++walk->n_directories > MAX_DIRECTORIES) {
		walk->cut = true;
		return;
	}
	if (!dir)
		usage_unseen(walk->look, errno, walk->path);
	while (dir && (name = path_next(dir)))
		walk_entry(walk, name, depth);
}

static void walk_from(struct walk *walk, const char *path)
{
	snprintf(walk->path, sizeof(walk->path), "%s", path);
	walk_directory(walk, 0);
}

/* Walks the subsystem of an NVMe controller, where its namespaces hang if they are multipath. */
static void walk_subsystem_of(struct walk *walk, const char *controller)
{
	static const char class[] = "/sys/class/nvme-subsystem";
	scoped_dir DIR *dir = path_opendir("%s", class);
	char path[PATH_MAX];
	const char *name;

	while (dir && (name = path_next(dir)))
		if (path_exists("%s/%s/%s", class, name, controller) &&
		    path_resolve(path, sizeof(path), "%s/%s", class, name) > 0)
			walk_from(walk, path);
}

static bool is_nvme_controller(const struct node *node)
{
	const char *digits = startswith(node->name, "nvme");

	return node->kind == NODE_CHAR && digits && *digits &&
	       digits[strspn(digits, "0123456789")] == '\0';
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
			walk_subsystem_of(&walk, node->name);
	if (walk.cut)
		usage_add(look, USAGE_UNSEEN, NULL, "more hangs below %s than can be looked at",
			  look->dev->address);
}
