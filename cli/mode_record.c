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

static const struct field command_fields[] = {
	ROW(STRING, "name", "COMMAND", command_name, "name of the command"),
	ROW(ADDRESS, "number", "NUMBER", command_number, "its ioctl number"),
	ROW(BOOL, "supported", "SUPPORTED", command_supported, "whether this kernel has it"),
	{0},
};

static const struct record_type command_record = {
	.name = "iommufd_command",
	.fields = command_fields,
};

#define IOMMU(name, expression) GETTER(iommu_##name, struct host_iommu, iommu, expression)

IOMMU(name, value_string(iommu->name))
IOMMU(kind, value_string(iommu->kind))
IOMMU(devices, value_number(iommu->devices))

static const struct field iommu_fields[] = {
	ROW(STRING, "name", "NAME", iommu_name, "name of the instance, as dmar0"),
	ROW(STRING, "kind", "KIND", iommu_kind, "intel-vtd, amd-vi, arm-smmu-v3, virtio-iommu ..."),
	ROW(NUMBER, "devices", "DEVICES", iommu_devices, "devices behind it", .flags = FIELD_RIGHT),
	{0},
};

const struct record_type iommu_record = {
	.name = "iommu",
	.fields = iommu_fields,
};

static struct value module_name(const void *record)
{
	return value_string(((const struct host_module *)record)->name);
}

static struct value module_state_word(const void *record)
{
	return value_string(module_state_name(((const struct host_module *)record)->state));
}

static const struct field module_fields[] = {
	ROW(STRING, "name", "MODULE", module_name, "name of the module"),
	ROW(STRING, "state", "STATE", module_state_word, "loaded, loadable, built-in or absent"),
	{0},
};

static const struct record_type module_record = {
	.name = "module",
	.fields = module_fields,
};

/* --- the document ------------------------------------------------------------------------- */

#define MODE(name, expression) GETTER(mode_##name, struct mode, mode, expression)

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
	const struct mode *mode = record;
	const struct kernel_iommufd *iommufd = &mode->iommufd;

	/* The last number is there to see that numbers beyond the known ones are refused. */
	if (!iommufd->present || i >= KERNEL_COMMANDS || !kernel_commands[i].name)
		return VALUE_UNKNOWN;
	if (mode->for_people && iommufd->commands[0] < 0)
		return VALUE_UNKNOWN;
	row = (struct command_row){&kernel_commands[i], iommufd->commands[i]};
	return value_record(&row);
}

static const struct field mode_document_fields[] = {
	ROW(STRING, "summary", "Summary", mode_summary, "verdict in one sentence",
	    .flags = FIELD_JSON_ONLY),
	ROW(STRING, "kernel", "Kernel", mode_kernel, "release of the running kernel"),
	ROW(STRING, "offers", "Ways to a device", mode_offers,
	    "group and cdev, group only, cdev only, or none"),
	ROW(STRING, "evidence", "Known from", mode_evidence, "where that is known from"),
	ROW(BOOL, "group", "Group", mode_group, "VFIO groups (/dev/vfio/N)",
	    .flags = FIELD_JSON_ONLY),
	ROW(BOOL, "cdev", "Device cdev", mode_cdev, "device cdevs (/dev/vfio/devices/vfioN)",
	    .flags = FIELD_JSON_ONLY),
	ROW(STRING, "container", "Container", mode_container,
	    "who answers on /dev/vfio/vfio: legacy (vfio), iommufd, or none"),
	ROW(STRING, "container_node", "Container node", mode_container_node,
	    "node of the container"),
	ROW(NUMBER, "container_api_version", "Container API version", mode_container_api,
	    "answer to VFIO_GET_API_VERSION", .flags = FIELD_JSON_ONLY),
	ROW_STRINGS("container_extensions", "Container extensions", mode_extension,
		    "what VFIO_CHECK_EXTENSION affirms on a fresh container"),
	ROW(BOOL, "type1", "Type1 backend", mode_type1,
	    "vfio_iommu_type1, the backend of the legacy container"),
	ROW(BOOL, "iommufd", "iommufd", mode_iommufd, "iommufd runs"),
	ROW(STRING, "iommufd_node", "iommufd node", mode_iommufd_node, "node of iommufd"),
	ROW(BOOL, "vfio_uses_iommufd", "VFIO uses iommufd", mode_vfio_uses_iommufd,
	    "vfio was built with iommufd"),
	ROW(BOOL, "noiommu", "noiommu built in", mode_noiommu,
	    "devices without an IOMMU can be handed out"),
	ROW(BOOL, "noiommu_enabled", "noiommu enabled", mode_noiommu_enabled,
	    "vfio.enable_unsafe_noiommu_mode"),
	ROW(BOOL, "noiommu_cdev", "noiommu through the cdev", mode_noiommu_cdev,
	    "they have device cdevs too (Linux 7.3)"),
	ROW(BOOL, "interrupt_remapping", "Interrupt remapping", mode_remapping,
	    "the IOMMU guards interrupts"),
	ROW(BOOL, "unsafe_interrupts_type1", "Unsafe interrupts, type1", mode_unsafe_type1,
	    "vfio_iommu_type1.allow_unsafe_interrupts"),
	ROW(BOOL, "unsafe_interrupts_iommufd", "Unsafe interrupts, iommufd", mode_unsafe_iommufd,
	    "iommufd.allow_unsafe_interrupts"),
	ROW(NUMBER, "iommu_groups", "IOMMU groups", mode_groups, "number of IOMMU groups"),
	ROW_STRINGS("unseen", "Not seen", mode_unseen, "what could not be looked at, and why",
		    .flags = FIELD_JSON_ONLY),
	ROW_RECORDS("iommus", "IOMMUs:", mode_iommu, &iommu_record, "IOMMU instances"),
	ROW_RECORDS("modules", "Modules:", mode_module, &module_record, "kernel modules of VFIO"),
	ROW_RECORDS("iommufd_commands", "iommufd commands:", mode_command, &command_record,
		    "commands that /dev/iommu knows"),
	{0},
};

const struct record_type mode_document = {
	.name = "mode",
	.fields = mode_document_fields,
};
