/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The IOMMU and what keeps interrupts of devices apart.
 */
#include "rules/catalogue.h"
#include "rules/iommu_option.h"
#include "rules/look.h"

#define KERNEL_OPTIONS "Documentation/admin-guide/kernel-parameters.txt of the kernel"
#define TABLES         "/sys/firmware/acpi/tables"

/* The first IOMMU that guards what there is to guard, or NULL. */
static const struct host_iommu *first_iommu(const struct host_mode *mode)
{
	for (size_t i = 0; i < mode->n_iommus; i++)
		if (!streq_null(mode->iommus[i].kind, "selftest"))
			return &mode->iommus[i];
	return NULL;
}

static bool has_iommu(const struct rule_run *run)
{
	return first_iommu(&run->facts->mode);
}

/* Without an IOMMU, and nobody asked to do without. */
static bool lacks_iommu(const struct rule_run *run)
{
	return !has_iommu(run) && run->facts->mode.ways.noiommu_enabled != ANSWER_YES;
}

/* The table in which the firmware describes an IOMMU; NULL: none is seen. */
static const char *firmware_table(void)
{
	static const char *const names[] = {"DMAR", "IVRS", "IORT", "VIOT"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (path_exists(TABLES "/%s", names[i]))
			return names[i];
	return NULL;
}

/* What is on the command line is told by iommu-off-cmdline, and is no reason to be silent of this.
 */
static void off_firmware(struct rule_run *run)
{
	if (!lacks_iommu(run) || firmware_table())
		return;
	if (path_exists(TABLES))
		rule_fires(run, NULL, TABLES, "no DMAR, IVRS, IORT or VIOT");
	else if (!iommu_option_off(run, NULL))
		rule_fires(run, NULL, "/sys/class/iommu", "there is no IOMMU");
}

/*
 * What has the IOMMU of that table run, where nothing switches it off. Only Intel's may wait to be
 * switched on; the others have no such word.
 */
static const char *start(const struct rule_run *run, const char *table)
{
	static const struct {
		const char *table, *driver, *log;
	} tables[] = {
		{"DMAR", "CONFIG_INTEL_IOMMU", "DMAR"},
		{"IVRS", "CONFIG_AMD_IOMMU", "AMD-Vi"},
		{"IORT", "CONFIG_ARM_SMMU_V3 and CONFIG_ARM_SMMU", "smmu"},
		{"VIOT", "CONFIG_VIRTIO_IOMMU", "virtio_iommu"},
	};
	size_t i = 0;

	if (streq(table, "DMAR") && !iommu_option_on(run))
		return "with intel_iommu=on on the kernel's command line";
	while (i < ARRAY_SIZE(tables) - 1 && !streq(tables[i].table, table))
		i++;
	return arena_printf(run->arena,
			    "a kernel with %s; where it has that, `journalctl -k -g %s` may tell "
			    "why the IOMMU does not run",
			    tables[i].driver, tables[i].log);
}

static void off_cmdline(struct rule_run *run)
{
	const char *table = firmware_table(), *off = iommu_option_off(run, table);
	bool has_options = table && (streq(table, "DMAR") || streq(table, "IVRS"));

	if (!lacks_iommu(run))
		return;
	if (off)
		rule_fires(run,
			   arena_printf(run->arena, "without %s on the kernel's command line", off),
			   "/proc/cmdline", "%s", off);
	else if (has_options && !run->facts->command_line)
		rule_unknown(run, "/proc/cmdline", "it cannot be read");
	else if (table)
		rule_fires(run, start(run, table), arena_printf(run->arena, TABLES "/%s", table),
			   "it tells of an IOMMU, and none runs");
}

static void passthrough(struct rule_run *run)
{
	const char *option = iommu_option_passthrough(run);

	if (!has_iommu(run))
		return;
	if (!run->facts->command_line)
		rule_unknown(run, "/proc/cmdline", "it cannot be read");
	else if (option)
		rule_fires(run, option, "/proc/cmdline", "%s", option);
}

/* Every backend that is there lets devices through all the same. */
static bool unsafe_is_allowed(const struct host_mode *mode)
{
	bool type1 = mode->unsafe_interrupts_type1 != ANSWER_NO;
	bool iommufd = mode->unsafe_interrupts_iommufd != ANSWER_NO;

	return type1 && iommufd &&
	       (mode->unsafe_interrupts_type1 == ANSWER_YES ||
		mode->unsafe_interrupts_iommufd == ANSWER_YES);
}

/* Elsewhere interrupt chips do not tell, and the IOMMU's driver keeps MSIs apart. */
static bool is_pc(const struct host_mode *mode)
{
	const struct host_iommu *iommu = first_iommu(mode);
	const char *kind = iommu ? iommu->kind : NULL;

	return streq_null(kind, "intel-vtd") || streq_null(kind, "amd-vi");
}

/* Beside a virtio-iommu there is no such thing: what is left is to trust those who get devices. */
static const char *trust(const struct rule_run *run)
{
	static const char parameter[] = "parameters/allow_unsafe_interrupts";
	const struct host_mode *mode = &run->facts->mode;
	bool type1 = mode->unsafe_interrupts_type1 == ANSWER_NO;
	bool iommufd = mode->unsafe_interrupts_iommufd == ANSWER_NO;

	if (type1 && iommufd)
		return arena_printf(run->arena,
				    "Where every guest is trusted, echo Y | tee "
				    "/sys/module/vfio_iommu_type1/%s /sys/module/iommufd/%s",
				    parameter, parameter);
	if (type1 || iommufd)
		return arena_printf(run->arena,
				    "Where every guest is trusted, echo Y > /sys/module/%s/%s",
				    type1 ? "vfio_iommu_type1" : "iommufd", parameter);
	return "Where every guest is trusted, `options vfio_iommu_type1 allow_unsafe_interrupts=1` "
	       "and the same of iommufd in /etc/modprobe.d/vfio.conf";
}

static void no_remapping(struct rule_run *run)
{
	const struct host_mode *mode = &run->facts->mode;

	if (is_pc(mode) && mode->interrupt_remapping == ANSWER_UNKNOWN)
		rule_unknown(run, "/sys/kernel/irq", "no interrupt chip tells");
	if (has_iommu(run) && mode->interrupt_remapping == ANSWER_NO && !unsafe_is_allowed(mode))
		rule_fires(run,
			   is_pc(mode) ? "Switch interrupt remapping on in the firmware's setup, "
					 "and boot without intremap=off"
				       : trust(run),
			   "/sys/kernel/irq", "a chip is called IO-APIC, not IR-IO-APIC");
}

static void unsafe_allowed(struct rule_run *run)
{
	const struct host_mode *mode = &run->facts->mode;

	if (mode->unsafe_interrupts_type1 == ANSWER_YES)
		rule_fires(run, "vfio_iommu_type1",
			   "/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts", "Y");
	if (mode->unsafe_interrupts_iommufd == ANSWER_YES)
		rule_fires(run, "iommufd", "/sys/module/iommufd/parameters/allow_unsafe_interrupts",
			   "Y");
}

static void noiommu_enabled(struct rule_run *run)
{
	if (run->facts->mode.ways.noiommu_enabled == ANSWER_YES)
		rule_fires(run, NULL, "/sys/module/vfio/parameters/enable_unsafe_noiommu_mode",
			   "Y");
}

/* 1: the processor has x2APIC, and the kernel did not take the flag away; 0, or -errno. */
static int cpu_has_x2apic(void)
{
	scoped_free char *text = NULL;
	int r = path_read_all(&text, 16 << 20, "/proc/cpuinfo");

	return r < 0 ? r : strstr(text, " x2apic") != NULL;
}

/* Flags of the table of Intel's VT-d, behind its header and the width of addresses. */
static bool firmware_opts_out(struct rule_run *run)
{
	enum { FLAGS = 37, X2APIC_OPT_OUT = 1 << 1 };
	unsigned char table[FLAGS + 1];
	scoped_fd int fd = -1;

	if (!path_exists(TABLES "/DMAR"))
		return false;
	fd = path_open(O_RDONLY | O_NONBLOCK, TABLES "/DMAR");
	if (fd >= 0 && read(fd, table, sizeof(table)) == (ssize_t)sizeof(table))
		return table[FLAGS] & X2APIC_OPT_OUT;
	rule_unknown(run, TABLES "/DMAR", "%s", fd < 0 ? rule_errno_text(fd) : "it is too short");
	return false;
}

static void x2apic_off(struct rule_run *run)
{
	int cpu = cpu_has_x2apic();

	/* A processor that is locked in that mode keeps the flag, whatever the option says. */
	if (rule_kernel_option(run, "nox2apic") && cpu <= 0) {
		rule_fires(run, "take nox2apic off the kernel's command line", "/proc/cmdline",
			   "nox2apic");
		return;
	}
	if (!has_iommu(run) || run->facts->mode.interrupt_remapping == ANSWER_UNKNOWN)
		return;
	if (cpu < 0)
		rule_unknown(run, "/proc/cpuinfo", "%s", rule_errno_text(cpu));
	else if (cpu && firmware_opts_out(run))
		rule_fires(run, "switch x2APIC on in the firmware's setup", TABLES "/DMAR",
			   "the firmware opts out of x2APIC");
}

const struct rule rules_host_iommu[] = {
	{.id = "iommu-off-firmware",
	 .severity = RULE_ERROR,
	 .scope = RULE_HOST,
	 .title = "There is no IOMMU",
	 .consequence = "No device can be handed out: nothing would keep it from all memory.",
	 .remedy = "Switch the IOMMU (VT-d, AMD-Vi, SMMU) on in the firmware's setup",
	 .reference = "vfioctl-mode(8)",
	 .blocks = PURPOSE_ANY,
	 .stage = STAGE_FIRMWARE,
	 .check = off_firmware},
	{.id = "iommu-off-cmdline",
	 .severity = RULE_ERROR,
	 .scope = RULE_HOST,
	 .title = "The kernel does not use the IOMMU",
	 .consequence = "No device can be handed out: nothing would keep it from all memory.",
	 .remedy = "Boot {what}",
	 .reference = KERNEL_OPTIONS,
	 .blocks = PURPOSE_ANY,
	 .stage = STAGE_KERNEL,
	 .check = off_cmdline},
	{.id = "iommu-passthrough",
	 .severity = RULE_INFO,
	 .scope = RULE_HOST,
	 .title = "Devices of the host bypass the IOMMU",
	 .consequence = "Devices that the host keeps reach all memory; those handed out do not.",
	 .remedy = "Boot without {what} to have the host's devices translated, too",
	 .reference = KERNEL_OPTIONS,
	 .check = passthrough},
	{.id = "no-interrupt-remapping",
	 .severity = RULE_ERROR,
	 .scope = RULE_HOST,
	 .title = "Interrupts are not remapped",
	 .consequence = "A device could raise any interrupt, so VFIO refuses it with EPERM.",
	 .remedy = "{what}",
	 .reference = KERNEL_OPTIONS,
	 .blocks = PURPOSE_ANY,
	 .stage = STAGE_FIRMWARE,
	 .check = no_remapping},
	{.id = "unsafe-interrupts-allowed",
	 .severity = RULE_WARNING,
	 .scope = RULE_HOST,
	 .title = "Devices are handed out although interrupts may not be kept apart",
	 .consequence = "Where interrupts are not remapped, who has a device can raise any.",
	 .remedy = "echo N > /sys/module/{what}/parameters/allow_unsafe_interrupts",
	 .is_command = true,
	 .reference = "vfioctl-mode(8)",
	 .check = unsafe_allowed},
	{.id = "noiommu-enabled",
	 .severity = RULE_WARNING,
	 .scope = RULE_HOST,
	 .title = "Devices without an IOMMU may be handed out",
	 .consequence = "Who has such a device reaches all memory, and the kernel is tainted.",
	 .remedy = "echo N > /sys/module/vfio/parameters/enable_unsafe_noiommu_mode",
	 .is_command = true,
	 .reference = "vfioctl-mode(8)",
	 .check = noiommu_enabled},
	{.id = "x2apic-off",
	 .severity = RULE_INFO,
	 .scope = RULE_HOST,
	 .title = "x2APIC is switched off",
	 .consequence = "Interrupts reach no more than 255 processors, and are not posted.",
	 .remedy = "To use it, {what}",
	 .reference = KERNEL_OPTIONS,
	 .check = x2apic_off},
	{0},
};
