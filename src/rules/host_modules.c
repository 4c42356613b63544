/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether the modules of VFIO can be loaded, and with which options.
 */
#include <limits.h>

#include "rules/catalogue.h"
#include "rules/look.h"

#define MODPROBE "modprobe.d(5)"

static enum module_state state_of(const struct rule_run *run, const char *name)
{
	const struct host_mode *mode = &run->facts->mode;

	for (size_t i = 0; i < mode->n_modules; i++)
		if (streq(mode->modules[i].name, name))
			return mode->modules[i].state;
	return MODULE_ABSENT;
}

static bool has_vfio(const struct rule_run *run)
{
	return run->facts->mode.ways.vfio_running || run->facts->mode.ways.from_module;
}

static const char *directory(const struct rule_run *run)
{
	return arena_printf(run->arena, "/lib/modules/%s",
			    run->facts->mode.kernel ? run->facts->mode.kernel : "");
}

/* Groups without iommufd want the IOMMU's side of VFIO; all want the driver. */
static bool is_wanted(const struct rule_run *run, const char *module)
{
	const struct host_ways *ways = &run->facts->mode.ways;

	return streq(module, "vfio_pci") ||
	       (ways->group == ANSWER_YES && ways->iommufd == ANSWER_NO);
}

static void missing(struct rule_run *run)
{
	static const char *const modules[] = {"vfio_pci", "vfio_iommu_type1"};
	char index[PATH_MAX];

	if (module_index_is_damaged(index, sizeof(index)))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(modules) && has_vfio(run); i++) {
		if (!is_wanted(run, modules[i]) || state_of(run, modules[i]) != MODULE_ABSENT)
			continue;
		if (path_exists("%s", directory(run)))
			rule_fires(run, modules[i], directory(run), "it has no module %s",
				   modules[i]);
		else
			rule_unknown(run, directory(run), "it is not there");
	}
}

static void index_damaged(struct rule_run *run)
{
	char index[PATH_MAX];

	if (module_index_is_damaged(index, sizeof(index)))
		rule_fires(run, index, arena_strdup(run->arena, index),
			   "it is no index, or it was cut short");
}

/* A line of that command about a module of VFIO that is not loaded yet. */
static bool is_about_vfio(const struct rule_run *run, const struct modprobe_line *line,
			  const char *command)
{
	return streq(line->command, command) && !streq(line->module, "mdev") &&
	       state_of(run, line->module) == MODULE_LOADABLE;
}

/* The kernel's own blacklist, module_blacklist=, names it. */
static bool kernel_refuses(const struct rule_run *run, const char *module)
{
	const char *list = rule_kernel_option(run, "module_blacklist"), *rest;

	for (; list && *list; list += strcspn(list, ",")) {
		list += *list == ',';
		rest = startswith(list, module);
		if (rest && (!*rest || *rest == ','))
			return true;
	}
	return false;
}

/* vfio-pci cannot be loaded or used without it. */
static bool is_needed(const struct rule_run *run, const char *module)
{
	if (streq(module, "vfio_iommu_type1"))
		return is_wanted(run, module);
	return !streq(module, "iommufd") || run->facts->mode.ways.iommufd == ANSWER_YES;
}

/*
 * A blacklist of modprobe.d concerns who asks for the module by its name: vfioctl asks for
 * vfio-pci, and takes that where it may not have a variant. What vfio-pci needs is loaded all the
 * same, unless the kernel refuses it.
 */
static void blacklisted(struct rule_run *run)
{
	const struct rule_facts *facts = run->facts;

	for (size_t i = 0; i < facts->n_modprobe; i++) {
		const struct modprobe_line *line = &facts->modprobe[i];
		const char *what = "the line, or load it by hand: modprobe vfio_pci";
		bool by_kernel = line->number < 0 && kernel_refuses(run, line->module);

		if (!is_about_vfio(run, line, "blacklist") ||
		    !(by_kernel ? is_needed(run, line->module) : streq(line->module, "vfio_pci")))
			continue;
		if (by_kernel)
			what = arena_printf(
				run->arena,
				"%s from module_blacklist= on the kernel's command line",
				line->module);
		rule_fires(run, what, line->file, "blacklist %s", line->module);
	}
}

static void install_line(struct rule_run *run)
{
	const struct rule_facts *facts = run->facts;

	for (size_t i = 0; i < facts->n_modprobe; i++) {
		const struct modprobe_line *line = &facts->modprobe[i];

		if (is_about_vfio(run, line, "install"))
			rule_fires(run, line->module, line->file, "install %s %s", line->module,
				   line->rest);
	}
}

