/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Giving a user what an unprivileged VMM needs to use a device, and taking it away again.
 *
 * The nodes of the device itself, cdev and group, get an owner, a group and a mode. The nodes that
 * all devices share, /dev/iommu and the container, get an entry in their access control list, or
 * where there are no lists a group; that goes when the last device goes that was given to the user.
 * A udev rule below /run keeps it so when the kernel makes the device's nodes anew. A record below
 * /run/vfioctl/access notes what was given and what there was before.
 *
 * How a change uses it, all under its lock:
 *   access_is_given()   before the decision: is there anything to do?
 *   access_plan_rule(), access_plan_nodes()
 *                       add steps to the plan: with the overrides, behind the wait for the nodes
 *   access_save()       before the plan is run: the record of what is about to be given
 *   access_settle()     after all went well
 *   access_step()       runs one of the steps, in whatever process
 * To take it back, access_plan_back() adds steps behind the last move; access_forget() drops the
 * record after all went well. After a plan that failed, access_undo() makes everything as it was,
 * whatever steps were run: it goes by the record alone, so that another process can do it, too.
 */
#pragma once

#include "change/plan.h"

/* To whom. */
struct access {
	uid_t uid;
	gid_t gid;   /* 0 when no group was named */
	mode_t mode; /* 0600, 0640 or 0660 */
};

/*
 * From "USER", "USER:GROUP" or "USER:" (the user's login group), names or numbers, and an octal
 * mode, which may be NULL: 0660 with a group, else 0600. 0, or -1 with STATUS_USAGE.
 */
int access_parse(struct access *ret, const char *owner, const char *mode, struct error *err);

/* True when a record says that the device is given to somebody; ret may be NULL. */
bool access_load(struct access *ret, const struct device *dev);

/* True when all that access says is so already, and would stay so: nothing needs to be done. */
bool access_is_given(const struct device *dev, const struct access *access);

/*
 * Add the steps that give dev, which is or will be bound to a VFIO driver, to somebody: the rule,
 * which goes before the device is bound, so that udevd knows it when the nodes appear, and what is
 * done to the nodes when they are there. Steps that would change nothing are left out. 0, or -1;
 * access_plan_nodes(): STATUS_REFUSED when its group is given to another
 * user with another device, STATUS_UNSUPPORTED for a device without an IOMMU, which only root may
 * open.
 */
int access_plan_rule(struct plan *plan, const struct device *dev, const struct access *access,
		     struct error *err);
int access_plan_nodes(struct plan *plan, const struct device *dev, const struct access *access,
		      struct error *err);

/* Adds the steps that take it back; none without a record. 0, or -1 when out of memory. */
int access_plan_back(struct plan *plan, const struct device *dev, struct error *err);

/*
 * Records that dev is given to somebody now, durably, and to whom it was before. Takes the place of
 * the older record. 0, or -1.
 */
int access_save(const struct device *dev, const struct access *access, struct error *err);

/* Notes that all of it was given; until then the record says that it is unfinished. */
void access_settle(const struct device *dev);
bool access_is_unfinished(const struct device *dev);

/* Drops the record. */
void access_forget(const struct device *dev);

/* Runs a step of kind STEP_OWN, STEP_ACL or STEP_RULE. May be run again. 0, or -1. */
int access_step(const struct step *step, struct error *err);

/*
 * Takes back what a plan did that failed half-way. giving: it was to give dev to somebody, who then
 * has nothing of it, or to somebody else, who gets it back. Else it was to take it back: it is
 * given again. 0, or -1 with the first error; it goes on all the same.
 */
int access_undo(const struct device *dev, bool giving, struct error *err);

/*
 * What another device at the same address was given to, before it was taken away: true when there
 * is such a record; and to take all of that back, with the record. 0, or -1 as above.
 */
bool access_is_stale(const struct device *dev);
int access_drop_stale(const struct device *dev, struct error *err);
