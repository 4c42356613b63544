/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The records of `vfioctl doctor`, and its output for people.
 */
#pragma once

#include "check/doctor.h"
#include "cli/render.h"

/* The colour of such findings. */
enum tone severity_tone(enum rule_severity severity);

/* struct finding */
extern const struct record_type finding_record;

/* struct rule, and the document of `doctor --list-rules` over a struct doctor_request */
extern const struct record_type rule_record, rules_document;

/* struct doctor_report */
extern const struct record_type doctor_document;

/* The i-th rule that the request (struct doctor_request) asks for; NULL after the last. */
const void *rule_list_item(const void *request, size_t i);

/* The i-th finding of a struct doctor_report; NULL after the last. */
const void *finding_list_item(const void *report, size_t i);

/* Prints findings, answers and a summary (doctor_output.c). */
void doctor_print(const struct doctor_report *report, const struct options *opts);
