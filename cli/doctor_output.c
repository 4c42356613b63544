/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The report for people: by object, the worst first, and what it comes to in the last line.
 */
#include <stdio.h>

#include "cli/doctor_record.h"
#include "cli/fill.h"

enum { INDENT = 4, SECOND = INDENT + 2, TEXT_MAX = 700 };

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

static void print_findings(const struct doctor_report *report, const struct options *opts)
{
	const char *object = NULL;

	for (size_t i = 0; i < report->n_findings; i++) {
		const struct finding *finding = report->findings[i];

		if (!is_shown(finding, opts))
			continue;
		if (!streq_null(object, finding->object))
			printf("%s\n", finding->object);
		object = finding->object;
		print_finding(finding, opts);
		putchar('\n');
	}
}

static void print_unknown(const struct doctor_report *report)
{
	if (report->n_unknown)
		puts("could not be checked");
	for (size_t i = 0; i < report->n_unknown; i++) {
		const struct finding *finding = report->unknown[i];
		char text[1024];

		snprintf(text, sizeof(text), "%s, %s: %s: %s", finding->rule->id, finding->object,
			 finding->file ? finding->file : "-", finding->value);
		printf("  ");
		print_text(text, INDENT, 2);
	}
	if (report->n_unknown)
		putchar('\n');
}

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
		char number[16];
		int width = snprintf(number, sizeof(number), "%3zu. ", i + 1);

		printf("%s", number);
		print_text(answer->steps[i]->remedy, width, width);
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
