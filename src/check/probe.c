/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/probe.h"

#include <errno.h>

#include "base/worker.h"
#include "host/group.h"

/* How long a killed process may take to go away. */
#define LINGER_MS 3000

/* What the process that asks and the one that waits share, in the arena. */
struct shared {
	struct probe probe;
	const char *step; /* what is being done, for who must say that it hangs */
};

struct job {
	struct shared *shared;
	struct arena *arena;
	const struct case_run *run;
};

/* How far it came: sent through the pipe. */
struct verdict {
	int r; /* 0 or -errno */
	const char
		*step; /* that failed; a literal, which both processes have at the same address */
};

/* --- the process that asks -------------------------------------------------------------- */

void probe_fail(struct probe_run *run, const char *question, int r)
{
	struct probe *probe = run->probe;

	if (probe->n_failures < ARRAY_SIZE(probe->failures))
		probe->failures[probe->n_failures++] =
			(struct probe_failure){.question = question, .errnum = -r};
}

/* In this order: an answer may build on one that was given before. */
static const struct {
	const char *step;
	void (*ask)(struct probe_run *run);
} questions[] = {
	{"ask for the address space of", probe_ask_space},
	{"ask for the IOMMU of", probe_ask_iommu},
	{"ask for the memory limit of", probe_ask_memory},
	{"ask for the regions of", probe_ask_device},
	{"ask for the features of", probe_ask_features},
	{"ask for the hot reset of", probe_ask_reset},
};

static void ask_all(const struct job *job, struct vfio_device *dev)
{
	struct probe_run run = {
		.probe = &job->shared->probe,
		.arena = job->arena,
		.device = job->run->device,
		.open = dev,
	};
	int r;

	job->shared->step = "attach";
	r = dev->ops->attach(dev);
	if (r < 0)
		probe_fail(&run, "attach to an address space", r);
	for (size_t i = 0; i < ARRAY_SIZE(questions); i++) {
		job->shared->step = questions[i].step;
		questions[i].ask(&run);
	}
}

static struct verdict open_and_ask(const struct job *job)
{
	enum vfio_path way = job->run->path == CASE_CDEV ? VFIO_CDEV : VFIO_GROUP;
	struct vfio_device dev = VFIO_DEVICE_NONE;
	int r;

	job->shared->step = "open";
	r = vfio_open(&dev, &job->run->target, way);
	if (r >= 0) {
		job->shared->step = "bind";
		r = dev.ops->bind(&dev);
	}
	if (r < 0) {
		vfio_close(&dev);
		return (struct verdict){.r = r, .step = job->shared->step};
	}
	ask_all(job, &dev);
	/* The reset that comes with it can take its time, too. */
	job->shared->step = "close";
	vfio_close(&dev);
	return (struct verdict){.r = 0};
}

static void run_in_child(void *arg, int fd)
{
	struct verdict verdict = open_and_ask(arg);

	if (write(fd, &verdict, sizeof(verdict)) < 0)
		return; /* nobody waits any more */
}

/* --- the process that waits ------------------------------------------------------------- */

/* The first way that is offered and that this user may go; there is one, or it was not admitted. */
static enum case_path choose_path(const struct device *dev)
{
	const char *node;

	return dev->modes & MODE_CDEV && case_way_access(dev, CASE_CDEV, &node) == 0 ? CASE_CDEV
										     : CASE_GROUP;
}

static int wants_token(const struct device *dev, struct error *err)
{
	error_set(err, STATUS_PERMISSION, EACCES, "vf-token", dev->address,
		  "the PF, %s, has a VFIO driver too: this VF is given only to who knows the PF's "
		  "VF token",
		  dev->physfn);
	return error_remedy(err, "`vfioctl restore %s` gives the PF back to the host.",
			    dev->physfn);
}

static int add_remedy(const struct case_run *run, struct error *err)
{
	struct group_refusal refusal = {.remedy = "Run as root."};

	if (!run->target.noiommu)
		group_explain_refusal(&refusal, run->device->syspath, case_owner_module(run));
	return error_remedy(err, "%s", refusal.remedy);
}

static int cannot_open(const struct case_run *run, const struct verdict *verdict, struct error *err)
{
	const struct device *dev = run->device;
	enum status status = verdict->r == -EACCES || (verdict->r == -EPERM && run->target.noiommu)
				     ? STATUS_PERMISSION
				     : STATUS_FAILED;
	char why[256] = "";

	if (verdict->r == -EACCES && dev->physfn && streq(verdict->step, "bind"))
		return wants_token(dev, err);
	case_explain(run, verdict->step, verdict->r, why, sizeof(why));
	error_set(err, status, verdict->r, "cannot-open", dev->address, "cannot %s it: %s (%s)%s%s",
		  verdict->step, strerror(-verdict->r), errno_name(verdict->r), *why ? ": " : "",
		  why);
	return verdict->r == -EPERM ? add_remedy(run, err) : -1;
}

static int no_answer(struct worker *worker, const struct device *dev, const char *step,
		     int64_t deadline_ms, struct error *err)
{
	pid_t pid = worker->pid;
	bool ended = worker_end(worker, LINGER_MS);

	error_set(err, STATUS_TIMEOUT, 0, "timeout", dev->address,
		  "no answer within %lld s to the attempt to %s it",
		  (long long)(deadline_ms / 1000), step);
	if (ended)
		return error_remedy(err, "The kernel's log may tell what it waits for.");
	return error_remedy(err, "Process %d is stuck in the kernel and keeps it open.", (int)pid);
}

int probe_device(const struct probe **ret, struct arena *arena, const struct case_host *host,
		 const struct device *dev, int64_t deadline_ms, struct error *err)
{
	struct case_run run = {.host = host, .device = dev, .path = choose_path(dev)};
	struct shared *shared = arena_alloc(arena, sizeof(*shared));
	struct job job = {.shared = shared, .arena = arena, .run = &run};
	struct worker worker;
	struct verdict verdict;
	int r;

	if (!shared)
		return error_out_of_memory(err);
	shared->probe.path = run.path;
	case_find(&run.nodes, &run.target, host, dev);
	r = worker_start(&worker, run_in_child, &job);
	if (r < 0)
		return error_errno(err, r, "no-process", dev->address, "cannot start a process");
	r = worker_wait(&worker, deadline_ms, &verdict, sizeof(verdict));
	if (r == -ETIMEDOUT)
		return no_answer(&worker, dev, shared->step, deadline_ms, err);
	if (r < 0)
		return error_set(err, STATUS_FAILED, 0, "died", dev->address,
				 "the process died that tried to %s it", shared->step);
	if (verdict.r < 0)
		return cannot_open(&run, &verdict, err);
	*ret = &shared->probe;
	return 0;
}
