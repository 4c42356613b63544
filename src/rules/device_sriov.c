/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Functions of functions: VFs and their PF, and devices that mediated ones are made of.
 */
#include "host/address.h"
#include "rules/catalogue.h"
#include "rules/look.h"

#define SRIOV "vfioctl-sriov(8)"

static void live_vfs(struct rule_run *run)
{
	if (run->device->n_vfs > 0)
		rule_fires(run, NULL, look_path(run, "virtfn0"), "it has %d VFs",
			   run->device->n_vfs);
}

static const struct device *physical(const struct rule_run *run)
{
	return run->device->physfn ? inventory_find(run->facts->machine, run->device->physfn)
				   : NULL;
}

static void token_needed(struct rule_run *run)
{
	const struct device *pf = physical(run);

	if (pf && device_is_vfio(pf) && device_is_vfio(run->device))
		rule_fires(run, NULL, look_path(run, "physfn/driver"), "%s of the PF %s",
			   pf->driver ? pf->driver : "a VFIO driver", pf->address);
}

static bool is_first_vf(const struct rule_run *run)
{
	const struct rule_facts *facts = run->facts;

	for (size_t i = 0; i < rule_device_index(run); i++)
		if (device_is_vfio(&facts->devices[i]) &&
		    streq_null(facts->devices[i].physfn, run->device->physfn))
			return false;
	return true;
}

static void autoprobe_on(struct rule_run *run)
{
	int64_t on;

	if (run->device->physfn && device_is_vfio(run->device) && is_first_vf(run) &&
	    look_number(run, &on, "physfn/sriov_drivers_autoprobe") && on == 1)
		rule_fires(run, run->device->physfn,
			   look_path(run, "physfn/sriov_drivers_autoprobe"), "1");
}

/* Nothing that stands in a captured tree gets into a command but a PCI address and a word. */
static const char *drive(const struct rule_run *run, const struct device *pf)
{
	static const char word[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
	const char *module = look_native_module(run, pf);

	if (module && !module[strspn(module, word)])
		return arena_printf(run->arena,
				    "modprobe %s && echo %s > /sys/bus/pci/drivers_probe", module,
				    pf->address);
	return arena_printf(run->arena, "echo %s > /sys/bus/pci/drivers_probe", pf->address);
}

static void without_pf_driver(struct rule_run *run)
{
	const struct device *pf = physical(run);
	struct pci_address address;

	if (pf && pf->state == DEVICE_OK && !pf->driver &&
	    pci_address_parse(&address, pf->address) == 0)
		rule_fires(run, drive(run, pf), look_path(run, "physfn/driver"), "%s has no driver",
			   pf->address);
}

static void mdev_parent(struct rule_run *run)
{
	if (!device_is_vfio(run->device) &&
	    path_exists("%s", look_path(run, "mdev_supported_types")))
		rule_fires(run, run->device->syspath, look_path(run, "mdev_supported_types"),
			   "it is there");
}

const struct rule rules_device_sriov[] = {
	{.id = "pf-with-live-vfs",
	 .severity = RULE_WARNING,
	 .scope = RULE_DEVICE,
	 .title = "The device has virtual functions",
	 .consequence = "They go when its driver goes; and who has it rules over them.",
	 .remedy = "vfioctl sriov {device} 0",
	 .is_command = true,
	 .reference = SRIOV,
	 .check = live_vfs},
	{.id = "vf-token-needed",
	 .severity = RULE_INFO,
	 .scope = RULE_DEVICE,
	 .title = "Opening the VF needs the token of its PF",
	 .consequence = "Without the token that the PF's user has set, it fails with EACCES.",
	 .remedy = "Give QEMU the token: -device vfio-pci,host={device},vf-token=UUID",
	 .reference = "Documentation/driver-api/vfio.rst of the kernel",
	 .check = token_needed},
	{.id = "vf-autoprobe-on",
	 .severity = RULE_INFO,
	 .scope = RULE_DEVICE,
	 .title = "New VFs go to the host's driver",
	 .consequence = "VFs that are made by hand are taken by it before VFIO gets them.",
	 .remedy = "echo 0 > /sys/bus/pci/devices/{what}/sriov_drivers_autoprobe",
	 .is_command = true,
	 .reference = SRIOV,
	 .check = autoprobe_on},
	{.id = "vf-without-pf-driver",
	 .severity = RULE_ERROR,
	 .scope = RULE_DEVICE,
	 .title = "The VF's PF has no driver",
	 .consequence = "Nobody manages the VF: most do not work then.",
	 .remedy = "{what}",
	 .is_command = true,
	 .reference = SRIOV,
	 .blocks = PURPOSE_ANY,
	 .stage = STAGE_DEVICE,
	 .check = without_pf_driver},
	{.id = "mdev-parent-only",
	 .severity = RULE_INFO,
	 .scope = RULE_DEVICE,
	 .title = "The device is there to make mediated devices of",
	 .consequence = "Those are handed out; bound to VFIO itself, it makes none.",
	 .remedy = "Make one: echo UUID > {what}/mdev_supported_types/TYPE/create",
	 .reference = "Documentation/driver-api/vfio-mediated-device.rst of the kernel",
	 .check = mdev_parent},
	{0},
};
