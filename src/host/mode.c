/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The order of evidence: what the running kernel shows, else what its module on disk was built
 * with.
 *
 * While the vfio core runs, /proc/devices has a character region "vfio" exactly when groups are
 * built (drivers/vfio/group.c, vfio_group_init) and "vfio-dev" exactly when device cdevs are
 * (drivers/vfio/device_cdev.c, vfio_cdev_init). When it is not loaded, vfio.ko tells by the symbols
 * that it takes from others: only device_cdev.c calls iommufd_ctx_from_fd(), and only group.c
 * calls iommu_group_id().
 */
#include "host/mode.h"

#include <errno.h>
#include <stdio.h>

#include "base/path.h"

static enum answer yes_if(bool b)
{
	return b ? ANSWER_YES : ANSWER_NO;
}

/* "Y" or "1" in a module parameter; unknown while the module is not there. */
static enum answer read_parameter(const char *module, const char *parameter)
{
	char text[16];

	if (path_read(text, sizeof(text), "/sys/module/%s/parameters/%s", module, parameter) < 0)
		return ANSWER_UNKNOWN;
	return yes_if(streq(text, "Y") || streq(text, "1"));
}

/* Whether the character section of /proc/devices has a region of that name. */
static enum answer has_region(const char *devices, const char *name)
{
	const char *end = strstr(devices, "Block devices:");

	for (const char *line = devices; line && (!end || line < end);) {
		const char *next = strchr(line, '\n');
		const char *word = strchr(line + strspn(line, " "), ' ');
		size_t n = next ? (size_t)(next - line) : strlen(line);

		if (word && word < line + n) {
			size_t length = n - (size_t)(word + 1 - line);

			if (length == strlen(name) && strncmp(word + 1, name, length) == 0)
				return ANSWER_YES;
		}
		line = next ? next + 1 : NULL;
	}
	return ANSWER_NO;
}

static void read_ways_running(struct host_ways *ways)
{
	scoped_free char *devices = NULL;

	if (path_read_all(&devices, 1 << 20, "/proc/devices") < 0) {
		ways->group = yes_if(path_exists("/sys/class/vfio"));
	} else {
		ways->group = has_region(devices, "vfio");
		ways->cdev = has_region(devices, "vfio-dev");
	}
	/* Built in it has a directory too, for its parameter, but no state and no list of holders.
	 */
	if (!path_exists("/sys/module/iommufd"))
		ways->iommufd = ANSWER_NO;
	else if (path_exists("/sys/module/iommufd/initstate"))
		ways->iommufd = yes_if(path_exists("/sys/module/iommufd/holders/vfio"));
	ways->noiommu =
		yes_if(path_exists("/sys/module/vfio/parameters/enable_unsafe_noiommu_mode"));
}

static void read_ways_on_disk(struct host_ways *ways)
{
	scoped_module_file struct module_file *vfio = module_file_open("vfio");

	if (!vfio)
		return;
	ways->from_module = true;
	ways->cdev = yes_if(module_file_uses(vfio, "iommufd_ctx_from_fd"));
	ways->group = yes_if(module_file_uses(vfio, "iommu_group_id"));
	ways->iommufd = yes_if(module_file_uses(vfio, "iommufd_ctx_put"));
	ways->noiommu = yes_if(module_file_says(vfio, "parm", "enable_unsafe_noiommu_mode:"));
}

void host_ways_read(struct host_ways *ret)
{
	struct host_ways ways = {
		.vfio_running =
			path_exists("/sys/class/vfio-dev") || path_exists("/sys/class/vfio"),
		.group = ANSWER_UNKNOWN,
		.cdev = ANSWER_UNKNOWN,
		.iommufd = ANSWER_UNKNOWN,
		.noiommu = ANSWER_UNKNOWN,
		.noiommu_enabled = read_parameter("vfio", "enable_unsafe_noiommu_mode"),
	};

	if (ways.vfio_running)
		read_ways_running(&ways);
	else
		read_ways_on_disk(&ways);
	*ret = ways;
}

/* The module whose alias makes modprobe load it when /dev/vfio/vfio is opened. */
static const char *future_container_module(void)
{
	static const char *const modules[] = {"vfio", "iommufd"};

	for (size_t i = 0; i < ARRAY_SIZE(modules); i++) {
		scoped_module_file struct module_file *file = module_file_open(modules[i]);

		if (file && module_file_says(file, "alias", "devname:vfio/vfio"))
			return modules[i];
	}
	return NULL;
}

bool host_has_container(void)
{
	struct host_ways ways;

	if (path_exists("/sys/class/misc/vfio"))
		return true;
	host_ways_read(&ways);
	return ways.from_module && future_container_module();
}

