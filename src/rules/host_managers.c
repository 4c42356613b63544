/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Others that give devices to drivers, and what earlier runs have left.
 */
#include <errno.h>
#include <time.h>

#include "host/group_number.h"
#include "host/holder.h"
#include "rules/catalogue.h"
#include "rules/look.h"

/* Where the device's name begins in "BUS-DEVICE"; a bus may have a '-' of its own: "fsl-mc". */
static const char *device_in(const char *name)
{
	const char *first = strchr(name + 1, '-');

	for (const char *dash = first; dash; dash = strchr(dash + 1, '-'))
		if (path_exists("/sys/bus/%.*s", (int)(dash - name), name))
			return dash + 1;
	return first ? first + 1 : NULL;
}

/* How driverctl is told of that file; a name with blanks is no word of a command, nor is an option.
 */
static const char *unset(const struct rule_run *run, const char *name, const char *device)
{
	const char *quote = strpbrk(name, " \t\n") || *device == '-' ? "'" : "";
	int n = (int)(device - name) - 1;

	if (n == (int)strlen("pci") && startswith(name, "pci"))
		return arena_printf(run->arena, "unset-override %s%s%s", quote, device, quote);
	return arena_printf(run->arena, "-b %s%.*s%s unset-override %s%s%s", quote, n, name, quote,
			    quote, device, quote);
}

static void driverctl_present(struct rule_run *run)
{
	static const char directory[] = "/etc/driverctl.d";
	scoped_dir DIR *dir = path_opendir("%s", directory);
	char driver[128];
	const char *name, *device;

	while (dir && (name = path_next(dir))) {
		device = device_in(name);
		if (device && path_read(driver, sizeof(driver), "%s/%s", directory, name) >= 0)
			rule_fires(run, unset(run, name, device),
				   arena_printf(run->arena, "%s/%s", directory, name), "%s",
				   *driver ? driver : "no driver");
	}
}

/* The devices that the ids mean. */
static struct look_names find_meant(const struct rule_run *run, const char *ids)
{
	const struct inventory *machine = run->facts->machine;
	struct look_names meant = {.count = 0};

	for (size_t i = 0; i < machine->count; i++)
		if (manager_ids_match(ids, &machine->devices[i]))
			look_names_add(&meant, machine->devices[i].address);
	return meant;
}

static void ids_option_present(struct rule_run *run)
{
	const struct rule_facts *facts = run->facts;

	for (size_t i = 0; i < facts->n_modprobe; i++) {
		const struct modprobe_line *line = &facts->modprobe[i];
		const char *ids = modprobe_line_ids(line);
		struct look_names meant;

		if (!ids)
			continue;
		meant = find_meant(run, ids);
		rule_fires(run, meant.count ? look_names_bind(run, &meant) : "vfioctl bind DEVICE",
			   line->file, "ids=%s: %s", ids,
			   meant.count ? look_names_text(run, &meant) : "no device here");
	}
}

static void libvirt_managed(struct rule_run *run)
{
	struct managers managers = run->facts->managers;
	struct manager *list;
	size_t count;

	managers.arena = run->arena;
	if (managers_of_device(&list, &count, &managers, run->device, NULL) < 0)
		return;
	for (size_t i = 0; i < count; i++)
		if (streq(list[i].manager, "libvirt"))
			rule_fires(run, list[i].place, list[i].file, "%s", list[i].detail);
}

/* --- what earlier runs have left ---------------------------------------------------------- */

static void leftover_journal(struct rule_run *run)
{
	for (size_t i = 0; i < run->facts->n_leftovers; i++) {
		const struct leftover *leftover = &run->facts->leftovers[i];

		if (leftover->verb)
			rule_fires(run, NULL, leftover->path, "vfioctl %s, pid %d", leftover->verb,
				   (int)leftover->pid);
		else
			rule_unknown(run, leftover->path, "it cannot be read");
	}
}

static void given_device_gone(struct rule_run *run)
{
	static const char directory[] = "/run/vfioctl/access";
	scoped_dir DIR *dir = path_opendir("%s", directory);
	char name[NAME_MAX + 1];
	const char *entry;

	if (!dir && errno != ENOENT)
		rule_unknown(run, directory, "%s", rule_errno_text(errno));
	while (dir && (entry = path_next(dir))) {
		char *end;

		snprintf(name, sizeof(name), "%s", entry);
		end = strstr(name, ".json");
		if (*name == '.' || !end || end[strlen(".json")])
			continue;
		*end = '\0';
		if (!inventory_find(run->facts->machine, name) &&
		    path_is_file("%s/%s", directory, entry))
			rule_fires(run, name,
				   arena_printf(run->arena, "/run/vfioctl/access/%s", entry),
				   "there is no device %s", name);
	}
}

