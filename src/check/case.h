/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The cases of `vfioctl test`: promises of the kernel, each put to the proof.
 *
 * A case is one row of a table and one small function. The function takes steps, each with the
 * result that the kernel owes; the first step with another result fails the case. What is owed
 * follows from what the host was seen to have (struct case_host) and from the device's record,
 * never from a version number.
 *
 * Every case runs in a process of its own with a deadline and opens what it needs itself: one that
 * crashes or hangs loses only itself, and its end closes all that it opened. The ids are those of
 * the catalogue of the interface; they stay the same for ever.
 */
#pragma once

#include <limits.h>

#include "base/error.h"
#include "host/inventory.h"
#include "host/mode.h"
#include "kernel/probe.h"
#include "kernel/vfio.h"

/* What a case goes through. */
enum case_path {
	CASE_HOST = 1 << 0, /* the host alone, without a device */
	CASE_CDEV = 1 << 1,
	CASE_GROUP = 1 << 2,
};

/* "host", "cdev" or "group". */
const char *case_path_name(enum case_path path);

/* What must be so for a case to make sense; without it the case is skipped, with the reason. */
enum {
	CASE_NEEDS_VFIO = 1 << 0,      /* the vfio core runs */
	CASE_NEEDS_CONTAINER = 1 << 1, /* somebody answers on /dev/vfio/vfio */
	CASE_NEEDS_IOMMUFD = 1 << 2,   /* /dev/iommu is there and may be opened */
	CASE_NEEDS_BOTH = 1 << 3,      /* the device is offered as cdev and in a group */
	CASE_NEEDS_PHYSICAL = 1 << 4,  /* a real IOMMU stands before the device */
	CASE_NEEDS_MAPPING = 1 << 5,   /* memory can be mapped: all but a group without IOMMU */
	CASE_NEEDS_PCI = 1 << 6,       /* a PCI function, not an mdev or the like */
	CASE_NEEDS_EMULATED = 1 << 7,  /* an mdev or the like */
	CASE_NEEDS_NOIOMMU = 1 << 8,   /* a device with no IOMMU before it */
	CASE_NEEDS_SIBLING = 1 << 9,   /* another named device of the same IOMMU group */
	CASE_NEEDS_STRANGER = 1 << 10, /* another named device, of another group */
	CASE_NEEDS_PF = 1 << 11,       /* the device is a VF, and its PF is named too */
	CASE_NEEDS_VF = 1 << 12,       /* the device is a PF, and one of its VFs is named too */
	CASE_NEEDS_KVM = 1 << 13,      /* /dev/kvm is there and may be opened */
	CASE_NEEDS_ROOT = 1 << 14,     /* the effective user is root, with all capabilities */
	CASE_NEEDS_NO_GROUP = 1 << 15, /* groups are not built */
	CASE_NEEDS_NO_CDEV = 1 << 16,  /* device cdevs are not built */
	CASE_NEEDS_NVME = 1 << 17,     /* an NVMe controller */
	CASE_NEEDS_DUAL = 1 << 18,     /* groups and device cdevs are built */
	CASE_NEEDS_NO_SRIOV = 1 << 19, /* a PCI function that is neither PF nor VF */
	CASE_NEEDS_NO_REMAP = 1 << 20, /* the platform does not remap interrupts */
	CASE_NEEDS_HOST_PF = 1 << 21,  /* the device is a VF, and no VFIO driver has its PF */
	CASE_NEEDS_NO_VFS = 1 << 22,   /* the device has no VFs, which would go with its driver */
	CASE_NEEDS_SRIOV = 1 << 23,    /* the device is a PF: it can have VFs */
};

/* What a case may do to others than its device; each kind includes those before it. */
enum case_class {
	CASE_SELF,       /* nothing */
	CASE_NEIGHBOURS, /* to devices that are named with it, drivers, and DMA that is blocked */
	CASE_LAB,        /* to the host: module parameters, taint */
};

/* "self", "neighbours" or "lab". */
const char *case_class_name(enum case_class class);

/* A promise of the kernel's to which many cases belong. */
struct case_statement {
	const char *code;  /* "CL7"; NULL ends the table */
	const char *title; /* "BIND gives the device to an iommufd" */
};
extern const struct case_statement case_statements[];

