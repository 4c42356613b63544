/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cases of devices without an IOMMU.
 *
 * Their DMA reaches all of memory. VFIO gives them away only when a parameter of its module says
 * so while their driver is bound, taints the kernel, puts "noiommu-" into the names of their nodes,
 * and opens those only for who may do as much anyway (CAP_SYS_RAWIO). The group never maps memory;
 * what the cdev does is in noiommu_space.c.
 */
#include <errno.h>
#include <linux/capability.h>

#include "base/path.h"
#include "cases/rights.h"
#include "check/case.h"
#include "check/case_binding.h"
#include "kernel/vfio_backend.h"

#define SWITCH "/sys/module/vfio/parameters/enable_unsafe_noiommu_mode"

/* The bit of /proc/sys/kernel/tainted that user space asked for something unsafe. */
#define TAINT_USER 6

/* False, and the case is skipped, where there is no such mode. */
static bool mode_is_built(struct case_run *run)
{
	return run->host->ways.noiommu == ANSWER_YES || case_skip(run, "noiommu mode is not built");
}

/* --- steps ------------------------------------------------------------------------------ */

static bool turn(struct case_run *run, bool on)
{
	return case_expect(run, on ? "turn noiommu mode on" : "turn noiommu mode off", 0,
			   path_write(on ? "Y" : "N", SWITCH));
}

/* Turns the mode on or off, and has the driver bound anew. */
static bool rebind(struct case_run *run, bool on, int owed)
{
	const struct device *dev = run->device;

	return case_expect(run, "name the driver", 0, case_override(dev, dev->driver)) &&
	       case_expect(run, "unbind it", 0, case_unbind(dev)) && turn(run, on) &&
	       case_expect(run, on ? "bind it, mode on" : "bind it, mode off", owed,
			   case_bind_to(dev, dev->driver));
}

static int64_t taint(void)
{
	int64_t bits = 0;

	path_read_number(&bits, "/proc/sys/kernel/tainted");
	return bits & 1 << TAINT_USER;
}

/* The nodes of the device say, or do not say, that there is no IOMMU before it. */
static bool names_say(struct case_run *run, bool noiommu)
{
	struct case_nodes nodes;
	struct vfio_target target;
	const char *node, *name;

	case_find(&nodes, &target, run->host, run->device);
	node = run->path == CASE_CDEV ? target.cdev : target.group;
	name = node ? base_name(node) : "nothing";
	return case_check(run, "look at the node's name",
			  node && noiommu == (startswith(name, "noiommu-") != NULL),
			  "the device is offered as %s", name);
}

/* --- binding ---------------------------------------------------------------------------- */

static void refused_when_off(struct case_run *run)
{
	rebind(run, false, -EINVAL);
}

static void taints(struct case_run *run)
{
	if (rebind(run, true, 0) && names_say(run, true))
		case_check(run, "look at the kernel's taint", taint(),
			   "the kernel is not tainted by a device without an IOMMU");
}

/*
 * Where groups are built, the look for a group refuses first. Without them nothing stands before
 * the question whether the device's DMA is coherent, and where no IOMMU says so the answer is no;
 * only noiommu mode does without.
 */
static void refused_as_not_coherent(struct case_run *run)
{
	if (rebind(run, true, 0))
		rebind(run, false, -EINVAL);
}

static void keeps_iommu(struct case_run *run)
{
	int64_t before = taint();

	if (mode_is_built(run) && rebind(run, true, 0) && names_say(run, false))
		case_check(run, "look at the kernel's taint", taint() == before,
			   "a device with an IOMMU tainted the kernel");
}

/* 1, 0, or -1 when that is not known: does this kernel have cdevs without an IOMMU? */
static int has_noiommu_cdevs(const struct case_run *run)
{
	return run->host->ways.cdev == ANSWER_YES ? run->host->iommufd.noiommu_cdev : 0;
}

static void cdev_where_built(struct case_run *run)
{
	int owed = has_noiommu_cdevs(run);
	bool has_node;
	char name[48];

	if (owed < 0) {
		case_skip(run, "whether such cdevs are built cannot be told: /dev/iommu does not "
			       "answer");
		return;
	}
	if (!case_check(run, "look for the device", case_vfio_name(name, sizeof(name), run->device),
			"VFIO has not got it") ||
	    !case_check(run, "look at its name", owed == (startswith(name, "noiommu-") != NULL),
			"it is called %s", name))
		return;
	has_node = path_exists("/sys/class/vfio-dev/%s/dev", name);
	case_check(run, "look for a cdev", has_node == owed,
		   owed ? "%s has no cdev" : "%s has a cdev, which this kernel cannot have", name);
}

/* One step of "turning it off or on". The vfio module's container asks again; nobody else does. */
static bool opens_when(struct case_run *run, bool on)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	bool asks =
		run->path == CASE_GROUP && run->host->container.provider == KERNEL_CONTAINER_LEGACY;

	return turn(run, on) && names_say(run, true) && case_open(run, &dev) &&
	       case_expect(run, on ? "bind, mode on" : "bind, mode off", asks && !on ? -ENODEV : 0,
			   dev.ops->bind(&dev));
}

static void switch_is_for_binding(struct case_run *run)
{
	if (opens_when(run, true))
		opens_when(run, false);
}

/* --- who may ---------------------------------------------------------------------------- */

static void opens_for_the_mighty(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	enum vfio_path way = run->path == CASE_CDEV ? VFIO_CDEV : VFIO_GROUP;

	if (!case_open(run, &dev))
		return;
	vfio_close(&dev);
	if (case_expect(run, "give CAP_SYS_RAWIO up", 0,
			drop_capabilities(UINT64_C(1) << CAP_SYS_RAWIO)))
		case_expect(run, "open without it", -EPERM, vfio_open(&dev, &run->target, way));
}

