/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One pass over /proc for any number of targets, one process after another, in a worker that is
 * replaced when a process cannot be looked at (a descriptor on a dead file server, a memory map
 * that is locked for ever). What makes a process a holder is in holder_process.c.
 */
#include "host/holder.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/sysmacros.h>

#include "base/path.h"
#include "host/holder_internal.h"
#include "host/steps.h"
#include "host/vfio_driver.h"

enum { PROCESS_DEADLINE_MS = 2000 };

static void search_process(void *arg, size_t i)
{
	struct search *search = arg;

	holder_look_at_process(search, search->pids[i]);
}

static void give_up_process(void *arg, size_t i)
{
	struct search *search = arg;

	(void)i;
	search->hidden++;
}

static int list_processes(struct search *search, struct error *err)
{
	scoped_dir DIR *dir = path_opendir("/proc");
	size_t room = 0;
	const char *name;
	uint64_t pid;

	if (!dir && path_is_live())
		return error_errno(err, errno, "no-proc", NULL, "cannot read /proc");
	while (dir && (name = path_next(dir))) {
		if (parse_number(name, 10, INT_MAX, &pid) < 0 || (pid_t)pid == getpid())
			continue;
		if (search->n_pids == room) {
			size_t more = room ? room * 2 : 1024;
			pid_t *pids = reallocarray(search->pids, more, sizeof(*pids));

			if (!pids)
				return error_errno(err, ENOMEM, "out-of-memory", NULL, "/proc");
			search->pids = pids;
			room = more;
		}
		search->pids[search->n_pids++] = (pid_t)pid;
	}
	return 0;
}

/* The path of the node with that number, from what its device tells udev; "" when there is none. */
static void read_name(char *ret, size_t size, const char *type, dev_t number)
{
	char text[PATH_ATTR_MAX] = "";
	const char *name;

	path_read(text, sizeof(text), "/sys/dev/%s/%u:%u/uevent", type, major(number),
		  minor(number));
	name = strstr(text, "DEVNAME=");
	if (!number || !name)
		return;
	name += strlen("DEVNAME=");
	snprintf(ret, size, "/dev/%.*s", (int)strcspn(name, "\n"), name);
}

/* The nodes' names, for a tree whose links do not lead to real nodes. */
static int read_names(struct search *search)
{
	if (path_is_live())
		return 0;
	search->names = arena_alloc(search->arena, search->n_targets * sizeof(*search->names));
	for (size_t i = 0; search->names && i < search->n_targets; i++) {
		const struct holder_target *target = &search->targets[i];
		struct node_names *names = &search->names[i];

		if (target->node)
			snprintf(names->node, sizeof(names->node), "%s", target->node);
		else
			read_name(names->node, sizeof(names->node),
				  target->block ? "block" : "char", target->number);
		read_name(names->group, sizeof(names->group), "char", target->group);
	}
	return search->names ? 0 : -ENOMEM;
}

static int compare_numbers(const void *a, const void *b)
{
	const struct numbered *left = a, *right = b;

	return left->number < right->number ? -1 : left->number > right->number;
}

/* With a thousand devices each descriptor would else be held against thousands of numbers. */
static int sort_numbers(struct search *search)
{
	search->numbers =
		arena_alloc(search->arena, (2 * search->n_targets + 1) * sizeof(*search->numbers));
	for (size_t i = 0; search->numbers && i < search->n_targets; i++) {
		const struct holder_target *target = &search->targets[i];

		if (target->number)
			search->numbers[search->n_numbers++] = (struct numbered){
				.number = target->number, .block = target->block, .target = i};
		if (target->group)
			search->numbers[search->n_numbers++] = (struct numbered){
				.number = target->group, .group = true, .target = i};
	}
	if (!search->numbers)
		return -ENOMEM;
	qsort(search->numbers, search->n_numbers, sizeof(*search->numbers), compare_numbers);
	return 0;
}

/* True when /proc leaves out processes that run on this machine. */
static bool processes_unlisted(void)
{
	static const char host_namespace[] = "pid:[4026531836]"; /* fixed in the kernel */
	char name[64];

	if (!path_is_live())
		return false;
	if (path_readlink(name, sizeof(name), "/proc/self/ns/pid") > 0 &&
	    !streq(name, host_namespace))
		return true;
	return !path_exists("/proc/1");
}

static int compare_holders(const void *a, const void *b)
{
	const struct holder *left = a, *right = b;

	if (left->pid != right->pid)
		return left->pid < right->pid ? -1 : 1;
	if (left->fd != right->fd)
		return left->fd < right->fd ? -1 : 1;
	return left->target < right->target ? -1 : left->target > right->target;
}