/* What the host has: asked once, before the first case. */
struct case_host {
	struct host_ways ways;
	struct kernel_container container;
	struct kernel_iommufd iommufd;
};

void case_host_probe(struct case_host *ret);

/* A step: something done, the result owed for it and the result given. */
struct case_step {
	char what[60];
	int expected; /* 0: success, else -errno */
	int got;      /* 0 or more: success, else -errno or CASE_NO */
};

/* What a step got where no errno speaks and the promise does not hold. */
#define CASE_NO INT_MIN

/* "ok", the name of the errno, or "no" for CASE_NO. */
const char *case_result_name(int result);

enum case_status { CASE_PASS, CASE_FAIL, CASE_SKIP };

/* "pass", "fail" or "skip". */
const char *case_status_name(enum case_status status);

#define CASE_STEPS 24

/* How a case went. Small enough for one write to a pipe. */
struct case_outcome {
	enum case_status status;
	unsigned int n_steps;
	char reason[512]; /* why it failed or was skipped; "" when it passed */
	struct case_step steps[CASE_STEPS];
};

/* The names of a device's nodes now: a driver that comes back may have others. */
struct case_nodes {
	char cdev[64], group[64];
};

/* A case while it runs. */
struct case_run {
	const struct case_host *host;
	const struct device *device; /* NULL for CASE_HOST */
	const struct device *named;  /* all devices that the user named: cases may use these */
	size_t n_named;
	enum case_path path;
	struct case_nodes nodes;
	struct vfio_target target; /* the same device for kernel/; points into nodes */
	/* The step, from 1, of which the opposite is expected; 0: none. See cases_run(). */
	unsigned int contradicted;
	struct case_outcome outcome;
};

struct test_case {
	const char *id;        /* "C05"; NULL ends a table */
	const char *title;     /* for an administrator, what works */
	const char *promise;   /* what the kernel owes, in a sentence */
	const char *statement; /* code of the statement that it belongs to */
	enum case_class class;
	bool basic;         /* for everybody: not only when the whole catalogue is asked for */
	unsigned int paths; /* CASE_*: run once on each that the device offers */
	unsigned int needs; /* CASE_NEEDS_* */
	/* Ids of cases without whose success, where they run too, this one says nothing. */
	const char *after[3];
	void (*run)(struct case_run *run);
};

/* The tables of the program, in order; NULL ends them. */
extern const struct test_case *const case_tables[]; /* src/cases/catalogue.c */
extern const struct test_case cases_host[], cases_cdev[], cases_group[], cases_device[],
	cases_bind[], cases_exclusive[], cases_attach[], cases_iommufd[], cases_attach_reserved[],
	cases_attach_pasid[], cases_iommufd_memory[], cases_witness[], cases_reset[], cases_token[],
	cases_kvm[], cases_mdev[], cases_noiommu[], cases_driver[], cases_migration[],
	cases_hot_reset[], cases_bind_pair[], cases_unbind[], cases_noiommu_space[];

/* ---- for the functions of cases (case_step.c) ---- */

/* Notes a step. True when the result is the one owed (0: any success); false fails the case. */
bool case_expect(struct case_run *run, const char *what, int expected, int got);

/* Notes a step that holds or not, where no errno speaks; why explains the failure. */
bool case_check(struct case_run *run, const char *what, bool holds, const char *why, ...)
	PRINTF(4, 5);

/* The module whose allow_unsafe_interrupts counts for this run. */
const char *case_owner_module(const struct case_run *run);

/*
 * Puts into buf, which must be empty, what stands behind a result of the step "open", "bind",
 * "SET_CONTAINER", ... that administrators meet; nothing when there is nothing to say.
 */
void case_explain(const struct case_run *run, const char *what, int got, char *buf, size_t size);

/* Ends the case as skipped. Returns false, for `return case_skip(...)` in helpers. */
bool case_skip(struct case_run *run, const char *why, ...) PRINTF(2, 3);

/* Opens the device on the way of this run; a step. */
bool case_open(struct case_run *run, struct vfio_device *dev);

/* case_open(), and on to the point where the device answers; resets it. */
bool case_bind(struct case_run *run, struct vfio_device *dev);

/* case_bind(), and on to the point where its DMA goes through an address space. */
bool case_attach(struct case_run *run, struct vfio_device *dev);

/* The nodes that the device of that directory in sysfs has now; "": none of that kind. */
void case_find_nodes(struct case_nodes *ret, const char *syspath);

