/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The records of `vfioctl test`: results, their document, and the catalogue of cases.
 */
#include "cli/test_record.h"

/* A getter: name, the type of the record (known as r) and its value. */
#define GETTER(name, type, result)                                                                 \
	static struct value name(const void *record)                                               \
	{                                                                                          \
		const type *r = record;                                                            \
                                                                                                   \
		return result;                                                                     \
	}

GETTER(step_what, struct case_step, value_string(r->what))
GETTER(step_expected, struct case_step, value_string(case_result_name(r->expected)))
GETTER(step_got, struct case_step, value_string(case_result_name(r->got)))

static const struct record_type step_record = {
	.name = "case_step",
	.fields = (const struct field[]){{.key = "what",
					  .title = "STEP",
					  .type = FIELD_STRING,
					  .get = step_what,
					  .help = "what was done"},
					 {.key = "expected",
					  .title = "EXPECTED",
					  .type = FIELD_STRING,
					  .get = step_expected,
					  .help = "'ok' or the errno that the kernel owes"},
					 {.key = "got",
					  .title = "GOT",
					  .type = FIELD_STRING,
					  .get = step_got,
					  .help = "'ok', the errno that it gave, or 'no'"},
					 {0}},
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

GETTER(result_device, struct case_result, value_string(*r->device ? r->device : NULL))
GETTER(result_path, struct case_result, value_string(case_path_name(r->path)))
GETTER(result_id, struct case_result, value_string(r->test->id))
GETTER(result_status, struct case_result, value_string(case_status_name(r->outcome.status)))
GETTER(result_title, struct case_result, value_string(r->test->title))
GETTER(result_promise, struct case_result, value_string(r->test->promise))
GETTER(result_expected, struct case_result, step_word(r, step_expected))
GETTER(result_got, struct case_result, step_word(r, step_got))
GETTER(result_reason, struct case_result,
       value_string(*r->outcome.reason ? r->outcome.reason : NULL))
GETTER(result_statement, struct case_result, value_string(r->test->statement))
GETTER(result_class, struct case_result, value_string(case_class_name(r->test->class)))
GETTER(result_can_fail, struct case_result,
       r->can_fail < 0 ? VALUE_UNKNOWN : value_bool(r->can_fail))
GETTER(result_duration, struct case_result, value_number(r->duration_ms))

const struct record_type case_result_record = {
	.name = "case_result",
	.fields =
		(const struct field[]){
			{.key = "device",
			 .title = "DEVICE",
			 .type = FIELD_STRING,
			 .get = result_device,
			 .help = "the device; unknown for checks of the host"},
			{.key = "path",
			 .title = "PATH",
			 .type = FIELD_STRING,
			 .get = result_path,
			 .help = "what the check goes through: host, cdev or group"},
			{.key = "id",
			 .title = "ID",
			 .type = FIELD_STRING,
			 .flags = FIELD_DEFAULT,
			 .get = result_id,
			 .help = "the check's name, which never changes"},
			{.key = "status",
			 .title = "STATUS",
			 .type = FIELD_STRING,
			 .flags = FIELD_DEFAULT,
			 .get = result_status,
			 .help = "pass, fail or skip"},
			{.key = "title",
			 .title = "TITLE",
			 .type = FIELD_STRING,
			 .flags = FIELD_DEFAULT,
			 .get = result_title,
			 .help = "what works when the check passes"},
			{.key = "expected",
			 .title = "EXPECTED",
			 .type = FIELD_STRING,
			 .flags = FIELD_DEFAULT,
			 .get = result_expected,
			 .help = "'ok' or the errno owed in the step that decided"},
			{.key = "got",
			 .title = "GOT",
			 .type = FIELD_STRING,
			 .flags = FIELD_DEFAULT,
			 .get = result_got,
			 .help = "'ok', the errno that this step gave, or 'no'"},
			{.key = "reason",
			 .title = "REASON",
			 .type = FIELD_STRING,
			 .get = result_reason,
			 .help = "why it failed or was skipped"},
			{.key = "promise",
			 .title = "PROMISE",
			 .type = FIELD_STRING,
			 .get = result_promise,
			 .help = "what the kernel owes, in a sentence"},
			{.key = "statement",
			 .title = "STATEMENT",
			 .type = FIELD_STRING,
			 .get = result_statement,
			 .help = "code of the kernel's statement that it belongs to"},
			{.key = "class",
			 .title = "CLASS",
			 .type = FIELD_STRING,
			 .get = result_class,
			 .help = "what it may touch: self, neighbours or lab"},
			{.key = "can_fail",
			 .title = "CAN-FAIL",
			 .type = FIELD_BOOL,
			 .get = result_can_fail,
			 .help = "with --contradict: it fails when the opposite is expected"},
			{.key = "duration_ms",
			 .title = "MS",
			 .type = FIELD_NUMBER,
			 .flags = FIELD_RIGHT,
			 .get = result_duration,
			 .help = "how long it took, in milliseconds"},
			{.key = "steps",
			 .title = "STEPS",
			 .type = FIELD_RECORDS,
			 .item = result_step,
			 .child = &step_record,
			 .help = "all that was done, in order"},
			{0}},
};

/* --- the document ----------------------------------------------------------------------- */

GETTER(report_passed, struct test_report, value_number(r->counts[CASE_PASS]))
GETTER(report_failed, struct test_report, value_number(r->counts[CASE_FAIL]))
GETTER(report_skipped, struct test_report, value_number(r->counts[CASE_SKIP]))

static struct value report_result(const void *record, size_t i)
{
	const struct test_report *report = record;

	return value_record(i < report->results.count ? &report->results.list[i] : NULL);
}

const struct record_type test_document = {
	.name = "test",
	.fields = (const struct field[]){{.key = "passed",
					  .title = "PASSED",
					  .type = FIELD_NUMBER,
					  .get = report_passed,
					  .help = "checks that passed"},
					 {.key = "failed",
					  .title = "FAILED",
					  .type = FIELD_NUMBER,
					  .get = report_failed,
					  .help = "checks that failed"},
					 {.key = "skipped",
					  .title = "SKIPPED",
					  .type = FIELD_NUMBER,
					  .get = report_skipped,
					  .help = "checks that make no sense here"},
					 {.key = "results",
					  .title = "RESULTS",
					  .type = FIELD_RECORDS,
					  .item = report_result,
					  .child = &case_result_record,
					  .help = "the checks, by device and path"},
					 {0}},
};

/* --- the catalogue itself --------------------------------------------------------------- */

GETTER(case_id, struct test_case, value_string(r->id))
GETTER(case_statement, struct test_case, value_string(r->statement))
GETTER(case_class, struct test_case, value_string(case_class_name(r->class)))
GETTER(case_title, struct test_case, value_string(r->title))
GETTER(case_promise, struct test_case, value_string(r->promise))
GETTER(case_basic, struct test_case, value_bool(r->basic))

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

const struct record_type case_record = {
	.name = "case",
	.fields =
		(const struct field[]){
			{.key = "id",
			 .title = "ID",
			 .type = FIELD_STRING,
			 .flags = FIELD_DEFAULT,
			 .get = case_id,
			 .help = "the case's name, which never changes"},
			{.key = "statement",
			 .title = "STATEMENT",
			 .type = FIELD_STRING,
			 .flags = FIELD_DEFAULT,
			 .get = case_statement,
			 .help = "code of the kernel's statement that it belongs to"},
			{.key = "class",
			 .title = "CLASS",
			 .type = FIELD_STRING,
			 .flags = FIELD_DEFAULT,
			 .get = case_class,
			 .help = "what it may touch: self, neighbours or lab"},
			{.key = "paths",
			 .title = "PATHS",
			 .type = FIELD_STRINGS,
			 .flags = FIELD_DEFAULT,
			 .item = case_path,
			 .help = "what it goes through: host, cdev, group"},
			{.key = "title",
			 .title = "TITLE",
			 .type = FIELD_STRING,
			 .flags = FIELD_DEFAULT,
			 .get = case_title,
			 .help = "what works when the case passes"},
			{.key = "promise",
			 .title = "PROMISE",
			 .type = FIELD_STRING,
			 .get = case_promise,
			 .help = "what the kernel owes, in a sentence"},
			{.key = "preconditions",
			 .title = "PRECONDITIONS",
			 .type = FIELD_STRINGS,
			 .item = case_precondition,
			 .help = "without which it is skipped"},
			{.key = "basic",
			 .title = "BASIC",
			 .type = FIELD_BOOL,
			 .get = case_basic,
			 .help = "part of a plain `vfioctl test`"},
			{0}},
};

GETTER(statement_code, struct case_statement, value_string(r->code))
GETTER(statement_title, struct case_statement, value_string(r->title))

static const struct record_type statement_record = {
	.name = "statement",
	.fields = (const struct field[]){{.key = "code",
					  .title = "CODE",
					  .type = FIELD_STRING,
					  .get = statement_code,
					  .help = "what the cases call it"},
					 {.key = "title",
					  .title = "TITLE",
					  .type = FIELD_STRING,
					  .get = statement_title,
					  .help = "what the kernel states"},
					 {0}},
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

const struct record_type cases_document = {
	.name = "cases",
	.fields =
		(const struct field[]){
			{.key = "cases",
			 .title = "CASES",
			 .type = FIELD_RECORDS,
			 .item = list_item,
			 .child = &case_record,
			 .help = "the cases, in the order in which they run"},
			{.key = "statements",
			 .title = "STATEMENTS",
			 .type = FIELD_RECORDS,
			 .item = statement_item,
			 .child = &statement_record,
			 .help = "what the kernel states, to which the cases belong"},
			{0}},
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