/* The first kernel whose modules are there. */
static bool other_kernel(char *buf, size_t size)
{
	scoped_dir DIR *dir = path_opendir("/lib/modules");
	const char *name;

	while (dir && (name = path_next(dir)))
		if (path_exists("/lib/modules/%s/modules.dep", name)) {
			snprintf(buf, size, "%s", name);
			return true;
		}
	return false;
}

static void for_other_kernel(struct rule_run *run)
{
	enum module_state state = state_of(run, "vfio_pci");
	char other[256];

	if (state != MODULE_ABSENT)
		return;
	if (!run->facts->mode.kernel)
		rule_unknown(run, "/proc/sys/kernel/osrelease", "it cannot be read");
	else if (!path_exists("%s", directory(run)) && other_kernel(other, sizeof(other)))
		rule_fires(run, other, "/lib/modules", "it has %s, and %s runs", other,
			   run->facts->mode.kernel);
}

/* "vfio-pci.ids=8086:10d3 vfio-pci.disable_vga=1". */
static const char *for_command_line(const struct rule_run *run, const char *options)
{
	scoped_free char *copy = strdup(options);
	const char *text = "", *word;
	char *rest = copy;

	while (rest && text && (word = modprobe_word(&rest)))
		text = arena_printf(run->arena, "%s%svfio-pci.%s", text, *text ? " " : "", word);
	return text;
}

static void builtin_options(struct rule_run *run)
{
	const struct rule_facts *facts = run->facts;

	if (state_of(run, "vfio_pci") != MODULE_BUILTIN)
		return;
	for (size_t i = 0; i < facts->n_modprobe; i++) {
		const struct modprobe_line *line = &facts->modprobe[i];

		if (line->number >= 0 && streq(line->command, "options") &&
		    streq(line->module, "vfio_pci"))
			rule_fires(run, for_command_line(run, line->rest), line->file,
				   "options vfio-pci %s", line->rest);
	}
}

const struct rule rules_host_modules[] = {
	{.id = "vfio-pci-builtin-options",
	 .severity = RULE_WARNING,
	 .scope = RULE_HOST,
	 .title = "Options for vfio-pci are not heard",
	 .consequence = "vfio-pci is built into the kernel, which does not read modprobe.d.",
	 .remedy = "Boot with {what} on the kernel's command line",
	 .reference = MODPROBE,
	 .check = builtin_options},
	{.id = "module-missing",
	 .severity = RULE_ERROR,
	 .scope = RULE_HOST,
	 .title = "A module of VFIO is not installed",
	 .consequence = "No device can be bound to VFIO, or none of those bound can be used.",
	 .remedy = "Install the package of this kernel that has the module {what}",
	 .reference = "vfioctl-mode(8)",
	 .blocks = PURPOSE_ANY,
	 .stage = STAGE_MODULE,
	 .check = missing},
	{.id = "module-index-damaged",
	 .severity = RULE_ERROR,
	 .scope = RULE_HOST,
	 .title = "An index of the modules is damaged",
	 .consequence = "No module is found, by vfioctl nor by modprobe.",
	 .remedy = "Make it anew: depmod",
	 .reference = "depmod(8)",
	 .blocks = PURPOSE_ANY,
	 .stage = STAGE_MODULE,
	 .check = index_damaged},
	{.id = "module-blacklisted",
	 .severity = RULE_ERROR,
	 .scope = RULE_HOST,
	 .title = "A module of VFIO is blacklisted",
	 .consequence =
		 "It is not loaded: vfioctl obeys modprobe's blacklist, and the kernel its own.",
	 .remedy = "Remove {what}",
	 .reference = MODPROBE,
	 .blocks = PURPOSE_ANY,
	 .stage = STAGE_MODULE,
	 .check = blacklisted},
	{.id = "module-install-line",
	 .severity = RULE_ERROR,
	 .scope = RULE_HOST,
	 .title = "A module of VFIO has an install line",
	 .consequence = "The line is run in place of loading, and vfioctl runs no such commands.",
	 .remedy = "Remove the line, or load it as the line says: modprobe {what}",
	 .reference = MODPROBE,
	 .blocks = PURPOSE_ANY,
	 .stage = STAGE_MODULE,
	 .check = install_line},
	{.id = "modules-for-other-kernel",
	 .severity = RULE_ERROR,
	 .scope = RULE_HOST,
	 .title = "The modules are those of another kernel",
	 .consequence = "The kernel was updated since the boot: no module can be loaded.",
	 .remedy = "Reboot into {what}",
	 .reference = "depmod(8)",
	 .blocks = PURPOSE_ANY,
	 .stage = STAGE_MODULE,
	 .check = for_other_kernel},
	{0},
};
