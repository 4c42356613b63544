/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The gate. Four rounds: looks at each device in sysfs and then at what concerns them all (/proc,
 * configfs, netlink), each a step that may block and is given up then (host/steps.h); one search
 * through all processes for everything that was found below the functions; claiming what seems
 * free; and what is known of VFs, told of their PF. What a step could not see is a reason of its
 * own.
 */
#include "host/usage.h"

#include <errno.h>

#include "base/path.h"
#include "host/steps.h"
#include "host/usage_internal.h"

enum {
	ARENA_SIZE = 32 << 20, /* pages that are not touched cost nothing */
	ARENA_PER_DEVICE = 1 << 20,
	LOOK_DEADLINE_MS = 5000,
};

const struct usage_reason_info usage_reasons[USAGE_REASON_COUNT] = {
	[USAGE_MOUNTED] = {"mounted", "a file system on it is mounted", "Unmount it first."},
	[USAGE_BLOCK_HELD] =
		{"block-held",
		 "dm, md, swap, ZFS or another part of the kernel has its block device",
		 "Take the device out of use there first."},
	[USAGE_BLOCK_OPEN] = {"block-open", "a process has its block device open",
			      "Stop that process first."},
	[USAGE_CHAR_OPEN] = {"char-open", "a process has one of its character devices open",
			     "Stop that process first."},
	[USAGE_NET_ADDRESS] = {"net-address", "its network interface is up and has an address",
			       "Take the interface down first, if you do not need it."},
	[USAGE_NET_ROUTE] = {"net-route", "a route goes through its network interface",
			     "Take the interface down first, if you do not need it."},
	[USAGE_NET_UPPER] = {"net-upper",
			     "its network interface is part of a bond, bridge, team or VLAN",
			     "Take it out of there first."},
	[USAGE_NET_NAMESPACE] = {"net-namespace",
				 "its network interface was given to another network namespace",
				 "Bring it back, or stop what uses it there."},
	[USAGE_BOOT_VGA] = {"boot-vga", "it is the display that the firmware started on",
			    "Use another display for the console."},
	[USAGE_DISPLAY] = {"display", "a screen is connected to it, or it shows the console",
			   "Unplug the screen, or use another display."},
	[USAGE_INPUT] = {"input", "a keyboard, a mouse or the like hangs on it",
			 "Plug it in elsewhere, if you need it."},
	[USAGE_LIVE_VFS] = {"live-vfs", "its virtual functions exist",
			    "Remove the virtual functions first."},
	[USAGE_BRIDGE] = {"bridge", "it is a bridge that leads to other devices",
			  "Name the devices behind it instead."},
	[USAGE_VFIO_OPEN] = {"vfio-open", "its VFIO device is open or mapped",
			     "Stop that process first."},
	[USAGE_GROUP] = {"group", "other members of its IOMMU group would keep it from being used",
			 "Take the other members along."},
	[USAGE_UNSEEN] = {"unseen", "whether it is in use could not be found out",
			  "Run it as root and outside of containers."},
};

const char *usage_reason_names(char *buf, size_t size, unsigned int reasons)
{
	*buf = '\0';
	for (int reason = 0; reason < USAGE_REASON_COUNT; reason++)
		if (reasons & REASON_BIT(reason))
			append(buf, size, "%s%s", *buf ? ", " : "", usage_reasons[reason].name);
	return buf;
}

/* --- the steps ---------------------------------------------------------------------------- */

/* At each device. */
static const struct {
	void (*look)(struct look *look);
	const char *what;
} looks[] = {
	{usage_look_at_function, "its attributes"},
	{usage_find_nodes, "what hangs below it"},
	{usage_look_at_display, "its displays"},
	{usage_look_at_inputs, "its input devices"},
	{usage_look_at_block_holders, "holders of its block devices"},
	{usage_look_at_uppers, "its network interfaces"},
};

static bool look_has_char(const struct look *look)
{
	return look_has(look, NODE_CHAR);
}

static bool look_has_disk_or_char(const struct look *look)
{
	return look_has_disk(look) || look_has_char(look);
}

/* At the machine: those of the devices that it concerns. */
static const struct {
	void (*look)(struct survey *survey);
	bool (*concerns)(const struct look *look);
	const char *what;
} surveys[] = {
	{usage_look_at_consoles, look_has_char, "/proc/consoles"},
	{usage_look_at_framebuffers, look_has_char, "the framebuffer console"},
	{usage_look_at_mounts, look_has_disk, "mounts"},
	{usage_look_at_swaps, look_has_disk, "/proc/swaps"},
	{usage_look_at_kernel_users, look_has_disk_or_char, "users of its block devices"},
	{usage_look_at_addresses, look_has_interface, "addresses and routes"},
	{usage_look_at_namespaces, look_has_interface, "other network namespaces"},
};

