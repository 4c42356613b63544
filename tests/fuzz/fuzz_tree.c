/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A whole captured tree to JSON, by every command that looks, and to what topology draws. The input
 * is files for the tree, separated by 0x1e: a byte that chooses the path, and what is in it; with a
 * '>' first it is a link to there, with a '-' alone there is none. Whatever it is, each command
 * must print one document that parses, and nothing that has a control byte in it.
 */
#include <json-c/json.h>
#include <stdio.h>

#include "cli/commands.h"
#include "tests/fuzz/fuzz.h"

#define DEVICE "/sys/devices/pci0000:00/0000:01:00.0"
#define PF     "/sys/devices/pci0000:00/0000:02:00.0"
#define DEEP   "/sys/devices/pci0000:00/pci0001:00/pci0002:00/0000:02:00.0/0000:04:00.0"

static const char *const paths[] = {
	DEVICE "/uevent",
	DEVICE "/driver_override",
	DEVICE "/numa_node",
	DEVICE "/driver",
	DEVICE "/iommu_group",
	DEVICE "/iommu",
	DEVICE "/resource",
	DEVICE "/reset_method",
	DEVICE "/power/runtime_status",
	DEVICE "/power_state",
	DEVICE "/enable",
	DEVICE "/revision",
	DEVICE "/boot_vga",
	DEVICE "/d3cold_allowed",
	DEVICE "/current_link_speed",
	DEVICE "/max_link_speed",
	DEVICE "/current_link_width",
	DEVICE "/max_link_width",
	DEVICE "/sriov_totalvfs",
	DEVICE "/aer_dev_fatal",
	DEVICE "/physfn",
	DEVICE "/subsystem",
	DEVICE "/vfio-dev/vfio0/dev",
	DEVICE "/net/eth0/flags",
	DEVICE "/net/eth0/ifindex",
	PF "/uevent",
	PF "/virtfn0",
	PF "/iommu_group",
	"/sys/bus/pci/devices/0000:03:00.0",
	"/sys/class/vfio-dev/vfio0",
	"/sys/class/vfio/7",
	"/sys/devices/virtual/vfio/7/dev",
	"/sys/class/iommu/dmar0",
	"/sys/kernel/iommu_groups/7/devices/0000:02:00.0",
	"/sys/kernel/iommu_groups/7/type",
	"/sys/kernel/iommu_groups/7/reserved_regions",
	"/sys/kernel/irq/1/chip_name",
	"/sys/module/vfio/parameters/enable_unsafe_noiommu_mode",
	"/sys/module/vfio_pci/parameters/ids",
	"/sys/firmware/acpi/tables/DMAR",
	"/proc/devices",
	"/proc/cmdline",
	"/proc/cpuinfo",
	"/proc/meminfo",
	"/proc/sys/kernel/osrelease",
	"/proc/self/mountinfo",
	"/proc/self/cgroup",
	"/proc/7/maps",
	"/proc/7/fd/3",
	"/proc/7/fdinfo/3",
	"/proc/7/comm",
	"/etc/modprobe.d/vfio.conf",
	"/etc/udev/rules.d/50-x.rules",
	"/etc/libvirt/qemu/vm.xml",
	"/etc/driverctl.d/pci-0000:01:00.0",
	"/etc/security/limits.conf",
	"/etc/systemd/system.conf",
	"/etc/passwd",
	"/etc/group",
	"/var/lib/dpkg/status",
	"/vfioctl/names",
	"/vfioctl/nodes",
	"/dev/vfio/7",
	DEEP "/uevent",
	"/sys/bus/pci/devices/0000:04:00.0",
	"/etc/libvirt/qemu/networks/pool.xml",
};

