/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <sys/resource.h>

#include "check/case.h"
#include "host/group.h"

/* What stands behind a result that administrators meet. */
static const struct {
	const char *what; /* the step */
	int got;
	const char *meaning;
} meanings[] = {
	{"open", -EBUSY, "another process has the group, or a device of it, open"},
	{"open", -EPERM, "without an IOMMU this takes CAP_SYS_RAWIO"},
	{"bind", -EBUSY, "another process has the group open"},
	{"bind", -ENODEV, "the container's module, vfio_iommu_type1, is not loaded"},
};

const char *case_result_name(int result)
{
	if (result == CASE_NO)
		return "no";
	return result < 0 ? errno_name(result) : "ok";
}

/* The steps in which the kernel gives a group to user space, or does not. */
static bool takes_ownership(const char *what)
{
	return streq(what, "bind") || streq(what, "SET_CONTAINER") || streq(what, "SET_IOMMU");
}

const char *case_owner_module(const struct case_run *run)
{
	bool legacy = run->host->container.provider == KERNEL_CONTAINER_LEGACY;

	if (run->path == CASE_CDEV || streq_null(run->target.container, "/dev/iommu"))
		return "iommufd";
	return legacy ? "vfio_iommu_type1" : "iommufd";
}

static void explain_ownership(const struct case_run *run, char *buf, size_t size)
{
	struct group_refusal refusal = {.cause = "without an IOMMU this takes CAP_SYS_RAWIO"};

	if (!run->target.noiommu)
		group_explain_refusal(&refusal, run->device->syspath, case_owner_module(run));
	append(buf, size, "%s", refusal.cause);
}

/* What is locked already nothing tells. */
static void explain_memlock(char *buf, size_t size)
{
	struct rlimit limit;

	append(buf, size, "the limit of locked memory (ulimit -l) is too small");
	if (getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
		append(buf, size, ": it is %llu KiB, and memory that is mapped elsewhere may count",
		       (unsigned long long)limit.rlim_cur / 1024);
}

void case_explain(const struct case_run *run, const char *what, int got, char *buf, size_t size)
{
	if (takes_ownership(what) && got == -EPERM)
		explain_ownership(run, buf, size);
	else if (takes_ownership(what) && got == -ENODEV && run->target.noiommu)
		append(buf, size,
		       "noiommu mode was turned off since the driver was bound: see "
		       "enable_unsafe_noiommu_mode of vfio");
	else if (streq(what, "map") && got == -ENOMEM)
		explain_memlock(buf, size);
	for (size_t i = 0; i < ARRAY_SIZE(meanings); i++)
		if (!*buf && streq(meanings[i].what, what) && meanings[i].got == got)
			append(buf, size, "%s", meanings[i].meaning);
}

static void explain(struct case_run *run, const char *what, int got)
{
	struct case_outcome *outcome = &run->outcome;
	char text[256] = "";

	case_explain(run, what, got, text, sizeof(text));
	if (*text)
		append(outcome->reason, sizeof(outcome->reason), " (%s)", text);
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

/* True for the step whose opposite is to be expected. */
static bool is_contradicted(const struct case_run *run)
{
	return run->contradicted && run->outcome.n_steps + 1 == run->contradicted;
}

bool case_expect(struct case_run *run, const char *what, int expected, int got)
{
	struct case_outcome *outcome = &run->outcome;

	/* No case owes EXDEV: the opposite of success. */
	if (is_contradicted(run))
		expected = expected == 0 ? -EXDEV : 0;
	note_step(run, what, expected, got);
	if (expected == 0 ? got >= 0 : got == expected)
		return true;
	outcome->status = CASE_FAIL;
	append(outcome->reason, sizeof(outcome->reason), "%s: expected %s, got %s", what,
	       case_result_name(expected), case_result_name(got));
	explain(run, what, got);
	return false;
}

bool case_check(struct case_run *run, const char *what, bool holds, const char *why, ...)
{
	struct case_outcome *outcome = &run->outcome;
	bool owed = !is_contradicted(run);
	va_list ap;

	note_step(run, what, owed ? 0 : CASE_NO, holds ? 0 : CASE_NO);
	if (holds == owed)
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

static enum vfio_path way_of(const struct case_run *run)
{
	return run->path == CASE_CDEV ? VFIO_CDEV : VFIO_GROUP;
}

bool case_open(struct case_run *run, struct vfio_device *dev)
{
	return case_expect(run, "open", 0, vfio_open(dev, &run->target, way_of(run)));
}

bool case_open_peer(struct case_run *run, const struct device *peer, struct case_nodes *nodes,
		    struct vfio_device *dev)
{
	struct vfio_target target;
	char what[sizeof(((struct case_step *)0)->what)] = "";

	case_find(nodes, &target, run->host, peer);
	append(what, sizeof(what), "open %s", peer->address);
	return case_expect(run, what, 0, vfio_open(dev, &target, way_of(run)));
}

bool case_bind(struct case_run *run, struct vfio_device *dev)
{
	int r;

	if (!case_open(run, dev))
		return false;
	r = dev->ops->bind(dev);
	if (r == -EACCES && run->device->physfn)
		return case_skip(run,
				 "the PF, %s, has a VFIO driver too: this VF is given only to who "
				 "knows the PF's VF token",
				 run->device->physfn);
	return case_expect(run, "bind", 0, r);
}

bool case_attach(struct case_run *run, struct vfio_device *dev)
{
	return case_bind(run, dev) && case_expect(run, "attach", 0, dev->ops->attach(dev));
}
