/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One reset, in a process of its own.
 *
 * A function that VFIO has and nobody uses sleeps, and a sleeping one's configuration space is not
 * what it will be when it is awake. So it is kept awake while it is looked at, by way of
 * power/control, and with --method only that one is left in reset_method. Both are put back by this
 * process before it ends. It hears no signal but SIGKILL; should one come, its parent puts back.
 */
#include <errno.h>
#include <stdio.h>

#include "base/path.h"
#include "change/reset_internal.h"

/* --- configuration space ------------------------------------------------------------------ */

/* What is read of a virtual function has no ids: those are its PF's to tell. */
static bool answers(const struct config_space *space, const struct device *dev)
{
	return config_space_answers(space, dev->physfn ? -1 : dev->vendor_id,
				    dev->physfn ? -1 : dev->device_id);
}

static int scan_again(const struct device *dev, struct error *err)
{
	return error_remedy(err,
			    "To find it anew: echo 1 > %s/remove; echo 1 > /sys/bus/pci/rescan",
			    dev->syspath);
}

int reset_look(struct config_space *ret, const struct device *dev, struct error *err)
{
	int r = config_space_read(ret, dev->syspath);

	if (r < 0)
		return error_errno(err, r, "config", dev->address,
				   "cannot read its configuration space");
	if (answers(ret, dev))
		return 0;
	error_set(err, STATUS_FAILED, EIO, "not-answering", dev->address,
		  "it does not answer: it has lost its power or its link, and a reset would not "
		  "bring back what the kernel knew of it");
	return scan_again(dev, err);
}

int reset_judge(const struct config_space *before, const struct device *dev, struct error *err)
{
	struct config_space after;
	char differences[512] = "";
	int r = config_space_read(&after, dev->syspath);

	if (r < 0 || !answers(&after, dev)) {
		error_set(err, STATUS_BROKEN, r < 0 ? r : EIO, "not-answering", dev->address,
			  "it does not answer any more after the reset");
		return scan_again(dev, err);
	}
	if (config_space_compare(differences, sizeof(differences), before, &after) == 0)
		return 0;
	error_set(err, STATUS_BROKEN, 0, "not-restored", dev->address,
		  "the reset left its configuration space different: %s", differences);
	return scan_again(dev, err);
}

/* --- what is set for the time of a reset ---------------------------------------------------- */

void reset_prepare(struct reset_job *ret, const struct reset_result *result, bool narrow)
{
	*ret = (struct reset_job){.result = result, .narrow = narrow};
	if (result->scope == RESET_HOT || path_read(ret->control, sizeof(ret->control),
						    "%s/power/control", result->dev->syspath) < 0)
		*ret->control = '\0';
}

/* Writes to a file of the device, and notes that it did. 0 or -errno. */
static int write_noted(struct reset_report *report, const struct device *dev, const char *value,
		       const char *name)
{
	int r = path_write(value, "%s/%s", dev->syspath, name);
	struct reset_write *write = &report->writes[report->n_writes];

	if (r < 0 || report->n_writes == RESET_WRITES_MAX)
		return r;
	write->name = name;
	snprintf(write->value, sizeof(write->value), "%s", value);
	report->n_writes++;
	return r;
}

static int write_file(const struct reset_job *job, const char *value, const char *name,
		      struct reset_report *report, struct error *err)
{
	const struct device *dev = job->result->dev;
	int r = write_noted(report, dev, value, name);

	if (r >= 0)
		return 0;
	error_errno(err, r, "write", dev->address, "cannot write '%s' to its %s", value, name);
	return r == -EACCES || r == -EPERM ? error_remedy(err, "Run as root.") : -1;
}

static bool sleeps(const struct reset_job *job)
{
	return streq(job->control, "auto");
}

/*
 * Writes the file as it was, if it is different now. When that fails, the error tells how to do
 * it, beside what else went wrong.
 */
static void put_file_back(const struct reset_job *job, const char *value, const char *name,
			  struct reset_report *report)
{
	struct error *err = &report->error;
	const char *syspath = job->result->dev->syspath;
	char now[sizeof(job->result->methods)];
	struct error own;

	if (path_read(now, sizeof(now), "%s/%s", syspath, name) >= 0 && streq(now, value))
		return;
	if (write_file(job, value, name, report, &own) == 0)
		return;
	if (!err->code)
		*err = own;
	err->status = STATUS_BROKEN;
	append(err->remedy, sizeof(err->remedy), "%sTo put it back: echo %s > %s/%s",
	       *err->remedy ? " " : "", value, syspath, name);
}

