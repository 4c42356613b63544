/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the parts of access share: the plans (access.c), the record (access_record.c), the rule
 * (access_rule.c) and the steps (access_step.c).
 *
 * A claim is a line of the record about one node: "own /dev/vfio/14" with the owner that the node
 * had before, "acl /dev/iommu user:1000". What several devices claim stays until the last lets go,
 * so letting go is always: strike the own claim first, then look for those of others.
 */
#pragma once

#include "base/document.h"
#include "change/access.h"

#define IOMMU_NODE "/dev/iommu"

/* --- access.c ----------------------------------------------------------------------------- */

/* The device, its record and the plan that is being made. */
struct scheme {
	struct plan *plan;
	const struct device *dev;
	const struct access *access; /* NULL: nobody */
	const struct document *doc;  /* NULL: no record */
	bool back;
};

/* Plans to give dev to access: the rule and the nodes. 0 or -ENOMEM. */
int access_scheme_giving(struct plan *plan, const struct device *dev, const struct access *access);

/*
 * Plans to take back what the scheme's device was given by had; all: also what vanishes when the
 * device goes back to its driver. 0 or -ENOMEM.
 */
int access_scheme_back(const struct scheme *scheme, const struct access *had, bool all);

/*
 * Plans to strike the entries of shared nodes that the record claims for had, but for those that
 * keep (may be NULL) still wants. 0 or -ENOMEM.
 */
int access_scheme_drop(const struct scheme *scheme, const struct access *had,
		       const struct access *keep);

/* --- access_record.c ---------------------------------------------------------------------- */

/* The record of dev, or NULL; the caller frees it. */
struct document *access_record_load(const struct device *dev);

/* The record of another device, which had the address of dev before; as above. */
struct document *access_record_load_stale(const struct device *dev);

/* 0 or -1. */
int access_record_save(const struct document *doc, const struct device *dev, struct error *err);

/* To whom the record gives the device; with "earlier_" before the names: to whom it did before. */
bool access_record_read(struct access *ret, const struct document *doc, const char *prefix);

/* 0 or -ENOMEM; access NULL: nobody. */
int access_record_write(struct document *doc, const char *prefix, const struct access *access);

struct claim {
	char text[320];
};

/* "own NODE"; its value is the owner that the node had before, as access_text() has it. */
struct claim claim_own(const char *node);

/* "acl NODE ENTRY"; its value is "given". */
struct claim claim_acl(const char *node, const char *entry);

/* The value of a claim in doc, or NULL. */
static inline const char *claim_value(const struct document *doc, const struct claim *claim)
{
	return doc ? document_string(doc, claim->text) : NULL;
}

/* True when the record of a device other than dev has that claim; its value goes to buf[size]. */
bool claim_of_others(const struct device *dev, const struct claim *claim, char *buf, size_t size);

/* Notes a claim in the record of dev, or strikes it (NULL). 0 or -1. */
int claim_note(const struct device *dev, const struct claim *claim, const char *value,
	       struct error *err);

/* The user of another device that claims the node as its own; false without one. */
bool claim_find_owner(const struct device *dev, const char *node, struct access *ret,
		      char *ret_address, size_t size);

/* --- access_rule.c ------------------------------------------------------------------------ */

/* "1000:1000 0660" */
struct access_text {
	char text[64];
};
struct access_text access_text(const struct access *access);
bool access_from_text(struct access *ret, const char *text);

/* Where the rule of dev is, and what it says; strings are in arena, NULL when that is full. */
const char *access_rule_path(struct arena *arena, const struct device *dev);
const char *access_rule_text(struct arena *arena, const struct device *dev,
			     const struct access *access);
