/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Claiming block devices: an exclusive open fails while anything in the kernel has the device or
 * one of its partitions, however invisible it is from here, and while it is kept open nobody can
 * mount or otherwise take it. The claim of a disk covers its partitions, and excludes claims of
 * them. So disks are claimed, and partitions are tried only to tell which of them a disk is busy
 * with.
 *
 * Opening a disk that is dying can block, so each is first opened in a worker.
 */
#include <errno.h>
#include <stdio.h>

#include "base/path.h"
#include "base/worker.h"
#include "host/usage_internal.h"

enum { OPEN_DEADLINE_MS = 5000 };

/* Opens the node, if it really is that of the device. Returns a descriptor or -errno. */
static int open_exclusively(const struct node *node)
{
	int fd = path_open(O_RDONLY | O_EXCL | O_NONBLOCK | O_NOCTTY, "/dev/%s", node->name);
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) == 0 && S_ISBLK(st.st_mode) && st.st_rdev == node->number)
		return fd;
	close_fd(&fd);
	return -ENOTBLK;
}

static void try_in_worker(void *arg, int result)
{
	const struct node *node = arg;
	int fd = open_exclusively(node);
	int r = fd < 0 ? fd : 0;

	close_fd(&fd);
	if (write(result, &r, sizeof(r)) < 0)
		_exit(1);
}

/* Whether the node can be had: 0 or -errno, -ETIMEDOUT too. */
static int try_open(const struct node *node)
{
	int result, r;

	r = worker_run(try_in_worker, (void *)(uintptr_t)node, OPEN_DEADLINE_MS, &result,
		       sizeof(result));
	return r < 0 ? r : result;
}

static bool is_partition_of(const struct node *node, const struct node *disk)
{
	const char *rest = startswith(node->path, disk->path);

	return node->kind == NODE_BLOCK && node->partition && rest && *rest == '/';
}

/* True when something that is known already has the device to itself. */
static bool is_explained(const struct look *look, const struct node *node)
{
	static const enum usage_reason reasons[] = {USAGE_MOUNTED, USAGE_BLOCK_HELD};
	char start[128];

	snprintf(start, sizeof(start), "%s ", node->name);
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
		if (usage_is_noted(look, reasons[i], start))
			return true;
	return false;
}

static void note_busy(struct look *look, const struct node *node)
{
	if (!is_explained(look, node))
		usage_add(look, USAGE_BLOCK_HELD, "Find out what uses it (ZFS, another container).",
			  "%s is held by something in the kernel that cannot be named", node->name);
}

/* The disk is busy: with its partitions, as far as that can be told, else with itself. */
static void look_for_busy_parts(struct look *look, const struct node *disk)
{
	bool found = false;

	if (is_explained(look, disk))
		return;
	for (const struct node *node = look->nodes; node; node = node->next) {
		if (!is_partition_of(node, disk) || try_open(node) != -EBUSY)
			continue;
		note_busy(look, node);
		found = true;
	}
	if (!found)
		note_busy(look, disk);
}

static int keep(struct usages *ret, int fd)
{
	int *claims = reallocarray(ret->claims, ret->n_claims + 1, sizeof(*claims));

	if (!claims) {
		close_fd(&fd);
		return -ENOMEM;
	}
	ret->claims = claims;
	ret->claims[ret->n_claims++] = fd;
	return 0;
}

/* A drive without a medium has nothing that could be in use; neither has one that is gone. */
static bool is_empty(int r)
{
	return r == -ENOMEDIUM || r == -ENXIO || r == -ENODEV;
}

static int claim_disk(struct look *look, const struct node *disk, struct usages *ret)
{
	char what[160];
	int fd = try_open(disk);

	if (fd == 0)
		fd = open_exclusively(disk);
	if (fd >= 0)
		return keep(ret, fd);
	if (fd == -EBUSY)
		look_for_busy_parts(look, disk);
	else if (!is_empty(fd)) {
		snprintf(what, sizeof(what), "whether /dev/%.100s is in use", disk->name);
		usage_add(look, USAGE_UNSEEN, NULL, "%s cannot be told: %s (%s)", what,
			  strerror(-fd), errno_name(fd));
	}
	return 0;
}

int usage_claim(struct look *look, struct usages *ret, struct error *err)
{
	for (const struct node *node = look->nodes; node; node = node->next) {
		if (node->kind != NODE_BLOCK || node->partition)
			continue;
		if (claim_disk(look, node, ret) < 0)
			return error_errno(err, ENOMEM, "out-of-memory", look->dev->address,
					   "cannot claim %s", node->name);
	}
	return 0;
}
