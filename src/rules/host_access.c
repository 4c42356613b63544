/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who may open the nodes, and what may be done with them then.
 */
#include "rules/catalogue.h"
#include "rules/look.h"

#define ACCESS "vfioctl-bind(8)"

/* --- nodes -------------------------------------------------------------------------------- */

/* The mode that the kernel gives a node. */
static const char *mode_of(const char *node)
{
	return streq(node, "/dev/vfio/vfio") ? "666" : streq(node, "/dev/iommu") ? "660" : "600";
}

/* udev makes no nodes, and the kernel only once: who has lost one has to make it. */
static const char *make_node(const struct rule_run *run, const char *node)
{
	static const char *const classes[] = {"vfio-dev", "vfio", "misc"};
	unsigned int major_number, minor_number;
	char number[32];

	for (size_t i = 0; i < ARRAY_SIZE(classes); i++)
		if (path_read(number, sizeof(number), "/sys/class/%s/%s/dev", classes[i],
			      base_name(node)) >= 0 &&
		    sscanf(number, "%u:%u", &major_number, &minor_number) == 2)
			return arena_printf(run->arena, "mknod -m %s %s c %u %u", mode_of(node),
					    node, major_number, minor_number);
	return "Have /dev kept up";
}

static void must_be_there(struct rule_run *run, const char *node, const char *why)
{
	if (node && !path_exists("%s", node))
		rule_fires(run, make_node(run, node), node, "it is not there, and %s", why);
}

static void node_missing(struct rule_run *run)
{
	const struct rule_facts *facts = run->facts;

	if (!path_exists("/dev")) {
		rule_unknown(run, "/dev", "it is not there");
		return;
	}
	if (facts->mode.container)
		must_be_there(run, "/dev/vfio/vfio", "the kernel has the container");
	if (facts->mode.iommufd_running)
		must_be_there(run, "/dev/iommu", "the kernel has iommufd");
	for (size_t i = 0; i < facts->n_devices; i++) {
		const struct device *dev = &facts->devices[i];
		const char *why = arena_printf(run->arena, "%s has it", dev->address);

		must_be_there(run, dev->cdev, why);
		must_be_there(run, dev->group_node, why);
	}
}

/* The container's node is for everybody, as /dev/null is: by itself it gives nothing. */
static void judge_directory(struct rule_run *run, const char *directory)
{
	scoped_dir DIR *dir = path_opendir("%s", directory);
	const char *name;
	struct stat st;

	while (dir && (name = path_next(dir))) {
		if (streq(name, "vfio") || path_lstat(&st, "%s/%s", directory, name) < 0 ||
		    S_ISDIR(st.st_mode) || S_ISLNK(st.st_mode) || !(st.st_mode & S_IWOTH))
			continue;
		rule_fires(run, NULL, arena_printf(run->arena, "%s/%s", directory, name),
			   "mode %04o", st.st_mode & 07777U);
	}
}

static void world_writable(struct rule_run *run)
{
	judge_directory(run, "/dev/vfio");
	judge_directory(run, "/dev/vfio/devices");
}

/* What the user lacks of the device that the rule is about; NULL when one way is open. */
static const struct reach *closed(const struct rule_run *run)
{
	const struct reach *reach = run->facts->reach;

	if (!reach || !device_is_vfio(run->device))
		return NULL;
	reach += rule_device_index(run);
	return reach->allowed == ANSWER_YES ? NULL : reach;
}

static bool is_shared(const char *node)
{
	return streq(node, "/dev/iommu") || streq(node, "/dev/vfio/vfio");
}

static void judge_needs(struct rule_run *run, bool shared)
{
	const struct reach *reach = closed(run);

	for (size_t i = 0; reach && i < reach->n_needs; i++) {
		const struct reach_need *need = &reach->needs[i];

		if (!need->way || is_shared(need->object) != shared)
			continue;
		if (need->met == ANSWER_NO)
			rule_fires(run, need->way, need->object, "%s", need->cause);
		else if (need->met == ANSWER_UNKNOWN)
			rule_unknown(run, need->object, "%s", need->cause);
	}
}

static void node_no_access(struct rule_run *run)
{
	/* Of one without an IOMMU another rule tells that no owner helps. */
	if (run->device->iommu != IOMMU_NONE)
		judge_needs(run, false);
}

/* The kernel has a device without an IOMMU for CAP_SYS_RAWIO alone; machines have no use for it. */
static void unguarded(struct rule_run *run)
{
	const struct rule_facts *facts = run->facts;

	if (!device_is_vfio(run->device) || run->device->iommu != IOMMU_NONE)
		return;
	if (facts->purpose & PURPOSE_MACHINE)
		rule_fires(run, NULL, run->device->syspath, "QEMU takes no such device");
	else if (facts->user && facts->user->uid != 0)
		rule_fires(run, NULL, run->device->syspath, "only CAP_SYS_RAWIO may use it");
}

static void iommu_node_no_access(struct rule_run *run)
{
	if (run->device->iommu != IOMMU_NONE)
		judge_needs(run, true);
}

/* --- limits ------------------------------------------------------------------------------- */