static void read_backends(struct host_mode *host)
{
	host->container = path_exists("/sys/class/misc/vfio");
	if (host->ways.from_module)
		host->container_module = future_container_module();
	host->iommufd_running = path_exists("/sys/class/misc/iommu");
	host->type1 = host->ways.vfio_running ? yes_if(path_exists("/sys/module/vfio_iommu_type1"))
					      : ANSWER_UNKNOWN;
	host->unsafe_interrupts_type1 =
		read_parameter("vfio_iommu_type1", "allow_unsafe_interrupts");
	host->unsafe_interrupts_iommufd = read_parameter("iommufd", "allow_unsafe_interrupts");
	host->iommu_node = path_exists("/dev/iommu") ? "/dev/iommu" : NULL;
	host->container_node = path_exists("/dev/vfio/vfio") ? "/dev/vfio/vfio" : NULL;
}

/* With interrupt remapping the chips' names begin with "IR-". */
enum answer host_interrupt_remapping(void)
{
	scoped_dir DIR *dir = path_opendir("/sys/kernel/irq");
	bool plain = false;
	char chip[64];
	const char *irq;

	while (dir && (irq = path_next(dir))) {
		if (path_read(chip, sizeof(chip), "/sys/kernel/irq/%s/chip_name", irq) <= 0)
			continue;
		if (startswith(chip, "IR-"))
			return ANSWER_YES;
		plain |= streq(chip, "IO-APIC");
	}
	return plain ? ANSWER_NO : ANSWER_UNKNOWN;
}

const char *host_iommu_kind(const char *name)
{
	static const struct {
		const char *prefix, *kind;
	} kinds[] = {
		{"dmar", "intel-vtd"},
		{"ivhd", "amd-vi"},
		{"smmu3.", "arm-smmu-v3"},
		{"smmu.", "arm-smmu"},
		{"virtio", "virtio-iommu"},
		{"s390-iommu.", "s390"},
		{"iommufd_selftest_iommu.",
		 "selftest"}, /* CONFIG_IOMMUFD_TEST: before mock devices */
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (startswith(name, kinds[i].prefix))
			return kinds[i].kind;
	return NULL;
}

static int64_t count_directory(const char *directory, const char *name, const char *below)
{
	scoped_dir DIR *dir = path_opendir("%s/%s/%s", directory, name, below);
	int64_t n = 0;

	while (dir && path_next(dir))
		n++;
	return n;
}

static int compare_iommus(const void *a, const void *b)
{
	const struct host_iommu *left = a, *right = b;

	return strcmp(left->name, right->name);
}

static int read_iommus(struct host_mode *host, struct arena *arena)
{
	/* On s390 each function has its own, and there may be hundreds. */
	size_t room = (size_t)count_directory("/sys/class", "iommu", "");
	scoped_dir DIR *dir = path_opendir("/sys/class/iommu");
	struct host_iommu *list = arena_alloc(arena, (room + 1) * sizeof(*list));
	const char *name;

	if (!list)
		return -ENOMEM;
	while (dir && host->n_iommus < room && (name = path_next(dir)))
		list[host->n_iommus++] = (struct host_iommu){
			.name = arena_strdup(arena, name),
			.kind = host_iommu_kind(name),
			.devices = count_directory("/sys/class/iommu", name, "devices"),
		};
	qsort(list, host->n_iommus, sizeof(*list), compare_iommus);
	host->iommus = list;
	host->iommu_groups = count_directory("/sys/kernel", "iommu_groups", "");
	return 0;
}

static int read_modules(struct host_mode *host, struct arena *arena)
{
	static const char *const names[] = {"vfio",     "vfio_iommu_type1", "iommufd",
					    "vfio_pci", "vfio_pci_core",    "mdev"};
	struct host_module *list = arena_alloc(arena, ARRAY_SIZE(names) * sizeof(*list));

	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		list[i] = (struct host_module){.name = names[i], .state = module_state(names[i])};
	host->modules = list;
	host->n_modules = ARRAY_SIZE(names);
	return 0;
}

int host_mode_read(struct host_mode *ret, struct arena *arena, struct error *err)
{
	struct host_mode host = {0};
	char release[256];

	if (path_read(release, sizeof(release), "/proc/sys/kernel/osrelease") > 0)
		host.kernel = arena_strdup(arena, release);
	host_ways_read(&host.ways);
	read_backends(&host);
	host.interrupt_remapping = host_interrupt_remapping();
	if (read_iommus(&host, arena) < 0 || read_modules(&host, arena) < 0)
		return error_out_of_memory(err);
	*ret = host;
	return 0;
}

static unsigned int offered_by_host(const struct host_ways *ways)
{
	return (ways->cdev == ANSWER_YES ? (unsigned int)MODE_CDEV : 0) |
	       (ways->group == ANSWER_YES ? (unsigned int)MODE_GROUP : 0);
}

unsigned int host_ways_offer(const struct host_ways *ways, const struct device *dev)
{
	if (dev->modes)
		return dev->modes;
	if (dev->state != DEVICE_OK || device_is_bridge(dev))
		return 0;
	if (dev->iommu == IOMMU_PHYSICAL)
		return offered_by_host(ways);
	/* Without an IOMMU there is a group, where the administrator asked for it. */
	return ways->noiommu_enabled == ANSWER_YES ? offered_by_host(ways) & MODE_GROUP : 0;
}