static void make_machine(void)
{
	fuzz_tree();
	fuzz_link("/sys/bus/pci/devices/0000:01:00.0", "../../../devices/pci0000:00/0000:01:00.0");
	fuzz_link("/sys/bus/pci/devices/0000:02:00.0", "../../../devices/pci0000:00/0000:02:00.0");
	fuzz_text(DEVICE "/uevent",
		  "DRIVER=vfio-pci\nPCI_CLASS=20000\nPCI_ID=8086:1572\nPCI_SUBSYS_ID=8086:0001\n"
		  "MODALIAS=pci:v00008086d00001572sv00008086sd00000001bc02sc00i00\n");
	fuzz_link(DEVICE "/iommu_group", "../../../kernel/iommu_groups/7");
	fuzz_link("/sys/kernel/iommu_groups/7/devices/0000:01:00.0",
		  "../../../../devices/pci0000:00/0000:01:00.0");
	fuzz_link("/sys/class/vfio-dev/vfio0",
		  "../../devices/pci0000:00/0000:01:00.0/vfio-dev/vfio0");
	fuzz_link(DEVICE "/vfio-dev/vfio0/device", "../../../0000:01:00.0");
	fuzz_link(DEVICE "/subsystem", "../../../bus/pci");
	fuzz_text(PF "/uevent", "PCI_CLASS=20000\nPCI_ID=8086:1572\n");
}

static void put_file(const uint8_t *data, size_t size)
{
	const char *path;
	char *text;

	if (size == 0)
		return;
	path = paths[data[0] % ARRAY_SIZE(paths)];
	if (size == 2 && data[1] == '-') {
		fuzz_remove(path);
	} else if (size > 2 && data[1] == '>') {
		text = fuzz_string(data + 2, size - 2);
		fuzz_link(path, text);
		free(text);
	} else {
		fuzz_file(path, data + 1, size - 1);
	}
}

/* Puts back what this input had: the next one shall not depend on it. */
static void forget(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		fuzz_remove(paths[i]);
}

static void check_text(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		must(((unsigned char)text[i] >= ' ' && text[i] != 0x7f) || text[i] == '\n');
}

static void check_document(const char *text)
{
	struct json_object *object = json_tokener_parse(text);

	must(object && json_object_is_type(object, json_type_object));
	json_object_put(object);
}

static void run(const struct command *command, char **arguments, int count, struct options opts)
{
	bool draws = opts.tree || opts.format;
	FILE *saved = stdout;
	struct error err = {0};
	char *text = NULL;
	size_t size = 0;

	opts.json = !draws;
	opts.quiet = true;
	opts.args = arguments;
	opts.n_args = count;
	stdout = open_memstream(&text, &size);
	must(stdout);
	command->run(&opts, &err);
	fclose(stdout);
	stdout = saved;
	must(err.code || size > 0);
	check_text(text, size);
	if (!err.code && !draws)
		check_document(text);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char first[] = "0000:01:00.0", second[] = "0000:02:00.0";
	char *both[] = {first, second, NULL};
	const struct options quiet = {.json = true, .quiet = true};
	const uint8_t *end = data + size;

	make_machine();
	message_setup(&quiet);
	while (data < end) {
		const uint8_t *separator = memchr(data, 0x1e, (size_t)(end - data));
		size_t n = (size_t)((separator ? separator : end) - data);

		put_file(data, n);
		data += n + 1;
	}
	run(&cmd_list, NULL, 0, (struct options){.output = "address,usage"});
	run(&cmd_list, NULL, 0, (struct options){.tree = true});
	run(&cmd_topology, NULL, 0, (struct options){0});
	run(&cmd_topology, both, 1, (struct options){.format = "tree"});
	run(&cmd_topology, NULL, 0, (struct options){.format = "dot"});
	run(&cmd_topology, NULL, 0, (struct options){.format = "svg"});
	run(&cmd_mode, NULL, 0, (struct options){0});
	run(&cmd_show, both, 1, (struct options){.user = "0"});
	run(&cmd_doctor, both, 2, (struct options){.purpose = "qemu", .user = "0"});
	forget();
	return 0;
}
