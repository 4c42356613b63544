/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Users of block devices that are inside the kernel and leave a trace in sysfs or configfs. Those
 * that leave none (ZFS, a mount in a namespace without processes) show only when the device is
 * claimed: usage_claim.c. The NVMe target is the one that a claim would not notice.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "base/path.h"
#include "host/usage_internal.h"

/* Users that name the device in a file, by its path. */
static const struct named_user {
	const char *pattern;   /* their directories; '*' stands for the rest of a name */
	const char *attribute; /* holds the path of the device */
	const char *enable;    /* holds 0 while the device is not open; NULL: always open */
	const char *verb;      /* goes between device and directory */
} named_users[] = {
	{"/sys/block/loop*", "loop/backing_file", NULL, "backs"},
	{"/sys/block/zram*", "backing_dev", NULL, "backs"},
	{"/sys/kernel/config/nvmet/subsystems/*/namespaces/*", "device_path", "enable",
	 "is exported by the NVMe target"},
	{"/sys/kernel/config/target/core/*/*", "udev_path", "enable",
	 "is exported by the SCSI target"},
	{"/sys/kernel/config/usb_gadget/*/functions/*/lun.*", "file", NULL,
	 "is exported by a USB gadget"},
};

/* Links to the devices of a mounted file system that spans several. */
static const struct member_link {
	const char *pattern, *owner;
} member_links[] = {
	{"/sys/fs/btrfs/*/devices/*", "a btrfs file system"},
	{"/sys/fs/bcachefs/*/dev-*/block", "a bcachefs file system"},
};

typedef void match_fn(struct look *look, const char *path, const void *arg);

/* Calls fn for every path that is done followed by something that rest matches. */
static void expand(struct look *look, const char *done, const char *rest, match_fn *fn,
		   const void *arg)
{
	const char *star = strchr(rest, '*'), *slash, *name;
	char path[PATH_MAX], prefix[64];

	snprintf(path, sizeof(path), "%s%s", done, rest);
	if (!star) {
		if (path_exists("%s", path))
			fn(look, path, arg);
		return;
	}
	slash = memrchr(rest, '/', (size_t)(star - rest));
	snprintf(prefix, sizeof(prefix), "%.*s", (int)(star - slash - 1), slash + 1);
	snprintf(path, sizeof(path), "%s%.*s", done, (int)(slash - rest), rest);

	scoped_dir DIR *dir = path_opendir("%s", path);
	size_t used = strlen(path);

	if (!dir)
		usage_unseen(look, errno, path);
	while (dir && (name = path_next(dir))) {
		if (startswith(name, prefix) && append(path, sizeof(path), "/%s", name))
			expand(look, path, star + 1, fn, arg);
		path[used] = '\0';
	}
}

static void look_at_named_user(struct look *look, const char *directory, const void *arg)
{
	const struct named_user *user = arg;
	const struct node *node;
	char path[PATH_MAX];
	int64_t enabled;

	if (path_read(path, sizeof(path), "%s/%s", directory, user->attribute) <= 0)
		return;
	node = usage_block_node_by_path(look, path);
	if (!node)
		return;
	if (user->enable && path_read_number(&enabled, "%s/%s", directory, user->enable) == 0 &&
	    enabled == 0)
		return;
	directory = startswith(directory, "/sys/block/") ? base_name(directory) : directory;
	usage_add(look, USAGE_BLOCK_HELD, NULL, "%s %s %s", node->name, user->verb, directory);
}

static void look_at_member(struct look *look, const char *link, const void *arg)
{
	const struct member_link *member = arg;
	char path[PATH_MAX];

	if (path_resolve(path, sizeof(path), "%s", link) < 0)
		return;
	for (const struct node *node = look->nodes; node; node = node->next)
		if (node->kind == NODE_BLOCK && streq(node->path, path))
			usage_add(look, USAGE_MOUNTED, NULL, "%s is part of %s that is mounted",
				  node->name, member->owner);
}

/* Device mapper, md, bcache: whatever has the kernel list it in "holders". */
static void look_at_holders(struct look *look, const struct node *node)
{
	scoped_dir DIR *dir = path_opendir("%s/holders", node->path);
	const char *name;

	if (!dir)
		usage_unseen(look, errno, node->path);
	while (dir && (name = path_next(dir))) {
		char label[128] = "";

		path_read(label, sizeof(label), "/sys/class/block/%s/dm/name", name);
		usage_add(look, USAGE_BLOCK_HELD, NULL, "%s is held by %s%s%s%s", node->name, name,
			  *label ? " (" : "", label, *label ? ")" : "");
	}
}

void usage_look_at_kernel_users(struct look *look)
{
	bool any = false;

	for (const struct node *node = look->nodes; node; node = node->next) {
		if (node->kind != NODE_BLOCK)
			continue;
		look_at_holders(look, node);
		any = true;
	}
	if (!any)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(named_users); i++)
		expand(look, "", named_users[i].pattern, look_at_named_user, &named_users[i]);
	for (size_t i = 0; i < ARRAY_SIZE(member_links); i++)
		expand(look, "", member_links[i].pattern, look_at_member, &member_links[i]);
}
