/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/step.h"

#include <errno.h>
#include <stdio.h>

#include "base/path.h"
#include "change/access.h"
#include "change/identity.h"
#include "change/node.h"
#include "host/manager.h"
#include "host/sriov.h"
#include "host/vfio_driver.h"

const char *step_kind_name(enum step_kind kind)
{
	static const char *const names[] = {
		[STEP_MODULE] = "module", [STEP_OVERRIDE] = "override", [STEP_UNBIND] = "unbind",
		[STEP_BIND] = "bind",     [STEP_PROBE] = "probe",       [STEP_VERIFY] = "verify",
		[STEP_WAIT] = "wait",     [STEP_OWN] = "own",           [STEP_ACL] = "acl",
		[STEP_RULE] = "rule",     [STEP_SWITCH] = "autoprobe",  [STEP_VFS] = "vfs",
		[STEP_UDEV] = "udev",
	};

	return names[kind];
}

/* --- doing it ----------------------------------------------------------------------------- */

static bool is_expected(const struct step *step, const char *found)
{
	if (step->any_driver)
		return (*found || !step->needs_one) &&
		       !vfio_holds("/sys/bus/%s/devices/%s", step->dev->bus, step->dev->address);
	return streq(step->value ? step->value : "", found);
}

/*
 * Loading a driver, or udev, may have bound the device already: EBUSY then means that it is there.
 */
static int bind_device(const struct step *step)
{
	const char *wanted = startswith(step->path, "/sys/bus/");
	char found[256];
	int r = path_write(step->value, "%s", step->path);

	wanted = wanted ? strstr(wanted, "/drivers/") : NULL;
	if (r != -EBUSY || !wanted ||
	    path_link_name(found, sizeof(found), "/sys/bus/%s/devices/%s/driver", step->dev->bus,
			   step->dev->address) < 0)
		return r;
	wanted += strlen("/drivers/");
	return startswith(wanted, found) && wanted[strlen(found)] == '/' ? 0 : r;
}

/* A driver may make more of them, or fewer, and call that a success. */
static int change_vfs(const struct step *step, struct error *err)
{
	int r = path_write(step->value, "%s", step->path), count;

	if (r < 0)
		return r;
	count = sriov_count(step->dev);
	if (count == atoi(step->value))
		return 0;
	error_set(err, STATUS_FAILED, EIO, "vfs", step->dev->address,
		  "its driver was told to make %s VFs, and there are %d", step->value, count);
	error_remedy(err, "The kernel log has the driver's words.");
	return -EIO;
}

/*
 * What was decided is about the device that was there then. A driver that another one does not
 * match refuses it; these two writes nothing else would keep from it.
 */
static int write_to_this(const struct step *step, struct error *err)
{
	if (identity_check(step->dev, err) < 0)
		return -ESTALE;
	return path_write(step->value, "%s", step->path);
}

void step_run(struct step_outcome *ret, const struct step *step, int64_t timeout_ms)
{
	*ret = (struct step_outcome){0};
	switch (step->kind) {
	case STEP_MODULE:
		break;
	case STEP_VERIFY:
		if (path_link_name(ret->found, sizeof(ret->found), "%s", step->path) < 0)
			*ret->found = '\0';
		ret->r = is_expected(step, ret->found) ? 0 : -ENODEV;
		break;
	case STEP_WAIT:
		ret->r = node_wait(step->dev, timeout_ms, &ret->error) < 0 ? -ETIMEDOUT : 0;
		break;
	case STEP_OWN:
	case STEP_ACL:
	case STEP_RULE:
		ret->r = access_step(step, &ret->error) < 0 ? -EIO : 0;
		break;
	case STEP_BIND:
		ret->r = bind_device(step);
		break;
	case STEP_UDEV:
		node_wait_for_udev(timeout_ms);
		break;
	case STEP_VFS:
		ret->r = change_vfs(step, &ret->error);
		break;
	case STEP_OVERRIDE:
	case STEP_UNBIND:
		ret->r = write_to_this(step, &ret->error);
		break;
	case STEP_SWITCH:
	case STEP_PROBE:
		ret->r = path_write(step->value, "%s", step->path);
		break;
	}
}

/* --- explaining a failure ----------------------------------------------------------------- */

