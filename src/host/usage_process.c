/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Processes that have something below the function open, all found in one search, and the one sign
 * of those that no search can find.
 */
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "host/usage_internal.h"

/* What to search the processes for, and the node that each target stands for. */
struct targets {
	struct holder_target *list;
	struct node **nodes;
	size_t count;
};

static void free_targets(struct targets *targets)
{
	free(targets->list);
	free(targets->nodes);
}
#define scoped_targets __attribute__((cleanup(free_targets)))

static int find_targets(struct targets *ret, const struct survey *survey)
{
	size_t count = 0;

	for_each_look(look, survey) for (struct node *n = look->nodes; n; n = n->next) count++;
	ret->list = calloc(count + 1, sizeof(*ret->list));
	ret->nodes = calloc(count + 1, sizeof(*ret->nodes));
	if (!ret->list || !ret->nodes)
		return -ENOMEM;
	for_each_look(look, survey) for (struct node *node = look->nodes; node; node = node->next)
	{
		if (node->kind == NODE_INPUT)
			continue;
		ret->nodes[ret->count] = node;
		ret->list[ret->count++] = (struct holder_target){
			.number = node->number,
			.block = node->kind == NODE_BLOCK,
			.syspath = node->kind == NODE_VFIO ? node->path : NULL,
			.group = node->group,
			.node = startswith(node->path, "/dev/") ? node->path : NULL,
		};
	}
	return 0;
}

/* A process that has a device open and mapped is told once: more counts what else it has of it. */
static void add_holder(struct look *look, enum usage_reason reason, const struct holder *holder,
		       size_t more)
{
	char text[sizeof(((struct usage *)0)->evidence)];

	holder_text(text, sizeof(text), holder);
	if (more > 0)
		append(text, sizeof(text), ", and %zu more", more);
	usage_add(look, reason, NULL, "%s", text);
}

/* True when both are of one process, one device and one kind. */
static bool is_like(const struct targets *targets, const struct holder *a, const struct holder *b)
{
	const struct node *one = targets->nodes[a->target], *other = targets->nodes[b->target];

	return a->pid == b->pid && one->look == other->look && one->kind == other->kind;
}

static void note_holder(const struct targets *targets, const struct holders *holders, size_t i)
{
	static const enum usage_reason reasons[] = {
		[NODE_BLOCK] = USAGE_BLOCK_OPEN,
		[NODE_CHAR] = USAGE_CHAR_OPEN,
		[NODE_VFIO] = USAGE_VFIO_OPEN,
	};
	const struct holder *list = holders->list;
	const struct node *node = targets->nodes[list[i].target];
	size_t more = 0;

	for (size_t k = i; k > 0 && list[k - 1].pid == list[i].pid; k--)
		if (is_like(targets, &list[k - 1], &list[i]))
			return;
	for (size_t k = i + 1; k < holders->count && list[k].pid == list[i].pid; k++)
		more += is_like(targets, &list[k], &list[i]);
	add_holder(node->look, reasons[node->kind], &list[i], more);
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

/* True when a device is held by probers and by nobody else. */
static bool is_being_probed(const struct holders *holders, const struct targets *targets)
{
	for (size_t i = 0; i < holders->count; i++) {
		const struct look *look = targets->nodes[holders->list[i].target]->look;
		bool others = false;

		if (!is_prober(&holders->list[i]))
			continue;
		for (size_t k = 0; k < holders->count && !others; k++)
			others = targets->nodes[holders->list[k].target]->look == look &&
				 !is_prober(&holders->list[k]);
		if (!others)
			return true;
	}
	return false;
}

/* holders_find(), once more while udev's workers are not done with a device. */
static int find_settled(struct holders *ret, const struct targets *targets, struct error *err)
{
	for (int attempt = 0;; attempt++) {
		if (holders_find(ret, targets->list, targets->count, err) < 0)
			return -1;
		if (attempt == 20 || !is_being_probed(ret, targets))
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

/* Enabled, and nobody shows: who has KVM's device may have it by that. */
static void note_kvm(struct look *look, const struct holders *holders)
{
	char text[192];

	if (!look->is_enabled || usage_is_noted(look, USAGE_VFIO_OPEN, ""))
		return;
	for (size_t i = 0; i < holders->n_kvm; i++)
		usage_add(look, USAGE_VFIO_OPEN,
			  "Stop the virtual machine or container that has it.",
			  "%.80s is in use, perhaps by KVM: %s", look->dev->address,
			  holder_text(text, sizeof(text), &holders->kvm[i]));
}

static bool look_has_target(const struct look *look)
{
	return look_has(look, NODE_BLOCK) || look_has(look, NODE_CHAR) || look_has(look, NODE_VFIO);
}

static int look_at_nodes(struct survey *survey, struct error *err)
{
	scoped_holders struct holders holders = {0};
	scoped_targets struct targets targets = {0};

	if (find_targets(&targets, survey) < 0)
		return error_out_of_memory(err);
	if (targets.count == 0)
		return 0;
	if (find_settled(&holders, &targets, err) < 0)
		return -1;
	for (size_t i = 0; i < holders.count; i++)
		note_holder(&targets, &holders, i);
	for_each_look(look, survey)
	{
		note_kvm(look, &holders);
		if (look_has_target(look))
			note_invisible(look, &holders);
	}
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
	for (size_t i = 0, more; i < holders.count; i += more + 1) {
		more = 0;
		while (i + more + 1 < holders.count &&
		       holders.list[i + more + 1].pid == holders.list[i].pid)
			more++;
		add_holder(look, USAGE_VFIO_OPEN, &holders.list[i], more);
	}
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

int usage_look_at_processes(struct survey *survey, struct error *err)
{
	if (look_at_nodes(survey, err) < 0)
		return -1;
	for_each_look(look, survey)
	{
		if (look_at_leaving(look, err) < 0)
			return -1;
		note_invisible_user(look);
	}
	return 0;
}
