/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Uses that show in a function's own attributes, and those by the one who sits in front of the
 * machine: screens, consoles, keyboards.
 */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/sysmacros.h>

#include "base/path.h"
#include "host/usage_internal.h"

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

static void add_vfs(struct look *look, const struct device *pf)
{
	char remedy[96];

	snprintf(remedy, sizeof(remedy), "`vfioctl sriov %s 0` takes them away.", pf->address);
	usage_add(look, USAGE_LIVE_VFS, remedy, "%d virtual function%s of it exist%s", pf->n_vfs,
		  pf->n_vfs == 1 ? "" : "s", pf->n_vfs == 1 ? "s" : "");
}

void usage_look_at_function(struct look *look)
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
		add_vfs(look, dev);
	look->is_enabled = device_is_vfio(dev) && is_enabled(look);
	if (is_boot_display(look))
		usage_add(look, USAGE_BOOT_VGA, NULL, "it is the boot display");
}

/* --- screens ------------------------------------------------------------------------------ */

/* The kernel's last word about each connector: reading it does not ask the hardware. */
static void look_at_connectors(struct look *look, const struct node *card)
{
	scoped_dir DIR *dir = path_opendir("%s", card->path);
	const char *name, *rest;
	char status[32];

	if (!dir)
		usage_unseen(look, errno, card->path);
	while (dir && (name = path_next(dir))) {
		rest = startswith(name, card->name);
		if (!rest || *rest != '-' ||
		    path_read(status, sizeof(status), "%s/%s/status", card->path, name) < 0)
			continue;
		if (streq(status, "connected"))
			usage_add(look, USAGE_DISPLAY, NULL, "a screen is connected to %s", name);
	}
}

static bool is_below(const struct node *node, const char *class)
{
	size_t room = strlen(node->path) - strlen(base_name(node->path));
	const char *found = strstr(node->path, class);

	return found && (size_t)(found - node->path) + strlen(class) == room;
}

void usage_look_at_display(struct look *look)
{
	for (const struct node *node = look->nodes; node; node = node->next)
		if (node->kind == NODE_CHAR && startswith(node->name, "card") &&
		    is_below(node, "/drm/"))
			look_at_connectors(look, node);
}

static void find_framebuffer_console(struct survey *survey, const char *path, const void *arg)
{
	bool *found = (bool *)(uintptr_t)arg;
	char name[128] = "";
	int64_t bound = 0;

	(void)survey;
	path_read(name, sizeof(name), "%s/name", path);
	path_read_number(&bound, "%s/bind", path);
	*found |= bound == 1 && strstr(name, "frame buffer");
}

/*
 * The text console is on the first framebuffer, unless con2fbmap(8) moved it there; which one it is
 * the kernel tells only those who open one.
 */
void usage_look_at_framebuffers(struct survey *survey)
{
	scoped_dir DIR *dir = NULL;
	bool console = false;
	uint64_t first = UINT64_MAX, number;
	const char *name, *digits;
	char shown[32];

	usage_expand(survey, "/sys/class/vtconsole/vtcon*", find_framebuffer_console, &console);
	dir = console ? path_opendir("/sys/class/graphics") : NULL;
	while (dir && (name = path_next(dir))) {
		digits = startswith(name, "fb");
		if (digits && parse_number(digits, 10, INT_MAX, &number) == 0 && number < first)
			first = number;
	}
	if (first == UINT64_MAX)
		return;
	snprintf(shown, sizeof(shown), "fb%u", (unsigned int)first);
	for_each_look(look, survey) for (struct node *node = look->nodes; node;
					 node = node->next) if (node->kind == NODE_CHAR &&
								streq(node->name, shown) &&
								is_below(node, "/graphics/"))
		usage_add(look, USAGE_DISPLAY, "Give the system another console.",
			  "%s shows the console", shown);
}

/* "ttyS0                -W- (EC p a)    4:64" */
void usage_look_at_consoles(struct survey *survey)
{
	scoped_free char *text = NULL;
	char *rest, *line;
	int r = path_read_all(&text, 65536, "/proc/consoles");

	for_each_look(look, survey) if (r < 0 && look_has(look, NODE_CHAR))
		usage_unseen(look, r, "/proc/consoles");
	rest = text;
	while (rest && (line = strsep(&rest, "\n"))) {
		const char *number = strrchr(line, ' ');
		unsigned int major_number, minor_number;
		struct node *node = NULL;

		if (!number || sscanf(number, " %u:%u", &major_number, &minor_number) != 2)
			continue;
		while ((node = survey_node(survey, NODE_CHAR, makedev(major_number, minor_number),
					   node)))
			usage_add(node->look, USAGE_CHAR_OPEN, "Give the system another console.",
				  "%s is a console of the system", node->name);
	}
}

/* --- keyboards ---------------------------------------------------------------------------- */

enum { CLASS_MULTIMEDIA = 0x04 };

/* What sound functions call input devices are the plugs in their sockets. */
void usage_look_at_inputs(struct look *look)
{
	if (look->dev->class_id >= 0 && look->dev->class_id >> 16 == CLASS_MULTIMEDIA)
		return;
	for (const struct node *node = look->nodes; node; node = node->next) {
		char name[96] = "?";

		if (node->kind != NODE_INPUT)
			continue;
		path_read(name, sizeof(name), "%s/name", node->path);
		usage_add(look, USAGE_INPUT, NULL, "the input device %s hangs on it (%s)", name,
			  node->name);
	}
}
