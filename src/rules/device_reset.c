/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Resets: how a device gets rid of what its last user left.
 */
#include "rules/catalogue.h"
#include "rules/look.h"

#define RESETS "vfioctl-reset(8)"

static const char *methods_of(const struct rule_run *run)
{
	return run->device->detail ? run->device->detail->reset_methods : NULL;
}

/*
 * Kernels before 5.15 name no methods, and that there is a reset shows by another file. Says that
 * it is not known where the kernel does not tell.
 */
static bool lacks_reset(struct rule_run *run)
{
	if (!look_is_function(run) || methods_of(run) ||
	    path_exists("%s/reset", run->device->syspath))
		return false;
	if (run->facts->names_resets)
		return true;
	rule_unknown(run, look_path(run, "reset_method"), "this kernel does not tell");
	return false;
}

static void no_reset(struct rule_run *run)
{
	if (lacks_reset(run) && !run->device->physfn && device_is_on_root_bus(run->device))
		rule_fires(run, NULL, look_path(run, "reset_method"), "it is not there");
}

static void reset_only_bus(struct rule_run *run)
{
	const char *methods = methods_of(run);

	if (!look_is_function(run) || run->device->physfn || device_is_on_root_bus(run->device))
		return;
	if (methods && streq(methods, "bus"))
		rule_fires(run, NULL, look_path(run, "reset_method"), "bus");
	else if (!methods && lacks_reset(run))
		rule_fires(run, NULL, look_path(run, "reset_method"),
			   "it is not there: its bus can be reset");
}

/* In the kernel's order; what somebody wrote is the only reason for another one. */
static bool is_in_order(const char *methods)
{
	static const char *const order[] = {"device_specific", "acpi", "flr", "af_flr", "pm", "bus",
					    "cxl_bus"};
	size_t next = 0;

	while (*methods) {
		size_t n = strcspn(methods, " ");

		while (next < ARRAY_SIZE(order) &&
		       (strlen(order[next]) != n || strncmp(order[next], methods, n) != 0))
			next++;
		if (next == ARRAY_SIZE(order))
			return false;
		methods += n + (methods[n] == ' ');
	}
	return true;
}

static void method_changed(struct rule_run *run)
{
	const char *methods = methods_of(run);

	if (!methods || !look_is_function(run))
		return;
	if (!*methods)
		rule_fires(run, NULL, look_path(run, "reset_method"),
			   "it is empty: resets are switched off");
	else if (!is_in_order(methods))
		rule_fires(run, NULL, look_path(run, "reset_method"), "%s", methods);
}

/* Without a reset of its own, the device is reset with all that is on its bus. */
static bool has_own_reset(const char *methods)
{
	return methods && *methods && !streq(methods, "bus") && !streq(methods, "pm");
}

/* A reset of the device's bus resets all below its bridge; a root bus has no such reset. */
static void set_is_wider(struct rule_run *run)
{
	const struct inventory *machine = run->facts->machine;
	const struct device *bridge = look_bridge_above(run->facts, run->device);
	struct look_names others = {.count = 0}, all = {.count = 0};

	if (!bridge || !look_is_function(run) || run->device->physfn ||
	    run->device->iommu_group < 0 || has_own_reset(methods_of(run)))
		return;
	look_names_add(&all, run->device->address);
	for (size_t i = 0; i < machine->count; i++) {
		const struct device *other = &machine->devices[i];

		if (!look_is_below(other, bridge) || device_is_bridge(other) ||
		    other->iommu_group == run->device->iommu_group)
			continue;
		look_names_add(&others, other->address);
		look_names_add(&all, other->address);
	}
	if (others.count)
		rule_fires(run, look_names_bind(run, &all), look_path(run, "reset_method"),
			   "its bus has %s, of another group", look_names_text(run, &others));
}

const struct rule rules_device_reset[] = {
	{.id = "no-reset",
	 .severity = RULE_WARNING,
	 .scope = RULE_DEVICE,
	 .title = "The device cannot be reset",
	 .consequence = "Its next user finds it as the last one left it.",
	 .remedy = "Power the machine off and on between two users of {device}",
	 .reference = RESETS,
	 .check = no_reset},
	{.id = "reset-only-bus",
	 .severity = RULE_INFO,
	 .scope = RULE_DEVICE,
	 .title = "The device is reset with its bus only",
	 .consequence = "A reset needs every function of that bus in the same hands.",
	 .remedy = "Hand out all functions of its bus together; `vfioctl reset --dry-run {device}` "
		   "names them",
	 .reference = RESETS,
	 .check = reset_only_bus},
	{.id = "reset-method-changed",
	 .severity = RULE_WARNING,
	 .scope = RULE_DEVICE,
	 .title = "Somebody has changed how the device is reset",
	 .consequence = "The kernel does not take the method that it would choose.",
	 .remedy = "echo default > /sys/bus/pci/devices/{device}/reset_method",
	 .is_command = true,
	 .reference = "Documentation/ABI/testing/sysfs-bus-pci of the kernel",
	 .check = method_changed},
	{.id = "hot-reset-set-wider-than-group",
	 .severity = RULE_WARNING,
	 .scope = RULE_DEVICE,
	 .title = "A reset of the device's bus resets devices of other groups",
	 .consequence = "Who has the device alone cannot reset it: VFIO asks for all of them.",
	 .remedy = "Hand them out together: {what}",
	 .reference = RESETS,
	 .check = set_is_wider},
	{0},
};