/* --- the container of a group ----------------------------------------------------------- */

static bool offers(struct case_run *run, const char *what, int container, int model, bool owed)
{
	int r = vfio_container_extension(container, model);

	return case_check(run, what, (r > 0) == owed, "the container answers %d for model %d", r,
			  model);
}

/* The vfio module's container offers the model while the mode is on; iommufd's when it is built. */
static bool model_follows(struct case_run *run, int container)
{
	bool legacy = run->host->container.provider == KERNEL_CONTAINER_LEGACY;

	return turn(run, false) &&
	       offers(run, "ask for the model", container, VFIO_NOIOMMU, !legacy) &&
	       turn(run, true) && offers(run, "ask for the model", container, VFIO_NOIOMMU, true);
}

static void model_is_told(struct case_run *run)
{
	scoped_fd int container = vfio_container_open("/dev/vfio/vfio");

	if (mode_is_built(run) && case_expect(run, "open the container", 0, container))
		model_follows(run, container);
}

static void model_is_the_only_one(struct case_run *run)
{
	bool legacy = run->host->container.provider == KERNEL_CONTAINER_LEGACY;
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;

	if (!case_open(run, &dev) || !model_follows(run, dev.context) ||
	    !case_expect(run, "SET_CONTAINER", 0,
			 vfio_group_set_container(dev.group, dev.context)) ||
	    !offers(run, "ask for type1", dev.context, VFIO_TYPE1, false))
		return;
	if (case_expect(run, "SET_IOMMU of type1", legacy ? -ENODEV : -EINVAL,
			vfio_container_set_iommu(dev.context, VFIO_TYPE1)))
		case_expect(run, "SET_IOMMU", 0,
			    vfio_container_set_iommu(dev.context, VFIO_NOIOMMU));
}

#define BOTH         (CASE_CDEV | CASE_GROUP)
#define NOIOMMU_ROOT (CASE_NEEDS_NOIOMMU | CASE_NEEDS_ROOT)
#define REBINDS      (CASE_NEEDS_ROOT | CASE_NEEDS_PCI | CASE_NEEDS_NO_VFS)

const struct test_case cases_noiommu[] = {
	{.id = "N11",
	 .statement = "CL11",
	 .class = CASE_LAB,
	 .title = "The container has a noiommu model while that is on",
	 .promise = "The vfio module's container follows the switch; iommufd's offers it always.",
	 .paths = CASE_HOST,
	 .needs = CASE_NEEDS_CONTAINER | CASE_NEEDS_ROOT,
	 .run = model_is_told},
	{.id = "N03",
	 .statement = "FU5",
	 .title = "It has a cdev where the kernel builds such",
	 .promise = "Its name says that there is none; older kernels give it no cdev at all.",
	 .paths = BOTH,
	 .needs = CASE_NEEDS_NOIOMMU,
	 .run = cdev_where_built},
	{.id = "N04",
	 .statement = "CL11",
	 .title = "It opens only with CAP_SYS_RAWIO",
	 .promise = "Who may not write to all of memory does not get a device that can.",
	 .paths = BOTH,
	 .needs = NOIOMMU_ROOT,
	 .after = {"C04", "G01"},
	 .run = opens_for_the_mighty},
	{.id = "N09",
	 .statement = "CL11",
	 .class = CASE_LAB,
	 .title = "Its group takes the noiommu model, and no other",
	 .promise = "type1 is neither offered to it nor set.",
	 .paths = CASE_GROUP,
	 .needs = NOIOMMU_ROOT | CASE_NEEDS_CONTAINER,
	 .after = {"G01"},
	 .run = model_is_the_only_one},
	{.id = "N01",
	 .statement = "CL11",
	 .class = CASE_LAB,
	 .title = "Without noiommu mode it is not bound",
	 .promise = "Its driver's probe is refused; nothing is given away by accident.",
	 .paths = BOTH,
	 .needs = CASE_NEEDS_NOIOMMU | REBINDS,
	 .run = refused_when_off},
	{.id = "N02",
	 .statement = "CL11",
	 .class = CASE_LAB,
	 .title = "In noiommu mode it is bound, and taints the kernel",
	 .promise = "Its node's name says what it is, and the kernel remembers.",
	 .paths = BOTH,
	 .needs = CASE_NEEDS_NOIOMMU | REBINDS,
	 .run = taints},
	{.id = "N08",
	 .statement = "CL11",
	 .class = CASE_LAB,
	 .title = "Noiommu mode is looked at when a driver is bound",
	 .promise = "A device that is bound keeps its nodes whatever the mode is then; only the "
		    "vfio module's container refuses it while the mode is off.",
	 .paths = BOTH,
	 .needs = NOIOMMU_ROOT,
	 .after = {"C05", "G04"},
	 .run = switch_is_for_binding},
	{.id = "N12",
	 .statement = "CL11",
	 .class = CASE_LAB,
	 .title = "Noiommu mode changes nothing behind an IOMMU",
	 .promise = "It is bound as ever, under its usual names, and taints nothing.",
	 .paths = BOTH,
	 .needs = CASE_NEEDS_PHYSICAL | REBINDS,
	 .run = keeps_iommu},
	{.id = "N10",
	 .statement = "CL12",
	 .class = CASE_LAB,
	 .title = "A device of unknown coherency is refused",
	 .promise = "Before it has any node, VFIO asks the IOMMU whether the device's DMA is "
		    "coherent, and refuses where it is not.",
	 .paths = CASE_CDEV,
	 .needs = CASE_NEEDS_NOIOMMU | REBINDS | CASE_NEEDS_NO_GROUP,
	 .run = refused_as_not_coherent},
	{.id = NULL},
};
