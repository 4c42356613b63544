/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Claiming block devices: an exclusive open fails while anything in the kernel has the device or
 * one of its partitions, however invisible it is from here, and while it is kept open nobody can
 * mount or otherwise take it. The claim of a disk covers its partitions, and excludes claims of
 * them. So disks are claimed, and partitions are tried only to tell which of them a disk is busy
 * with.
 *
 * Opening a disk that is dying can block, so all are first opened in a worker, one after another.
 */
#include <errno.h>
#include <stdio.h>

#include "base/path.h"
#include "base/worker.h"
#include "host/steps.h"
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
	int fd, r;

	worker_ends_with_parent();
	fd = open_exclusively(node);
	r = fd < 0 ? fd : 0;
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

/*
 * The namespace of an NVMe subsystem with two controllers is below both: who takes both claims it
 * for the one and finds it claimed, by itself, for the other. Another descriptor of that claim, or
 * -EBUSY when it is somebody else's.
 */
static int share_claim(const struct node *node)
{
	scoped_dir DIR *dir = path_opendir("/proc/self/fd");
	const char *name;
	struct stat st;

	while (dir && (name = path_next(dir))) {
		int fd = (int)strtol(name, NULL, 10);

		if (fstat(fd, &st) == 0 && S_ISBLK(st.st_mode) && st.st_rdev == node->number) {
			fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
			return fd < 0 ? -errno : fd;
		}
	}
	return -EBUSY;
}

static void claim_disk(struct look *look, const struct node *disk, struct usages *ret)
{
	int fd = disk->tried == 0 ? open_exclusively(disk) : disk->tried;

	if (fd == -EBUSY)
		fd = share_claim(disk);
	if (fd >= 0)
		fd = keep(ret, fd);
	if (fd == -EBUSY)
		look_for_busy_parts(look, disk);
	else if (fd < 0 && !is_empty(fd))
		usage_add(look, USAGE_UNSEEN, NULL,
			  "whether /dev/%s is in use cannot be told: %s (%s)", disk->name,
			  strerror(-fd), errno_name(fd));
}

/* The disks of all devices, to be tried in one worker. */
struct disks {
	struct node **list;
	size_t count;
};

static int find_disks(struct disks *ret, const struct survey *survey)
{
	size_t room = 1;

	for (size_t i = 0; i < survey->n_asked; i++)
		for (struct node *n = survey->looks[i].nodes; n; n = n->next)
			room++;
	ret->list = calloc(room, sizeof(struct node *));
	for (size_t i = 0; ret->list && i < survey->n_asked; i++)
		for (struct node *n = survey->looks[i].nodes; n; n = n->next)
			if (n->kind == NODE_BLOCK && !n->partition)
				ret->list[ret->count++] = n;
	return ret->list ? 0 : -ENOMEM;
}

static void try_disk(void *arg, size_t i)
{
	const struct disks *disks = arg;
	int fd = open_exclusively(disks->list[i]);

	disks->list[i]->tried = fd < 0 ? fd : 0;
	close_fd(&fd);
}

static void give_up_disk(void *arg, size_t i)
{
	const struct disks *disks = arg;

	disks->list[i]->tried = -ETIMEDOUT;
}

static int try_disks(const struct survey *survey, struct error *err)
{
	struct disks disks = {0};
	int r = find_disks(&disks, survey);

	if (r < 0)
		error_out_of_memory(err);
	else if (disks.count > 0)
		r = steps_run(&(struct steps){.count = disks.count,
					      .deadline_ms = OPEN_DEADLINE_MS,
					      .arg = &disks,
					      .run = try_disk,
					      .given_up = give_up_disk},
			      err);
	free(disks.list);
	return r < 0 ? -1 : 0;
}

int usage_claim(struct survey *survey, struct usages *ret, struct error *err)
{
	if (try_disks(survey, err) < 0)
		return -1;
	for (size_t i = 0; i < survey->n_asked; i++)
		for (struct node *node = survey->looks[i].nodes; node; node = node->next)
			if (node->kind == NODE_BLOCK && !node->partition)
				claim_disk(&survey->looks[i], node, &ret[i]);
	return 0;
}
