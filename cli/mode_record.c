/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/mode_record.h"

static struct value value_answer(enum answer answer)
{
	return answer == ANSWER_UNKNOWN ? VALUE_UNKNOWN : value_bool(answer == ANSWER_YES);
}

/* --- iommufd commands, IOMMUs, modules ---------------------------------------------------- */

struct command_row {
	const struct kernel_command *command;
	int known;
};

static struct value command_name(const void *record)
{
	return value_string(((const struct command_row *)record)->command->name);
}

static struct value command_number(const void *record)
{
	return value_number(((const struct command_row *)record)->command->number);
}

static struct value command_supported(const void *record)
{
	int known = ((const struct command_row *)record)->known;

	return known < 0 ? VALUE_UNKNOWN : value_bool(known);
}

static const struct record_type command_record = {
	.name = "iommufd_command",
	.fields = (const struct field[]){{.key = "name",
					  .title = "COMMAND",
					  .type = FIELD_STRING,
					  .get = command_name,
					  .help = "name of the command"},
					 {.key = "number",
					  .title = "NUMBER",
					  .type = FIELD_ADDRESS,
					  .get = command_number,
					  .help = "its ioctl number"},
					 {.key = "supported",
					  .title = "SUPPORTED",
					  .type = FIELD_BOOL,
					  .get = command_supported,
					  .help = "whether this kernel has it"},
					 {0}},
};

#define IOMMU(name, expression)                                                                    \
	static struct value iommu_##name(const void *record)                                       \
	{                                                                                          \
		const struct host_iommu *iommu = record;                                           \
                                                                                                   \
		return (expression);                                                               \
	}

IOMMU(name, value_string(iommu->name))
IOMMU(kind, value_string(iommu->kind))
IOMMU(devices, value_number(iommu->devices))

const struct record_type iommu_record = {
	.name = "iommu",
	.fields =
		(const struct field[]){{.key = "name",
					.title = "NAME",
					.type = FIELD_STRING,
					.get = iommu_name,
					.help = "name of the instance, as dmar0"},
				       {.key = "kind",
					.title = "KIND",
					.type = FIELD_STRING,
					.get = iommu_kind,
					.help = "intel-vtd, amd-vi, arm-smmu-v3, virtio-iommu ..."},
				       {.key = "devices",
					.title = "DEVICES",
					.type = FIELD_NUMBER,
					.flags = FIELD_RIGHT,
					.get = iommu_devices,
					.help = "devices behind it"},
				       {0}},
};

static struct value module_name(const void *record)
{
	return value_string(((const struct host_module *)record)->name);
}

static struct value module_state_word(const void *record)
{
	return value_string(module_state_name(((const struct host_module *)record)->state));
}

static const struct record_type module_record = {
	.name = "module",
	.fields = (const struct field[]){{.key = "name",
					  .title = "MODULE",
					  .type = FIELD_STRING,
					  .get = module_name,
					  .help = "name of the module"},
					 {.key = "state",
					  .title = "STATE",
					  .type = FIELD_STRING,
					  .get = module_state_word,
					  .help = "loaded, loadable, built-in or absent"},
					 {0}},
};

/* --- the document ------------------------------------------------------------------------- */

#define MODE(name, expression)                                                                     \
	static struct value mode_##name(const void *record)                                        \
	{                                                                                          \
		const struct mode *mode = record;                                                  \
                                                                                                   \
		return (expression);                                                               \
	}

/* "legacy", "iommufd", "none", or NULL; what a module would provide counts when none is loaded. */
static const char *container_word(const struct mode *mode)
{
	const char *module = mode->host.container_module;

	switch (mode->container.provider) {
	case KERNEL_CONTAINER_LEGACY:
		return "legacy";
	case KERNEL_CONTAINER_IOMMUFD:
		return "iommufd";
	case KERNEL_CONTAINER_UNKNOWN:
		return NULL;
	case KERNEL_CONTAINER_NONE:
		break;
	}
	if (module)
		return streq(module, "vfio") ? "legacy" : "iommufd";
	return mode->host.ways.vfio_running || mode->host.ways.from_module ? "none" : NULL;
}

const char *mode_ways_word(const struct host_ways *ways)
{
	if (ways->group == ANSWER_UNKNOWN || ways->cdev == ANSWER_UNKNOWN)
		return NULL;
	if (ways->group && ways->cdev)
		return "group and cdev";
	if (ways->group)
		return "group only";
	return ways->cdev ? "cdev only" : "none";
}

