/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/records.h"

#include "host/holder.h"
#include "host/inventory.h"
#include "host/usage.h"

struct value reason_word(unsigned int reasons, size_t i)
{
	for (int reason = 0; reason < USAGE_REASON_COUNT; reason++)
		if (reasons & REASON_BIT(reason) && i-- == 0)
			return value_string(usage_reasons[reason].name);
	return VALUE_UNKNOWN;
}

struct value mode_word(unsigned int modes, size_t i)
{
	static const struct {
		unsigned int mode;
		const char *word;
	} words[] = {{MODE_CDEV, "cdev"}, {MODE_GROUP, "group"}};

	for (size_t k = 0; k < ARRAY_SIZE(words); k++)
		if (modes & words[k].mode && i-- == 0)
			return value_string(words[k].word);
	return VALUE_UNKNOWN;
}

/* Defines a getter of a device's field: an expression over `dev`. */
#define DEVICE(name, expression)                                                                   \
	static struct value device_##name(const void *record)                                      \
	{                                                                                          \
		const struct device *dev = record;                                                 \
                                                                                                   \
		return (expression);                                                               \
	}

const char *device_state_word(enum device_state state)
{
	static const char *const words[] = {
		[DEVICE_OK] = "ok", [DEVICE_LOCKED] = "locked", [DEVICE_GONE] = "gone"};

	return words[state];
}

static const char *iommu_word(enum iommu_kind kind)
{
	static const char *const words[] = {
		[IOMMU_UNKNOWN] = NULL,
		[IOMMU_NONE] = "none",
		[IOMMU_PHYSICAL] = "physical",
		[IOMMU_EMULATED] = "emulated",
	};

	return words[kind];
}

DEVICE(address, value_string(dev->address))
DEVICE(bus, value_string(dev->bus))
DEVICE(class, value_number(dev->class_id))
DEVICE(vendor, value_number(dev->vendor_id))
DEVICE(device, value_number(dev->device_id))
DEVICE(subvendor, value_number(dev->subvendor_id))
DEVICE(subdevice, value_number(dev->subdevice_id))
DEVICE(class_name, value_string(dev->class_name))
DEVICE(vendor_name, value_string(dev->vendor_name))
DEVICE(device_name, value_string(dev->device_name))
DEVICE(driver, value_string(dev->driver))
DEVICE(driver_override, value_string(dev->driver_override))
DEVICE(iommu_group, value_number(dev->iommu_group))
DEVICE(iommu, value_string(iommu_word(dev->iommu)))
DEVICE(iommu_instance, value_string(dev->iommu_instance))
DEVICE(reset_set, value_string(dev->reset_set))
DEVICE(cdev, value_string(dev->cdev))
DEVICE(group_node, value_string(dev->group_node))
DEVICE(vfio_name, value_string(dev->vfio_name))
DEVICE(physfn, value_string(dev->physfn))
DEVICE(vfs, value_number(dev->state == DEVICE_OK ? dev->n_vfs : -1))
DEVICE(numa_node, value_number(dev->numa_node))
DEVICE(state, value_string(device_state_word(dev->state)))
DEVICE(usage_known, dev->usage_known ? value_bool(true) : VALUE_UNKNOWN)
DEVICE(syspath, value_string(dev->syspath))
DEVICE(modalias, value_string(dev->modalias))

static struct value device_mode(const void *record, size_t i)
{
	return mode_word(((const struct device *)record)->modes, i);
}

static struct value device_offer(const void *record, size_t i)
{
	return mode_word(((const struct device *)record)->would_offer, i);
}

static struct value device_usage(const void *record, size_t i)
{
	return reason_word(((const struct device *)record)->usage, i);
}

/* Colour tells what VFIO has, and what is wrong. */
static enum tone vfio_tone(const void *record)
{
	const struct device *dev = record;

	if (!device_is_vfio(dev))
		return TONE_PLAIN;
	return dev->iommu == IOMMU_NONE ? TONE_TROUBLE : TONE_GOOD;
}

