/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Users of block devices that are inside the kernel and leave a trace in sysfs or configfs. Those
 * that leave none (ZFS, a mount in a namespace without processes) show only when the device is
 * claimed: usage_claim.c. The NVMe target is the one that a claim would not notice.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/sysmacros.h>

#include "base/path.h"
#include "host/usage_internal.h"

/* Users that name the device in a file, by its path. */
static const struct named_user {
	const char *pattern;   /* their directories; '*' stands for the rest of a name */
	const char *attribute; /* holds the path of the device */
	const char *enable;    /* holds 0 while the device is not open; NULL: always open */
	const char *verb;      /* goes between device and directory */
	enum node_kind kind;
} named_users[] = {
	{"/sys/block/loop*", "loop/backing_file", NULL, "backs", NODE_BLOCK},
	{"/sys/block/zram*", "backing_dev", NULL, "backs", NODE_BLOCK},
	{"/sys/kernel/config/nvmet/subsystems/*/namespaces/*", "device_path", "enable",
	 "is exported by the NVMe target", NODE_BLOCK},
	{"/sys/kernel/config/nvmet/subsystems/*/passthru", "device_path", "enable",
	 "is exported whole by the NVMe target", NODE_CHAR},
	{"/sys/kernel/config/target/core/*/*", "udev_path", "enable",
	 "is exported by the SCSI target", NODE_BLOCK},
	{"/sys/kernel/config/usb_gadget/*/functions/*/lun.*", "file", NULL,
	 "is exported by a USB gadget", NODE_BLOCK},
};

/* Modules whose users show in configfs alone, and where they do while it is mounted. */
static const struct exporter {
	const char *module, *directory, *what;
} exporters[] = {
	{"nvmet", "/sys/kernel/config/nvmet", "what the NVMe target exports"},
	{"target_core_mod", "/sys/kernel/config/target", "what the SCSI target exports"},
};

/* Links to the devices of a mounted file system that spans several. */
static const struct member_link {
	const char *pattern, *owner;
} member_links[] = {
	{"/sys/fs/btrfs/*/devices/*", "a btrfs file system"},
	{"/sys/fs/bcachefs/*/dev-*/block", "a bcachefs file system"},
};

/* Calls fn for every path that is done followed by something that rest matches. */
static void expand(struct survey *survey, const char *done, const char *rest, usage_match_fn *fn,
		   const void *arg)
{
	const char *star = strchr(rest, '*'), *slash, *name;
	char path[PATH_MAX], prefix[64];

	snprintf(path, sizeof(path), "%s%s", done, rest);
	if (!star) {
		if (path_exists("%s", path))
			fn(survey, path, arg);
		return;
	}
	slash = memrchr(rest, '/', (size_t)(star - rest));
	snprintf(prefix, sizeof(prefix), "%.*s", (int)(star - slash - 1), slash + 1);
	snprintf(path, sizeof(path), "%s%.*s", done, (int)(slash - rest), rest);

	scoped_dir DIR *dir = path_opendir("%s", path);
	size_t used = strlen(path);

	if (!dir)
		survey_unseen(survey, look_has_disk, errno, path);
	while (dir && (name = path_next(dir))) {
		if (startswith(name, prefix) && append(path, sizeof(path), "/%s", name))
			expand(survey, path, star + 1, fn, arg);
		path[used] = '\0';
	}
}

void usage_expand(struct survey *survey, const char *pattern, usage_match_fn *fn, const void *arg)
{
	expand(survey, "", pattern, fn, arg);
}

/* A user's directory and what it does. */
struct named {
	const char *verb, *where;
};

static void note_named_user(struct node *node, void *arg)
{
	const struct named *named = arg;

	usage_add(node->look, USAGE_BLOCK_HELD, NULL, "%s %s %s", node->name, named->verb,
		  named->where);
}

static void look_at_named_user(struct survey *survey, const char *directory, const void *arg)
{
	const struct named_user *user = arg;
	bool is_block = startswith(directory, "/sys/block/");
	struct named named = {user->verb, is_block ? base_name(directory) : directory};
	char path[PATH_MAX];
	int64_t enabled;

	if (path_read(path, sizeof(path), "%s/%s", directory, user->attribute) <= 0)
		return;
	if (user->enable && path_read_number(&enabled, "%s/%s", directory, user->enable) == 0 &&
	    enabled == 0)
		return;
	survey_nodes_by_path(survey, user->kind, path, note_named_user, &named);
}

