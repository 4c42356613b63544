/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cases of giving a device to a driver, as the kernel's documentation has it: an override names the
 * only driver that may have the device, unbind takes it from the one that has it, bind offers it to
 * a driver and answers as that did.
 *
 * The VFIO driver of these cases is the one that has the device when the case starts: vfio-pci, or
 * one that is made for the device. The host's driver is the one that the kernel chooses when there
 * is no override.
 */
#include <errno.h>

#include "base/path.h"
#include "check/case.h"
#include "check/case_binding.h"
#include "host/group.h"

/* A driver's name. */
struct driver {
	char name[64];
};

/* Who has the device now; a step. */
static bool find_driver(struct case_run *run, struct driver *ret)
{
	return case_check(run, "look for the driver",
			  case_driver_of(ret->name, sizeof(ret->name), run->device->syspath),
			  "no driver has the device");
}

/* Takes the device from its VFIO driver, of which the name is returned; with this override then. */
static bool leave_vfio(struct case_run *run, const char *override, struct driver *ret)
{
	return find_driver(run, ret) &&
	       case_expect(run, "set the override", 0, case_override(run->device, override)) &&
	       case_expect(run, "unbind", 0, case_unbind(run->device));
}

static bool has_no_driver(struct case_run *run)
{
	struct driver driver;

	return case_check(run, "look that no driver has it",
			  !case_driver_of(driver.name, sizeof(driver.name), run->device->syspath),
			  "%s has the device", driver.name);
}

/*
 * Gives a device to the host's driver, of which the name is returned. False, with the case skipped,
 * when there is none that would show anything.
 */
static bool give_to_host(struct case_run *run, const struct device *dev, struct driver *ret)
{
	int r = case_rebind(dev, NULL);

	if (r == -ENODEV)
		return case_skip(run, "no driver of the host that is loaded takes %s",
				 dev->address);
	if (!case_expect(run, "give it to the host", 0, r))
		return false;
	if (!case_driver_of(ret->name, sizeof(ret->name), dev->syspath) ||
	    path_exists("%s/vfio-dev", dev->syspath))
		return case_skip(run, "%s goes to a VFIO driver by its ids", dev->address);
	return true;
}

/* --- override and bind ------------------------------------------------------------------ */

/* The nodes may have other names now. */
static bool opens_again(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;

	case_find(&run->nodes, &run->target, run->host, run->device);
	return case_open(run, &dev);
}

static void binds_by_override(struct case_run *run)
{
	const char *syspath = run->device->syspath;
	struct driver vfio, now;

	if (leave_vfio(run, NULL, &vfio) && has_no_driver(run) &&
	    case_check(run, "look for its entry", !path_exists("%s/vfio-dev", syspath),
		       "the device is still offered") &&
	    case_expect(run, "set the override", 0, case_override(run->device, vfio.name)) &&
	    case_expect(run, "bind", 0, case_bind_to(run->device, vfio.name)) &&
	    find_driver(run, &now) &&
	    case_check(run, "compare the drivers", streq(now.name, vfio.name),
		       "%s has the device instead of %s", now.name, vfio.name))
		opens_again(run);
}

static void bind_needs_override(struct case_run *run)
{
	struct driver vfio;

	if (leave_vfio(run, NULL, &vfio) && has_no_driver(run))
		case_expect(run, "bind without an override", -ENODEV,
			    case_bind_to(run->device, vfio.name));
}

static void bound_elsewhere(struct case_run *run)
{
	struct driver vfio, host;

	if (find_driver(run, &vfio) && give_to_host(run, run->device, &host) &&
	    case_expect(run, "set the override", 0, case_override(run->device, vfio.name)))
		case_expect(run, "bind what the host has", -EBUSY,
			    case_bind_to(run->device, vfio.name));
}

static void probe_tells_nothing(struct case_run *run)
{
	struct driver vfio;

	if (leave_vfio(run, "vfioctl-no-such-driver", &vfio) &&
	    case_expect(run, "have it probed", 0, case_probe(run->device)))
		has_no_driver(run);
}

/* False, with the case skipped, when the driver does not count for its group. */
static bool takes_group(struct case_run *run, const struct driver *driver)
{
	if (!group_allows_driver(driver->name))
		return true;
	return case_skip(run, "the host's driver %s takes nothing from the group", driver->name);
}

