/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One step of a change: what it does, and what its failure means. plan.h makes steps, apply.h runs
 * them.
 */
#pragma once

#include "base/error.h"
#include "host/device.h"

enum step_kind {
	STEP_MODULE,   /* load a module: of a dry run, because it is done before anything is planned
			*/
	STEP_OVERRIDE, /* write driver_override */
	STEP_UNBIND,   /* write the address to the driver's unbind */
	STEP_BIND,     /* write the address to the driver's bind: it returns the probe's errno */
	STEP_PROBE,    /* write the address to drivers_probe: no driver is known */
	STEP_VERIFY,   /* read the driver link back */
	STEP_WAIT,     /* wait for the VFIO device's nodes */
	STEP_OWN,      /* owner, group and mode of a node; see change/access.h for these three */
	STEP_ACL,      /* an entry in the access control list of a node */
	STEP_RULE,     /* a rule for udev */
	STEP_SWITCH,   /* write sriov_drivers_autoprobe of a PF */
	STEP_VFS,      /* write sriov_numvfs of a PF: VFs come or go */
	STEP_UDEV,     /* wait until udev has nothing left to do; it never fails */
};

/*
 * The phases of a change follow one another; what is done at once, and what one after another:
 */
enum step_phase {
	PHASE_PREPARE, /* VFs, all overrides and rules, before any device moves: one by one */
	PHASE_MOVE,    /* from driver to driver: each device for itself, many at once */
	PHASE_SETTLE,  /* one wait for the nodes of all, and whose they are */
	PHASE_COUNT
};

struct step {
	enum step_kind kind;
	enum step_phase phase;
	const struct device *dev;
	const char *path;  /* file to write, or link to read */
	const char *value; /* what to write; STEP_VERIFY: the driver expected, NULL for none */
	bool any_driver;   /* STEP_VERIFY: any driver will do but a VFIO one, or none */
	bool needs_one;    /* with any_driver: none will not do */
	bool back;         /* STEP_OWN, STEP_ACL, STEP_RULE: taken back, not given */
};

/* What became of a step; small enough to be written at once. */
struct step_outcome {
	int r;              /* 0 or -errno */
	char found[256];    /* STEP_VERIFY: the driver that is bound, "" for none */
	struct error error; /* of a step that explains itself; code NULL: none */
};

/* "override", "unbind", ... */
const char *step_kind_name(enum step_kind kind);

/* Does it. May block for as long as the kernel likes, but STEP_WAIT only for timeout_ms. */
void step_run(struct step_outcome *ret, const struct step *step, int64_t timeout_ms);

/* Fills err with why the step failed and what to do. Returns -1. */
int step_explain(const struct step *step, const struct step_outcome *outcome, struct error *err);

/*
 * The same for a step that was given up; what: "it did not end in time". stuck: it goes on in the
 * kernel. Returns -1.
 */
int step_explain_late(const struct step *step, const char *what, bool stuck, struct error *err);
