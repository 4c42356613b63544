/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The records of `vfioctl test`: results, their document, and the catalogue of cases.
 */
#include "cli/test_record.h"

GETTER(step_what, struct case_step, r, value_string(r->what))
GETTER(step_expected, struct case_step, r, value_string(case_result_name(r->expected)))
GETTER(step_got, struct case_step, r, value_string(case_result_name(r->got)))

static const struct field step_fields[] = {
	ROW(STRING, "what", "STEP", step_what, "what was done"),
	ROW(STRING, "expected", "EXPECTED", step_expected,
	    "'ok' or the errno that the kernel owes"),
	ROW(STRING, "got", "GOT", step_got, "'ok', the errno that it gave, or 'no'"),
	{0},
};

static const struct record_type step_record = {
	.name = "case_step",
	.fields = step_fields,
};

static struct value step_word(const struct case_result *result, struct value (*get)(const void *))
{
	const struct case_step *step = case_outcome_decisive(&result->outcome);

	return step ? get(step) : VALUE_UNKNOWN;
}

static struct value result_step(const void *record, size_t i)
{
	const struct case_outcome *outcome = &((const struct case_result *)record)->outcome;

	return value_record(i < outcome->n_steps ? &outcome->steps[i] : NULL);
}

GETTER(result_device, struct case_result, r, value_string(*r->device ? r->device : NULL))
GETTER(result_path, struct case_result, r, value_string(case_path_name(r->path)))
GETTER(result_id, struct case_result, r, value_string(r->test->id))
GETTER(result_status, struct case_result, r, value_string(case_status_name(r->outcome.status)))
GETTER(result_title, struct case_result, r, value_string(r->test->title))
GETTER(result_promise, struct case_result, r, value_string(r->test->promise))
GETTER(result_expected, struct case_result, r, step_word(r, step_expected))
GETTER(result_got, struct case_result, r, step_word(r, step_got))
GETTER(result_reason, struct case_result, r,
       value_string(*r->outcome.reason ? r->outcome.reason : NULL))
GETTER(result_statement, struct case_result, r, value_string(r->test->statement))
GETTER(result_class, struct case_result, r, value_string(case_class_name(r->test->class)))
GETTER(result_can_fail, struct case_result, r,
       r->can_fail < 0 ? VALUE_UNKNOWN : value_bool(r->can_fail))
GETTER(result_duration, struct case_result, r, value_number(r->duration_ms))

static enum tone result_tone(const void *record)
{
	static const enum tone tones[] = {
		[CASE_PASS] = TONE_GOOD, [CASE_FAIL] = TONE_TROUBLE, [CASE_SKIP] = TONE_ASIDE};

	return tones[((const struct case_result *)record)->outcome.status];
}

static const struct field case_result_fields[] = {
	ROW(STRING, "device", "DEVICE", result_device,
	    "the device; unknown for checks of the host"),
	ROW(STRING, "path", "PATH", result_path,
	    "what the check goes through: host, cdev or group"),
	ROW(STRING, "id", "ID", result_id, "the check's name, which never changes",
	    .flags = FIELD_DEFAULT),
	ROW(STRING, "status", "STATUS", result_status, "pass, fail or skip", .flags = FIELD_DEFAULT,
	    .tone = result_tone),
	ROW(STRING, "title", "TITLE", result_title, "what works when the check passes",
	    .flags = FIELD_DEFAULT | FIELD_WRAP),
	ROW(STRING, "expected", "EXPECTED", result_expected,
	    "'ok' or the errno owed in the step that decided", .flags = FIELD_DEFAULT),
	ROW(STRING, "got", "GOT", result_got, "'ok', the errno that this step gave, or 'no'",
	    .flags = FIELD_DEFAULT),
	ROW(STRING, "reason", "REASON", result_reason, "why it failed or was skipped",
	    .flags = FIELD_WRAP),
	ROW(STRING, "promise", "PROMISE", result_promise, "what the kernel owes, in a sentence",
	    .flags = FIELD_WRAP),
	ROW(STRING, "statement", "STATEMENT", result_statement,
	    "code of the kernel's statement that it belongs to"),
	ROW(STRING, "class", "CLASS", result_class, "what it may touch: self, neighbours or lab"),
	ROW(BOOL, "can_fail", "CAN-FAIL", result_can_fail,
	    "with --contradict: it fails when the opposite is expected"),
	ROW(NUMBER, "duration_ms", "MS", result_duration, "how long it took, in milliseconds",
	    .flags = FIELD_RIGHT),
	ROW_RECORDS("steps", "STEPS", result_step, &step_record, "all that was done, in order"),
	{0},
};

const struct record_type case_result_record = {
	.name = "case_result",
	.fields = case_result_fields,
};

/* --- the document ----------------------------------------------------------------------- */

