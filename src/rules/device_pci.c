/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What kind of function it is, its windows into memory, its power and its place.
 */
#include "rules/catalogue.h"
#include "rules/look.h"

#define SYSFS "Documentation/ABI/testing/sysfs-bus-pci of the kernel"

enum { INTEL = 0x8086 };

/* --- kinds that VFIO does not take -------------------------------------------------------- */

/* drivers/vfio/pci/vfio_pci.c, vfio_pci_dev_in_denylist() */
static bool is_denied_id(int64_t device)
{
	static const int ids[] = {0x0435, 0x0443, 0x0b25, 0x0cfe, 0x19e2, 0x19e3, 0x37c8, 0x37c9};

	for (size_t i = 0; i < ARRAY_SIZE(ids); i++)
		if (device == ids[i])
			return true;
	return false;
}

static void denylisted(struct rule_run *run)
{
	static const char file[] = "/sys/module/vfio_pci/parameters/disable_denylist";
	const struct device *dev = run->device;
	char text[8] = "";

	if (dev->vendor_id != INTEL || !is_denied_id(dev->device_id) || device_is_vfio(dev))
		return;
	path_read(text, sizeof(text), "%s", file);
	if (*text != 'Y' && *text != '1')
		rule_fires(run, NULL, look_path(run, "device"), "%04x:%04x", (unsigned int)INTEL,
			   (unsigned int)dev->device_id);
}

static void not_type0(struct rule_run *run)
{
	if (device_is_bridge(run->device))
		rule_fires(run, NULL, look_path(run, "class"), "0x%06llx",
			   (unsigned long long)run->device->class_id);
}

/* --- displays ----------------------------------------------------------------------------- */

static bool is_true(const struct rule_run *run, const char *attribute)
{
	int64_t value;

	return path_read_number(&value, "%s", look_path(run, attribute)) == 0 && value == 1;
}

static void boot_display(struct rule_run *run)
{
	static const char *const names[] = {"boot_display", "boot_vga"};

	for (size_t i = 0; i < ARRAY_SIZE(names) && !device_is_vfio(run->device); i++)
		if (is_true(run, names[i])) {
			rule_fires(run, NULL, look_path(run, names[i]), "1");
			return;
		}
}

/* --- resource: a line for each BAR, the seventh is the ROM's ------------------------------ */

struct window {
	unsigned long long start, end, flags;
};

enum {
	ROM = 6,
	WINDOWS,
	/* include/linux/ioport.h */
	FLAG_ROM_SHADOW = 1 << 1,
	FLAG_MEM = 0x200,
	FLAG_UNSET = 0x20000000,
};

/* How many there are. */
static size_t read_windows(struct rule_run *run, struct window ret[static WINDOWS])
{
	char text[PATH_ATTR_MAX], *rest = text, *line;
	size_t n = 0;

	if (!look_is_function(run) || !look_read(run, text, sizeof(text), "resource"))
		return 0;
	while (n < WINDOWS && (line = strsep(&rest, "\n")) &&
	       sscanf(line, "%llx %llx %llx", &ret[n].start, &ret[n].end, &ret[n].flags) == 3)
		n++;
	return n;
}

static void rom_shadow(struct rule_run *run)
{
	struct window windows[WINDOWS];

	if (read_windows(run, windows) > ROM && windows[ROM].flags & FLAG_ROM_SHADOW)
		rule_fires(run, NULL, look_path(run, "resource"), "the ROM is a copy at 0x%llx",
			   windows[ROM].start);
}

/* Of ports there are few, and who has none of them mostly does not need them. */
static void bar_unassigned(struct rule_run *run)
{
	struct window windows[WINDOWS];
	size_t n = read_windows(run, windows);

	for (size_t i = 0; i < n && i < ROM; i++)
		if (windows[i].flags & FLAG_MEM && windows[i].end > 0 &&
		    (windows[i].flags & FLAG_UNSET || windows[i].start == 0))
			rule_fires(run, NULL, look_path(run, "resource"), "BAR %zu has no address",
				   i);
}

/* The sizes that the BAR could have: bit 0 is 1 MiB, and so on; 0 when they are not known. */
static uint64_t possible_sizes(struct rule_run *run, const char *attribute)
{
	char text[32];
	uint64_t sizes = 0;

	if (!path_exists("%s", look_path(run, attribute)) || !look_is_awake(run, attribute) ||
	    !look_read(run, text, sizeof(text), attribute))
		return 0;
	parse_number(text, 16, UINT64_MAX, &sizes);
	return sizes;
}

static void judge_size(struct rule_run *run, int index, uint64_t size)
{
	enum { MEBIBYTE_SHIFT = 20, TOP_BIT = 63 };
	const char *attribute = arena_printf(run->arena, "resource%d_resize", index);
	uint64_t sizes = possible_sizes(run, attribute);
	int top = sizes ? TOP_BIT - __builtin_clzll(sizes) : -1;

	if (top >= 0 && top + MEBIBYTE_SHIFT < TOP_BIT &&
	    size < UINT64_C(1) << (top + MEBIBYTE_SHIFT))
		rule_fires(run, arena_printf(run->arena, "%d > %s", top, look_path(run, attribute)),
			   look_path(run, attribute), "BAR %d has %llu MiB of %llu", index,
			   (unsigned long long)(size >> MEBIBYTE_SHIFT), 1ULL << top);
}

static void bar_too_small(struct rule_run *run)
{
	const struct device_detail *detail = run->device->detail;

	for (size_t i = 0; detail && look_is_function(run) && i < detail->n_bars; i++)
		if (!detail->bars[i].io && detail->bars[i].index < ROM)
			judge_size(run, detail->bars[i].index, detail->bars[i].size);
}

