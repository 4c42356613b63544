/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vfioctl test: choose the devices, pass the gate with all of them, run the cases, print.
 */
#include <errno.h>
#include <stdio.h>

#include "check/case.h"
#include "cli/command.h"
#include "cli/select.h"

/*
 * For one case. After a reset the kernel itself waits up to a minute for a function to come back.
 */
#define DEADLINE_MS 70000

/* --- records ---------------------------------------------------------------------------- */

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
GETTER(result_duration, struct case_result, value_number(r->duration_ms))

static const struct record_type result_record = {
	.name = "case_result",
	.fields =
		(const struct field[]){{.key = "device",
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

struct report {
	struct case_results results;
	int64_t counts[3]; /* by enum case_status */
};

GETTER(report_passed, struct report, value_number(r->counts[CASE_PASS]))
GETTER(report_failed, struct report, value_number(r->counts[CASE_FAIL]))
GETTER(report_skipped, struct report, value_number(r->counts[CASE_SKIP]))

static struct value report_result(const void *record, size_t i)
{
	const struct report *report = record;

	return value_record(i < report->results.count ? &report->results.list[i] : NULL);
}

static const struct record_type test_document = {
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
					  .child = &result_record,
					  .help = "the checks, by device and path"},
					 {0}},
};

/* --- text ------------------------------------------------------------------------------- */

/* Results of one device on one path: they stand side by side. */
struct section {
	const struct case_result *list;
	size_t count;
};

static const void *section_row(const void *records, size_t i)
{
	const struct section *section = records;

	return i < section->count ? &section->list[i] : NULL;
}

static struct section section_at(const struct case_results *results, size_t first)
{
	struct section section = {.list = &results->list[first], .count = 1};

	while (first + section.count < results->count &&
	       section.list[section.count].path == section.list->path &&
	       streq(section.list[section.count].device, section.list->device))
		section.count++;
	return section;
}

static bool same_reason(const struct case_result *a, const struct case_result *b)
{
	return a->outcome.status == b->outcome.status &&
	       streq(a->outcome.reason, b->outcome.reason);
}

/* The i-th result's reason with all that share it, unless an earlier one told it. */
static void print_reason(const struct section *section, size_t i)
{
	const struct case_result *result = &section->list[i];
	scoped_free char *reason = scrub(result->outcome.reason, sizeof(result->outcome.reason));

	if (!reason || !*reason)
		return;
	for (size_t k = 0; k < i; k++)
		if (same_reason(&section->list[k], result))
			return;
	printf("  %s", result->test->id);
	for (size_t k = i + 1; k < section->count; k++)
		if (same_reason(&section->list[k], result))
			printf(" %s", section->list[k].test->id);
	printf(": %s\n", reason);
}

static void print_sections(const struct columns *columns, const struct options *opts,
			   const struct report *report)
{
	struct section section;

	for (size_t i = 0; i < report->results.count; i += section.count) {
		section = section_at(&report->results, i);
		if (section.list->path == CASE_HOST)
			printf("The host\n");
		else
			printf("%s through the %s\n", section.list->device,
			       case_path_name(section.list->path));
		table_print(columns, opts, section_row, &section);
		for (size_t k = 0; k < section.count; k++)
			print_reason(&section, k);
		printf("\n");
	}
	printf("%d passed, %d failed, %d skipped\n", (int)report->counts[CASE_PASS],
	       (int)report->counts[CASE_FAIL], (int)report->counts[CASE_SKIP]);
}

/* For people in sections; who chose columns, or wants no headings, gets one table. */
static int print_text(const struct options *opts, const struct report *report, struct error *err)
{
	struct section all = {report->results.list, report->results.count};
	struct columns columns;
	bool one_table = opts->output || opts->raw || opts->noheadings;
	const char *plain = "device,path,id,status,expected,got,title,reason";

	if (columns_parse(&columns, &result_record,
			  opts->output ? opts->output
			  : one_table  ? plain
				       : NULL,
			  err) < 0)
		return -1;
	if (one_table)
		table_print(&columns, opts, section_row, &all);
	else
		print_sections(&columns, opts, report);
	return 0;
}

/* --- the verb --------------------------------------------------------------------------- */

static int run_cases(struct report *report, const struct inventory *inventory, struct error *err)
{
	struct case_host host;

	case_host_probe(&host);
	if (cases_run(&report->results, case_tables, &host, NULL, DEADLINE_MS) < 0)
		return error_errno(err, ENOMEM, "out-of-memory", NULL, "testing");
	for (size_t i = 0; i < inventory->count; i++) {
		const struct device *dev = &inventory->devices[i];

		message_note("Opening %s resets the function", dev->address);
		if (cases_run(&report->results, case_tables, &host, dev, DEADLINE_MS) < 0)
			return error_errno(err, ENOMEM, "out-of-memory", NULL, "testing");
	}
	for (size_t i = 0; i < report->results.count; i++)
		report->counts[report->results.list[i].outcome.status]++;
	return 0;
}

/* Every device must pass before the first is opened. */
static int gather(struct inventory *ret, const struct options *opts, struct error *err)
{
	scoped_selection struct selection selection = {0};

	if (opts->n_args == 0)
		return 0;
	if (selection_read(&selection, opts, RESOLVE_TO_CHANGE, err) < 0 ||
	    inventory_scan_only(ret, NEED_DETAIL, (const char *const *)selection.addresses,
				selection.count, err) < 0)
		return -1;
	for (size_t i = 0; i < ret->count; i++)
		if (case_admit(&ret->devices[i], err) < 0)
			return -1;
	return 0;
}

static enum status verdict(const struct report *report)
{
	if (report->counts[CASE_FAIL])
		return STATUS_FAILED;
	return report->counts[CASE_PASS] ? STATUS_OK : STATUS_UNSUPPORTED;
}

static enum status run(const struct options *opts, struct error *err)
{
	scoped_inventory struct inventory inventory = {0};
	struct report report = {.counts = {0}};
	struct columns columns;
	enum status status;

	/* A mistyped column must not be found out after the devices were reset. */
	if (columns_parse(&columns, &result_record, opts->output, err) < 0 ||
	    gather(&inventory, opts, err) < 0)
		return err->status;
	status = run_cases(&report, &inventory, err) < 0 ? err->status : verdict(&report);
	if (!err->code && opts->json)
		json_print_document(&test_document, &report);
	else if (!err->code && print_text(opts, &report, err) < 0)
		status = err->status;
	case_results_free(&report.results);
	return status;
}

const struct command cmd_test = {
	.name = "test",
	.synopsis = "[DEVICE...]",
	.summary = "prove that the kernel's way to a device works",
	.details =
		"Opens each DEVICE, which must be bound to a VFIO driver, through the cdev and "
		"through the group, whichever the host offers, and checks what the kernel "
		"promises. "
		"Opening a device resets the function. A device in use is refused. Without DEVICE, "
		"only the host is checked. The exit status is 1 when a check failed and 9 when all "
		"were skipped.",
	.columns = &result_record,
	.document = &test_document,
	.max_args = -1,
	.run = run,
};
