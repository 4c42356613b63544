/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The programs that are to use devices: what their versions know, and what the host offers.
 */
#include "rules/catalogue.h"
#include "rules/look.h"
#include "rules/package.h"

/* Programs that know the device cdev since some version. */
static const struct program {
	unsigned int purposes;
	const char *what;
	const char *const *packages;
	unsigned int major, minor;
} programs[] = {
	{PURPOSE_MACHINE, "QEMU",
	 (const char *const[]){"qemu-system-x86", "qemu-system-arm", "qemu-system-s390x",
			       "qemu-system-x86_64", "qemu-system-aarch64", NULL},
	 9, 0},
	{PURPOSE_LIBVIRT, "libvirt",
	 (const char *const[]){"libvirt-daemon", "libvirt0", "libvirt", NULL}, 12, 1},
	{PURPOSE_DPDK, "DPDK", (const char *const[]){"dpdk", "dpdk-dev", "libdpdk-dev", NULL}, 26,
	 11},
};

static bool offers_cdev_only(const struct rule_run *run)
{
	const struct host_ways *ways = &run->facts->mode.ways;

	return ways->cdev == ANSWER_YES && ways->group == ANSWER_NO;
}

/* Without a purpose only what is installed is judged. */
static void judge_version(struct rule_run *run, const struct program *program, const char *lead)
{
	const char *since = arena_printf(run->arena, "%s%s %u.%u", lead, program->what,
					 program->major, program->minor);
	struct package package;
	int r = package_find(&package, run->arena, program->packages);

	if (r > 0 && package_is_older(&package, program->major, program->minor))
		rule_fires(run, since, package.file, "%s %s", package.name, package.version);
	else if (r <= 0 && run->facts->purpose)
		rule_unknown(run, "/var/lib/dpkg/status", "the version of %s is not known",
			     program->what);
}

static void too_old(struct rule_run *run)
{
	unsigned int purpose = run->facts->purpose ? run->facts->purpose : PURPOSE_QEMU;

	for (size_t i = 0; i < ARRAY_SIZE(programs) && offers_cdev_only(run); i++)
		if (programs[i].purposes & purpose & PURPOSE_MACHINE)
			judge_version(run, &programs[i], "");
}

static void needs_group(struct rule_run *run)
{
	unsigned int purpose = run->facts->purpose;

	if (!offers_cdev_only(run))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++)
		if (programs[i].purposes & purpose & PURPOSE_POLL)
			judge_version(run, &programs[i], ", or a version that knows the cdev: ");
	if (purpose & PURPOSE_SPDK)
		rule_fires(run, "", "/proc/devices",
			   "there is no group, and SPDK opens groups only");
}

const struct rule rules_host_program[] = {
	{.id = "vmm-too-old-for-cdev",
	 .severity = RULE_ERROR,
	 .scope = RULE_HOST,
	 .title = "The program does not know the device cdev",
	 .consequence = "This host offers nothing else, so no VM with a device starts.",
	 .remedy = "Install {what} or later, or a kernel with CONFIG_VFIO_GROUP",
	 .reference = "docs/devel/vfio-iommufd.rst of QEMU",
	 .blocks = PURPOSE_MACHINE,
	 .stage = STAGE_PROGRAM,
	 .check = too_old},
	{.id = "vmm-needs-group",
	 .severity = RULE_ERROR,
	 .scope = RULE_HOST,
	 .title = "The program needs groups",
	 .consequence = "This host offers the device cdev only, which the program does not open.",
	 .remedy = "Install a kernel with CONFIG_VFIO_GROUP{what}",
	 .reference = "vfioctl-mode(8)",
	 .blocks = PURPOSE_POLL,
	 .stage = STAGE_PROGRAM,
	 .check = needs_group},
	{0},
};
