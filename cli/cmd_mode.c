/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/mode_record.h"

#include <errno.h>
#include <stdio.h>

#include "base/path.h"
#include "cli/command.h"
#include "cli/fill.h"

/* An IOMMU without devices guards nothing: the kernel's own mock for tests is one. */
static bool has_iommu(const struct host_mode *host)
{
	for (size_t i = 0; i < host->n_iommus; i++)
		if (host->iommus[i].devices > 0)
			return true;
	return false;
}

static void summarise(struct mode *mode)
{
	const struct host_mode *host = &mode->host;
	const char *offers = mode_ways_word(&host->ways);
	bool noiommu = host->ways.noiommu_enabled == ANSWER_YES;
	const char *text;

	if (!offers && !host->ways.vfio_running)
		text = "This host offers nothing: its kernel has no VFIO, or its modules are not "
		       "installed.";
	else if (!offers)
		text = "VFIO runs, but what it offers could not be seen.";
	else if (!has_iommu(host) && !noiommu)
		text = "This host has VFIO but no IOMMU: no device can be handed out. Switch the "
		       "IOMMU "
		       "on in the firmware, and with intel_iommu=on where that is needed.";
	else if (host->ways.cdev == ANSWER_YES && host->ways.group == ANSWER_YES)
		text = "Devices are offered through the device cdev with iommufd and through the "
		       "group.";
	else if (host->ways.cdev == ANSWER_YES)
		text = "Devices are offered through the device cdev with iommufd only.";
	else if (host->ways.group == ANSWER_YES)
		text = "Devices are offered through the group only (no device cdev).";
	else
		text = "VFIO offers neither groups nor device cdevs.";
	snprintf(mode->summary, sizeof(mode->summary), "%s%s", text,
		 noiommu ? " noiommu is enabled: devices may be handed out unguarded." : "");
}

static void note_unseen(struct mode *mode, int errnum, const char *path, const char *what)
{
	if (!errnum || mode->n_unseen == ARRAY_SIZE(mode->unseen))
		return;
	snprintf(mode->unseen[mode->n_unseen++], sizeof(mode->unseen[0]), "%s: %s (%s): %s.%s",
		 path, strerror(errnum), errno_name(errnum), what,
		 errnum == EACCES || errnum == EPERM ? " Run as root to see it." : "");
}

static void gather_unseen(struct mode *mode)
{
	const struct host_ways *ways = &mode->host.ways;

	note_unseen(mode, mode->container.errnum, "/dev/vfio/vfio",
		    "who provides the container is not known");
	note_unseen(mode, mode->iommufd.errnum, "/dev/iommu", "its commands are not known");
	if (!ways->vfio_running && !ways->from_module)
		note_unseen(mode, ENOENT, "/lib/modules",
			    "whether this kernel has VFIO is not known");
}

/* A captured tree cannot be asked: what answers there is not known. */
static void probe(struct mode *mode)
{
	kernel_probe_container(&mode->container);
	kernel_probe_iommufd(&mode->iommufd);
	if (!path_is_live() && mode->host.container)
		mode->container.provider = KERNEL_CONTAINER_UNKNOWN;
}

static enum status run(const struct options *opts, struct error *err)
{
	scoped_arena struct arena *arena = arena_new(1 << 20);
	struct mode mode = {.for_people = !opts->json};

	if (!arena) {
		error_out_of_memory(err);
		return err->status;
	}
	if (host_mode_read(&mode.host, arena, err) < 0)
		return err->status;
	probe(&mode);
	summarise(&mode);
	gather_unseen(&mode);
	if (opts->json) {
		json_print_document(&mode_document, &mode);
		return STATUS_OK;
	}
	fill_print(stdout, mode.summary, 0, 0);
	putchar('\n');
	sheet_print(&mode_document, &mode, opts);
	for (size_t i = 0; i < mode.n_unseen; i++)
		message_note("%s", mode.unseen[i]);
	return STATUS_OK;
}

const struct command cmd_mode = {
	.name = "mode",
	.synopsis = "",
	.summary = "tell what this host offers: group, device cdev, container, iommufd, IOMMUs",
	.details = "Works unprivileged and with no module loaded; what could not be seen is said.",
	.document = &mode_document,
	.read_only = true,
	.run = run,
};
