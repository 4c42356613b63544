/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which driver a device has, and who uses it.
 */
#include "host/vfio_driver.h"
#include "rules/catalogue.h"
#include "rules/look.h"

static void not_answering(struct rule_run *run)
{
	if (run->device->state == DEVICE_LOCKED)
		rule_fires(run, NULL, look_path(run, "uevent"),
			   "no answer within %d s: somebody holds its lock",
			   DEVICE_DEADLINE_MS / 1000);
}

/* What somebody wants the device for needs it bound. Of bridges another rule tells. */
static void not_bound(struct rule_run *run)
{
	const struct device *dev = run->device;

	if (run->facts->purpose && !device_is_vfio(dev) && !device_is_bridge(dev))
		rule_fires(run, look_bind(run), look_path(run, "driver"), "%s",
			   dev->driver ? dev->driver : "no driver");
}

/* restore leaves alone what has a driver of the host: then the override is the one too many. */
static const char *mend_override(const struct rule_run *run)
{
	const struct device *dev = run->device;

	if (vfio_is_driver_name(dev->driver_override))
		return arena_printf(run->arena, "vfioctl bind %s", look_bind(run));
	if (!dev->driver)
		return arena_printf(run->arena, "vfioctl restore %s", dev->address);
	return arena_printf(run->arena, "echo > %s", look_path(run, "driver_override"));
}

static void override_not_bound(struct rule_run *run)
{
	const struct device *dev = run->device;

	if (dev->driver_override && !streq_null(dev->driver, dev->driver_override))
		rule_fires(run, mend_override(run), look_path(run, "driver_override"),
			   "%s, and it has %s", dev->driver_override,
			   dev->driver ? dev->driver : "no driver");
}

static void driverless(struct rule_run *run)
{
	const struct device *dev = run->device;
	const char *module;

	if (dev->driver || dev->driver_override || !look_is_function(run))
		return;
	module = look_native_module(run, dev);
	if (module)
		rule_fires(run, module, look_path(run, "driver"), "it is not there, and %s is",
			   module);
}

static bool is_generic(const char *module)
{
	char name[128];

	module_normalise(name, sizeof(name), module);
	return streq(name, "vfio_pci");
}

/* "pci:v..." for modules that are drivers of the host is "vfio_pci:v..." for those of VFIO. */
static void variant_available(struct rule_run *run)
{
	const struct device *dev = run->device;
	const char *rest = dev->modalias ? startswith(dev->modalias, "pci:") : NULL;
	const char *const *names;

	if (!rest || (dev->driver && device_is_vfio(dev) && !streq(dev->driver, "vfio-pci")))
		return;
	if (modules_for_alias(&names, run->arena, arena_printf(run->arena, "vfio_pci:%s", rest)) >
		    0 &&
	    !is_generic(names[0]) && device_is_vfio(dev))
		rule_fires(run, NULL, look_path(run, "driver"), "%s, and there is %s", dev->driver,
			   names[0]);
}

/* --- who uses it -------------------------------------------------------------------------- */

/* Used by others than those that it is meant for. */
static bool stands_against(const struct rule_run *run, const struct usage *usage)
{
	switch (usage->reason) {
	case USAGE_GROUP:
	case USAGE_UNSEEN:
	case USAGE_BRIDGE:
	case USAGE_BOOT_VGA:
	case USAGE_LIVE_VFS:
		return false; /* other rules tell */
	case USAGE_VFIO_OPEN:
		return run->facts->purpose;
	default:
		return true;
	}
}

static void in_use(struct rule_run *run)
{
	const struct usages *usages = run->facts->usages;

	usages = usages ? &usages[rule_device_index(run)] : NULL;
	for (size_t i = 0; usages && i < usages->count; i++) {
		const struct usage *usage = &usages->list[i];

		if (stands_against(run, usage))
			rule_fires(run, usage->remedy, run->device->syspath, "%s", usage->evidence);
		else if (usage->reason == USAGE_UNSEEN)
			rule_unknown(run, run->device->syspath, "%s", usage->evidence);
	}
}

/* Something has the device enabled, and no process that does was found. */
static bool is_seen(const struct usages *usages)
{
	for (size_t i = 0; i < usages->count; i++)
		if (usages->list[i].reason == USAGE_VFIO_OPEN &&
		    !strstr(usages->list[i].evidence, "something that cannot be seen"))
			return true;
	return false;
}