static void group_keeps_host_out(struct case_run *run)
{
	scoped_vfio struct vfio_device dev = VFIO_DEVICE_NONE;
	const struct device *sibling = case_peer(run, CASE_SIBLING);
	struct driver host;

	if (path_exists("%s/virtfn0", sibling->syspath)) {
		case_skip(run, "the VFs of %s would go with its driver", sibling->address);
		return;
	}
	if (give_to_host(run, sibling, &host) && takes_group(run, &host) &&
	    case_expect(run, "unbind it", 0, case_unbind(sibling)) && case_bind(run, &dev))
		case_expect(run, "bind it to the host's driver", -EBUSY,
			    case_bind_to(sibling, host.name));
}

/* --- a PF with VFs ---------------------------------------------------------------------- */

/* What must be put back here: the runner knows neither of VFs nor whether drivers get them. */
struct vfs {
	const struct device *pf;
	struct driver maker; /* the host's driver, which makes them; "": nothing to put back */
	char autoprobe[8];
};

static void remove_vfs(struct vfs *vfs)
{
	const char *syspath = vfs->pf->syspath;

	if (!*vfs->maker.name)
		return;
	/* Only a driver that makes VFs can remove them. */
	if (path_exists("%s/virtfn0", syspath)) {
		case_rebind(vfs->pf, vfs->maker.name);
		path_write("0", "%s/sriov_numvfs", syspath);
	}
	path_write(vfs->autoprobe, "%s/sriov_drivers_autoprobe", syspath);
}
#define scoped_vfs __attribute__((cleanup(remove_vfs)))

/* Has the host's driver make a VF that no driver gets. */
static bool make_vf(struct case_run *run, struct vfs *vfs)
{
	const char *syspath = vfs->pf->syspath;
	ssize_t n = path_read(vfs->autoprobe, sizeof(vfs->autoprobe), "%s/sriov_drivers_autoprobe",
			      syspath);
	int r;

	if (!case_expect(run, "look who gets new VFs", 0, (int)n) ||
	    !give_to_host(run, vfs->pf, &vfs->maker) ||
	    !case_expect(run, "let nobody have them", 0,
			 path_write("0", "%s/sriov_drivers_autoprobe", syspath)))
		return false;
	r = path_write("1", "%s/sriov_numvfs", syspath);
	if (r == -ENOENT)
		return case_skip(run, "the host's driver %s makes no VFs", vfs->maker.name);
	return case_expect(run, "make a VF", 0, r);
}

static void pf_with_vf_is_refused(struct case_run *run)
{
	scoped_vfs struct vfs vfs = {.pf = run->device};
	struct driver vfio;

	if (!find_driver(run, &vfio) || !make_vf(run, &vfs) ||
	    !case_expect(run, "unbind", 0, case_unbind(run->device)))
		return;
	if (!path_exists("%s/virtfn0", run->device->syspath)) {
		case_skip(run, "the host's driver %s takes its VFs along", vfs.maker.name);
		return;
	}
	if (case_expect(run, "set the override", 0, case_override(run->device, vfio.name)))
		case_expect(run, "bind the PF that has a VF", -EBUSY,
			    case_bind_to(run->device, vfio.name));
}

/* --- the override's limits -------------------------------------------------------------- */

/* The kernel wants to answer with a newline and a NUL behind it, in one page of this size. */
#define OVERRIDE_LIMIT 4095

static bool override_reads(struct case_run *run, const char *value)
{
	char now[PATH_ATTR_MAX];
	ssize_t n = path_read(now, sizeof(now), "%s/driver_override", run->device->syspath);

	return case_expect(run, "read the override", 0, (int)n) &&
	       case_check(run, "compare it", streq(now, value), "it reads '%.80s' instead of '%s'",
			  now, value);
}

static void override_is_limited(struct case_run *run)
{
	char text[OVERRIDE_LIMIT + 1];

	memset(text, 'x', OVERRIDE_LIMIT);
	text[OVERRIDE_LIMIT] = '\0';
	if (case_expect(run, "set an override", 0, case_override(run->device, "vfioctl")) &&
	    case_expect(run, "set one that is too long", -EINVAL,
			case_override(run->device, text)) &&
	    override_reads(run, "vfioctl") &&
	    case_expect(run, "clear it", 0, case_override(run->device, NULL)))
		override_reads(run, "(null)");
}

/* --- bridges ---------------------------------------------------------------------------- */

static bool is_free_bridge(const char *address)
{
	char driver[64], override[128];
	int64_t class;

	return path_read_number(&class, "/sys/bus/pci/devices/%s/class", address) == 0 &&
	       class >> 8 == 0x0604 &&
	       path_link_name(driver, sizeof(driver), "/sys/bus/pci/devices/%s/driver", address) <
		       0 &&
	       path_read(override, sizeof(override), "/sys/bus/pci/devices/%s/driver_override",
			 address) > 0 &&
	       streq(override, "(null)");
}

