/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Those who guard nodes beside their owner and mode: control groups, security modules, and udev,
 * which gives them that owner.
 */
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

/* The line of /proc/devices: " 247 vfio-dev"; -1: there is none. */
static int64_t major_of(const char *devices, const char *name)
{
	for (const char *line = devices; line; line = strchr(line, '\n')) {
		int number;
		char word[64];

		line += *line == '\n';
		if (sscanf(line, " %d %63s", &number, word) == 2 && streq(word, name))
			return number;
	}
	return -1;
}

static bool allows(const char *list, int64_t major_number)
{
	char wanted[32];

	snprintf(wanted, sizeof(wanted), "c %lld:", (long long)major_number);
	return startswith(list, "a ") || strstr(list, "\na ") || strstr(list, "c *:") ||
	       strstr(list, wanted);
}

static void judge_control_group(struct rule_run *run, const char *file)
{
	static const char *const names[] = {"vfio", "vfio-dev"};
	scoped_free char *devices = NULL, *list = NULL;
	int r = path_read_all(&list, 1 << 20, "%s", file);

	if (r < 0) {
		rule_unknown(run, file, "%s", rule_errno_text(r));
		return;
	}
	if (path_read_all(&devices, 1 << 20, "/proc/devices") < 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		int64_t number = major_of(devices, names[i]);

		if (number >= 0 && !allows(list, number))
			rule_fires(run,
				   arena_printf(run->arena, "echo 'c %lld:* rwm' > %s",
						(long long)number,
						arena_printf(run->arena, "%.*sallow",
							     (int)(strlen(file) - strlen("list")),
							     file)),
				   file, "no line for c %lld:* (%s)", (long long)number, names[i]);
	}
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

/* The text of a log's last part in buf, from the first whole line on; -errno. */
static ssize_t read_end(char *buf, size_t size, const char *path)
{
	scoped_fd int fd = path_open(O_RDONLY | O_NONBLOCK, "%s", path);
	off_t end = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
	ssize_t n;

	if (fd < 0)
		return fd;
	if (end < 0)
		return -errno;
	n = pread(fd, buf, size - 1, end > (off_t)size - 1 ? end - (off_t)size + 1 : 0);
	if (n < 0)
		return -errno;
	buf[n] = '\0';
	return n;
}

static bool is_denial(const char *line)
{
	return (strstr(line, "apparmor=\"DENIED\"") || strstr(line, "avc:  denied")) &&
	       (strstr(line, "/dev/vfio") || strstr(line, "/dev/iommu") ||
		strstr(line, "vfio_device_t") || strstr(line, "name=\"vfio"));
}

/* The last denial that a log tells of. */
static void judge_log(struct rule_run *run, const char *path)
{
	enum { SIZE = 1 << 20 };
	scoped_free char *text = malloc(SIZE);
	char *rest = text, *line, *found = NULL;
	ssize_t n = text ? read_end(text, SIZE, path) : -ENOMEM;

	if (n < 0) {
		if (n != -ENOENT)
			rule_unknown(run, path, "%s", rule_errno_text((int)n));
		return;
	}
	while ((line = strsep(&rest, "\n")))
		if (is_denial(line))
			found = line;
	if (found)
		rule_fires(run, strstr(found, "apparmor") ? "its AppArmor profile" : "the policy",
			   path, "%.300s", found);
}

static void security_denies(struct rule_run *run)
{
	static const char boolean[] = "/sys/fs/selinux/booleans/container_use_devices";
	bool selinux = file_begins("/sys/fs/selinux/enforce", '1');
	bool apparmor = file_begins("/sys/module/apparmor/parameters/enabled", 'Y');

	if (!selinux && !apparmor)
		return;
	if (selinux && run->facts->purpose & PURPOSE_CONTAINER && file_begins(boolean, '0'))
		rule_fires(run, "containers: setsebool -P container_use_devices on", boolean, "0");
	judge_log(run, "/var/log/audit/audit.log");
	judge_log(run, "/var/log/kern.log");
}

const struct rule rules_host_guard[] = {
	{.id = "cgroup-denies-device",
	 .severity = RULE_ERROR,
	 .scope = RULE_HOST,
	 .title = "The control group forbids VFIO's devices",
	 .consequence = "Opening a node fails with EPERM, whoever owns it.",
	 .remedy = "{what}, or DeviceAllow=char-vfio in the unit",
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