static void put_method_back(const struct reset_job *job, struct reset_report *report)
{
	if (job->narrow)
		put_file_back(job, job->result->methods, "reset_method", report);
}

static void put_control_back(const struct reset_job *job, struct reset_report *report)
{
	if (sleeps(job))
		put_file_back(job, job->control, "power/control", report);
}

/* --- one function --------------------------------------------------------------------------- */

static const struct {
	int errnum;
	const char *cause, *remedy;
} causes[] = {
	{ENOTTY, "no method worked, or the function did not come back in time",
	 "The kernel log tells which; --scope hot resets its bus."},
	{EAGAIN, "something else holds the locks of its bus", "Try again a little later."},
	{ENODEV, "it is gone", "`vfioctl list` shows what is there."},
};

static int explain_reset(const struct device *dev, int errnum, struct error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(causes); i++) {
		if (causes[i].errnum != errnum)
			continue;
		error_set(err, STATUS_FAILED, errnum, "reset", dev->address,
			  "it cannot be reset: %s (%s)", causes[i].cause, errno_name(errnum));
		return error_remedy(err, "%s", causes[i].remedy);
	}
	error_errno(err, errnum, "reset", dev->address, "it cannot be reset");
	return err->status == STATUS_PERMISSION ? error_remedy(err, "Run as root.")
						: error_remedy(err, "The kernel log may say why.");
}

int reset_check_unopened(const struct device *dev, struct error *err)
{
	int64_t count;

	if (!device_is_vfio(dev) || path_read_number(&count, "%s/enable", dev->syspath) < 0 ||
	    count == 0)
		return 0;
	error_set(err, STATUS_REFUSED, EBUSY, usage_reasons[USAGE_VFIO_OPEN].name, dev->address,
		  "somebody has opened it meanwhile");
	return error_remedy(err, "`vfioctl show %s` tells who.", dev->address);
}

/* The kernel's list may be older than what it finds now, as when another function came beside. */
static int narrow_methods(const struct reset_job *job, struct reset_report *report)
{
	struct error *err = &report->error;
	const struct reset_result *result = job->result;

	if (write_file(job, result->method, "reset_method", report, err) == 0)
		return 0;
	return err->errnum == EINVAL ? reset_no_method(result, result->method, err) : -1;
}

static int start_reset(const struct reset_job *job, struct reset_report *report)
{
	const struct reset_result *result = job->result;
	bool forced = result->overridden & REASON_BIT(USAGE_VFIO_OPEN);
	int64_t start;
	int r;

	if (job->narrow && narrow_methods(job, report) < 0)
		return -1;
	if (!forced && reset_check_unopened(result->dev, &report->error) < 0)
		return -1;
	start = now_ms();
	r = write_noted(report, result->dev, "1", "reset");
	report->duration_ms = now_ms() - start;
	if (r < 0)
		return explain_reset(result->dev, -r, &report->error);
	report->done = true;
	return 0;
}

/* Also after a reset that failed, it may have done harm. */
static void judge_reset(const struct config_space *before, const struct device *dev,
			struct reset_report *report)
{
	struct error worse;

	report->restored = reset_judge(before, dev, &worse) == 0;
	if (!report->restored)
		report->error = worse;
}

static void reset_awake(const struct reset_job *job, struct reset_report *report)
{
	struct config_space before;

	if (reset_look(&before, job->result->dev, &report->error) < 0)
		return;
	start_reset(job, report);
	if (report->duration_ms >= 0)
		judge_reset(&before, job->result->dev, report);
	put_method_back(job, report);
}

static void reset_function(const struct reset_job *job, struct reset_report *report)
{
	if (sleeps(job) && write_file(job, "on", "power/control", report, &report->error) < 0)
		return;
	reset_awake(job, report);
	put_control_back(job, report);
}

/* --- the workers ---------------------------------------------------------------------------- */

void reset_work(void *arg, int fd)
{
	const struct reset_job *job = arg;
	struct reset_report report = {.restored = -1, .duration_ms = -1};

	if (job->result->scope == RESET_HOT)
		reset_hot(job->result, &report);
	else
		reset_function(job, &report);
	/* Nobody may listen any more; what had to be put back is. */
	(void)!write(fd, &report, sizeof(report));
}

void reset_put_back(void *arg, int fd)
{
	const struct reset_job *job = arg;
	struct reset_report report = {.restored = -1, .duration_ms = -1};

	put_method_back(job, &report);
	put_control_back(job, &report);
	(void)!write(fd, &report, sizeof(report));
}
