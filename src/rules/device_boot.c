/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices that are meant for VFIO from the boot on, and what comes first.
 */
#include "host/vfio_driver.h"
#include "rules/catalogue.h"
#include "rules/look.h"

/* The file that gives the device to VFIO whenever it appears, and what it says; NULL: none does. */
static const char *arrangement(const struct rule_run *run, const char **ret_text)
{
	const struct rule_facts *facts = run->facts;
	const struct device *dev = run->device;
	char driver[128];

	for (size_t i = 0; i < facts->n_modprobe; i++) {
		const char *ids = modprobe_line_ids(&facts->modprobe[i]);

		if (ids && manager_ids_match(ids, dev)) {
			*ret_text = arena_printf(run->arena, "ids=%s", ids);
			return facts->modprobe[i].file;
		}
	}
	if (path_read(driver, sizeof(driver), "/etc/driverctl.d/%s-%s", dev->bus, dev->address) <
		    0 ||
	    !vfio_is_driver_name(driver))
		return NULL;
	*ret_text = arena_strdup(run->arena, driver);
	return arena_printf(run->arena, "/etc/driverctl.d/%s-%s", dev->bus, dev->address);
}

/* The module of the host's driver: of the one that it has, else of the one that would take it. */
static const char *native_module(const struct rule_run *run)
{
	const struct device *dev = run->device;
	char module[128];

	if (dev->driver && !device_is_vfio(dev)) {
		if (path_link_name(module, sizeof(module), "%s/driver/module", dev->syspath) < 0)
			module_normalise(module, sizeof(module), dev->driver);
		return arena_strdup(run->arena, module);
	}
	return look_native_module(run, dev);
}

static void native_grabs(struct rule_run *run)
{
	const struct device *dev = run->device;
	const char *text, *file = arrangement(run, &text);

	if (file && dev->driver && !device_is_vfio(dev))
		rule_fires(run,
			   arena_printf(run->arena,
					"`softdep %s pre: vfio-pci` into "
					"/etc/modprobe.d/vfio.conf; until the next boot, vfioctl "
					"bind %s",
					native_module(run), look_bind(run)),
			   file, "%s, and it has %s", text, dev->driver);
}

/* The word stands in the text, with '-' or '_', before any word of vfio-pci. */
static bool comes_first(const char *text, const char *module)
{
	char word[128], name[128];

	for (size_t n; *text; text += n) {
		text += strspn(text, " \t\n\"'()=+");
		n = strcspn(text, " \t\n\"'()=+");
		snprintf(word, sizeof(word), "%.*s", (int)n, text);
		module_normalise(name, sizeof(name), word);
		if (streq(name, "vfio_pci"))
			return false;
		if (streq(name, module))
			return true;
		if (*word == '#')
			n = strcspn(text, "\n");
	}
	return false;
}

static void judge_list(struct rule_run *run, const char *file, const char *module)
{
	scoped_free char *text = NULL;

	if (path_read_all(&text, 1 << 20, "%s", file) >= 0 && comes_first(text, module))
		rule_fires(run, file, file, "%s", module);
}

static void initramfs_has_native(struct rule_run *run)
{
	static const char directory[] = "/etc/dracut.conf.d";
	const char *text, *file = arrangement(run, &text);
	const char *module = file ? native_module(run) : NULL, *name;
	scoped_dir DIR *dir = NULL;

	if (!module)
		return;
	judge_list(run, "/etc/initramfs-tools/modules", module);
	judge_list(run, "/etc/mkinitcpio.conf", module);
	judge_list(run, "/etc/dracut.conf", module);
	dir = path_opendir("%s", directory);
	while (dir && (name = path_next(dir)))
		judge_list(run, arena_printf(run->arena, "%s/%s", directory, name), module);
}

const struct rule rules_device_boot[] = {
	{.id = "native-grabs-at-boot",
	 .severity = RULE_WARNING,
	 .scope = RULE_DEVICE,
	 .title = "The host's driver was there before VFIO",
	 .consequence = "The device is meant for VFIO from the boot on, and the host has it.",
	 .remedy = "Write {what}",
	 .reference = "modprobe.d(5)",
	 .check = native_grabs},
	{.id = "initramfs-has-native",
	 .severity = RULE_WARNING,
	 .scope = RULE_DEVICE,
	 .title = "The initramfs loads the host's driver first",
	 .consequence = "The host's driver has the device before VFIO is there.",
	 .remedy = "Write vfio-pci before it in {what}, and make the initramfs anew",
	 .reference = "initramfs-tools(7), dracut.conf(5)",
	 .check = initramfs_has_native},
	{0},
};