static bool concerns_any(const struct survey *survey, bool (*concerns)(const struct look *look))
{
	for_each_look(look, survey) if (concerns(look)) return true;
	return false;
}

static void run_step(void *arg, size_t i)
{
	struct survey *survey = arg;
	size_t singly = survey->n_looks * ARRAY_SIZE(looks);

	if (i < singly)
		looks[i % ARRAY_SIZE(looks)].look(&survey->looks[i / ARRAY_SIZE(looks)]);
	else if (concerns_any(survey, surveys[i - singly].concerns))
		surveys[i - singly].look(survey);
}

static void note_given_up(struct look *look, const char *what)
{
	usage_add(look, USAGE_UNSEEN, "Try again later.", "looking at %s did not end in time",
		  what);
}

static void give_up_step(void *arg, size_t i)
{
	struct survey *survey = arg;
	size_t singly = survey->n_looks * ARRAY_SIZE(looks);

	if (i < singly) {
		note_given_up(&survey->looks[i / ARRAY_SIZE(looks)],
			      looks[i % ARRAY_SIZE(looks)].what);
		return;
	}
	for_each_look(look, survey) if (surveys[i - singly].concerns(look))
		note_given_up(look, surveys[i - singly].what);
}

static int run_steps(struct survey *survey, struct error *err)
{
	return steps_run(
		&(struct steps){
			.count = survey->n_looks * ARRAY_SIZE(looks) + ARRAY_SIZE(surveys),
			.deadline_ms = LOOK_DEADLINE_MS,
			.arg = survey,
			.run = run_step,
			.given_up = give_up_step,
		},
		err);
}

/* --- all of it ---------------------------------------------------------------------------- */

/* A PF takes its VFs along. */
static void tell_physical(const struct look *function)
{
	for (const struct noted *n = function->first; n; n = n->next)
		usage_add(function->physical, USAGE_LIVE_VFS, n->usage.remedy, "%s is in use: %s",
			  function->dev->address, n->usage.evidence);
}

static int survey_run(struct survey *survey, struct usages *ret, bool claim, struct error *err)
{
	if (survey_add_functions(survey) < 0)
		return error_out_of_memory(err);
	if (run_steps(survey, err) < 0 || usage_look_at_processes(survey, err) < 0)
		return -1;
	if (claim && path_is_live() && usage_claim(survey, ret, err) < 0)
		return -1;
	for_each_look(look, survey) if (look->physical) tell_physical(look);
	for (size_t i = 0; i < survey->n_asked; i++)
		if (usage_hand_over(&ret[i], &survey->looks[i], err) < 0)
			return -1;
	return 0;
}

static size_t arena_size(const struct device *const *devices, size_t count)
{
	size_t functions = count;

	for (size_t i = 0; i < count; i++)
		functions += devices[i]->n_vfs > 0 ? (size_t)devices[i]->n_vfs : 0;
	return ARENA_SIZE + functions * ARENA_PER_DEVICE;
}

int usage_of_devices(struct usages *ret, const struct device *const *devices, size_t count,
		     bool claim, struct error *err)
{
	scoped_arena struct arena *arena = arena_new(arena_size(devices, count));
	struct survey *survey = arena ? survey_new(arena, devices, count) : NULL;

	memset(ret, 0, count * sizeof(*ret));
	if (!survey)
		return error_out_of_memory(err);
	if (survey_run(survey, ret, claim, err) == 0)
		return 0;
	for (size_t i = 0; i < count; i++)
		usages_free(&ret[i]);
	return -1;
}

int usage_of_device(struct usages *ret, const struct device *dev, bool claim, struct error *err)
{
	return usage_of_devices(ret, &dev, 1, claim, err);
}

static void keep_reasons(struct device *dev, const struct usages *usages)
{
	dev->usage_known = dev->state != DEVICE_GONE;
	for (size_t i = 0; i < usages->count; i++)
		dev->usage |= REASON_BIT(usages->list[i].reason);
}

int usage_of_inventory(struct inventory *inventory, struct error *err)
{
	size_t room = inventory->count + 1;
	scoped_free const struct device **devices = calloc(room, sizeof(const struct device *));
	scoped_free struct usages *usages = calloc(room, sizeof(*usages));

	if (!devices || !usages)
		return error_out_of_memory(err);
	for (size_t i = 0; i < inventory->count; i++)
		devices[i] = &inventory->devices[i];
	if (usage_of_devices(usages, devices, inventory->count, false, err) < 0)
		return -1;
	for (size_t i = 0; i < inventory->count; i++) {
		keep_reasons(&inventory->devices[i], &usages[i]);
		usages_free(&usages[i]);
	}
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