GETTER(report_passed, struct test_report, r, value_number(r->counts[CASE_PASS]))
GETTER(report_failed, struct test_report, r, value_number(r->counts[CASE_FAIL]))
GETTER(report_skipped, struct test_report, r, value_number(r->counts[CASE_SKIP]))

static struct value report_result(const void *record, size_t i)
{
	const struct test_report *report = record;

	return value_record(i < report->results.count ? &report->results.list[i] : NULL);
}

static const struct field test_document_fields[] = {
	ROW(NUMBER, "passed", "PASSED", report_passed, "checks that passed"),
	ROW(NUMBER, "failed", "FAILED", report_failed, "checks that failed"),
	ROW(NUMBER, "skipped", "SKIPPED", report_skipped, "checks that make no sense here"),
	ROW_RECORDS("results", "RESULTS", report_result, &case_result_record,
		    "the checks, by device and path"),
	{0},
};

const struct record_type test_document = {
	.name = "test",
	.fields = test_document_fields,
};

/* --- the catalogue itself --------------------------------------------------------------- */

GETTER(case_id, struct test_case, r, value_string(r->id))
GETTER(case_statement, struct test_case, r, value_string(r->statement))
GETTER(case_class, struct test_case, r, value_string(case_class_name(r->class)))
GETTER(case_title, struct test_case, r, value_string(r->title))
GETTER(case_promise, struct test_case, r, value_string(r->promise))
GETTER(case_basic, struct test_case, r, value_bool(r->basic))

static struct value case_path(const void *record, size_t i)
{
	static const enum case_path paths[] = {CASE_HOST, CASE_CDEV, CASE_GROUP};
	const struct test_case *test = record;
	size_t seen = 0;

	for (size_t k = 0; k < ARRAY_SIZE(paths); k++)
		if (test->paths & paths[k] && seen++ == i)
			return value_string(case_path_name(paths[k]));
	return VALUE_UNKNOWN;
}

static struct value case_precondition(const void *record, size_t i)
{
	return value_string(case_precondition_name(((const struct test_case *)record)->needs, i));
}

static const struct field case_fields[] = {
	ROW(STRING, "id", "ID", case_id, "the case's name, which never changes",
	    .flags = FIELD_DEFAULT),
	ROW(STRING, "statement", "STATEMENT", case_statement,
	    "code of the kernel's statement that it belongs to", .flags = FIELD_DEFAULT),
	ROW(STRING, "class", "CLASS", case_class, "what it may touch: self, neighbours or lab",
	    .flags = FIELD_DEFAULT),
	ROW_STRINGS("paths", "PATHS", case_path, "what it goes through: host, cdev, group",
		    .flags = FIELD_DEFAULT),
	ROW(STRING, "title", "TITLE", case_title, "what works when the case passes",
	    .flags = FIELD_DEFAULT | FIELD_WRAP),
	ROW(STRING, "promise", "PROMISE", case_promise, "what the kernel owes, in a sentence",
	    .flags = FIELD_WRAP),
	ROW_STRINGS("preconditions", "PRECONDITIONS", case_precondition,
		    "without which it is skipped"),
	ROW(BOOL, "basic", "BASIC", case_basic, "part of a plain `vfioctl test`"),
	{0},
};

const struct record_type case_record = {
	.name = "case",
	.fields = case_fields,
};

GETTER(statement_code, struct case_statement, r, value_string(r->code))
GETTER(statement_title, struct case_statement, r, value_string(r->title))

static const struct field statement_fields[] = {
	ROW(STRING, "code", "CODE", statement_code, "what the cases call it"),
	ROW(STRING, "title", "TITLE", statement_title, "what the kernel states"),
	{0},
};

static const struct record_type statement_record = {
	.name = "statement",
	.fields = statement_fields,
};

static struct value statement_item(const void *record, size_t i)
{
	(void)record;
	for (const struct case_statement *s = case_statements; s->code; s++)
		if (i-- == 0)
			return value_record(s);
	return VALUE_UNKNOWN;
}

static struct value list_item(const void *record, size_t i)
{
	return value_record(case_list_item(record, i));
}

static const struct field cases_document_fields[] = {
	ROW_RECORDS("cases", "CASES", list_item, &case_record,
		    "the cases, in the order in which they run"),
	ROW_RECORDS("statements", "STATEMENTS", statement_item, &statement_record,
		    "what the kernel states, to which the cases belong"),
	{0},
};

const struct record_type cases_document = {
	.name = "cases",
	.fields = cases_document_fields,
};

const void *case_list_item(const void *request, size_t i)
{
	const struct case_request *wanted = request;

	for (const struct test_case *const *table = wanted->tables; *table; table++)
		for (const struct test_case *test = *table; test->id; test++)
			if (case_is_wanted(wanted, test) && i-- == 0)
				return test;
	return NULL;
}
