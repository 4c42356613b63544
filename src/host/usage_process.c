/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Processes that have something below the function open, all found in one search, and the one sign
 * of those that no search can find.
 */
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "host/usage_internal.h"

/* What to search the processes for: the target's index is that of its node in the list. */
static struct holder_target *targets_of(const struct look *look, size_t *ret_count)
{
	struct holder_target *targets;
	size_t count = 0;

	for (const struct node *node = look->nodes; node; node = node->next)
		count++;
	targets = calloc(count + 1, sizeof(*targets));
	*ret_count = 0;
	for (const struct node *node = look->nodes; targets && node; node = node->next)
		targets[(*ret_count)++] = (struct holder_target){
			.number = node->number,
			.block = node->kind == NODE_BLOCK,
			.syspath = node->kind == NODE_VFIO ? node->path : NULL,
			.group = node->group,
		};
	return targets;
}

static const struct node *node_at(const struct look *look, size_t i)
{
	const struct node *node = look->nodes;

	while (node && i-- > 0)
		node = node->next;
	return node;
}

static void add_holder(struct look *look, enum usage_reason reason, const struct holder *holder)
{
	char text[sizeof(((struct usage *)0)->evidence)];

	usage_add(look, reason, NULL, "%s", holder_text(text, sizeof(text), holder));
}

static void note_holder(struct look *look, const struct holder *holder)
{
	static const enum usage_reason reasons[] = {
		[NODE_BLOCK] = USAGE_BLOCK_OPEN,
		[NODE_CHAR] = USAGE_CHAR_OPEN,
		[NODE_VFIO] = USAGE_VFIO_OPEN,
	};
	const struct node *node = node_at(look, holder->target);

	if (node)
		add_holder(look, reasons[node->kind], holder);
}

/* Those that look at every new device for a moment: worth waiting for. */
static bool is_prober(const struct holder *holder)
{
	static const char *const commands[] = {"(udev-worker)", "systemd-udevd", "udevd", "blkid"};

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (streq(holder->command, commands[i]))
			return true;
	return false;
}

/* holders_find(), once more while nobody but udev's workers has the devices open. */
static int find_settled(struct holders *ret, const struct holder_target *targets, size_t count,
			struct error *err)
{
	for (int attempt = 0;; attempt++) {
		size_t probers = 0;

		if (holders_find(ret, targets, count, err) < 0)
			return -1;
		for (size_t i = 0; i < ret->count; i++)
			probers += is_prober(&ret->list[i]);
		if (probers == 0 || probers < ret->count || attempt == 20)
			return 0;
		holders_free(ret);
		nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
	}
}

static void note_invisible(struct look *look, const struct holders *holders)
{
	if (holders->hidden)
		usage_add(look, USAGE_UNSEEN, NULL, "what %zu process%s open cannot be looked at",
			  holders->hidden, holders->hidden == 1 ? " has" : "es have");
	if (holders->unlisted)
		usage_add(look, USAGE_UNSEEN, NULL, "/proc does not show all processes");
}

static int look_at_nodes(struct look *look, struct error *err)
{
	scoped_holders struct holders holders = {0};
	size_t count;
	scoped_free struct holder_target *targets = targets_of(look, &count);

	if (!targets)
		return error_errno(err, ENOMEM, "out-of-memory", look->dev->address, "looking");
	if (count == 0)
		return 0;
	if (find_settled(&holders, targets, count, err) < 0)
		return -1;
	for (size_t i = 0; i < holders.count; i++)
		note_holder(look, &holders.list[i]);
	note_invisible(look, &holders);
	return 0;
}

/* A stuck unbind has taken the VFIO device out of sysfs already: the walk did not find it. */
static int look_at_leaving(struct look *look, struct error *err)
{
	scoped_holders struct holders holders = {0};

	if (device_is_vfio(look->dev) || !device_may_be_held(look->dev) || !look->syspath)
		return 0;
	if (holders_of_device(&holders, look->dev, err) < 0)
		return -1;
	for (size_t i = 0; i < holders.count; i++)
		add_holder(look, USAGE_VFIO_OPEN, &holders.list[i]);
	return 0;
}

/* KVM, a message in flight, a process in another PID namespace. */
static void note_invisible_user(struct look *look)
{
	if (look->is_enabled && !usage_is_noted(look, USAGE_VFIO_OPEN, ""))
		usage_add(look, USAGE_VFIO_OPEN,
			  "Stop the virtual machine or container that has it.",
			  "%s is in use by something that cannot be seen from here",
			  look->dev->address);
}

int usage_look_at_processes(struct look *look, struct error *err)
{
	if (look_at_nodes(look, err) < 0 || look_at_leaving(look, err) < 0)
		return -1;
	note_invisible_user(look);
	return 0;
}
