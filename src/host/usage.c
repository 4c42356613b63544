/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The gate. Three rounds: looks at sysfs, /proc and netlink, each a step that may block and is
 * given up then (host/steps.h); one search through all processes for everything that was found
 * below the function; and claiming what seems free. What a step could not see is a reason of its
 * own.
 */
#include "host/usage.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/sysmacros.h>

#include "base/path.h"
#include "host/steps.h"
#include "host/usage_internal.h"

enum {
	ARENA_SIZE = 32 << 20, /* pages that are not touched cost nothing */
	MAX_USAGES = 256,
	MAX_OF_A_KIND = 16,
	LOOK_DEADLINE_MS = 5000,
};

const struct usage_reason_info usage_reasons[USAGE_REASON_COUNT] = {
	[USAGE_MOUNTED] = {"mounted", "a file system on it is mounted"},
	[USAGE_BLOCK_HELD] = {"block-held", "dm, md, swap, ZFS or another part of the kernel has "
					    "its block device"},
	[USAGE_BLOCK_OPEN] = {"block-open", "a process has its block device open"},
	[USAGE_CHAR_OPEN] = {"char-open", "a process has one of its character devices open"},
	[USAGE_NET_ADDRESS] = {"net-address", "its network interface is up and has an address"},
	[USAGE_NET_ROUTE] = {"net-route", "a route goes through its network interface"},
	[USAGE_NET_UPPER] = {"net-upper", "its network interface is part of a bond, bridge, team "
					  "or VLAN"},
	[USAGE_BOOT_VGA] = {"boot-vga", "it is the display that the firmware started on"},
	[USAGE_LIVE_VFS] = {"live-vfs", "its virtual functions exist"},
	[USAGE_BRIDGE] = {"bridge", "it is a bridge that leads to other devices"},
	[USAGE_VFIO_OPEN] = {"vfio-open", "its VFIO device is open or mapped"},
	[USAGE_GROUP] = {"group", "other members of its IOMMU group would keep it from being used"},
	[USAGE_UNSEEN] = {"unseen", "whether it is in use could not be found out"},
};

static const char *const remedies[USAGE_REASON_COUNT] = {
	[USAGE_MOUNTED] = "Unmount it first.",
	[USAGE_BLOCK_HELD] = "Take the device out of use there first.",
	[USAGE_BLOCK_OPEN] = "Stop that process first.",
	[USAGE_CHAR_OPEN] = "Stop that process first.",
	[USAGE_NET_ADDRESS] = "Take the interface down first, if you do not need it.",
	[USAGE_NET_ROUTE] = "Take the interface down first, if you do not need it.",
	[USAGE_NET_UPPER] = "Take it out of there first.",
	[USAGE_BOOT_VGA] = "Use another display for the console.",
	[USAGE_LIVE_VFS] = "Remove the virtual functions first.",
	[USAGE_BRIDGE] = "Name the devices behind it instead.",
	[USAGE_VFIO_OPEN] = "Stop that process first.",
	[USAGE_GROUP] = "Take the other members along.",
	[USAGE_UNSEEN] = "Run it as root and outside of containers.",
};

bool usage_is_noted(const struct look *look, enum usage_reason reason, const char *evidence)
{
	for (size_t i = 0; i < look->count; i++)
		if (look->list[i].reason == reason && startswith(look->list[i].evidence, evidence))
			return true;
	return false;
}

/* True when there is room for another one of that kind; the last one says that there are more. */
static bool have_room(struct look *look, enum usage_reason reason)
{
	static const char more[] = "... and more of the same";
	size_t same = 0;

	if (look->count == MAX_USAGES)
		return false;
	for (size_t i = 0; i < look->count; i++)
		same += look->list[i].reason == reason;
	if (same == MAX_OF_A_KIND && !usage_is_noted(look, reason, more)) {
		look->list[look->count] = (struct usage){.reason = reason};
		memcpy(look->list[look->count++].evidence, more, sizeof(more));
	}
	return same < MAX_OF_A_KIND;
}