/* Configfs is not mounted where vfioctl runs, in a container or a rescue system. */
static void look_at_exporter(struct survey *survey, const struct exporter *exporter)
{
	if (!path_exists("/sys/module/%s", exporter->module) ||
	    path_exists("%s", exporter->directory))
		return;
	for_each_look(look, survey) if (look_has_disk(look))
		usage_add(look, USAGE_UNSEEN, "Mount configfs on /sys/kernel/config.",
			  "%s cannot be seen: there is no %s", exporter->what, exporter->directory);
}

static void look_at_member(struct survey *survey, const char *link, const void *arg)
{
	const struct member_link *member = arg;
	char path[PATH_MAX];

	if (path_resolve(path, sizeof(path), "%s", link) < 0)
		return;
	for_each_look(look, survey) for (struct node *node = look->nodes; node;
					 node = node->next) if (node->kind == NODE_BLOCK &&
								streq(node->path, path))
		usage_add(look, USAGE_MOUNTED, NULL, "%s is part of %s that is mounted", node->name,
			  member->owner);
}

/* --- mounts that no process shows --------------------------------------------------------- */

/*
 * File systems have a directory for each of their mounts, also where the mount belongs to a
 * namespace that no process is in, or was left behind by the switch from the initramfs.
 */
static void look_at_file_systems(struct look *look, const struct node *node)
{
	static const char *const types[] = {"ext4", "xfs", "f2fs", "erofs", "nilfs2"};
	const char *name = base_name(node->path);
	char start[128] = "";

	append(start, sizeof(start), "%s is mounted on ", node->name);
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (path_exists("/sys/fs/%s/%s", types[i], name) &&
		    !usage_is_noted(look, USAGE_MOUNTED, start))
			usage_add(look, USAGE_MOUNTED, "Find out what mounted it.",
				  "%s is mounted (%s), but nowhere that a process sees", node->name,
				  types[i]);
}

/* --- ZFS ---------------------------------------------------------------------------------- */

/* A line of what udev found out about a block device. False when there is none. */
static bool read_udev(char *ret, size_t size, const char *data, const char *key)
{
	const char *line = strstr(data, key);

	if (!line || (line != data && line[-1] != '\n'))
		return false;
	line += strlen(key);
	snprintf(ret, size, "%.*s", (int)strcspn(line, "\n"), line);
	return true;
}

/* ZFS leaves no trace with the devices of a pool; but udev read the pool's name from them. */
static void look_at_pool(struct look *look, const struct node *node)
{
	scoped_free char *data = NULL;
	char type[32], pool[128];

	if (path_read_all(&data, 1 << 20, "/run/udev/data/b%u:%u", major(node->number),
			  minor(node->number)) < 0 ||
	    !read_udev(type, sizeof(type), data, "E:ID_FS_TYPE=") || !streq(type, "zfs_member") ||
	    !read_udev(pool, sizeof(pool), data, "E:ID_FS_LABEL=") || strchr(pool, '/') ||
	    !path_exists("/proc/spl/kstat/zfs/%s", pool))
		return;
	usage_add(look, USAGE_BLOCK_HELD, "Export the pool first (zpool export).",
		  "%s is part of the ZFS pool %s, which is imported", node->name, pool);
}

static void look_at_disks(struct survey *survey)
{
	bool have_zfs = path_exists("/proc/spl/kstat/zfs");

	for_each_look(look, survey) for (struct node *node = look->nodes; node; node = node->next)
	{
		if (node->kind != NODE_BLOCK)
			continue;
		look_at_file_systems(look, node);
		if (have_zfs)
			look_at_pool(look, node);
	}
}

/* --- the rest ----------------------------------------------------------------------------- */

/* Device mapper, md: whatever has the kernel list it in "holders". And bcache, which has not. */
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
	if (path_exists("%s/bcache", node->path))
		usage_add(look, USAGE_BLOCK_HELD, NULL, "%s is held by bcache", node->name);
}

void usage_look_at_block_holders(struct look *look)
{
	for (const struct node *node = look->nodes; node; node = node->next)
		if (node->kind == NODE_BLOCK)
			look_at_holders(look, node);
}

void usage_look_at_kernel_users(struct survey *survey)
{
	for (size_t i = 0; i < ARRAY_SIZE(named_users); i++)
		usage_expand(survey, named_users[i].pattern, look_at_named_user, &named_users[i]);
	for (size_t i = 0; i < ARRAY_SIZE(member_links); i++)
		usage_expand(survey, member_links[i].pattern, look_at_member, &member_links[i]);
	for (size_t i = 0; i < ARRAY_SIZE(exporters); i++)
		look_at_exporter(survey, &exporters[i]);
	look_at_disks(survey);
}