static bool is_unsure(const struct usages *usages)
{
	for (size_t i = 0; i < usages->count; i++)
		if (usages->list[i].reason == USAGE_UNSEEN)
			return true;
	return false;
}

/* Looking at processes in a captured tree would prove nothing: they are not captured. */
static void held_by_unknown(struct rule_run *run)
{
	const struct device_detail *detail = run->device->detail;
	const struct usages *usages = run->facts->usages;

	if (!device_is_vfio(run->device) || !detail || detail->enable_count <= 0 || !usages)
		return;
	usages += rule_device_index(run);
	if (is_seen(usages))
		return;
	if (geteuid() != 0 || is_unsure(usages) || !path_exists("/proc/1"))
		rule_unknown(run, "/proc", "not every process could be looked into");
	else
		rule_fires(run, NULL, look_path(run, "enable"), "%lld, and no process has it open",
			   (long long)detail->enable_count);
}

const struct rule rules_device_state[] = {
	{.id = "not-answering",
	 .severity = RULE_ERROR,
	 .scope = RULE_DEVICE,
	 .title = "The device does not answer",
	 .consequence = "Whatever wants its lock waits: bind, unbind, and who reads its files.",
	 .remedy = "`vfioctl show {device}` names who has it open: stop that",
	 .reference = "vfioctl-show(8)",
	 .blocks = PURPOSE_ANY,
	 .stage = STAGE_DEVICE,
	 .when_locked = true,
	 .check = not_answering},
	{.id = "in-use",
	 .severity = RULE_WARNING,
	 .scope = RULE_DEVICE,
	 .title = "The device is in use",
	 .consequence = "vfioctl refuses to take it away, and nobody else can have it.",
	 .remedy = "{what}",
	 .reference = "vfioctl-bind(8)",
	 .blocks = PURPOSE_ANY,
	 .stage = STAGE_DEVICE,
	 .needs_usage = true,
	 .step_tells = true,
	 .check = in_use},
	{.id = "held-by-unknown",
	 .severity = RULE_WARNING,
	 .scope = RULE_DEVICE,
	 .title = "Something that no process shows has the device",
	 .consequence = "It cannot be restored: KVM, a container or a message in flight holds it.",
	 .remedy = "Stop the virtual machine or container that has {device}",
	 .reference = "vfioctl-show(8)",
	 .needs_usage = true,
	 .check = held_by_unknown},
	{.id = "not-bound",
	 .severity = RULE_ERROR,
	 .scope = RULE_DEVICE,
	 .title = "The device is not bound to VFIO",
	 .consequence = "User space cannot open it.",
	 .remedy = "vfioctl bind {what}",
	 .is_command = true,
	 .reference = "vfioctl-bind(8)",
	 .blocks = PURPOSE_ANY,
	 .stage = STAGE_BIND,
	 .check = not_bound},
	{.id = "override-set-not-bound",
	 .severity = RULE_WARNING,
	 .scope = RULE_DEVICE,
	 .title = "The device has another driver than its override names",
	 .consequence = "It goes to that driver as soon as anything lets it be probed.",
	 .remedy = "{what}",
	 .is_command = true,
	 .reference = "Documentation/ABI/testing/sysfs-bus-pci of the kernel",
	 .check = override_not_bound},
	{.id = "driverless",
	 .severity = RULE_WARNING,
	 .scope = RULE_DEVICE,
	 .title = "The device has no driver",
	 .consequence = "Neither the host nor user space can use it.",
	 .remedy = "modprobe {what} && echo {device} > /sys/bus/pci/drivers_probe",
	 .is_command = true,
	 .reference = "Documentation/ABI/testing/sysfs-bus-pci of the kernel",
	 .check = driverless},
	{.id = "variant-available",
	 .severity = RULE_INFO,
	 .scope = RULE_DEVICE,
	 .title = "There is a VFIO driver made for the device",
	 .consequence = "vfio-pci hands it out without what that one adds, such as migration.",
	 .remedy = "vfioctl restore {device} && vfioctl bind --driver auto {device}",
	 .is_command = true,
	 .reference = "vfioctl-bind(8)",
	 .check = variant_available},
	{0},
};