/* A device that is about to leave a VFIO driver, which waits for its user. */
static const char *leaving(const struct rule_run *run)
{
	const struct inventory *machine = run->facts->machine;

	for (size_t i = 0; i < machine->count; i++)
		if (!device_is_vfio(&machine->devices[i]) &&
		    device_may_be_held(&machine->devices[i]))
			return machine->devices[i].address;
	return NULL;
}

/* "D", "S" ...; the name before it stands in brackets and may hold any of these. */
static char state_of(const char *pid)
{
	char text[1024];
	const char *end;

	if (path_read(text, sizeof(text), "/proc/%s/stat", pid) < 0)
		return '\0';
	end = strrchr(text, ')');
	return end && end[1] == ' ' ? end[2] : '\0';
}

static bool is_unbind_file(const char *path)
{
	static const char *const names[] = {"unbind", "remove", "sriov_numvfs"};

	for (size_t i = 0; startswith(path, "/sys/") && i < ARRAY_SIZE(names); i++)
		if (streq(base_name(path), names[i]))
			return true;
	return false;
}

/* The file in sysfs that takes a device from its driver and that the process has open; or -errno.
 */
static int find_unbind(char *buf, size_t size, const char *pid)
{
	scoped_dir DIR *dir = path_opendir("/proc/%s/fd", pid);
	const char *fd;

	if (!dir)
		return -errno;
	while ((fd = path_next(dir)))
		if (path_readlink(buf, size, "/proc/%s/fd/%s", pid, fd) > 0 && is_unbind_file(buf))
			return 1;
	return 0;
}

/* Most that unbind are through in a moment. */
static bool stays(const char *pid)
{
	const struct timespec while_it_ends = {.tv_nsec = 300 * 1000 * 1000};
	char file[PATH_MAX];

	if (path_is_live())
		nanosleep(&while_it_ends, NULL);
	return find_unbind(file, sizeof(file), pid) > 0;
}

/* -EACCES when what the process has open cannot be seen. */
static int judge_process(struct rule_run *run, const char *pid, char state, const char *device)
{
	char file[PATH_MAX];
	int r = find_unbind(file, sizeof(file), pid);

	if (r > 0 && stays(pid))
		rule_fires(run, device ? device : "DEVICE",
			   arena_printf(run->arena, "/proc/%s/stat", pid),
			   "it waits in state %c, writing to %s", state, file);
	return r;
}

/* The kernel waits in state S until the first signal, and in D, which no signal reaches, then. */
static void stuck_unbind(struct rule_run *run)
{
	scoped_dir DIR *dir = path_opendir("/proc");
	const char *device = leaving(run), *pid;
	bool unseen = false;

	while (dir && (pid = path_next(dir))) {
		char state = *pid >= '1' && *pid <= '9' ? state_of(pid) : '\0';

		if (state == 'D' || (state == 'S' && device))
			unseen |= judge_process(run, pid, state, device) == -EACCES;
	}
	if (unseen && device && !run->first)
		rule_unknown(run, "/proc",
			     "%s is leaving its driver, and not every process shows "
			     "what it waits for",
			     device);
}

/* --- numbers of groups that are written down ---------------------------------------------- */

static void judge_numbers(struct rule_run *run, const char *file, const char *line,
			  const char *prefix)
{
	char number[16];

	while ((line = group_number_next(line, prefix, number, sizeof(number))))
		if (!path_exists("/sys/class/vfio/%s", number))
			rule_fires(run, file, file, "%s%s, and no device of that group is VFIO's",
				   prefix, number);
}

/* The next line, one that goes on behind a '\' as a whole; NULL at the end. */
static char *next_line(char **rest)
{
	char *line = *rest, *end = line;

	if (!*line)
		return NULL;
	while (*(end += strcspn(end, "\n")) && end > line && end[-1] == '\\')
		end[-1] = *end = ' ';
	*rest = *end ? end + 1 : end;
	*end = '\0';
	return line;
}