static enum tone state_tone(const void *record)
{
	return ((const struct device *)record)->state == DEVICE_OK ? TONE_PLAIN : TONE_TROUBLE;
}

static enum tone usage_tone(const void *record)
{
	return ((const struct device *)record)->usage ? TONE_WARNING : TONE_PLAIN;
}

const struct record_type device_record = {
	.name = "device",
	.fields =
		(const struct field[]){
			{.key = "address",
			 .title = "ADDRESS",
			 .type = FIELD_STRING,
			 .flags = FIELD_DEFAULT,
			 .get = device_address,
			 .tone = state_tone,
			 .help = "name on its bus: PCI address, mdev UUID"},
			{.key = "bus",
			 .title = "BUS",
			 .type = FIELD_STRING,
			 .get = device_bus,
			 .help = "bus that the device is on"},
			{.key = "class",
			 .title = "CLASS",
			 .type = FIELD_CLASS,
			 .get = device_class,
			 .help = "PCI class, subclass and interface"},
			{.key = "vendor",
			 .title = "VENDOR",
			 .type = FIELD_ID,
			 .flags = FIELD_DEFAULT,
			 .get = device_vendor,
			 .help = "vendor id"},
			{.key = "device",
			 .title = "DEVICE",
			 .type = FIELD_ID,
			 .flags = FIELD_DEFAULT,
			 .get = device_device,
			 .help = "device id"},
			{.key = "subvendor",
			 .title = "SUBVENDOR",
			 .type = FIELD_ID,
			 .get = device_subvendor,
			 .help = "subsystem vendor id"},
			{.key = "subdevice",
			 .title = "SUBDEVICE",
			 .type = FIELD_ID,
			 .get = device_subdevice,
			 .help = "subsystem device id"},
			{.key = "driver",
			 .title = "DRIVER",
			 .type = FIELD_STRING,
			 .flags = FIELD_DEFAULT,
			 .get = device_driver,
			 .tone = vfio_tone,
			 .help = "driver bound now"},
			{.key = "driver_override",
			 .title = "OVERRIDE",
			 .type = FIELD_STRING,
			 .get = device_driver_override,
			 .help = "the only driver that may bind, when set"},
			{.key = "iommu_group",
			 .title = "GROUP",
			 .type = FIELD_NUMBER,
			 .flags = FIELD_DEFAULT | FIELD_RIGHT,
			 .get = device_iommu_group,
			 .help = "number of the IOMMU group"},
			{.key = "iommu",
			 .title = "IOMMU",
			 .type = FIELD_STRING,
			 .get = device_iommu,
			 .tone = vfio_tone,
			 .help = "what guards its DMA: physical, emulated (mdev) or none"},
			{.key = "iommu_instance",
			 .title = "IOMMU-INSTANCE",
			 .type = FIELD_STRING,
			 .get = device_iommu_instance,
			 .help = "IOMMU that guards it, as dmar0"},
			{.key = "reset_set",
			 .title = "RESET-SET",
			 .type = FIELD_STRING,
			 .needs = NEED_RESET,
			 .get = device_reset_set,
			 .help = "bridge whose hot reset resets it along with others"},
			{.key = "modes",
			 .title = "MODES",
			 .type = FIELD_STRINGS,
			 .flags = FIELD_DEFAULT,
			 .item = device_mode,
			 .tone = vfio_tone,
			 .help = "ways offered to user space now: cdev, group"},
			{.key = "would_offer",
			 .title = "WOULD-OFFER",
			 .type = FIELD_STRINGS,
			 .needs = NEED_OFFER,
			 .item = device_offer,
			 .help = "ways that binding it to a VFIO driver would offer"},
			{.key = "vfio_name",
			 .title = "VFIO",
			 .type = FIELD_STRING,
			 .flags = FIELD_DEFAULT,
			 .get = device_vfio_name,
			 .tone = vfio_tone,
			 .help = "name of its VFIO device, as vfio0"},
			{.key = "cdev",
			 .title = "CDEV",
			 .type = FIELD_STRING,
			 .get = device_cdev,
			 .help = "node of the device cdev"},
			{.key = "group_node",
			 .title = "GROUP-NODE",
			 .type = FIELD_STRING,
			 .get = device_group_node,
			 .help = "node of the VFIO group"},
			{.key = "physfn",
			 .title = "PHYSFN",
			 .type = FIELD_STRING,
			 .get = device_physfn,
			 .help = "the PF, when this is a VF"},
			{.key = "vfs",
			 .title = "VFS",
			 .type = FIELD_NUMBER,
			 .flags = FIELD_RIGHT,
			 .get = device_vfs,
			 .help = "VFs of this PF that exist now"},
			{.key = "numa_node",
			 .title = "NUMA",
			 .type = FIELD_NUMBER,
			 .flags = FIELD_RIGHT,
			 .get = device_numa_node,
			 .help = "NUMA node"},
			{.key = "state",
			 .title = "STATE",
			 .type = FIELD_STRING,
			 .get = device_state,
			 .tone = state_tone,
			 .help = "ok, locked (does not answer) or gone (vanished meanwhile)"},
			{.key = "usage",
			 .title = "USAGE",
			 .type = FIELD_STRINGS,
			 .needs = NEED_USAGE,
			 .get = device_usage_known,
			 .item = device_usage,
			 .tone = usage_tone,
			 .help = "why bind would refuse it, the words for --force; only when "
				 "named"},
			{.key = "class_name",
			 .title = "CLASS-NAME",
			 .type = FIELD_STRING,
			 .flags = FIELD_TRUNC,
			 .needs = NEED_NAMES,
			 .get = device_class_name,
			 .help = "name of the class"},
			{.key = "vendor_name",
			 .title = "VENDOR-NAME",
			 .type = FIELD_STRING,
			 .flags = FIELD_TRUNC,
			 .needs = NEED_NAMES,
			 .get = device_vendor_name,
			 .help = "name of the vendor"},
			{.key = "device_name",
			 .title = "NAME",
			 .type = FIELD_STRING,
			 .flags = FIELD_DEFAULT | FIELD_TRUNC,
			 .needs = NEED_NAMES,
			 .get = device_device_name,
			 .help = "name of the device"},
			{.key = "syspath",
			 .title = "SYSPATH",
			 .type = FIELD_STRING,
			 .get = device_syspath,
			 .help = "directory in sysfs"},
			{.key = "modalias",
			 .title = "MODALIAS",
			 .type = FIELD_STRING,
			 .get = device_modalias,
			 .help = "what modules are matched against"},
			{0}},
};