/* What systemd and the kernel give where nothing is configured. */
static bool memlock_by_default(struct memlock *memlock)
{
	if (memlock->soft >= 0)
		return true;
	if (!path_exists("/etc/security") && !path_exists("/etc/systemd"))
		return false;
	memlock->soft = 8 << 20;
	memlock->source = NULL;
	return true;
}

static void memlock_low(struct rule_run *run)
{
	const struct account *user = run->facts->user;
	struct memlock memlock;

	if (!user)
		return;
	memlock_of(&memlock, run->arena, user);
	if (!memlock_is_low(&memlock))
		return;
	if (!memlock_by_default(&memlock))
		rule_unknown(run, "/etc/security/limits.conf",
			     "neither it nor systemd's configuration is there");
	else
		rule_fires(run, NULL, memlock.source ? memlock.source : "/etc/security/limits.conf",
			   memlock.source ? "memlock %lld KiB"
					  : "it does not say, and systemd's default is %lld KiB",
			   (long long)(memlock.soft / 1024));
}

static void hugepages_none(struct rule_run *run)
{
	static const char directory[] = "/sys/kernel/mm/hugepages";
	scoped_dir DIR *dir = NULL;
	const char *size;

	if (!(run->facts->purpose & PURPOSE_POLL))
		return;
	dir = path_opendir("%s", directory);
	if (!dir)
		rule_unknown(run, directory, "%s", rule_errno_text(errno));
	while (dir && (size = path_next(dir))) {
		int64_t pages = 0;

		if (path_read_number(&pages, "%s/%s/nr_hugepages", directory, size) == 0 && pages)
			return;
	}
	if (dir)
		rule_fires(run, NULL, "/proc/sys/vm/nr_hugepages", "0");
}

const struct rule rules_host_access[] = {
	{.id = "node-missing",
	 .severity = RULE_ERROR,
	 .scope = RULE_HOST,
	 .title = "A node is not there",
	 .consequence = "Nobody can open what the kernel offers: /dev is not kept up, or a "
			"container's own.",
	 .remedy = "{what}, or give the container {file}",
	 .reference = "udev(7)",
	 .blocks = PURPOSE_ANY,
	 .stage = STAGE_NODE,
	 .check = node_missing},
	{.id = "node-world-writable",
	 .severity = RULE_ERROR,
	 .scope = RULE_HOST,
	 .title = "Everybody may open a device",
	 .consequence = "Any user can take the device, and reset it.",
	 .remedy = "chmod o= {file}; `vfioctl bind --owner USER DEVICE` gives it to one user",
	 .reference = ACCESS,
	 .check = world_writable},
	{.id = "node-no-access",
	 .severity = RULE_ERROR,
	 .scope = RULE_DEVICE,
	 .title = "The user may not open the device",
	 .consequence = "Opening the device fails with EACCES.",
	 .remedy = "vfioctl bind --owner {user} {device}",
	 .is_command = true,
	 .reference = ACCESS,
	 .blocks = PURPOSE_OWN_NODES,
	 .stage = STAGE_NODE,
	 .check = node_no_access},
	{.id = "iommu-node-no-access",
	 .severity = RULE_ERROR,
	 .scope = RULE_DEVICE,
	 .title = "The user may not open what all devices share",
	 .consequence = "The device opens, and then nothing can be mapped for it.",
	 .remedy = "vfioctl bind --owner {user} {device}",
	 .is_command = true,
	 .reference = ACCESS,
	 .blocks = PURPOSE_OWN_NODES,
	 .stage = STAGE_NODE,
	 .check = iommu_node_no_access},
	{.id = "device-unguarded",
	 .severity = RULE_ERROR,
	 .scope = RULE_DEVICE,
	 .title = "No IOMMU guards the device",
	 .consequence = "It reaches all memory: no virtual machine gets it, and no user but root.",
	 .remedy = "Switch the IOMMU on in the firmware's setup and bind it anew, or have root use "
		   "it without a virtual machine",
	 .reference = "vfioctl-concepts(7)",
	 .blocks = PURPOSE_ANY,
	 .stage = STAGE_FIRMWARE,
	 .check = unguarded},
	{.id = "memlock-low",
	 .severity = RULE_WARNING,
	 .scope = RULE_HOST,
	 .title = "The user may lock little memory",
	 .consequence = "No more than that can be mapped for DMA: mapping fails with ENOMEM.",
	 .remedy =
		 "`{user} - memlock unlimited` in /etc/security/limits.d/vfio.conf, and log in "
		 "again; in the unit of a service LimitMEMLOCK=infinity; in root's script `ulimit "
		 "-l unlimited`",
	 .reference = "limits.conf(5), systemd.exec(5)",
	 .blocks = PURPOSE_OWN_NODES,
	 .stage = STAGE_LIMIT,
	 .check = memlock_low},
	{.id = "hugepages-none",
	 .severity = RULE_WARNING,
	 .scope = RULE_HOST,
	 .title = "There are no huge pages",
	 .consequence = "DPDK and SPDK take their memory from huge pages, and do not start.",
	 .remedy = "echo 1024 > /proc/sys/vm/nr_hugepages",
	 .is_command = true,
	 .reference = "Documentation/admin-guide/mm/hugetlbpage.rst of the kernel",
	 .blocks = PURPOSE_POLL,
	 .stage = STAGE_LIMIT,
	 .check = hugepages_none},
	{0},
};