static void judge_file(struct rule_run *run, const char *file)
{
	bool is_yaml = strstr(file, ".yaml");
	scoped_free char *text = NULL;
	int r = path_read_all(&text, 1 << 20, "%s", file);
	char *rest = text, *line, *comment;

	if (r < 0) {
		rule_unknown(run, file, "%s", rule_errno_text(r));
		return;
	}
	while ((line = next_line(&rest))) {
		line += strspn(line, " \t");
		comment = *line == '#' ? line : is_yaml ? strstr(line, " #") : NULL;
		if (comment)
			*comment = '\0';
		judge_numbers(run, file, line, GROUP_NUMBER_NODE);
		if (strstr(line, GROUP_NUMBER_SUBSYSTEM))
			judge_numbers(run, file, line, GROUP_NUMBER_KERNEL);
	}
}

static void group_number_moved(struct rule_run *run)
{
	static const char *const directories[] = {"/etc/cdi", "/run/cdi", "/etc/udev/rules.d"};

	/* With nothing bound to VFIO no number can be right. */
	if (!path_exists("/sys/class/vfio") || run->facts->n_devices == 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		scoped_dir DIR *dir = path_opendir("%s", directories[i]);
		const char *name;

		while (dir && (name = path_next(dir)))
			if (strstr(name, ".json") || strstr(name, ".rules") ||
			    strstr(name, ".yaml"))
				judge_file(run,
					   arena_printf(run->arena, "%s/%s", directories[i], name));
	}
}

const struct rule rules_host_managers[] = {
	{.id = "leftover-journal",
	 .severity = RULE_ERROR,
	 .scope = RULE_HOST,
	 .title = "A run of vfioctl has not come to its end",
	 .consequence = "Its devices may be half-way between two drivers.",
	 .remedy = "vfioctl recover",
	 .is_command = true,
	 .reference = "vfioctl-recover(8)",
	 .check = leftover_journal},
	{.id = "given-device-gone",
	 .severity = RULE_WARNING,
	 .scope = RULE_HOST,
	 .title = "A device that was given to a user is gone",
	 .consequence =
		 "The user keeps what the nodes have in common, such as /dev/iommu, and gets "
		 "the device again when it comes back.",
	 .remedy = "vfioctl restore {what}",
	 .is_command = true,
	 .reference = "vfioctl-restore(8)",
	 .check = given_device_gone},
	{.id = "stuck-unbind",
	 .severity = RULE_ERROR,
	 .scope = RULE_HOST,
	 .title = "Taking a device from its driver does not end",
	 .consequence = "The kernel waits until the last user closes the device; no signal helps.",
	 .remedy = "`vfioctl show {what}` names who has it open: stop that, and it ends",
	 .reference = "vfioctl-restore(8)",
	 .check = stuck_unbind},
	{.id = "driverctl-present",
	 .severity = RULE_INFO,
	 .scope = RULE_HOST,
	 .title = "driverctl gives a device to a driver",
	 .consequence = "It does so whenever the device appears, whatever vfioctl did before.",
	 .remedy = "driverctl {what}",
	 .is_command = true,
	 .reference = "driverctl(8)",
	 .check = driverctl_present},
	{.id = "ids-option-present",
	 .severity = RULE_WARNING,
	 .scope = RULE_HOST,
	 .title = "vfio-pci takes devices by their ids",
	 .consequence =
		 "It takes every device of these ids that has no driver, the twin of a card, "
		 "too.",
	 .remedy = "Remove the option ids=, and name the devices: {what}",
	 .reference = "modprobe.d(5)",
	 .check = ids_option_present},
	{.id = "libvirt-managed",
	 .severity = RULE_INFO,
	 .scope = RULE_DEVICE,
	 .title = "libvirt manages the device",
	 .consequence = "It binds the device when a domain starts with it, and gives it back when "
			"that ends.",
	 .remedy = "Write managed='no' in {what} to leave {device} to vfioctl",
	 .reference = "https://libvirt.org/formatdomain.html",
	 .check = libvirt_managed},
	{.id = "group-number-moved",
	 .severity = RULE_WARNING,
	 .scope = RULE_HOST,
	 .title = "A file names a group that VFIO does not have",
	 .consequence =
		 "Numbers of groups change from boot to boot: the file may give away another "
		 "device.",
	 .remedy = "Write {file} anew, by address: `vfioctl list --vfio` shows the groups of now",
	 .reference = "vfioctl-list(8)",
	 .check = group_number_moved},
	{0},
};