/* Causes that the kernel's source gives for an errno of a step (drivers/vfio/pci, drivers/base). */
static const struct {
	enum step_kind kind;
	int errnum;
	const char *cause, *remedy;
} causes[] = {
	{STEP_BIND, EINVAL,
	 "the driver refuses it: no IOMMU group, an IOMMU that is not coherent, a denylisted "
	 "device or a "
	 "bridge",
	 "`vfioctl mode` tells about the IOMMU; the kernel log has the driver's own words."},
	{STEP_BIND, EBUSY,
	 "it got another driver meanwhile, or user space owns its IOMMU group, or it is a PF with "
	 "VFs",
	 "`vfioctl show` tells which."},
	{STEP_BIND, ENODEV, "the driver does not match it, or it is gone",
	 "`vfioctl show` tells which."},
	{STEP_BIND, EAGAIN, "the driver waits for something else to appear first",
	 "Try again a little later."},
	{STEP_PROBE, EBUSY, "user space owns its IOMMU group",
	 "Stop what uses the group's devices."},
	{STEP_UNBIND, ENODEV, "the driver let go of it meanwhile, or it is gone", NULL},
	{STEP_OVERRIDE, ENOENT, "it is gone, or its bus has no driver_override", NULL},
	{STEP_VFS, ENOENT, "its driver makes no VFs",
	 "`vfioctl show` tells the driver; the native one of a PF makes them, and vfio-pci with "
	 "its option enable_sriov=Y."},
	{STEP_VFS, ERANGE, "the device, or its driver, does not have so many",
	 "`vfioctl show` tells how many the device has; the kernel log has the driver's words."},
	{STEP_VFS, EBUSY, "it has other VFs by now, or its driver will not let them change",
	 "`vfioctl show` tells how many there are."},
	{STEP_VFS, ENOMEM, "no bus numbers or no memory space is left for the VFs",
	 "The kernel log tells which; pci=realloc or pci=assign-busses may help."},
};

static const char *verb_of(const struct step *step, char *buf, size_t size)
{
	static const char *const verbs[] = {
		[STEP_MODULE] = "load the module",
		[STEP_OVERRIDE] = "set driver_override",
		[STEP_UNBIND] = "unbind from",
		[STEP_BIND] = "bind to",
		[STEP_PROBE] = "let the kernel bind it",
		[STEP_VERIFY] = "verify the driver",
		[STEP_WAIT] = "wait for its nodes",
		[STEP_OWN] = "give its node to its owner",
		[STEP_ACL] = "set who may open a node",
		[STEP_RULE] = "change its udev rule",
		[STEP_SWITCH] = "switch probing of its VFs",
		[STEP_VFS] = "change the number of its VFs",
		[STEP_UDEV] = "wait for udev",
	};
	const char *driver = strstr(step->path ? step->path : "", "/drivers/");
	const char *end = driver ? strchr(driver + strlen("/drivers/"), '/') : NULL;

	snprintf(buf, size, "cannot %s", verbs[step->kind]);
	if (end)
		append(buf, size, " %.*s", (int)(end - driver - (int)strlen("/drivers/")),
		       driver + strlen("/drivers/"));
	return buf;
}

static int explain_verify(const struct step *step, const struct step_outcome *outcome,
			  struct error *err)
{
	const char *expected = step->any_driver ? "a driver of its own"
			       : step->value    ? step->value
						: "no driver";
	char manager[512];

	error_set(err, STATUS_FAILED, ENODEV, "not-bound", step->dev->address,
		  "the kernel reported success, but it has %s instead of %s",
		  *outcome->found ? outcome->found : "no driver", expected);
	if (manager_explain(step->dev, outcome->found, manager, sizeof(manager))) {
		append(err->message, sizeof(err->message), ": %s", manager);
		return error_remedy(err, "Change it there, then run the command again.");
	}
	return error_remedy(err, "The kernel log may say why; left-over ids= options or overrides "
				 "capture devices.");
}

/* A driver that makes no VFs will not do so on another day. */
static enum status status_of(const struct step *step, int errnum)
{
	return step->kind == STEP_VFS && errnum == ENOENT ? STATUS_UNSUPPORTED : STATUS_FAILED;
}

static int explain_write(const struct step *step, int errnum, struct error *err)
{
	char verb[128];

	verb_of(step, verb, sizeof(verb));
	for (size_t i = 0; i < ARRAY_SIZE(causes); i++) {
		if (causes[i].kind != step->kind || causes[i].errnum != errnum)
			continue;
		error_set(err, status_of(step, errnum), errnum, step_kind_name(step->kind),
			  step->dev->address, "%s: %s (%s)", verb, causes[i].cause,
			  errno_name(errnum));
		return causes[i].remedy ? error_remedy(err, "%s", causes[i].remedy) : -1;
	}
	error_errno(err, errnum, step_kind_name(step->kind), step->dev->address, "%s", verb);
	return err && err->status == STATUS_PERMISSION ? error_remedy(err, "Run as root.") : -1;
}

int step_explain(const struct step *step, const struct step_outcome *outcome, struct error *err)
{
	if (step->kind == STEP_VERIFY)
		return explain_verify(step, outcome, err);
	if (outcome->error.code) {
		*err = outcome->error;
		return -1;
	}
	return explain_write(step, -outcome->r, err);
}

int step_explain_late(const struct step *step, const char *what, bool stuck, struct error *err)
{
	char verb[128];

	verb_of(step, verb, sizeof(verb));
	error_set(err, STATUS_TIMEOUT, ETIMEDOUT, "timeout", step->dev->address, "%s: %s", verb,
		  what);
	if (!stuck)
		return error_remedy(err, "Give it more --timeout.");
	if (step->kind == STEP_VFS)
		return error_remedy(err, "Whoever has one of its VFs open must close it: `vfioctl "
					 "list -o +usage` tells. Then run `vfioctl recover`.");
	return error_remedy(err,
			    "Whoever has the device open must close it: `vfioctl show %s` names "
			    "who can be seen. Then run `vfioctl recover`.",
			    step->dev->address);
}