static const char *evidence_word(const struct host_ways *ways)
{
	if (ways->vfio_running)
		return "running kernel";
	return ways->from_module ? "vfio module on disk, not loaded" : NULL;
}

static struct value noiommu_cdev(const struct kernel_iommufd *iommufd)
{
	return iommufd->noiommu_cdev < 0 ? VALUE_UNKNOWN : value_bool(iommufd->noiommu_cdev);
}

MODE(summary, value_string(mode->summary))
MODE(kernel, value_string(mode->host.kernel))
MODE(offers, value_string(mode_ways_word(&mode->host.ways)))
MODE(evidence, value_string(evidence_word(&mode->host.ways)))
MODE(group, value_answer(mode->host.ways.group))
MODE(cdev, value_answer(mode->host.ways.cdev))
MODE(container, value_string(container_word(mode)))
MODE(container_node, value_string(mode->host.container_node))
MODE(container_api, value_number(mode->container.api_version))
MODE(type1, value_answer(mode->host.type1))
MODE(iommufd, value_bool(mode->host.iommufd_running))
MODE(iommufd_node, value_string(mode->host.iommu_node))
MODE(vfio_uses_iommufd, value_answer(mode->host.ways.iommufd))
MODE(noiommu, value_answer(mode->host.ways.noiommu))
MODE(noiommu_enabled, value_answer(mode->host.ways.noiommu_enabled))
MODE(noiommu_cdev, noiommu_cdev(&mode->iommufd))
MODE(remapping, value_answer(mode->host.interrupt_remapping))
MODE(unsafe_type1, value_answer(mode->host.unsafe_interrupts_type1))
MODE(unsafe_iommufd, value_answer(mode->host.unsafe_interrupts_iommufd))
MODE(groups, value_number(mode->host.iommu_groups))

static struct value mode_extension(const void *record, size_t i)
{
	const struct kernel_container *container = &((const struct mode *)record)->container;

	for (size_t k = 0; k < KERNEL_EXTENSIONS; k++)
		if (container->extensions[k] > 0 && i-- == 0)
			return value_string(kernel_extensions[k].name);
	return VALUE_UNKNOWN;
}

static struct value mode_unseen(const void *record, size_t i)
{
	const struct mode *mode = record;

	return value_string(i < mode->n_unseen ? mode->unseen[i] : NULL);
}

static struct value mode_iommu(const void *record, size_t i)
{
	const struct host_mode *host = &((const struct mode *)record)->host;

	return value_record(i < host->n_iommus ? &host->iommus[i] : NULL);
}

static struct value mode_module(const void *record, size_t i)
{
	const struct host_mode *host = &((const struct mode *)record)->host;

	return value_record(i < host->n_modules ? &host->modules[i] : NULL);
}

static struct value mode_command(const void *record, size_t i)
{
	static struct command_row row; /* one at a time: renderers take them in turn */
	const struct kernel_iommufd *iommufd = &((const struct mode *)record)->iommufd;

	/* The last number is there to see that numbers beyond the known ones are refused. */
	if (!iommufd->present || i >= KERNEL_COMMANDS || !kernel_commands[i].name)
		return VALUE_UNKNOWN;
	row = (struct command_row){&kernel_commands[i], iommufd->commands[i]};
	return value_record(&row);
}

