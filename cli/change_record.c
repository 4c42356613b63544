/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/change_output.h"
#include "cli/records.h"

#define RESULT(name, expression)                                                                   \
	static struct value result_##name(const void *record)                                      \
	{                                                                                          \
		const struct change_result *result = record;                                       \
                                                                                                   \
		return (expression);                                                               \
	}

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

const struct record_type change_result_record = {
	.name = "change_result",
	.fields =
		(const struct field[]){
			{.key = "address",
			 .title = "ADDRESS",
			 .type = FIELD_STRING,
			 .flags = FIELD_DEFAULT,
			 .get = result_address,
			 .help = "the device"},
			{.key = "changed",
			 .title = "CHANGED",
			 .type = FIELD_BOOL,
			 .flags = FIELD_DEFAULT,
			 .get = result_changed,
			 .help = "its driver, override or owner is another than before"},
			{.key = "driver_before",
			 .title = "BEFORE",
			 .type = FIELD_STRING,
			 .flags = FIELD_DEFAULT,
			 .get = result_driver_before,
			 .help = "driver it had before"},
			{.key = "driver",
			 .title = "DRIVER",
			 .type = FIELD_STRING,
			 .flags = FIELD_DEFAULT,
			 .get = result_driver,
			 .help = "driver it has now"},
			{.key = "driver_override",
			 .title = "OVERRIDE",
			 .type = FIELD_STRING,
			 .get = result_driver_override,
			 .help = "driver_override now"},
			{.key = "target",
			 .title = "TARGET",
			 .type = FIELD_STRING,
			 .get = result_target,
			 .help = "driver it was meant to get; any: the kernel's own choice"},
			{.key = "why",
			 .title = "WHY",
			 .type = FIELD_STRING,
			 .get = result_why,
			 .help = "why this driver was chosen"},
			{.key = "physfn",
			 .title = "PF",
			 .type = FIELD_STRING,
			 .get = result_physfn,
			 .help = "PF of which it is a VF"},
			{.key = "vfs",
			 .title = "VFS",
			 .type = FIELD_NUMBER,
			 .flags = FIELD_RIGHT,
			 .get = result_vfs,
			 .help = "VFs that it has now"},
			{.key = "iommu_group",
			 .title = "GROUP",
			 .type = FIELD_NUMBER,
			 .flags = FIELD_RIGHT,
			 .get = result_group,
			 .help = "number of the IOMMU group"},
			{.key = "modes",
			 .title = "MODES",
			 .type = FIELD_STRINGS,
			 .item = result_mode,
			 .help = "ways offered to user space now: cdev, group"},
			{.key = "cdev",
			 .title = "CDEV",
			 .type = FIELD_STRING,
			 .flags = FIELD_DEFAULT,
			 .get = result_cdev,
			 .help = "node of the device cdev"},
			{.key = "group_node",
			 .title = "GROUP-NODE",
			 .type = FIELD_STRING,
			 .flags = FIELD_DEFAULT,
			 .get = result_group_node,
			 .help = "node of the VFIO group"},
			{.key = "overridden",
			 .title = "OVERRIDDEN",
			 .type = FIELD_STRINGS,
			 .item = result_overridden,
			 .help = "refusals that --force overrode"},
			{.key = "warnings",
			 .title = "WARNINGS",
			 .type = FIELD_STRINGS,
			 .item = result_warning,
			 .help = "others that give it to drivers, and where that is written"},
			{.key = "error",
			 .title = "ERROR",
			 .type = FIELD_RECORD,
			 .get = result_error,
			 .child = &error_record,
			 .help = "what went wrong with this device"},
			{0}},
};

/* Where VFs come and go, how many there are is what one wants to see. */
const struct record_type sriov_result_record = {
	.name = "change_result",
	.base = &change_result_record,
	.fields = (const struct field[]){{.key = "driver_before",
					  .title = "BEFORE",
					  .type = FIELD_STRING,
					  .get = result_driver_before,
					  .help = "driver it had before"},
					 {.key = "vfs",
					  .title = "VFS",
					  .type = FIELD_NUMBER,
					  .flags = FIELD_RIGHT | FIELD_DEFAULT,
					  .get = result_vfs,
					  .help = "VFs that it has now"},
					 {0}},
};

#define STEP(name, expression)                                                                     \
	static struct value step_##name(const void *record)                                        \
	{                                                                                          \
		const struct step *step = record;                                                  \
                                                                                                   \
		return (expression);                                                               \
	}

/* A lone newline, which clears an override, is shown as the empty string that it means. */
const char *change_visible_value(const struct step *step)
{
	return step->value && streq(step->value, "\n") ? "" : step->value;
}

STEP(kind, value_string(step_kind_name(step->kind)))
STEP(device, value_string(step->dev->address))
STEP(path, value_string(step->path))
STEP(value, value_string(change_visible_value(step)))

const struct record_type step_record = {
	.name = "step",
	.fields =
		(const struct field[]){
			{.key = "step",
			 .title = "STEP",
			 .type = FIELD_STRING,
			 .flags = FIELD_DEFAULT,
			 .get = step_kind,
			 .help = "override, unbind, bind, probe, verify, wait, own, acl, rule, "
				 "autoprobe, vfs or udev"},
			{.key = "device",
			 .title = "DEVICE",
			 .type = FIELD_STRING,
			 .flags = FIELD_DEFAULT,
			 .get = step_device,
			 .help = "the device that it is about"},
			{.key = "value",
			 .title = "VALUE",
			 .type = FIELD_STRING,
			 .flags = FIELD_DEFAULT,
			 .get = step_value,
			 .help = "what is written, the driver expected, or whose it becomes"},
			{.key = "path",
			 .title = "FILE",
			 .type = FIELD_STRING,
			 .flags = FIELD_DEFAULT,
			 .get = step_path,
			 .help = "file that is written, or read back"},
			{0}},
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