/* The device's nodes as they are now, for kernel/: ret points into nodes. */
void case_find(struct case_nodes *nodes, struct vfio_target *ret, const struct case_host *host,
	       const struct device *dev);

/* The name that VFIO has for the device now ("vfio0"); "" and false when it has not got it. */
bool case_vfio_name(char *buf, size_t size, const struct device *dev);

/* Relations between named devices; a peer of that kind, or NULL. */
enum case_relation { CASE_SIBLING, CASE_STRANGER, CASE_PF, CASE_VF };
const struct device *case_peer(const struct case_run *run, enum case_relation relation);

/* case_open() for a peer on the way of this run. nodes must live as long as dev. */
bool case_open_peer(struct case_run *run, const struct device *peer, struct case_nodes *nodes,
		    struct vfio_device *dev);

/* ---- the runner (case.c) ---- */

struct case_result {
	const struct test_case *test;
	char device[64]; /* "" for the host */
	enum case_path path;
	struct case_outcome outcome;
	int64_t duration_ms;
	/* Whether it failed when the opposite was expected; -1: that was not tried. */
	int can_fail;
};

struct case_results {
	struct case_result *list;
	size_t count;
};

static inline void case_results_free(struct case_results *results)
{
	free(results->list);
}
#define scoped_case_results __attribute__((cleanup(case_results_free)))

struct case_request {
	const struct test_case *const *tables;
	const struct case_host *host;
	/* All devices that the user named. Each must have passed case_admit(). */
	const struct device *named;
	size_t n_named;
	int64_t deadline_ms; /* for one case */

	/* Which cases. Those of a class beyond up_to are skipped. */
	bool all;         /* the whole catalogue, not the basic ones alone */
	const char *glob; /* of ids; NULL: all */
	enum case_class up_to;
	/*
	 * Runs each case that passed once more, with the opposite of what is owed in the step that
	 * decided. A case that passes all the same proves nothing, and fails.
	 */
	bool contradict;
	/* Told of each case before it is run; may be NULL. */
	void (*on_case)(const struct test_case *test, const struct case_run *run);
};

/* Whether the request asks for the case at all. */
bool case_is_wanted(const struct case_request *request, const struct test_case *test);

/*
 * Runs every wanted case for the device on each way that it offers, or those for the host when dev
 * is NULL, and appends the results. Cases open and reset the device; after one that is not for the
 * device alone, the drivers of all named devices are put back. When the device is removed, or
 * removed and found again, the case that is run then fails, and the rest is skipped. 0 or -ENOMEM.
 */
int cases_run(struct case_results *results, const struct case_request *request,
	      const struct device *dev);

/* ---- what cases leave behind (case_state.c) ---- */

struct case_state;

/*
 * Notes drivers, overrides, who owns the nodes, and module parameters. NULL without memory; free
 * with free().
 */
struct case_state *case_state_save(const struct device *devices, size_t count);

/* Puts back what is different now. False, with the reason, when something cannot be put back. */
bool case_state_restore(const struct case_state *state, char *why, size_t size);

/* What stands against needs in this run, in words, or NULL (case_needs.c). */
const char *case_lacks(const struct case_run *run, unsigned int needs);

/* The i-th precondition in needs, in words, or NULL after the last. */
const char *case_precondition_name(unsigned int needs, size_t i);

/* The step that decided: the one that failed, else the last; NULL when the case was skipped. */
const struct case_step *case_outcome_decisive(const struct case_outcome *outcome);

/* ---- the gate (case_admit.c) ---- */

/*
 * May the device be opened and reset? 0, or -1 with the reason: not bound to a VFIO driver
 * (STATUS_UNSUPPORTED, "not-bound"), in use, it or another member of its group (STATUS_REFUSED,
 * "vfio-open" or "group", as when it is to be restored), no permission for any of its nodes or to
 * see whether it is in use (STATUS_PERMISSION), or it does not answer (STATUS_TIMEOUT). dev must
 * have been gathered with NEED_DETAIL; inventory is the whole machine's.
 */
int case_admit(const struct inventory *inventory, const struct device *dev, struct error *err);

/* -errno when a node that the way needs may not be opened by this user, with its path; else 0. */
int case_way_access(const struct device *dev, enum case_path path, const char **ret_node);