static int collect(struct holders *ret, const struct search *search, struct error *err)
{
	struct holder *list = calloc(search->n_found + 1, sizeof(*list));

	if (!list)
		return error_errno(err, ENOMEM, "out-of-memory", NULL, "holders");
	memcpy(list, search->found, search->n_found * sizeof(*list));
	qsort(list, search->n_found, sizeof(*list), compare_holders);
	*ret = (struct holders){
		.list = list,
		.count = search->n_found,
		.hidden = search->hidden,
		.unlisted = processes_unlisted(),
		.n_kvm = search->n_kvm,
	};
	memcpy(ret->kvm, search->kvm, sizeof(ret->kvm));
	return 0;
}

static struct search *search_new(struct arena *arena, const struct holder_target *targets,
				 size_t count)
{
	struct search *search = arena_alloc(arena, sizeof(*search));

	if (!search)
		return NULL;
	search->arena = arena;
	search->targets = targets;
	search->n_targets = count;
	search->found = arena_alloc(arena, MAX_HOLDERS * sizeof(*search->found));
	search->mine = arena_alloc(arena, count * sizeof(*search->mine));
	if (!search->found || !search->mine)
		return NULL;
	return read_names(search) == 0 && sort_numbers(search) == 0 ? search : NULL;
}

int holders_find(struct holders *ret, const struct holder_target *targets, size_t count,
		 struct error *err)
{
	size_t size = (MAX_HOLDERS + 1) * sizeof(struct holder) +
		      count * (sizeof(struct node_names) + 2 * sizeof(struct numbered) + 64) +
		      65536;
	scoped_arena struct arena *arena = arena_new(size);
	struct search *search = arena ? search_new(arena, targets, count) : NULL;
	int r;

	if (!search)
		return error_errno(err, ENOMEM, "out-of-memory", NULL, "looking for holders");
	r = list_processes(search, err);
	if (r == 0)
		r = steps_run(&(struct steps){.count = search->n_pids,
					      .deadline_ms = PROCESS_DEADLINE_MS,
					      .arg = search,
					      .run = search_process,
					      .given_up = give_up_process},
			      err);
	if (r == 0)
		r = collect(ret, search, err);
	free(search->pids);
	return r;
}

static dev_t read_number(const char *directory)
{
	char text[32];
	unsigned int major_number, minor_number;

	if (path_read(text, sizeof(text), "%s/dev", directory) < 0 ||
	    sscanf(text, "%u:%u", &major_number, &minor_number) != 2)
		return 0;
	return makedev(major_number, minor_number);
}

static dev_t read_cdev_number(const char *syspath)
{
	scoped_dir DIR *dir = path_opendir("%s/vfio-dev", syspath);
	const char *name = dir ? path_next(dir) : NULL;
	char path[PATH_MAX];

	if (!name)
		return 0;
	snprintf(path, sizeof(path), "%.3000s/vfio-dev/%s", syspath, name);
	return read_number(path);
}

void holder_target_vfio(struct holder_target *ret, const char *syspath)
{
	char group[64], entry[96], path[128];

	*ret = (struct holder_target){.number = read_cdev_number(syspath), .syspath = syspath};
	if (path_link_name(group, sizeof(group), "%s/iommu_group", syspath) < 0 ||
	    vfio_group_entry(entry, sizeof(entry), group) < 0)
		return;
	snprintf(path, sizeof(path), "/sys/class/vfio/%s", entry);
	ret->group = read_number(path);
}

bool device_may_be_held(const struct device *dev)
{
	if (device_is_vfio(dev) || dev->state == DEVICE_LOCKED)
		return true;
	return dev->driver && dev->syspath && !path_exists("%s/driver", dev->syspath);
}

int holders_of_device(struct holders *ret, const struct device *dev, struct error *err)
{
	struct holder_target target;
	char syspath[PATH_MAX];

	if (dev->syspath)
		snprintf(syspath, sizeof(syspath), "%s", dev->syspath);
	else if (path_resolve(syspath, sizeof(syspath), "/sys/bus/%s/devices/%s", dev->bus,
			      dev->address) < 0)
		return error_set(err, STATUS_NO_DEVICE, ENODEV, "no-such-device", dev->address,
				 "no such device");
	holder_target_vfio(&target, syspath);
	if (!target.number)
		target.number = dev->cdev_number;
	return holders_find(ret, &target, 1, err);
}

const char *holder_text(char *buf, size_t size, const struct holder *holder)
{
	*buf = '\0';
	append(buf, size, "pid %d (%s) has %s ", (int)holder->pid, holder->command, holder->path);
	if (holder->fd < 0)
		append(buf, size, "mapped");
	else
		append(buf, size, "open (fd %d)", holder->fd);
	return buf;
}

void holders_free(struct holders *holders)
{
	free(holders->list);
	*holders = (struct holders){0};
}
