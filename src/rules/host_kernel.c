/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel was built with, and what it is forbidden.
 */
#include "rules/catalogue.h"
#include "rules/look.h"

static bool has_vfio(const struct rule_run *run)
{
	return run->facts->mode.ways.vfio_running || run->facts->mode.ways.from_module;
}

/* Where the answer about what VFIO was built with comes from. */
static const char *source_of_ways(const struct rule_run *run)
{
	return run->facts->mode.ways.vfio_running
		       ? "/proc/devices"
		       : arena_printf(run->arena, "/lib/modules/%s", run->facts->mode.kernel);
}

static void no_vfio(struct rule_run *run)
{
	const struct host_mode *mode = &run->facts->mode;

	if (has_vfio(run))
		return;
	if (!mode->kernel || !path_exists("/lib/modules/%s", mode->kernel))
		rule_unknown(run, "/lib/modules", "the modules of this kernel are not there");
	else
		rule_fires(run, NULL, arena_printf(run->arena, "/lib/modules/%s", mode->kernel),
			   "it has no module vfio");
}

static void judge_way(struct rule_run *run, enum answer way, const char *missing)
{
	if (has_vfio(run) && way == ANSWER_NO)
		rule_fires(run, NULL, source_of_ways(run), "%s", missing);
	else if (has_vfio(run) && way == ANSWER_UNKNOWN)
		rule_unknown(run, source_of_ways(run), "it does not tell");
}

static void no_iommufd(struct rule_run *run)
{
	judge_way(run, run->facts->mode.ways.iommufd, "vfio was built without iommufd");
}

static void no_cdev(struct rule_run *run)
{
	judge_way(run, run->facts->mode.ways.cdev, "vfio has no device cdevs (vfio-dev)");
}

static void no_group(struct rule_run *run)
{
	judge_way(run, run->facts->mode.ways.group, "vfio has no groups");
}

/* Who has locked it: the command line, or the kernel for Secure Boot. */
static const char *unlock(const struct rule_run *run)
{
	const char *level = rule_kernel_option(run, "lockdown");

	return level && (streq(level, "integrity") || streq(level, "confidentiality"))
		       ? arena_printf(run->arena, "boot without lockdown=%s", level)
		       : "switch Secure Boot off";
}

static void lockdown(struct rule_run *run)
{
	static const char file[] = "/sys/kernel/security/lockdown";
	char text[128];
	ssize_t n = path_read(text, sizeof(text), "%s", file);

	if (n >= 0 && strchr(text, '[') && !strstr(text, "[none]"))
		rule_fires(run, unlock(run), file, "%s", text);
	else if (n < 0 && n != -ENOENT)
		rule_unknown(run, file, "%s", rule_errno_text((int)n));
}

const struct rule rules_host_kernel[] = {
	{.id = "secure-lockdown",
	 .severity = RULE_INFO,
	 .scope = RULE_HOST,
	 .title = "The kernel is locked down",
	 .consequence =
		 "Modules must be signed, and memory of devices is reached through VFIO only.",
	 .remedy = "Sign modules that are not the distribution's, or {what}",
	 .reference = "kernel_lockdown(7)",
	 .check = lockdown},
	{.id = "kernel-no-vfio",
	 .severity = RULE_ERROR,
	 .scope = RULE_HOST,
	 .title = "The kernel has no VFIO",
	 .consequence = "No device can be handed out.",
	 .remedy = "Install a kernel with CONFIG_VFIO and CONFIG_VFIO_PCI",
	 .reference = "Documentation/driver-api/vfio.rst of the kernel",
	 .blocks = PURPOSE_ANY,
	 .stage = STAGE_KERNEL,
	 .check = no_vfio},
	{.id = "kernel-no-iommufd",
	 .severity = RULE_INFO,
	 .scope = RULE_HOST,
	 .title = "VFIO works without iommufd",
	 .consequence = "There is no /dev/iommu for VFIO: programs have to use containers.",
	 .remedy = "Use groups, or install a kernel with CONFIG_IOMMUFD",
	 .reference = "Documentation/userspace-api/iommufd.rst of the kernel",
	 .check = no_iommufd},
	{.id = "kernel-no-cdev",
	 .severity = RULE_INFO,
	 .scope = RULE_HOST,
	 .title = "Devices are offered in groups only",
	 .consequence = "There is no /dev/vfio/devices: programs have to use groups.",
	 .remedy = "Use groups, or install a kernel with CONFIG_VFIO_DEVICE_CDEV",
	 .reference = "vfioctl-mode(8)",
	 .check = no_cdev},
	{.id = "kernel-no-group",
	 .severity = RULE_INFO,
	 .scope = RULE_HOST,
	 .title = "Devices are offered by their cdev only",
	 .consequence = "There is no /dev/vfio/N: programs have to know iommufd.",
	 .remedy = "Use the cdev, or install a kernel with CONFIG_VFIO_GROUP",
	 .reference = "vfioctl-mode(8)",
	 .check = no_group},
	{0},
};
