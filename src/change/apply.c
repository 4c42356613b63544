/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The worker runs all steps and reports each; the parent only waits, so a step that the kernel does
 * not let go of costs its deadline and no more.
 */
#include "change/apply.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "base/path.h"
#include "base/worker.h"
#include "change/interrupt.h"
#include "change/node.h"
#include "host/vfio_driver.h"

/* What the worker tells of one step; small enough for one write to a pipe. */
struct report {
	int r;             /* 0 or -errno */
	char found[256];   /* STEP_VERIFY: the driver that is bound, "" for none */
	struct error node; /* STEP_WAIT: why the nodes are not there */
};
_Static_assert(sizeof(struct report) <= PIPE_BUF, "a report is written at once");

struct job {
	const struct plan *plan;
	int64_t timeout_ms;
	bool patient;
};

static bool is_expected(const struct step *step, const char *found)
{
	if (step->any_driver)
		return !vfio_holds("/sys/bus/%s/devices/%s", step->dev->bus, step->dev->address);
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

static void run_step(const struct step *step, int64_t timeout_ms, struct report *report)
{
	switch (step->kind) {
	case STEP_VERIFY:
		if (path_link_name(report->found, sizeof(report->found), "%s", step->path) < 0)
			*report->found = '\0';
		report->r = is_expected(step, report->found) ? 0 : -ENODEV;
		break;
	case STEP_WAIT:
		report->r = node_wait(step->dev, timeout_ms, &report->node) < 0 ? -ETIMEDOUT : 0;
		break;
	case STEP_BIND:
		report->r = bind_device(step);
		break;
	case STEP_OVERRIDE:
	case STEP_UNBIND:
	case STEP_PROBE:
		report->r = path_write(step->value, "%s", step->path);
		break;
	}
}

static void run_steps(void *arg, int fd)
{
	const struct job *job = arg;

	for (size_t i = 0; i < job->plan->count; i++) {
		struct report report = {0};

		run_step(&job->plan->steps[i], job->timeout_ms, &report);
		/* When nobody listens any more, go on all the same: to a whole state. */
		(void)!write(fd, &report, sizeof(report));
		if (report.r < 0)
			return;
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
};

static const char *verb_of(const struct step *step, char *buf, size_t size)
{
	static const char *const verbs[] = {
		[STEP_OVERRIDE] = "set driver_override",
		[STEP_UNBIND] = "unbind from",
		[STEP_BIND] = "bind to",
		[STEP_PROBE] = "let the kernel bind it",
		[STEP_VERIFY] = "verify the driver",
		[STEP_WAIT] = "wait for its nodes",
	};
	const char *driver = strstr(step->path ? step->path : "", "/drivers/");
	const char *end = driver ? strchr(driver + strlen("/drivers/"), '/') : NULL;

	snprintf(buf, size, "cannot %s", verbs[step->kind]);
	if (end)
		append(buf, size, " %.*s", (int)(end - driver - (int)strlen("/drivers/")),
		       driver + strlen("/drivers/"));
	return buf;
}

static int explain_verify(const struct step *step, const struct report *report, struct error *err)
{
	const char *expected = step->any_driver ? "a driver of its own"
			       : step->value    ? step->value
						: "no driver";

	error_set(err, STATUS_FAILED, ENODEV, "not-bound", step->dev->address,
		  "the kernel reported success, but it has %s instead of %s",
		  *report->found ? report->found : "no driver", expected);
	return error_remedy(err, "The kernel log may say why; left-over ids= options or overrides "
				 "capture devices.");
}

static int explain_write(const struct step *step, int errnum, struct error *err)
{
	char verb[128];

	verb_of(step, verb, sizeof(verb));
	for (size_t i = 0; i < ARRAY_SIZE(causes); i++) {
		if (causes[i].kind != step->kind || causes[i].errnum != errnum)
			continue;
		error_set(err, STATUS_FAILED, errnum, step_kind_name(step->kind),
			  step->dev->address, "%s: %s (%s)", verb, causes[i].cause,
			  errno_name(errnum));
		return causes[i].remedy ? error_remedy(err, "%s", causes[i].remedy) : -1;
	}
	error_errno(err, errnum, step_kind_name(step->kind), step->dev->address, "%s", verb);
	return err && err->status == STATUS_PERMISSION ? error_remedy(err, "Run as root.") : -1;
}

static int explain(const struct step *step, const struct report *report, struct error *err)
{
	if (step->kind == STEP_VERIFY)
		return explain_verify(step, report, err);
	if (step->kind == STEP_WAIT) {
		*err = report->node;
		return -1;
	}
	return explain_write(step, -report->r, err);
}

static int explain_stuck(const struct step *step, const char *what, struct error *err)
{
	char verb[128];

	verb_of(step, verb, sizeof(verb));
	error_set(err, STATUS_TIMEOUT, ETIMEDOUT, "timeout", step->dev->address, "%s: %s", verb,
		  what);
	return error_remedy(err,
			    "Whoever has the device open must close it: `vfioctl show %s` names "
			    "who can be seen. Then run the command again.",
			    step->dev->address);
}

/* --- running ------------------------------------------------------------------------------ */

/* The one step that somebody else can hold up for ever, and that an interrupt may leave. */
static bool may_be_left(const struct job *job, const struct step *step)
{
	return !job->patient && step->kind == STEP_UNBIND && device_is_vfio(step->dev);
}

/*
 * Waits for the report of one step. *ret_why is what to say when the step is stuck: its time is up,
 * or somebody pressed Ctrl-C on a step that the kernel is not about to end.
 */
static int wait_for_report(struct worker *worker, int64_t timeout_ms, bool may_leave,
			   struct report *report, const char **ret_why)
{
	enum { PATIENCE_MS = 2000 };
	int64_t start = now_ms(), left;

	for (;;) {
		left = start + timeout_ms - now_ms();
		if (left <= 0 ||
		    (may_leave && now_ms() - start >= PATIENCE_MS && interrupts_are_pending())) {
			*ret_why = left <= 0 ? "it did not end in time" : "interrupted";
			return -ETIMEDOUT;
		}
		int r = worker_read(worker, left < PATIENCE_MS ? left : PATIENCE_MS, report,
				    sizeof(*report));

		if (r != -ETIMEDOUT)
			return r;
	}
}

static int wait_for_steps(struct applied *applied, struct worker *worker, const struct job *job,
			  void (*on_step)(const struct step *step), struct error *err)
{
	for (; applied->done < job->plan->count; applied->done++) {
		const struct step *step = &job->plan->steps[applied->done];
		struct report report;
		/* A step that keeps its own deadline shall be the one to say what was missing. */
		int64_t grace = step->kind == STEP_WAIT ? 1000 : 0;
		const char *why;
		int r = wait_for_report(worker, job->timeout_ms + grace, may_be_left(job, step),
					&report, &why);

		if (r == -ETIMEDOUT) {
			applied->stuck = true;
			return explain_stuck(step, why, err);
		}
		if (r < 0)
			return error_set(err, STATUS_FAILED, 0, "worker-died", step->dev->address,
					 "the process that did the work has died");
		if (report.r < 0)
			return explain(step, &report, err);
		if (on_step)
			on_step(step);
	}
	return 0;
}

int apply_plan(struct applied *ret, const struct plan *plan, const struct apply_options *options,
	       struct error *err)
{
	enum { LAST_CHANCE_MS = 1000 };
	struct job job = {
		.plan = plan, .timeout_ms = options->timeout_ms, .patient = options->patient};
	struct worker worker;
	int r;

	*ret = (struct applied){0};
	r = worker_start(&worker, run_steps, &job);
	if (r < 0)
		return error_errno(err, r, "fork", NULL, "cannot start a worker process");
	r = wait_for_steps(ret, &worker, &job, options->on_step, err);
	if (ret->stuck)
		ret->stuck = !worker_end(&worker, LAST_CHANCE_MS);
	else
		worker_wait(&worker, 1000, &(char){0}, 1);
	return r;
}
