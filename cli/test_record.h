/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What `vfioctl test` prints.
 */
#pragma once

#include "check/case.h"
#include "cli/field.h"
#include "cli/render.h"

struct test_report {
	struct case_results results;
	int64_t counts[3]; /* by enum case_status */
	bool by_statement; /* text: by the kernel's statements instead of by device and path */
};

/* A struct case_result, and the document: a struct test_report. */
extern const struct record_type case_result_record, test_document;

/* A struct test_case, and the document of --list: a struct case_request. */
extern const struct record_type case_record, cases_document;

/* The i-th case that the request asks for, or NULL; a row source for table_print(). */
const void *case_list_item(const void *request, size_t i);

/* test_output.c */

/*
 * For people in sections; who chose columns, or wants no headings, gets one table. 0, or -1 for a
 * column that there is not.
 */
int test_print_text(const struct options *opts, const struct test_report *report,
		    struct error *err);

/* The results as TAP 14, for prove(1) and the like. */
void test_print_tap(const struct test_report *report);