/* --- power and place ---------------------------------------------------------------------- */

/* One that sleeps wakes when it is used, unless it is of those that do not come back. One that the
 * kernel does not wake is not bound: change/admit.c. */
static void d3cold(struct rule_run *run)
{
	const struct device_detail *detail = run->device->detail;
	const char *status, *remedy;

	if (!detail || !streq_null(detail->power_state, "D3cold"))
		return;
	status = detail->runtime_status ? detail->runtime_status : "unsupported";
	if (streq(status, "active") || streq(status, "unsupported") || streq(status, "error"))
		remedy = arena_printf(run->arena, "echo 1 > %s; echo 1 > /sys/bus/pci/rescan",
				      look_path(run, "remove"));
	else
		remedy = arena_printf(run->arena, "echo 0 > %s", look_path(run, "d3cold_allowed"));
	rule_fires(run, remedy, look_path(run, "power_state"), "D3cold");
}

static void suspended(struct rule_run *run)
{
	const struct device_detail *detail = run->device->detail;

	if (detail && streq_null(detail->runtime_status, "suspended"))
		rule_fires(run, NULL, look_path(run, "power/runtime_status"), "suspended");
}

static void numa_unknown(struct rule_run *run)
{
	if (look_is_function(run) && run->device->numa_node < 0 &&
	    path_exists("/sys/devices/system/node/node1"))
		rule_fires(run, NULL, look_path(run, "numa_node"), "-1");
}

const struct rule rules_device_pci[] = {
	{.id = "denylisted",
	 .severity = RULE_ERROR,
	 .scope = RULE_DEVICE,
	 .title = "vfio-pci refuses the device for its errata",
	 .consequence = "Binding it fails: whoever had it could break the host.",
	 .remedy = "Only for users that are trusted: vfio_pci.disable_denylist=1 on the kernel's "
		   "command line",
	 .reference = "disable_denylist of `modinfo vfio_pci`",
	 .blocks = PURPOSE_ANY,
	 .stage = STAGE_MODULE,
	 .check = denylisted},
	{.id = "not-type0-header",
	 .severity = RULE_ERROR,
	 .scope = RULE_DEVICE,
	 .title = "The device is a bridge",
	 .consequence = "VFIO takes no bridges, only what is below them.",
	 .remedy = "Name what is below {device}: `vfioctl list` shows it",
	 .reference = "vfioctl-bind(8)",
	 .blocks = PURPOSE_ANY,
	 .stage = STAGE_DEVICE,
	 .check = not_type0},
	{.id = "boot-display",
	 .severity = RULE_WARNING,
	 .scope = RULE_DEVICE,
	 .title = "The device is the display that the machine started on",
	 .consequence = "The console goes dark when it is handed over.",
	 .remedy = "Make another display the first in the firmware's setup, or use a serial "
		   "console; then vfioctl bind --force=boot-vga {device}",
	 .reference = "vfioctl-bind(8)",
	 .blocks = PURPOSE_ANY,
	 .stage = STAGE_DEVICE,
	 .check = boot_display},
	{.id = "rom-shadow",
	 .severity = RULE_WARNING,
	 .scope = RULE_DEVICE,
	 .title = "Only a copy of the device's ROM is seen",
	 .consequence = "The firmware has run that copy and changed it: a guest may not start "
			"from it.",
	 .remedy = "Give QEMU the vendor's ROM: -device vfio-pci,host={device},romfile=FILE",
	 .reference = SYSFS,
	 .check = rom_shadow},
	{.id = "bar-unassigned",
	 .severity = RULE_ERROR,
	 .scope = RULE_DEVICE,
	 .title = "A window of the device has no address",
	 .consequence = "Nobody can reach that part of the device.",
	 .remedy = "Boot with pci=realloc, or switch decoding above 4 GiB on in the firmware's "
		   "setup",
	 .reference = "Documentation/admin-guide/kernel-parameters.txt of the kernel",
	 .blocks = PURPOSE_ANY,
	 .stage = STAGE_KERNEL,
	 .check = bar_unassigned},
	{.id = "bar-too-small-for-resize",
	 .severity = RULE_INFO,
	 .scope = RULE_DEVICE,
	 .title = "A window of the device is smaller than it could be",
	 .consequence = "Its memory is seen in parts, and a guest cannot change that.",
	 .remedy = "While it has no driver: echo {what}",
	 .reference = SYSFS,
	 .check = bar_too_small},
	{.id = "d3cold",
	 .severity = RULE_WARNING,
	 .scope = RULE_DEVICE,
	 .title = "The device has no power",
	 .consequence = "Some devices do not come back from D3cold, or have lost their state then.",
	 .remedy = "{what}",
	 .is_command = true,
	 .reference = SYSFS,
	 .check = d3cold},
	{.id = "suspended-not-read",
	 .severity = RULE_INFO,
	 .scope = RULE_DEVICE,
	 .title = "The device sleeps",
	 .consequence = "Its link and windows were not looked at: that would have woken it.",
	 .remedy = "echo on > /sys/bus/pci/devices/{device}/power/control, and ask again",
	 .reference = "Documentation/ABI/testing/sysfs-devices-power of the kernel",
	 .check = suspended},
	{.id = "numa-unknown",
	 .severity = RULE_INFO,
	 .scope = RULE_DEVICE,
	 .title = "It is not known which NUMA node the device is at",
	 .consequence = "Its user may be placed far away from it.",
	 .remedy = "Update the firmware, or pin the user as the board's manual says",
	 .reference = SYSFS,
	 .check = numa_unknown},
	{0},
};
