/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Those who guard nodes beside their owner and mode: control groups, security modules, and udev,
 * which gives them that owner.
 */
#include "host/denial.h"
#include "rules/catalogue.h"
#include "rules/look.h"

/* --- control groups ----------------------------------------------------------------------- */

/* The directory of this process among the control groups that guard devices (version 1). */
static bool find_control_group(char *buf, size_t size, char *text)
{
	char *line;

	while ((line = strsep(&text, "\n"))) {
		const char *controllers = strchr(line, ':');
		char *path = controllers ? strchr(controllers + 1, ':') : NULL;

		if (!path || !startswith(controllers, ":devices:"))
			continue;
		snprintf(buf, size, "/sys/fs/cgroup/devices%s/devices.list", path + 1);
		if (!path_exists("%s", buf))
			snprintf(buf, size, "/sys/fs/cgroup/devices/devices.list");
		return true;
	}
	return false;
}

/* Of /proc/devices and /proc/misc, the line " 247 vfio-dev"; -1: there is none. */
static int64_t number_of(const char *text, const char *name)
{
	for (const char *line = text; line; line = strchr(line, '\n')) {
		int number;
		char word[64];

		line += *line == '\n';
		if (sscanf(line, " %d %63s", &number, word) == 2 && streq(word, name))
			return number;
	}
	return -1;
}

/* "*", or that number; -1 stands for all. */
static bool covers(const char *text, int64_t number)
{
	uint64_t own;

	return streq(text, "*") || (number >= 0 && parse_number(text, 10, UINT32_MAX, &own) == 0 &&
				    (int64_t)own == number);
}

/* One line has to allow both, "c 247:* rwm": the kernel does not add lines up. */
static bool allows(const char *list, int64_t major_number, int64_t minor_number)
{
	for (const char *line = list; line; line = strchr(line, '\n')) {
		char type, major_text[16], minor_text[16], access[8];

		line += *line == '\n';
		if (sscanf(line, "%c %15[^:]:%15s %7s", &type, major_text, minor_text, access) ==
			    4 &&
		    type != 'b' && covers(major_text, major_number) &&
		    covers(minor_text, minor_number) && strchr(access, 'r') && strchr(access, 'w'))
			return true;
	}
	return false;
}

/* Of a node of that class: "10:126". */
static bool read_numbers(int64_t *ret_major, int64_t *ret_minor, const char *class,
			 const char *name)
{
	unsigned int major_number, minor_number;
	char text[32];

	if (path_read(text, sizeof(text), "/sys/class/%s/%s/dev", class, name) < 0 ||
	    sscanf(text, "%u:%u", &major_number, &minor_number) != 2)
		return false;
	*ret_major = major_number;
	*ret_minor = minor_number;
	return true;
}

/* A container may be given its own devices, and no others: those that are looked at will do. */
static bool allows_own(const struct rule_facts *facts, const char *list, const char *class)
{
	bool is_group = streq(class, "vfio"), found = false;
	int64_t major_number, minor_number;

	for (size_t i = 0; i < facts->n_devices; i++) {
		const struct device *dev = &facts->devices[i];
		const char *node = is_group ? dev->group_node : dev->cdev;

		if (!node)
			continue;
		if (!read_numbers(&major_number, &minor_number, class, base_name(node)) ||
		    !allows(list, major_number, minor_number))
			return false;
		found = true;
	}
	return found;
}

/* unit is what systemd calls it: "char-vfio". */
static void deny(struct rule_run *run, const char *file, const char *numbers, const char *unit)
{
	const char *allow =
		arena_printf(run->arena, "%.*sallow", (int)(strlen(file) - strlen("list")), file);

	rule_fires(run,
		   arena_printf(run->arena, "echo 'c %s rwm' > %s, or DeviceAllow=%s", numbers,
				allow, unit),
		   file, "no line lets c %s be read and written (%s)", numbers, unit);
}

static void judge_region(struct rule_run *run, const char *file, const char *list,
			 const char *class, int64_t number)
{
	if (number >= 0 && !allows(list, number, -1) && !allows_own(run->facts, list, class))
		deny(run, file, arena_printf(run->arena, "%lld:*", (long long)number),
		     arena_printf(run->arena, "char-%s", class));
}

/* A node that all devices have in common; the minor of /dev/iommu may be another after a boot. */
static void judge_shared(struct rule_run *run, const char *file, const char *list, const char *node)
{
	int64_t major_number = 10, minor_number = streq(node, "/dev/vfio/vfio") ? 196 : -1;
	scoped_free char *misc = NULL;

	if (!read_numbers(&major_number, &minor_number, "misc", base_name(node)) &&
	    minor_number < 0 && path_read_all(&misc, 1 << 16, "/proc/misc") >= 0)
		minor_number = number_of(misc, base_name(node));
	if (minor_number >= 0 && !allows(list, major_number, minor_number))
		deny(run, file,
		     arena_printf(run->arena, "%lld:%lld", (long long)major_number,
				  (long long)minor_number),
		     node);
}

