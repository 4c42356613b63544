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
#define DEVICE(name, expression) GETTER(device_##name, struct device, dev, expression)

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

static struct value device_logical_name(const void *record, size_t i)
{
	const struct logical_name *name = ((const struct device *)record)->logical_names;

	for (; name && i > 0; i--)
		name = name->next;
	return value_string(name ? name->text : NULL);
}

static struct value device_usage(const void *record, size_t i)
{
	return reason_word(((const struct device *)record)->usage, i);
}

/* Colour tells what VFIO has, and what is wrong. */
enum tone device_tone(const void *record)
{
	const struct device *dev = record;

	if (!device_is_vfio(dev))
		return TONE_PLAIN;
	if (dev->iommu == IOMMU_NONE)
		return TONE_TROUBLE;
	return dev->is_blocked ? TONE_WARNING : TONE_GOOD;
}

static enum tone state_tone(const void *record)
{
	return ((const struct device *)record)->state == DEVICE_OK ? TONE_PLAIN : TONE_TROUBLE;
}

static enum tone usage_tone(const void *record)
{
	return ((const struct device *)record)->usage ? TONE_WARNING : TONE_PLAIN;
}

static const struct field device_fields[] = {
	ROW(STRING, "address", "ADDRESS", device_address, "name on its bus: PCI address, mdev UUID",
	    .flags = FIELD_DEFAULT, .tone = state_tone),
	ROW(STRING, "bus", "BUS", device_bus, "bus that the device is on"),
	ROW(CLASS, "class", "CLASS", device_class, "PCI class, subclass and interface"),
	ROW(ID, "vendor", "VENDOR", device_vendor, "vendor id", .flags = FIELD_DEFAULT),
	ROW(ID, "device", "DEVICE", device_device, "device id", .flags = FIELD_DEFAULT),
	ROW(ID, "subvendor", "SUBVENDOR", device_subvendor, "subsystem vendor id"),
	ROW(ID, "subdevice", "SUBDEVICE", device_subdevice, "subsystem device id"),
	ROW(STRING, "driver", "DRIVER", device_driver, "driver bound now", .flags = FIELD_DEFAULT,
	    .tone = device_tone),
	ROW(STRING, "driver_override", "OVERRIDE", device_driver_override,
	    "the only driver that may bind, when set"),
	ROW(NUMBER, "iommu_group", "GROUP", device_iommu_group, "number of the IOMMU group",
	    .flags = FIELD_DEFAULT | FIELD_RIGHT),
	ROW(STRING, "iommu", "IOMMU", device_iommu,
	    "what guards its DMA: physical, emulated (mdev) or none", .tone = device_tone),
	ROW(STRING, "iommu_instance", "IOMMU-INSTANCE", device_iommu_instance,
	    "IOMMU that guards it, as dmar0"),
	ROW(STRING, "reset_set", "RESET-SET", device_reset_set,
	    "bridge whose hot reset resets it along with others", .flags = FIELD_SPARE,
	    .needs = NEED_RESET),
	ROW_STRINGS("modes", "MODES", device_mode, "ways offered to user space now: cdev, group",
		    .flags = FIELD_DEFAULT, .tone = device_tone),
	ROW_STRINGS("would_offer", "WOULD-OFFER", device_offer,
		    "ways that binding it to a VFIO driver would offer", .needs = NEED_OFFER),
	ROW(STRING, "vfio_name", "VFIO", device_vfio_name, "name of its VFIO device, as vfio0",
	    .flags = FIELD_DEFAULT | FIELD_SPARE, .tone = device_tone),
	ROW(STRING, "cdev", "CDEV", device_cdev, "node of the device cdev"),
	ROW(STRING, "group_node", "GROUP-NODE", device_group_node, "node of the VFIO group"),
	ROW(STRING, "physfn", "PHYSFN", device_physfn, "the PF, when this is a VF"),
	ROW(NUMBER, "vfs", "VFS", device_vfs, "VFs of this PF that exist now",
	    .flags = FIELD_RIGHT),
	ROW(NUMBER, "numa_node", "NUMA", device_numa_node, "NUMA node", .flags = FIELD_RIGHT),
	ROW(STRING, "state", "STATE", device_state,
	    "ok, locked (does not answer) or gone (vanished meanwhile)", .tone = state_tone),
	ROW_STRINGS("usage", "USAGE", device_usage,
		    "why bind would refuse it, the words for --force; only when "
		    "named",
		    .needs = NEED_USAGE, .get = device_usage_known, .tone = usage_tone),
	ROW(STRING, "class_name", "CLASS-NAME", device_class_name, "name of the class",
	    .flags = FIELD_TRUNC, .needs = NEED_NAMES),
	ROW(STRING, "vendor_name", "VENDOR-NAME", device_vendor_name, "name of the vendor",
	    .flags = FIELD_TRUNC, .needs = NEED_NAMES),
	ROW(STRING, "device_name", "NAME", device_device_name, "name of the device",
	    .flags = FIELD_DEFAULT | FIELD_TRUNC, .needs = NEED_NAMES),
	ROW_STRINGS("logical_names", "LOGICAL-NAMES", device_logical_name,
		    "what the host calls it: network interfaces, disks, cards",
		    .needs = NEED_LOGICAL),
	ROW(STRING, "syspath", "SYSPATH", device_syspath, "directory in sysfs"),
	ROW(STRING, "modalias", "MODALIAS", device_modalias, "what modules are matched against"),
	{0},
};

const struct record_type device_record = {
	.name = "device",
	.fields = device_fields,
};

#define HOLDER(name, expression) GETTER(holder_##name, struct holder, holder, expression)

HOLDER(pid, value_number(holder->pid))
HOLDER(uid, value_number(holder->uid))
HOLDER(command, value_string(holder->command))
HOLDER(fd, value_number(holder->fd))
HOLDER(path, value_string(holder->path))

static const struct field holder_fields[] = {
	ROW(NUMBER, "pid", "PID", holder_pid, "process", .flags = FIELD_RIGHT),
	ROW(STRING, "command", "COMMAND", holder_command, "its name"),
	ROW(NUMBER, "uid", "UID", holder_uid, "user it runs as", .flags = FIELD_RIGHT),
	ROW(NUMBER, "fd", "FD", holder_fd, "descriptor; unknown for a mapping",
	    .flags = FIELD_RIGHT),
	ROW(STRING, "path", "PATH", holder_path, "what is open or mapped"),
	{0},
};

const struct record_type holder_record = {
	.name = "holder",
	.fields = holder_fields,
};