/* A bridge that nobody has; false when there is none. */
static bool find_bridge(char *ret_address, size_t size)
{
	scoped_dir DIR *dir = path_opendir("/sys/bus/pci/devices");
	const char *name;

	*ret_address = '\0';
	while (dir && (name = path_next(dir)))
		if (is_free_bridge(name))
			return append(ret_address, size, "%s", name);
	return false;
}

static void bridge_is_refused(struct case_run *run)
{
	char address[64], syspath[128] = "/sys/bus/pci/devices/";
	struct device bridge = {.bus = "pci", .address = address, .syspath = syspath};
	int bound, cleared;

	if (!path_exists("/sys/bus/pci/drivers/vfio-pci")) {
		case_skip(run, "vfio-pci is not loaded");
		return;
	}
	if (!find_bridge(address, sizeof(address))) {
		case_skip(run, "this machine has no bridge without a driver");
		return;
	}
	append(syspath, sizeof(syspath), "%s", address);
	if (!case_expect(run, "set the override of a bridge", 0,
			 case_override(&bridge, "vfio-pci")))
		return;
	bound = case_bind_to(&bridge, "vfio-pci");
	/* Nobody else puts it back: it is no device that was named. */
	cleared = case_override(&bridge, NULL);
	if (case_expect(run, "clear the override", 0, cleared))
		case_expect(run, "bind the bridge", -EINVAL, bound);
}

#define BOTH  (CASE_CDEV | CASE_GROUP)
#define NEEDS (CASE_NEEDS_PCI | CASE_NEEDS_ROOT | CASE_NEEDS_NO_VFS)

const struct test_case cases_driver[] = {
	{.id = "B04",
	 .statement = "DRV",
	 .class = CASE_LAB,
	 .title = "A bridge is no device for user space",
	 .promise = "vfio-pci refuses functions that have a bridge's header.",
	 .paths = CASE_HOST,
	 .needs = CASE_NEEDS_VFIO | CASE_NEEDS_ROOT,
	 .run = bridge_is_refused},
	{.id = "B01",
	 .statement = "DRV",
	 .class = CASE_NEIGHBOURS,
	 .title = "Override, unbind, bind: the VFIO driver has the device",
	 .promise = "The driver has the device then, and its node opens.",
	 .paths = BOTH,
	 .needs = NEEDS,
	 .after = {"C04", "X09"},
	 .run = binds_by_override},
	{.id = "B02",
	 .statement = "DRV",
	 .class = CASE_NEIGHBOURS,
	 .title = "Without an override a VFIO driver takes no device",
	 .promise = "bind answers that there is no such device for this driver.",
	 .paths = BOTH,
	 .needs = NEEDS,
	 .after = {"B01"},
	 .run = bind_needs_override},
	{.id = "B03",
	 .statement = "DRV",
	 .class = CASE_NEIGHBOURS,
	 .title = "A device that has a driver is not bound to another",
	 .promise = "bind answers EBUSY until the first driver let go of the device.",
	 .paths = BOTH,
	 .needs = NEEDS,
	 .after = {"B01"},
	 .run = bound_elsewhere},
	{.id = "B05",
	 .statement = "DRV",
	 .class = CASE_LAB,
	 .title = "A PF that has VFs is not taken",
	 .promise = "VFIO refuses a PF whose VFs somebody else made, and may use.",
	 .paths = BOTH,
	 .needs = NEEDS | CASE_NEEDS_SRIOV,
	 .after = {"B01"},
	 .run = pf_with_vf_is_refused},
	{.id = "B06",
	 .statement = "DRV",
	 .class = CASE_NEIGHBOURS,
	 .title = "drivers_probe succeeds although no driver matches",
	 .promise = "The write says nothing: the link to the driver must be looked at.",
	 .paths = BOTH,
	 .needs = NEEDS,
	 .after = {"B01"},
	 .run = probe_tells_nothing},
	{.id = "B07",
	 .statement = "CL7",
	 .class = CASE_NEIGHBOURS,
	 .title = "A group in use keeps the host's drivers out",
	 .promise = "bind of another member to a driver that would take the group answers EBUSY.",
	 .paths = BOTH,
	 .needs = NEEDS | CASE_NEEDS_SIBLING,
	 .after = {"C05", "G04"},
	 .run = group_keeps_host_out},
	{.id = "B08",
	 .statement = "DRV",
	 .class = CASE_NEIGHBOURS,
	 .title = "The override has a limit, and an empty line clears it",
	 .promise = "A longer one is refused and changes nothing; none reads as (null).",
	 .paths = BOTH,
	 .needs = CASE_NEEDS_PCI | CASE_NEEDS_ROOT,
	 .run = override_is_limited},
	{.id = NULL},
};