static void judge_control_group(struct rule_run *run, const char *file)
{
	static const char *const classes[] = {"vfio", "vfio-dev"};
	const struct host_mode *mode = &run->facts->mode;
	scoped_free char *devices = NULL, *list = NULL;
	int r = path_read_all(&list, 1 << 20, "%s", file);

	if (r < 0) {
		rule_unknown(run, file, "%s", rule_errno_text(r));
		return;
	}
	if (path_read_all(&devices, 1 << 20, "/proc/devices") < 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(classes); i++)
		judge_region(run, file, list, classes[i], number_of(devices, classes[i]));
	if (mode->container)
		judge_shared(run, file, list, "/dev/vfio/vfio");
	if (mode->iommufd_running)
		judge_shared(run, file, list, "/dev/iommu");
}

static void cgroup_denies(struct rule_run *run)
{
	char text[PATH_ATTR_MAX], file[PATH_ATTR_MAX + 64];
	ssize_t n = path_read(text, sizeof(text), "/proc/self/cgroup");

	if (n >= 0 && find_control_group(file, sizeof(file), text))
		judge_control_group(run, file);
	else if (run->facts->purpose & PURPOSE_CONTAINER)
		rule_unknown(run, "/proc/self/cgroup",
			     "a program in the kernel guards devices, which does not show");
}

/* --- udev and security modules ------------------------------------------------------------ */

static void udev_not_running(struct rule_run *run)
{
	if (path_exists("/run/udev/control"))
		return;
	if (path_exists("/run"))
		rule_fires(run, NULL, "/run/udev/control", "it is not there");
	else
		rule_unknown(run, "/run", "it is not there");
}

static bool file_begins(const char *path, char wanted)
{
	char text[16];

	return path_read(text, sizeof(text), "%s", path) > 0 && *text == wanted;
}

/* The last denial that a log tells of. False when there is no such log. */
static bool judge_log(struct rule_run *run, const char *path)
{
	scoped_free char *text = NULL;
	char *rest, *line, *found = NULL;
	int r = denial_read_log(&text, path);

	if (r < 0) {
		if (r != -ENOENT)
			rule_unknown(run, path, "%s", rule_errno_text(r));
		return r != -ENOENT;
	}
	rest = text;
	while ((line = strsep(&rest, "\n")))
		if (denial_is_told(line))
			found = line;
	if (found)
		rule_fires(run, strstr(found, "apparmor") ? "its AppArmor profile" : "the policy",
			   path, "%.300s", found);
	return true;
}

static void security_denies(struct rule_run *run)
{
	static const char boolean[] = "/sys/fs/selinux/booleans/container_use_devices";
	bool selinux = file_begins("/sys/fs/selinux/enforce", '1');
	bool apparmor = file_begins("/sys/module/apparmor/parameters/enabled", 'Y'), logged = false;

	if (!selinux && !apparmor)
		return;
	if (selinux && run->facts->purpose & PURPOSE_CONTAINER && file_begins(boolean, '0'))
		rule_fires(run, "containers: setsebool -P container_use_devices on", boolean, "0");
	for (size_t i = 0; denial_logs[i]; i++)
		logged |= judge_log(run, denial_logs[i]);
	if (!logged)
		rule_unknown(run, "/var/log",
			     "neither audit/audit.log nor kern.log is there; `journalctl -k -g "
			     "denied` shows what the journal has");
}

const struct rule rules_host_guard[] = {
	{.id = "cgroup-denies-device",
	 .severity = RULE_ERROR,
	 .scope = RULE_HOST,
	 .title = "The control group forbids VFIO's devices",
	 .consequence = "Opening a node fails with EPERM, whoever owns it.",
	 .remedy = "{what} in the unit",
	 .reference = "systemd.resource-control(5)",
	 .blocks = PURPOSE_ANY,
	 .stage = STAGE_NODE,
	 .check = cgroup_denies},
	{.id = "udev-not-running",
	 .severity = RULE_WARNING,
	 .scope = RULE_HOST,
	 .title = "udev is not running",
	 .consequence = "Nodes keep the kernel's owner and mode, and a node made anew loses its "
			"owner.",
	 .remedy = "systemctl start systemd-udevd",
	 .is_command = true,
	 .reference = "systemd-udevd.service(8)",
	 .check = udev_not_running},
	{.id = "selinux-or-apparmor-denies",
	 .severity = RULE_WARNING,
	 .scope = RULE_HOST,
	 .title = "A security module has denied access to VFIO",
	 .consequence = "Opening a node fails with EACCES although owner and mode allow it.",
	 .remedy = "Allow /dev/vfio and /dev/iommu in {what}",
	 .reference = "apparmor.d(5), selinux(8)",
	 .check = security_denies},
	{0},
};
