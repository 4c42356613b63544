/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/doctor_record.h"

/* A getter: name, the type of the record (known as r) and its value. */
#define GETTER(name, type, result)                                                                 \
	static struct value name(const void *record)                                               \
	{                                                                                          \
		const type *r = record;                                                            \
                                                                                                   \
		return result;                                                                     \
	}

GETTER(finding_rule, struct finding, value_string(r->rule->id))
GETTER(finding_severity, struct finding, value_string(rule_severity_name(r->rule->severity)))
GETTER(finding_scope, struct finding, value_string(rule_scope_name(r->rule->scope)))
GETTER(finding_object, struct finding, value_string(r->object))
GETTER(finding_device, struct finding, value_string(r->device ? r->device->address : NULL))
GETTER(finding_group, struct finding, value_number(r->group))
GETTER(finding_title, struct finding, value_string(r->rule->title))
GETTER(finding_file, struct finding, value_string(r->file))
GETTER(finding_value, struct finding, value_string(r->value))
GETTER(finding_consequence, struct finding, value_string(r->rule->consequence))
GETTER(finding_remedy, struct finding, value_string(r->remedy))
GETTER(finding_reference, struct finding, value_string(r->rule->reference))

/* What is said of everything that a rule has looked at. */
#define PLACE                                                                                      \
	{.key = "object",                                                                          \
	 .title = "OBJECT",                                                                        \
	 .type = FIELD_STRING,                                                                     \
	 .flags = FIELD_DEFAULT,                                                                   \
	 .get = finding_object,                                                                    \
	 .help = "host, a group or the device's address"},                                         \
		{.key = "rule",                                                                    \
		 .title = "RULE",                                                                  \
		 .type = FIELD_STRING,                                                             \
		 .flags = FIELD_DEFAULT,                                                           \
		 .get = finding_rule,                                                              \
		 .help = "the rule's name, which never changes"},                                  \
		{.key = "scope",                                                                   \
		 .title = "SCOPE",                                                                 \
		 .type = FIELD_STRING,                                                             \
		 .get = finding_scope,                                                             \
		 .help = "host, group or device"},                                                 \
		{.key = "device",                                                                  \
		 .title = "DEVICE",                                                                \
		 .type = FIELD_STRING,                                                             \
		 .get = finding_device,                                                            \
		 .help = "the device; unknown for other objects"},                                 \
		{.key = "iommu_group",                                                             \
		 .title = "GROUP",                                                                 \
		 .type = FIELD_NUMBER,                                                             \
		 .flags = FIELD_RIGHT,                                                             \
		 .get = finding_group,                                                             \
		 .help = "the IOMMU group; unknown for other objects"},                            \
		{.key = "title",                                                                   \
		 .title = "TITLE",                                                                 \
		 .type = FIELD_STRING,                                                             \
		 .flags = FIELD_DEFAULT,                                                           \
		 .get = finding_title,                                                             \
		 .help = "what the rule says is so"},                                              \
	{                                                                                          \
		.key = "file", .title = "FILE", .type = FIELD_STRING, .get = finding_file,         \
		.help = "where that was looked for"                                                \
	}

const struct record_type finding_record = {
	.name = "finding",
	.fields = (const struct field[]){{.key = "severity",
					  .title = "SEVERITY",
					  .type = FIELD_STRING,
					  .flags = FIELD_DEFAULT,
					  .get = finding_severity,
					  .help = "error, warning or info"},
					 PLACE,
					 {.key = "value",
					  .title = "VALUE",
					  .type = FIELD_STRING,
					  .get = finding_value,
					  .help = "what was found there"},
					 {.key = "consequence",
					  .title = "CONSEQUENCE",
					  .type = FIELD_STRING,
					  .get = finding_consequence,
					  .help = "what it means"},
					 {.key = "remedy",
					  .title = "REMEDY",
					  .type = FIELD_STRING,
					  .get = finding_remedy,
					  .help = "a command or setting that mends it"},
					 {.key = "reference",
					  .title = "REFERENCE",
					  .type = FIELD_STRING,
					  .get = finding_reference,
					  .help = "where to read more"},
					 {0}},
};