const struct record_type mode_document = {
	.name = "mode",
	.fields =
		(const struct field[]){
			{.key = "summary",
			 .title = "Summary",
			 .type = FIELD_STRING,
			 .flags = FIELD_JSON_ONLY,
			 .get = mode_summary,
			 .help = "verdict in one sentence"},
			{.key = "kernel",
			 .title = "Kernel",
			 .type = FIELD_STRING,
			 .get = mode_kernel,
			 .help = "release of the running kernel"},
			{.key = "offers",
			 .title = "Ways to a device",
			 .type = FIELD_STRING,
			 .get = mode_offers,
			 .help = "group and cdev, group only, cdev only, or none"},
			{.key = "evidence",
			 .title = "Known from",
			 .type = FIELD_STRING,
			 .get = mode_evidence,
			 .help = "where that is known from"},
			{.key = "group",
			 .title = "Group",
			 .type = FIELD_BOOL,
			 .flags = FIELD_JSON_ONLY,
			 .get = mode_group,
			 .help = "VFIO groups (/dev/vfio/N)"},
			{.key = "cdev",
			 .title = "Device cdev",
			 .type = FIELD_BOOL,
			 .flags = FIELD_JSON_ONLY,
			 .get = mode_cdev,
			 .help = "device cdevs (/dev/vfio/devices/vfioN)"},
			{.key = "container",
			 .title = "Container",
			 .type = FIELD_STRING,
			 .get = mode_container,
			 .help = "who answers on /dev/vfio/vfio: legacy (vfio), iommufd, or none"},
			{.key = "container_node",
			 .title = "Container node",
			 .type = FIELD_STRING,
			 .get = mode_container_node,
			 .help = "node of the container"},
			{.key = "container_api_version",
			 .title = "Container API version",
			 .type = FIELD_NUMBER,
			 .flags = FIELD_JSON_ONLY,
			 .get = mode_container_api,
			 .help = "answer to VFIO_GET_API_VERSION"},
			{.key = "container_extensions",
			 .title = "Container extensions",
			 .type = FIELD_STRINGS,
			 .item = mode_extension,
			 .help = "what VFIO_CHECK_EXTENSION affirms on a fresh container"},
			{.key = "type1",
			 .title = "Type1 backend",
			 .type = FIELD_BOOL,
			 .get = mode_type1,
			 .help = "vfio_iommu_type1, the backend of the legacy container"},
			{.key = "iommufd",
			 .title = "iommufd",
			 .type = FIELD_BOOL,
			 .get = mode_iommufd,
			 .help = "iommufd runs"},
			{.key = "iommufd_node",
			 .title = "iommufd node",
			 .type = FIELD_STRING,
			 .get = mode_iommufd_node,
			 .help = "node of iommufd"},
			{.key = "vfio_uses_iommufd",
			 .title = "VFIO uses iommufd",
			 .type = FIELD_BOOL,
			 .get = mode_vfio_uses_iommufd,
			 .help = "vfio was built with iommufd"},
			{.key = "noiommu",
			 .title = "noiommu built in",
			 .type = FIELD_BOOL,
			 .get = mode_noiommu,
			 .help = "devices without an IOMMU can be handed out"},
			{.key = "noiommu_enabled",
			 .title = "noiommu enabled",
			 .type = FIELD_BOOL,
			 .get = mode_noiommu_enabled,
			 .help = "vfio.enable_unsafe_noiommu_mode"},
			{.key = "noiommu_cdev",
			 .title = "noiommu through the cdev",
			 .type = FIELD_BOOL,
			 .get = mode_noiommu_cdev,
			 .help = "they have device cdevs too (Linux 7.3)"},
			{.key = "interrupt_remapping",
			 .title = "Interrupt remapping",
			 .type = FIELD_BOOL,
			 .get = mode_remapping,
			 .help = "the IOMMU guards interrupts"},
			{.key = "unsafe_interrupts_type1",
			 .title = "Unsafe interrupts, type1",
			 .type = FIELD_BOOL,
			 .get = mode_unsafe_type1,
			 .help = "vfio_iommu_type1.allow_unsafe_interrupts"},
			{.key = "unsafe_interrupts_iommufd",
			 .title = "Unsafe interrupts, iommufd",
			 .type = FIELD_BOOL,
			 .get = mode_unsafe_iommufd,
			 .help = "iommufd.allow_unsafe_interrupts"},
			{.key = "iommu_groups",
			 .title = "IOMMU groups",
			 .type = FIELD_NUMBER,
			 .get = mode_groups,
			 .help = "number of IOMMU groups"},
			{.key = "unseen",
			 .title = "Not seen",
			 .type = FIELD_STRINGS,
			 .flags = FIELD_JSON_ONLY,
			 .item = mode_unseen,
			 .help = "what could not be looked at, and why"},
			{.key = "iommus",
			 .title = "IOMMUs:",
			 .type = FIELD_RECORDS,
			 .item = mode_iommu,
			 .child = &iommu_record,
			 .help = "IOMMU instances"},
			{.key = "modules",
			 .title = "Modules:",
			 .type = FIELD_RECORDS,
			 .item = mode_module,
			 .child = &module_record,
			 .help = "kernel modules of VFIO"},
			{.key = "iommufd_commands",
			 .title = "iommufd commands:",
			 .type = FIELD_RECORDS,
			 .item = mode_command,
			 .child = &command_record,
			 .help = "commands that /dev/iommu knows"},
			{0}},
};