void usage_add(struct look *look, enum usage_reason reason, const char *remedy, const char *fmt,
	       ...)
{
	struct usage usage = {.reason = reason};
	char text[PATH_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	append(usage.evidence, sizeof(usage.evidence), "%s", text);
	append(usage.remedy, sizeof(usage.remedy), "%s", remedy ? remedy : remedies[reason]);
	for (size_t i = 0; i < look->count; i++)
		if (look->list[i].reason == reason && streq(look->list[i].evidence, usage.evidence))
			return;
	if (have_room(look, reason))
		look->list[look->count++] = usage;
}

void usage_unseen(struct look *look, int errnum, const char *what)
{
	errnum = errnum < 0 ? -errnum : errnum;
	if (errnum == ENOENT || errnum == ENOTDIR || errnum == ENODEV || errnum == ESRCH)
		return;
	usage_add(look, USAGE_UNSEEN, NULL, "%s cannot be looked at: %s (%s)", what,
		  strerror(errnum), errno_name(errnum));
}

struct node *usage_block_node(const struct look *look, dev_t number)
{
	for (struct node *node = look->nodes; node; node = node->next)
		if (node->kind == NODE_BLOCK && node->number == number)
			return node;
	return NULL;
}

struct node *usage_block_node_by_path(const struct look *look, const char *path)
{
	const char *name = startswith(path, "/dev/");
	struct stat st;

	if (!name)
		return NULL;
	if (path_stat(&st, "%s", path) == 0 && S_ISBLK(st.st_mode))
		return usage_block_node(look, st.st_rdev);
	for (struct node *node = look->nodes; node; node = node->next) {
		const char *rest = node->kind == NODE_BLOCK ? startswith(name, node->name) : NULL;

		if (rest && (!*rest || streq(rest, " (deleted)")))
			return node;
	}
	return NULL;
}

/* boot_vga and, since Linux 6.17, boot_display: attributes that take no lock. */
static bool is_boot_display(const struct look *look)
{
	static const char *const attributes[] = {"boot_vga", "boot_display"};

	if (look->dev->detail && look->dev->detail->boot_vga == 1)
		return true;
	for (size_t i = 0; look->syspath && i < ARRAY_SIZE(attributes); i++) {
		int64_t value;

		if (path_read_number(&value, "%s/%s", look->syspath, attributes[i]) == 0 &&
		    value == 1)
			return true;
	}
	return false;
}

static bool is_enabled(const struct look *look)
{
	int64_t count;

	return look->syspath && path_read_number(&count, "%s/enable", look->syspath) == 0 &&
	       count > 0;
}

static void look_at_function(struct look *look)
{
	const struct device *dev = look->dev;

	if (!look->syspath)
		usage_add(look, USAGE_UNSEEN, NULL, "it has no directory in sysfs");
	if (dev->state == DEVICE_LOCKED)
		usage_add(look, USAGE_UNSEEN, "Find out who holds it: `vfioctl show` tells.",
			  "it does not answer: its driver is being changed");
	if (device_is_bridge(dev))
		usage_add(look, USAGE_BRIDGE, NULL, "it is a bridge: other devices hang on it");
	if (dev->n_vfs > 0)
		usage_add(look, USAGE_LIVE_VFS, NULL, "%d virtual function%s of it exist%s",
			  dev->n_vfs, dev->n_vfs == 1 ? "" : "s", dev->n_vfs == 1 ? "s" : "");
	look->is_enabled = device_is_vfio(dev) && is_enabled(look);
	if (is_boot_display(look))
		usage_add(look, USAGE_BOOT_VGA, NULL, "it is the boot display");
}

/* "ttyS0                -W- (EC p a)    4:64" */
static void look_at_consoles(struct look *look)
{
	scoped_free char *text = NULL;
	char *rest, *line;
	int r = path_read_all(&text, 65536, "/proc/consoles");

	if (r < 0)
		usage_unseen(look, r, "/proc/consoles");
	rest = text;
	while (rest && (line = strsep(&rest, "\n"))) {
		const char *number = strrchr(line, ' ');
		unsigned int major_number, minor_number;

		if (!number || sscanf(number, " %u:%u", &major_number, &minor_number) != 2)
			continue;
		for (const struct node *node = look->nodes; node; node = node->next)
			if (node->kind == NODE_CHAR &&
			    node->number == makedev(major_number, minor_number))
				usage_add(look, USAGE_CHAR_OPEN, "Give the system another console.",
					  "%s is a console of the system", node->name);
	}
}

static const struct {
	void (*look)(struct look *look);
	const char *what;
} looks[] = {
	{look_at_function, "its attributes"},
	{usage_find_nodes, "what hangs below it"},
	{look_at_consoles, "/proc/consoles"},
	{usage_look_at_mounts, "mounts"},
	{usage_look_at_swaps, "/proc/swaps"},
	{usage_look_at_kernel_users, "users of its block devices"},
	{usage_look_at_interfaces, "its network interfaces"},
};

static void run_look(void *arg, size_t i)
{
	looks[i].look(arg);
}

static void give_up_look(void *arg, size_t i)
{
	usage_add(arg, USAGE_UNSEEN, "Try again later.", "looking at %s did not end in time",
		  looks[i].what);
}

struct look *usage_look_new(struct arena *arena, const struct device *dev)
{
	struct look *look = arena_alloc(arena, sizeof(*look));
	char path[PATH_MAX];

	if (!look)
		return NULL;
	look->arena = arena;
	look->dev = dev;
	look->list = arena_alloc(arena, MAX_USAGES * sizeof(*look->list));
	look->syspath = dev->syspath;
	if (!look->syspath &&
	    path_resolve(path, sizeof(path), "/sys/bus/%s/devices/%s", dev->bus, dev->address) > 0)
		look->syspath = arena_strdup(arena, path);
	return look->list ? look : NULL;
}

int usage_hand_over(struct usages *ret, const struct look *look, struct error *err)
{
	ret->list = calloc(look->count + 1, sizeof(*ret->list));
	if (!ret->list)
		return error_errno(err, ENOMEM, "out-of-memory", look->dev->address, "looking");
	memcpy(ret->list, look->list, look->count * sizeof(*ret->list));
	ret->count = look->count;
	return 0;
}

static int look_at_all(struct look *look, struct usages *ret, bool claim, struct error *err)
{
	struct steps steps = {
		.count = ARRAY_SIZE(looks),
		.deadline_ms = LOOK_DEADLINE_MS,
		.arg = look,
		.run = run_look,
		.given_up = give_up_look,
	};

	if (steps_run(&steps, err) < 0 || usage_look_at_processes(look, err) < 0)
		return -1;
	if (claim && path_is_live() && usage_claim(look, ret, err) < 0)
		return -1;
	return usage_hand_over(ret, look, err);
}

int usage_of_device(struct usages *ret, const struct device *dev, bool claim, struct error *err)
{
	scoped_arena struct arena *arena = arena_new(ARENA_SIZE);
	struct look *look = arena ? usage_look_new(arena, dev) : NULL;
	scoped_usages struct usages found = {0};

	if (!look)
		return error_errno(err, ENOMEM, "out-of-memory", dev->address, "looking");
	if (look_at_all(look, &found, claim, err) < 0)
		return -1;
	*ret = found;
	found = (struct usages){0};
	return 0;
}

void usages_free(struct usages *usages)
{
	for (size_t i = 0; i < usages->n_claims; i++)
		close_fd(&usages->claims[i]);
	free(usages->claims);
	free(usages->list);
	*usages = (struct usages){0};
}