static const struct record_type unknown_record = {
	.name = "unknown",
	.fields = (const struct field[]){PLACE,
					 {.key = "reason",
					  .title = "REASON",
					  .type = FIELD_STRING,
					  .get = finding_value,
					  .help = "why it could not be looked at"},
					 {0}},
};

/* --- answers ------------------------------------------------------------------------------ */

GETTER(answer_device, struct doctor_answer, value_string(r->device->address))
GETTER(answer_user, struct doctor_answer, value_string(r->user))
GETTER(answer_purpose, struct doctor_answer, value_string(r->purpose))
GETTER(answer_ready, struct doctor_answer,
       r->ready == ANSWER_UNKNOWN ? VALUE_UNKNOWN : value_bool(r->ready == ANSWER_YES))
GETTER(answer_sentence, struct doctor_answer, value_string(r->sentence))

static struct value answer_step(const void *record, size_t i)
{
	const struct doctor_answer *answer = record;

	return value_record(i < answer->n_steps ? answer->steps[i] : NULL);
}

static struct value answer_unseen(const void *record, size_t i)
{
	const struct doctor_answer *answer = record;

	return value_record(i < answer->n_unseen ? answer->unseen[i] : NULL);
}

static const struct record_type answer_record = {
	.name = "answer",
	.fields =
		(const struct field[]){{.key = "device",
					.title = "DEVICE",
					.type = FIELD_STRING,
					.get = answer_device,
					.help = "the device"},
				       {.key = "user",
					.title = "USER",
					.type = FIELD_STRING,
					.get = answer_user,
					.help = "who wants it"},
				       {.key = "purpose",
					.title = "PURPOSE",
					.type = FIELD_STRING,
					.get = answer_purpose,
					.help = "what for: qemu, libvirt, dpdk, spdk or container"},
				       {.key = "ready",
					.title = "READY",
					.type = FIELD_BOOL,
					.get = answer_ready,
					.help = "nothing is missing; unknown when not all could be "
						"seen"},
				       {.key = "sentence",
					.title = "SENTENCE",
					.type = FIELD_STRING,
					.get = answer_sentence,
					.help = "the answer in words"},
				       {.key = "steps",
					.title = "STEPS",
					.type = FIELD_RECORDS,
					.item = answer_step,
					.child = &finding_record,
					.help = "what is missing, in the order in which to do it"},
				       {.key = "unknown",
					.title = "UNKNOWN",
					.type = FIELD_RECORDS,
					.item = answer_unseen,
					.child = &unknown_record,
					.help = "what could not be looked at for it"},
				       {0}},
};

/* --- the document ------------------------------------------------------------------------- */

GETTER(report_errors, struct doctor_report, value_number((int64_t)r->counts[RULE_ERROR]))
GETTER(report_warnings, struct doctor_report, value_number((int64_t)r->counts[RULE_WARNING]))
GETTER(report_infos, struct doctor_report, value_number((int64_t)r->counts[RULE_INFO]))

const void *finding_list_item(const void *report, size_t i)
{
	const struct doctor_report *r = report;

	return i < r->n_findings ? r->findings[i] : NULL;
}

static struct value report_device(const void *record, size_t i)
{
	const struct doctor_report *report = record;

	return i < report->named.count ? value_string(report->named.devices[i].address)
				       : VALUE_UNKNOWN;
}

static struct value report_finding(const void *record, size_t i)
{
	return value_record(finding_list_item(record, i));
}

static struct value report_unknown(const void *record, size_t i)
{
	const struct doctor_report *report = record;

	return value_record(i < report->n_unknown ? report->unknown[i] : NULL);
}

static struct value report_answer(const void *record, size_t i)
{
	const struct doctor_report *report = record;

	return value_record(i < report->n_answers ? &report->answers[i] : NULL);
}

