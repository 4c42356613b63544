/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The results of `vfioctl test` for people, and as TAP.
 */
#include <stdio.h>

#include "cli/test_record.h"

/* Results that are shown together. */
struct section {
	const struct case_result **list;
	size_t count;
};

static const void *section_row(const void *records, size_t i)
{
	const struct section *section = records;

	return i < section->count ? section->list[i] : NULL;
}

static bool same_reason(const struct case_result *a, const struct case_result *b)
{
	return a->outcome.status == b->outcome.status &&
	       streq(a->outcome.reason, b->outcome.reason);
}

/* The i-th result's reason with all that share it, unless an earlier one told it. */
static void print_reason(const struct section *section, size_t i)
{
	const struct case_result *result = section->list[i];
	scoped_free char *reason = scrub(result->outcome.reason, sizeof(result->outcome.reason));

	if (!reason || !*reason)
		return;
	for (size_t k = 0; k < i; k++)
		if (same_reason(section->list[k], result))
			return;
	printf("  %s", result->test->id);
	for (size_t k = i + 1; k < section->count; k++)
		if (same_reason(section->list[k], result))
			printf(" %s", section->list[k]->test->id);
	printf(": %s\n", reason);
}

/* --- sections --------------------------------------------------------------------------- */

static void print_section(const struct section *section, const char *heading,
			  const struct columns *columns, const struct options *opts)
{
	if (section->count == 0)
		return;
	printf("%s\n", heading);
	table_print(columns, opts, section_row, section);
	for (size_t k = 0; k < section->count; k++)
		print_reason(section, k);
	printf("\n");
}

static bool same_way(const struct case_result *a, const struct case_result *b)
{
	return a->path == b->path && streq(a->device, b->device);
}

/* Results of one device on one path stand side by side. */
static void print_by_way(const struct section *all, const struct columns *columns,
			 const struct options *opts)
{
	struct section section;

	for (size_t i = 0; i < all->count; i += section.count) {
		const struct case_result *first = all->list[i];
		char heading[128] = "The host";

		if (first->path != CASE_HOST)
			snprintf(heading, sizeof(heading), "%s through the %s", first->device,
				 case_path_name(first->path));
		section = (struct section){.list = &all->list[i]};
		while (i + section.count < all->count &&
		       same_way(all->list[i + section.count], first))
			section.count++;
		print_section(&section, heading, columns, opts);
	}
}

static void print_by_statement(const struct section *all, const struct columns *columns,
			       const struct options *opts)
{
	scoped_free const struct case_result **list = calloc(all->count, sizeof(*list));

	for (const struct case_statement *s = case_statements; list && s->code; s++) {
		struct section section = {.list = list};
		char heading[128];

		for (size_t i = 0; i < all->count; i++)
			if (streq_null(all->list[i]->test->statement, s->code))
				list[section.count++] = all->list[i];
		snprintf(heading, sizeof(heading), "%s: %s", s->code, s->title);
		print_section(&section, heading, columns, opts);
	}
}

static void print_counts(const struct test_report *report, const struct options *opts)
{
	bool bad = report->counts[CASE_FAIL];
	struct paint paint = color_paint(bad ? TONE_TROUBLE : TONE_PLAIN, opts, stdout);

	printf("%d passed, %s%d failed%s, %d skipped\n", (int)report->counts[CASE_PASS], paint.on,
	       (int)report->counts[CASE_FAIL], paint.off, (int)report->counts[CASE_SKIP]);
}

int test_print_text(const struct options *opts, const struct test_report *report, struct error *err)
{
	static const char plain[] = "device,path,id,status,expected,got,title,reason";
	bool one_table = opts->output || opts->raw || opts->noheadings;
	const char *by_default = one_table              ? plain
				 : report->by_statement ? "id,device,path,status,expected,got,title"
							: NULL;
	size_t count = report->results.count;
	scoped_free const struct case_result **list = calloc(count + 1, sizeof(*list));
	struct section all = {.list = list, .count = count};
	struct columns columns;

	if (!list)
		return error_out_of_memory(err);
	if (columns_parse(&columns, &case_result_record, opts->output ? opts->output : by_default,
			  err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		list[i] = &report->results.list[i];
	if (one_table) {
		table_print(&columns, opts, section_row, &all);
		return 0;
	}
	(report->by_statement ? print_by_statement : print_by_way)(&all, &columns, opts);
	print_counts(report, opts);
	return 0;
}

/* --- TAP -------------------------------------------------------------------------------- */

/* A string for a line of TAP or a value of its YAML: no line breaks, nothing that TAP reads. */
static void print_tap_text(const char *text)
{
	scoped_free char *clean = scrub(text, 1024);

	for (const char *c = clean ? clean : ""; *c; c++)
		putchar(*c == '#' ? '-' : *c == '\'' ? '"' : *c);
}

static void print_tap_steps(const struct case_outcome *outcome)
{
	printf("  ---\n  message: '");
	print_tap_text(outcome->reason);
	printf("'\n  severity: fail\n  steps:\n");
	for (unsigned int i = 0; i < outcome->n_steps; i++) {
		printf("    - what: '");
		print_tap_text(outcome->steps[i].what);
		printf("'\n      expected: %s\n      got: %s\n",
		       case_result_name(outcome->steps[i].expected),
		       case_result_name(outcome->steps[i].got));
	}
	printf("  ...\n");
}

static void print_tap_result(const struct case_result *result, size_t number)
{
	enum case_status status = result->outcome.status;

	printf("%sok %zu - %s %s%s%s: ", status == CASE_FAIL ? "not " : "", number,
	       result->test->id, case_path_name(result->path), *result->device ? " " : "",
	       result->device);
	print_tap_text(result->test->title);
	if (status == CASE_SKIP) {
		printf(" # SKIP ");
		print_tap_text(result->outcome.reason);
	}
	printf("\n");
	if (status == CASE_FAIL)
		print_tap_steps(&result->outcome);
}

/*
 * What is printed is the same in both versions. Perl's harness before 3.48 knows no 14 and calls
 * it an error; each one says that it is there.
 */
static int tap_version(void)
{
	return getenv("HARNESS_ACTIVE") ? 13 : 14;
}

void test_print_tap(const struct test_report *report)
{
	printf("TAP version %d\n1..%zu\n", tap_version(), report->results.count);
	for (size_t i = 0; i < report->results.count; i++)
		print_tap_result(&report->results.list[i], i + 1);
}