#define HOLDER(name, expression)                                                                   \
	static struct value holder_##name(const void *record)                                      \
	{                                                                                          \
		const struct holder *holder = record;                                              \
                                                                                                   \
		return (expression);                                                               \
	}

HOLDER(pid, value_number(holder->pid))
HOLDER(uid, value_number(holder->uid))
HOLDER(command, value_string(holder->command))
HOLDER(fd, value_number(holder->fd))
HOLDER(path, value_string(holder->path))

const struct record_type holder_record = {
	.name = "holder",
	.fields = (const struct field[]){{.key = "pid",
					  .title = "PID",
					  .type = FIELD_NUMBER,
					  .flags = FIELD_RIGHT,
					  .get = holder_pid,
					  .help = "process"},
					 {.key = "command",
					  .title = "COMMAND",
					  .type = FIELD_STRING,
					  .get = holder_command,
					  .help = "its name"},
					 {.key = "uid",
					  .title = "UID",
					  .type = FIELD_NUMBER,
					  .flags = FIELD_RIGHT,
					  .get = holder_uid,
					  .help = "user it runs as"},
					 {.key = "fd",
					  .title = "FD",
					  .type = FIELD_NUMBER,
					  .flags = FIELD_RIGHT,
					  .get = holder_fd,
					  .help = "descriptor; unknown for a mapping"},
					 {.key = "path",
					  .title = "PATH",
					  .type = FIELD_STRING,
					  .get = holder_path,
					  .help = "what is open or mapped"},
					 {0}},
};