const struct record_type doctor_document = {
	.name = "doctor",
	.fields = (const struct field[]){{.key = "errors",
					  .title = "ERRORS",
					  .type = FIELD_NUMBER,
					  .get = report_errors,
					  .help = "findings that are errors"},
					 {.key = "warnings",
					  .title = "WARNINGS",
					  .type = FIELD_NUMBER,
					  .get = report_warnings,
					  .help = "findings that are warnings"},
					 {.key = "infos",
					  .title = "INFOS",
					  .type = FIELD_NUMBER,
					  .get = report_infos,
					  .help = "findings that are good to know, no more"},
					 {.key = "devices",
					  .title = "DEVICES",
					  .type = FIELD_STRINGS,
					  .item = report_device,
					  .help = "the devices that were looked at"},
					 {.key = "findings",
					  .title = "FINDINGS",
					  .type = FIELD_RECORDS,
					  .item = report_finding,
					  .child = &finding_record,
					  .help = "what is wrong, the worst first"},
					 {.key = "unknown",
					  .title = "UNKNOWN",
					  .type = FIELD_RECORDS,
					  .item = report_unknown,
					  .child = &unknown_record,
					  .help = "what could not be looked at"},
					 {.key = "answers",
					  .title = "ANSWERS",
					  .type = FIELD_RECORDS,
					  .item = report_answer,
					  .child = &answer_record,
					  .help = "with --for, whether each device can be used"},
					 {0}},
};

/* --- the rules themselves ----------------------------------------------------------------- */

GETTER(rule_id, struct rule, value_string(r->id))
GETTER(rule_severity, struct rule, value_string(rule_severity_name(r->severity)))
GETTER(rule_scope, struct rule, value_string(rule_scope_name(r->scope)))
GETTER(rule_title, struct rule, value_string(r->title))
GETTER(rule_consequence, struct rule, value_string(r->consequence))
GETTER(rule_remedy, struct rule, value_string(r->remedy))
GETTER(rule_reference, struct rule, value_string(r->reference))

static struct value rule_blocks(const void *record, size_t i)
{
	const struct rule *rule = record;

	for (const struct rule_purpose *purpose = rule_purposes; purpose->name; purpose++)
		if (rule->blocks & purpose->bit && i-- == 0)
			return value_string(purpose->name);
	return VALUE_UNKNOWN;
}

const struct record_type rule_record = {
	.name = "rule",
	.fields =
		(const struct field[]){{.key = "id",
					.title = "ID",
					.type = FIELD_STRING,
					.flags = FIELD_DEFAULT,
					.get = rule_id,
					.help = "the rule's name, which never changes"},
				       {.key = "severity",
					.title = "SEVERITY",
					.type = FIELD_STRING,
					.flags = FIELD_DEFAULT,
					.get = rule_severity,
					.help = "error, warning or info"},
				       {.key = "scope",
					.title = "SCOPE",
					.type = FIELD_STRING,
					.get = rule_scope,
					.help = "host, group or device"},
				       {.key = "title",
					.title = "TITLE",
					.type = FIELD_STRING,
					.flags = FIELD_DEFAULT | FIELD_TRUNC,
					.get = rule_title,
					.help = "what it says is so"},
				       {.key = "consequence",
					.title = "CONSEQUENCE",
					.type = FIELD_STRING,
					.get = rule_consequence,
					.help = "what that means"},
				       {.key = "remedy",
					.title = "REMEDY",
					.type = FIELD_STRING,
					.get = rule_remedy,
					.help = "what mends it; names in braces stand for what is "
						"found"},
				       {.key = "reference",
					.title = "REFERENCE",
					.type = FIELD_STRING,
					.get = rule_reference,
					.help = "where to read more"},
				       {.key = "blocks",
					.title = "BLOCKS",
					.type = FIELD_STRINGS,
					.item = rule_blocks,
					.help = "purposes of --for that it stands against"},
				       {0}},
};

const void *rule_list_item(const void *request, size_t i)
{
	const struct doctor_request *wanted = request;
	const struct rule *rule;

	for (size_t k = 0; (rule = rule_at(wanted->tables, k)); k++)
		if (doctor_wants(wanted, rule) && i-- == 0)
			return rule;
	return NULL;
}

static struct value rule_item(const void *record, size_t i)
{
	return value_record(rule_list_item(record, i));
}

const struct record_type rules_document = {
	.name = "rules",
	.fields = (const struct field[]){{.key = "rules",
					  .title = "RULES",
					  .type = FIELD_RECORDS,
					  .item = rule_item,
					  .child = &rule_record,
					  .help = "the rules, in the order in which they are put"},
					 {0}},
};
