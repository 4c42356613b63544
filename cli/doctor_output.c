/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The report for people: by object, the worst first, and what it comes to in the last line.
 */
#include <stdio.h>

#include "cli/doctor_record.h"
#include "cli/fill.h"

enum {
	INDENT = 4,
	SECOND = INDENT + 2,
	TEXT_MAX = 700,
	MANY = 3,   /* of how many devices the same is told one by one */
	NAMED = 12, /* how many of those that are told together have their names printed */
};

/* Text that may hold what came from outside; where it ends. */
static int print_part(const char *text, int indent, int column)
{
	scoped_free char *clean = scrub(text ? text : "", TEXT_MAX);

	return fill_part(stdout, clean ? clean : "", indent, column);
}

/* A paragraph, or the end of one. */
static void print_text(const char *text, int indent, int column)
{
	print_part(text, indent, column);
	putchar('\n');
}

static int print_painted(const char *text, struct paint paint, int indent, int column)
{
	fputs(paint.on, stdout);
	column = print_part(text, indent, column);
	fputs(paint.off, stdout);
	return column;
}

static void print_labelled(const char *label, const char *text)
{
	printf("%*s%s", INDENT, "", label);
	print_text(text, INDENT + (int)strlen(label), INDENT + (int)strlen(label));
}

static bool is_shown(const struct finding *finding, const struct options *opts)
{
	if (opts->quiet)
		return finding->rule->severity == RULE_ERROR;
	return opts->verbose || finding->rule->severity != RULE_INFO;
}

static void print_finding(const struct finding *finding, const struct options *opts)
{
	enum rule_severity severity = finding->rule->severity;
	char text[1024];
	int column;

	snprintf(text, sizeof(text), "%s:", rule_severity_name(severity));
	printf("  ");
	column = print_painted(text, color_paint(severity_tone(severity), opts, stdout), INDENT, 2);
	snprintf(text, sizeof(text), "%s [%s]", finding->rule->title, finding->rule->id);
	print_text(text, INDENT, column);
	snprintf(text, sizeof(text), "%s: %s", finding->file, finding->value);
	printf("%*s", INDENT, "");
	print_text(text, SECOND, INDENT);
	printf("%*s", INDENT, "");
	print_text(finding->rule->consequence, INDENT, INDENT);
	print_labelled("-> ", finding->remedy);
}

/* --- the same of many devices ------------------------------------------------------------- */

/*
 * For each finding the first one that says the same of its device, by an attribute of the same
 * name, and for that one how many do.
 */
struct alike {
	size_t first, count;
};

static bool says_the_same(const struct finding *a, const struct finding *b)
{
	return a->rule == b->rule && a->device && b->device && streq_null(a->value, b->value) &&
	       a->file && b->file && streq(base_name(a->file), base_name(b->file));
}

/* NULL when out of memory: then each is told by itself. The caller frees it. */
static struct alike *find_alike(const struct finding *const *findings, size_t n)
{
	struct alike *alike = calloc(n + 1, sizeof(*alike));

	for (size_t i = 0; alike && i < n; i++) {
		size_t first = 0;

		while (first < i && (alike[first].first != first ||
				     !says_the_same(findings[first], findings[i])))
			first++;
		alike[i].first = first;
		alike[first].count++;
	}
	return alike;
}

/* True for one that has been told with another. */
static bool is_told(const struct alike *alike, size_t i)
{
	return alike && alike[i].first != i && alike[alike[i].first].count > MANY;
}

/* ", b, c and 9 more": the objects that have the same as findings[i], behind its own. */
static void append_others(char *buf, size_t size, const struct finding *const *findings,
			  const struct alike *alike, size_t i)
{
	size_t left, named = 0;

	if (!alike || alike[i].count <= MANY)
		return;
	left = alike[i].count - 1;
	for (size_t k = i + 1; left && named < NAMED; k++) {
		if (alike[k].first != i)
			continue;
		append(buf, size, "%s%s", *buf ? ", " : "", findings[k]->object);
		named++;
		left--;
	}
	if (left)
		append(buf, size, " and %zu more", left);
}

