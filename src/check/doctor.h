/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Puts the rules to a machine, and sorts what they found.
 */
#pragma once

#include "check/rule.h"

struct doctor_request {
	const struct rule *const *tables;
	/* Names in sysfs. NULL: the devices that VFIO has, or that are meant for it. */
	const char *const *addresses;
	size_t n_addresses;
	const char *only;   /* glob of ids; NULL: all */
	const char *ignore; /* globs between commas, of ids to leave out; NULL: none */
	/* What the devices are wanted for, and by whom; NULL: nobody asked. */
	const struct rule_purpose *purpose;
	const char *user;
	const struct leftover *leftovers;
	size_t n_leftovers;
};

/* Whether the request asks for the rule. */
bool doctor_wants(const struct doctor_request *request, const struct rule *rule);

/* True, with it in buf, when a glob of only or ignore fits no rule. */
bool doctor_unknown_glob(const struct doctor_request *request, char *buf, size_t size);

/* Whether the purpose is fulfilled with one device. */
struct doctor_answer {
	const struct device *device;
	const char *purpose, *user;
	enum answer ready;  /* unknown: nothing is known to be missing, but not all could be seen */
	unsigned int modes; /* MODE_*: the ways that are open to the user */
	const struct finding **steps; /* what is missing, in the order in which to do it */
	size_t n_steps;
	const struct finding **unseen; /* what could not be seen of it */
	size_t n_unseen;
	const char *sentence; /* "alice can start a VM in QEMU with 0000:03:00.0: no" */
};

/* Everything belongs to arena and the inventories. */
struct doctor_report {
	struct arena *arena;
	struct inventory machine, named;
	struct usages *usages; /* as many as named has; NULL: nobody looked */
	struct rule_facts *facts;
	/* Objects with something worse come first, and of an object its worst. */
	const struct finding **findings;
	size_t n_findings;
	const struct finding **unknown; /* what could not be looked at */
	size_t n_unknown;
	size_t counts[RULE_ERROR + 1]; /* of findings, by severity */
	struct doctor_answer *answers; /* one for each device, with a purpose, of all rules */
	size_t n_answers;
	size_t n_gone; /* devices that vanished: nothing is said of them */
};

/* 0 or -1. The caller frees *ret with doctor_report_free(). */
int doctor_run(struct doctor_report *ret, const struct doctor_request *request, struct error *err);

void doctor_report_free(struct doctor_report *report);
#define scoped_doctor_report __attribute__((cleanup(doctor_report_free)))

/* doctor_facts.c: fills arena, inventories, usages and facts of the report. 0 or -1. */
int doctor_gather(struct doctor_report *report, const struct doctor_request *request,
		  struct error *err);
