/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>

#include "check/case.h"

/* What stands behind a result that administrators meet; the first that fits is told. */
static const struct {
	const char *what; /* the step */
	int got;
	const char *meaning;
} meanings[] = {
	{"open", -EBUSY, "another process has the group, or a device of it, open"},
	{"open", -EPERM, "without an IOMMU this takes CAP_SYS_RAWIO"},
	{"bind", -EPERM,
	 "a driver of the host holds another member of the IOMMU group, or the platform does not "
	 "keep "
	 "the device's interrupts apart (interrupt remapping is off; see allow_unsafe_interrupts "
	 "of "
	 "iommufd and vfio_iommu_type1)"},
	{"bind", -EBUSY, "another process has the group open"},
	{"bind", -ENODEV, "the container's module, vfio_iommu_type1, is not loaded"},
	{"map", -ENOMEM, "the limit of locked memory (ulimit -l) is too small"},
};

static const char *meaning_of(const char *what, int got)
{
	for (size_t i = 0; i < ARRAY_SIZE(meanings); i++)
		if (streq(meanings[i].what, what) && meanings[i].got == got)
			return meanings[i].meaning;
	return NULL;
}

static const char *result_name(int result)
{
	return result < 0 ? errno_name(result) : "ok";
}

static void note_step(struct case_run *run, const char *what, int expected, int got)
{
	struct case_outcome *outcome = &run->outcome;
	struct case_step *step;

	/* Too many steps: the last one stays the one that decides. */
	if (outcome->n_steps == CASE_STEPS)
		outcome->n_steps--;
	step = &outcome->steps[outcome->n_steps++];
	*step = (struct case_step){.expected = expected, .got = got};
	append(step->what, sizeof(step->what), "%s", what);
}

bool case_expect(struct case_run *run, const char *what, int expected, int got)
{
	struct case_outcome *outcome = &run->outcome;
	const char *meaning;

	note_step(run, what, expected, got);
	if (expected == 0 ? got >= 0 : got == expected)
		return true;
	outcome->status = CASE_FAIL;
	append(outcome->reason, sizeof(outcome->reason), "%s: expected %s, got %s", what,
	       result_name(expected), result_name(got));
	meaning = meaning_of(what, got);
	if (meaning)
		append(outcome->reason, sizeof(outcome->reason), " (%s)", meaning);
	return false;
}

bool case_check(struct case_run *run, const char *what, bool holds, const char *why, ...)
{
	struct case_outcome *outcome = &run->outcome;
	va_list ap;

	/* No errno speaks here; a promise that does not hold is reported as a protocol error. */
	note_step(run, what, 0, holds ? 0 : -EPROTO);
	if (holds)
		return true;
	outcome->status = CASE_FAIL;
	va_start(ap, why);
	vsnprintf(outcome->reason, sizeof(outcome->reason), why, ap);
	va_end(ap);
	return false;
}

bool case_skip(struct case_run *run, const char *why, ...)
{
	va_list ap;

	run->outcome.status = CASE_SKIP;
	va_start(ap, why);
	vsnprintf(run->outcome.reason, sizeof(run->outcome.reason), why, ap);
	va_end(ap);
	return false;
}

bool case_open(struct case_run *run, struct vfio_device *dev)
{
	enum vfio_path path = run->path == CASE_CDEV ? VFIO_CDEV : VFIO_GROUP;

	return case_expect(run, "open", 0, vfio_open(dev, &run->target, path));
}

bool case_bind(struct case_run *run, struct vfio_device *dev)
{
	int r;

	if (!case_open(run, dev))
		return false;
	r = dev->ops->bind(dev);
	if (r == -EACCES && run->device->physfn)
		return case_skip(
			run, "the user of %s set a VF token, without which this VF is not given",
			run->device->physfn);
	return case_expect(run, "bind", 0, r);
}

bool case_attach(struct case_run *run, struct vfio_device *dev)
{
	return case_bind(run, dev) && case_expect(run, "attach", 0, dev->ops->attach(dev));
}
