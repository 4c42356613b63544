/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/change_output.h"
#include "cli/records.h"

#define RESULT(name, expression) GETTER(result_##name, struct change_result, result, expression)

/* The device as it is at the end; after a refusal or in a dry run that is as it was. */
static const struct device *latest(const struct change_result *result)
{
	static const struct device none = {.iommu_group = -1, .n_vfs = -1};

	if (result->after)
		return result->after;
	/* A VF that was taken away, or that has not come to be. */
	return result->from.absent || (result->to.absent && result->changed) ? &none
									     : result->before;
}

RESULT(address, value_string(result->before->address))
RESULT(changed, value_bool(result->changed))
RESULT(driver_before, value_string(result->before->driver))
RESULT(driver, value_string(latest(result)->driver))
RESULT(driver_override, value_string(latest(result)->driver_override))
RESULT(target, value_string(result->to.any_driver ? "any" : result->to.driver))
RESULT(why, value_string(result->choice.why))
RESULT(physfn, value_string(result->before->physfn))
RESULT(vfs, value_number(latest(result)->n_vfs))
RESULT(group, value_number(latest(result)->iommu_group))
RESULT(cdev, value_string(latest(result)->cdev))
RESULT(group_node, value_string(latest(result)->group_node))
RESULT(error, value_record(result->error.code ? &result->error : NULL))

static enum tone driver_tone(const void *record)
{
	return device_tone(latest(record));
}

/* What could not be changed stands out among what was. */
static enum tone address_tone(const void *record)
{
	return ((const struct change_result *)record)->error.code ? TONE_TROUBLE : TONE_PLAIN;
}

static struct value result_mode(const void *record, size_t i)
{
	return mode_word(latest(record)->modes, i);
}

static struct value result_overridden(const void *record, size_t i)
{
	return reason_word(((const struct change_result *)record)->overridden, i);
}

static struct value result_warning(const void *record, size_t i)
{
	const char *const *warnings = ((const struct change_result *)record)->warnings;

	for (size_t k = 0; warnings && warnings[k]; k++)
		if (k == i)
			return value_string(warnings[k]);
	return VALUE_UNKNOWN;
}

static const struct field change_result_fields[] = {
	ROW(STRING, "address", "ADDRESS", result_address, "the device", .flags = FIELD_DEFAULT,
	    .tone = address_tone),
	ROW(BOOL, "changed", "CHANGED", result_changed,
	    "its driver, override or owner is another than before", .flags = FIELD_DEFAULT),
	ROW(STRING, "driver_before", "BEFORE", result_driver_before, "driver it had before",
	    .flags = FIELD_DEFAULT),
	ROW(STRING, "driver", "DRIVER", result_driver, "driver it has now", .flags = FIELD_DEFAULT,
	    .tone = driver_tone),
	ROW(STRING, "driver_override", "OVERRIDE", result_driver_override, "driver_override now"),
	ROW(STRING, "target", "TARGET", result_target,
	    "driver it was meant to get; any: the kernel's own choice"),
	ROW(STRING, "why", "WHY", result_why, "why this driver was chosen"),
	ROW(STRING, "physfn", "PF", result_physfn, "PF of which it is a VF"),
	ROW(NUMBER, "vfs", "VFS", result_vfs, "VFs that it has now", .flags = FIELD_RIGHT),
	ROW(NUMBER, "iommu_group", "GROUP", result_group, "number of the IOMMU group",
	    .flags = FIELD_RIGHT),
	ROW_STRINGS("modes", "MODES", result_mode, "ways offered to user space now: cdev, group"),
	ROW(STRING, "cdev", "CDEV", result_cdev, "node of the device cdev", .flags = FIELD_DEFAULT),
	ROW(STRING, "group_node", "GROUP-NODE", result_group_node, "node of the VFIO group",
	    .flags = FIELD_DEFAULT),
	ROW_STRINGS("overridden", "OVERRIDDEN", result_overridden,
		    "refusals that --force overrode"),
	ROW_STRINGS("warnings", "WARNINGS", result_warning,
		    "others that give it to drivers, and where that is written"),
	ROW_RECORD("error", "ERROR", result_error, &error_record,
		   "what went wrong with this device"),
	{0},
};

const struct record_type change_result_record = {
	.name = "change_result",
	.fields = change_result_fields,
};

/* Where VFs come and go, how many there are is what one wants to see. */
static const struct field sriov_result_fields[] = {
	ROW(STRING, "driver_before", "BEFORE", result_driver_before, "driver it had before"),
	ROW(NUMBER, "vfs", "VFS", result_vfs, "VFs that it has now",
	    .flags = FIELD_RIGHT | FIELD_DEFAULT),
	{0},
};

const struct record_type sriov_result_record = {
	.name = "change_result",
	.base = &change_result_record,
	.fields = sriov_result_fields,
};

#define STEP(name, expression) GETTER(step_##name, struct step, step, expression)

/* A lone newline, which clears an override, is shown as the empty string that it means. */
const char *change_visible_value(const struct step *step)
{
	return step->value && streq(step->value, "\n") ? "" : step->value;
}

STEP(kind, value_string(step_kind_name(step->kind)))
STEP(device, value_string(step->dev->address))
STEP(path, value_string(step->path))
STEP(value, value_string(change_visible_value(step)))

static const struct field step_fields[] = {
	ROW(STRING, "step", "STEP", step_kind,
	    "module, override, unbind, bind, probe, verify, wait, own, acl, rule, "
	    "autoprobe, vfs or udev",
	    .flags = FIELD_DEFAULT),
	ROW(STRING, "device", "DEVICE", step_device, "the device that it is about",
	    .flags = FIELD_DEFAULT),
	ROW(STRING, "value", "VALUE", step_value,
	    "module to load, what is written, the driver expected, or whose it becomes",
	    .flags = FIELD_DEFAULT),
	ROW(STRING, "path", "FILE", step_path, "file that is written, or read back",
	    .flags = FIELD_DEFAULT),
	{0},
};

const struct record_type step_record = {
	.name = "step",
	.fields = step_fields,
};

struct value change_is_changed(const void *change)
{
	return value_bool(((const struct change *)change)->changed);
}

struct value change_result_item(const void *record, size_t i)
{
	const struct change *change = record;

	return value_record(i < change->count ? &change->results[i] : NULL);
}

struct value change_step_item(const void *record, size_t i)
{
	const struct change *change = record;

	return value_record(i < change->plan.count ? &change->plan.steps[i] : NULL);
}