static void print_findings(const struct doctor_report *report, const struct options *opts)
{
	scoped_free struct alike *alike = find_alike(report->findings, report->n_findings);
	const char *object = NULL;

	for (size_t i = 0; i < report->n_findings; i++) {
		const struct finding *finding = report->findings[i];
		char others[TEXT_MAX] = "";

		if (!is_shown(finding, opts) || is_told(alike, i))
			continue;
		if (!streq_null(object, finding->object))
			printf("%s\n", finding->object);
		object = finding->object;
		print_finding(finding, opts);
		append_others(others, sizeof(others), report->findings, alike, i);
		if (*others)
			print_labelled("as well: ", others);
		putchar('\n');
	}
}

static void print_unknown(const struct doctor_report *report)
{
	scoped_free struct alike *alike = find_alike(report->unknown, report->n_unknown);

	if (report->n_unknown)
		puts("could not be checked");
	for (size_t i = 0; i < report->n_unknown; i++) {
		const struct finding *finding = report->unknown[i];
		char text[TEXT_MAX + 1024] = "";

		if (is_told(alike, i))
			continue;
		append(text, sizeof(text), "%s, %s", finding->rule->id, finding->object);
		append_others(text, sizeof(text), report->unknown, alike, i);
		append(text, sizeof(text), ": %s: %s", finding->file ? finding->file : "-",
		       finding->value);
		printf("  ");
		print_text(text, INDENT, 2);
	}
	if (report->n_unknown)
		putchar('\n');
}

/* --- the answer, and all together --------------------------------------------------------- */

/* The answer itself stands behind the last colon. */
static void print_sentence(const struct doctor_answer *answer, const struct options *opts)
{
	enum tone tone = answer->ready == ANSWER_YES  ? TONE_GOOD
			 : answer->ready == ANSWER_NO ? TONE_TROUBLE
						      : TONE_WARNING;
	const char *word = strrchr(answer->sentence, ':') + 1;
	char text[TEXT_MAX];
	int column;

	snprintf(text, sizeof(text), "%.*s", (int)(word - answer->sentence), answer->sentence);
	column = print_part(text, 0, 0);
	print_painted(word + 1, color_paint(tone, opts, stdout), 0, column);
	putchar('\n');
}

static void print_answer(const struct doctor_answer *answer, const struct options *opts)
{
	print_sentence(answer, opts);
	for (size_t i = 0; i < answer->n_steps; i++) {
		char number[16], text[TEXT_MAX + 1024] = "";
		int width = snprintf(number, sizeof(number), "%3zu. ", i + 1);

		printf("%s", number);
		if (answer->steps[i]->rule->step_tells)
			snprintf(text, sizeof(text), "%s: ", answer->steps[i]->value);
		append(text, sizeof(text), "%s", answer->steps[i]->remedy);
		print_text(text, width, width);
	}
	for (size_t i = 0; i < answer->n_unseen && answer->ready == ANSWER_UNKNOWN; i++) {
		char text[512];

		snprintf(text, sizeof(text), "not seen: %s (%s)", answer->unseen[i]->rule->title,
			 answer->unseen[i]->rule->id);
		printf("  ");
		print_text(text, INDENT, 2);
	}
	putchar('\n');
}

static void append_count(char *buf, size_t size, size_t count, const char *one, const char *many)
{
	if (count)
		append(buf, size, "%s%zu %s", *buf ? ", " : "", count, count == 1 ? one : many);
}

static void print_summary(const struct doctor_report *report, const struct options *opts)
{
	char text[256] = "";

	append_count(text, sizeof(text), report->counts[RULE_ERROR], "error", "errors");
	append_count(text, sizeof(text), report->counts[RULE_WARNING], "warning", "warnings");
	if (!*text)
		append(text, sizeof(text), "nothing is wrong");
	append_count(text, sizeof(text), report->counts[RULE_INFO], "note", "notes");
	append_count(text, sizeof(text), report->n_unknown, "could not be checked",
		     "could not be checked");
	if (!opts->verbose && (report->counts[RULE_INFO] || report->n_unknown))
		append(text, sizeof(text), " (-v shows them)");
	print_text(text, 0, 0);
}

void doctor_print(const struct doctor_report *report, const struct options *opts)
{
	print_findings(report, opts);
	if (opts->verbose && !opts->quiet)
		print_unknown(report);
	for (size_t i = 0; i < report->n_answers; i++)
		print_answer(&report->answers[i], opts);
	if (!opts->quiet)
		print_summary(report, opts);
}
