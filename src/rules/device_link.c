/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The link of a PCI Express function, and errors on it. Reading its state reads the configuration
 * space, which would wake a function that sleeps.
 */
#include "rules/catalogue.h"
#include "rules/look.h"

#define SYSFS "Documentation/ABI/testing/sysfs-bus-pci of the kernel"

/* VFs have no link of their own, nor has what is part of the root complex. */
static bool has_link(struct rule_run *run)
{
	return look_is_function(run) && !run->device->physfn &&
	       !device_is_on_root_bus(run->device) &&
	       path_exists("%s", look_path(run, "current_link_speed")) &&
	       look_is_awake(run, "current_link_speed");
}

/* "8.0 GT/s PCIe" in tenths, "16" as it is; -1: not known. */
static int parse_value(const char *text)
{
	unsigned int whole, tenth;
	int n = sscanf(text, "%u.%u", &whole, &tenth);

	return n == 2 ? (int)(whole * 10 + tenth) : n == 1 ? (int)whole : -1;
}

static int value_of(const struct device *dev, const char *attribute)
{
	char text[64];

	return path_read(text, sizeof(text), "%s/%s", dev->syspath, attribute) < 0
		       ? -1
		       : parse_value(text);
}

/* What both ends of the link can do; -1: not known. */
static int best(const struct rule_run *run, const char *attribute)
{
	const struct device *bridge = look_bridge_above(run->facts, run->device);
	int own = value_of(run->device, attribute);
	int other = bridge ? value_of(bridge, attribute) : -1;

	return own < 0 || (other >= 0 && other < own) ? other : own;
}

static const char *text_of(const struct rule_run *run, int value, bool is_speed)
{
	return is_speed ? arena_printf(run->arena, "%d.%d GT/s", value / 10, value % 10)
			: arena_printf(run->arena, "x%d", value);
}

static void judge_link(struct rule_run *run, const char *current, const char *max, bool is_speed)
{
	int is = value_of(run->device, current), could = best(run, max);

	if (could <= 0)
		rule_unknown(run, look_path(run, max), "it does not tell");
	else if (is > 0 && is < could)
		rule_fires(run, NULL, look_path(run, current), "%s, and both ends can do %s",
			   text_of(run, is, is_speed), text_of(run, could, is_speed));
}

/* A display that has nothing to do runs its link slower to save power. */
static bool slows_down(const struct device *dev)
{
	enum { CLASS_DISPLAY = 0x03, CLASS_ACCELERATOR = 0x12 };
	int64_t class = dev->class_id >> 16;

	return class == CLASS_DISPLAY || class == CLASS_ACCELERATOR;
}

static void degraded(struct rule_run *run)
{
	if (!has_link(run))
		return;
	judge_link(run, "current_link_width", "max_link_width", false);
	if (!slows_down(run->device))
		judge_link(run, "current_link_speed", "max_link_speed", true);
}

static void down(struct rule_run *run)
{
	char width[64];

	if (has_link(run) && look_read(run, width, sizeof(width), "current_link_width") &&
	    parse_value(width) == 0)
		rule_fires(run, NULL, look_path(run, "current_link_width"), "0");
}

/* The last line of the kernel's counters: "TOTAL_ERR_FATAL 0". */
static void judge_errors(struct rule_run *run, const char *attribute, const char *total)
{
	char text[PATH_ATTR_MAX];
	const char *line;
	unsigned long long count;

	if (!look_read(run, text, sizeof(text), attribute))
		return;
	line = strstr(text, total);
	if (line && sscanf(line + strlen(total), "%llu", &count) == 1 && count > 0)
		rule_fires(run, NULL, look_path(run, attribute), "%s%llu", total, count);
}

static void aer_errors(struct rule_run *run)
{
	if (!streq(run->device->bus, "pci"))
		return;
	judge_errors(run, "aer_dev_fatal", "TOTAL_ERR_FATAL ");
	judge_errors(run, "aer_dev_nonfatal", "TOTAL_ERR_NONFATAL ");
}

const struct rule rules_device_link[] = {
	{.id = "link-degraded",
	 .severity = RULE_WARNING,
	 .scope = RULE_DEVICE,
	 .title = "The link is slower or narrower than it could be",
	 .consequence = "The device moves less data than it can.",
	 .remedy = "Seat {device} anew, look at its riser or cable and at the slot's setting in "
		   "the firmware",
	 .reference = SYSFS,
	 .check = degraded},
	{.id = "link-down",
	 .severity = RULE_ERROR,
	 .scope = RULE_DEVICE,
	 .title = "The link is down",
	 .consequence = "The device cannot be reached.",
	 .remedy = "echo 1 > /sys/bus/pci/devices/{device}/remove; echo 1 > /sys/bus/pci/rescan",
	 .is_command = true,
	 .reference = SYSFS,
	 .blocks = PURPOSE_ANY,
	 .stage = STAGE_DEVICE,
	 .may_be_unseen = true,
	 .check = down},
	{.id = "aer-errors",
	 .severity = RULE_WARNING,
	 .scope = RULE_DEVICE,
	 .title = "The device has reported errors that were not corrected",
	 .consequence = "Data may be lost, and a VM that has the device may be stopped.",
	 .remedy = "Read `journalctl -k -g {device}`, and look at the card and its slot",
	 .reference = "Documentation/PCI/pcieaer-howto.rst of the kernel",
	 .check = aer_errors},
	{0},
};
