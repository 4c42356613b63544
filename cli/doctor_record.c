/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/doctor_record.h"

#include "cli/records.h"

enum tone severity_tone(enum rule_severity severity)
{
	static const enum tone tones[] = {[RULE_ERROR] = TONE_TROUBLE,
					  [RULE_WARNING] = TONE_WARNING,
					  [RULE_INFO] = TONE_PLAIN};

	return tones[severity];
}

static enum tone finding_tone(const void *record)
{
	return severity_tone(((const struct finding *)record)->rule->severity);
}

static enum tone rule_tone(const void *record)
{
	return severity_tone(((const struct rule *)record)->severity);
}

GETTER(finding_rule, struct finding, r, value_string(r->rule->id))
GETTER(finding_severity, struct finding, r, value_string(rule_severity_name(r->rule->severity)))
GETTER(finding_scope, struct finding, r, value_string(rule_scope_name(r->rule->scope)))
GETTER(finding_object, struct finding, r, value_string(r->object))
GETTER(finding_device, struct finding, r, value_string(r->device ? r->device->address : NULL))
GETTER(finding_group, struct finding, r, value_number(r->group))
GETTER(finding_title, struct finding, r, value_string(r->rule->title))
GETTER(finding_file, struct finding, r, value_string(r->file))
GETTER(finding_value, struct finding, r, value_string(r->value))
GETTER(finding_consequence, struct finding, r, value_string(r->rule->consequence))
GETTER(finding_remedy, struct finding, r, value_string(r->remedy))
GETTER(finding_command, struct finding, r, value_string(r->is_command ? r->remedy : NULL))
GETTER(finding_reference, struct finding, r, value_string(r->rule->reference))

/* What is said of everything that a rule has looked at. */
#define PLACE                                                                                      \
	ROW(STRING, "object", "OBJECT", finding_object, "host, a group or the device's address",   \
	    .flags = FIELD_DEFAULT),                                                               \
		ROW(STRING, "rule", "RULE", finding_rule, "the rule's name, which never changes",  \
		    .flags = FIELD_DEFAULT),                                                       \
		ROW(STRING, "scope", "SCOPE", finding_scope, "host, group or device"),             \
		ROW(STRING, "device", "DEVICE", finding_device,                                    \
		    "the device; unknown for other objects"),                                      \
		ROW(NUMBER, "iommu_group", "GROUP", finding_group,                                 \
		    "the IOMMU group; unknown for other objects", .flags = FIELD_RIGHT),           \
		ROW(STRING, "title", "TITLE", finding_title, "what the rule says is so",           \
		    .flags = FIELD_DEFAULT | FIELD_WRAP),                                          \
		ROW(STRING, "file", "FILE", finding_file, "where that was looked for")

static const struct field finding_fields[] = {
	ROW(STRING, "severity", "SEVERITY", finding_severity, "error, warning or info",
	    .flags = FIELD_DEFAULT, .tone = finding_tone),
	PLACE,
	ROW(STRING, "value", "VALUE", finding_value, "what was found there", .flags = FIELD_WRAP),
	ROW(STRING, "consequence", "CONSEQUENCE", finding_consequence, "what it means",
	    .flags = FIELD_WRAP),
	ROW(STRING, "remedy", "REMEDY", finding_remedy, "a command or setting that mends it",
	    .flags = FIELD_WRAP),
	ROW(STRING, "command", "COMMAND", finding_command,
	    "the remedy, where a shell can run it as it stands", .flags = FIELD_WRAP),
	ROW(STRING, "reference", "REFERENCE", finding_reference, "where to read more"),
	{0},
};

const struct record_type finding_record = {
	.name = "finding",
	.fields = finding_fields,
};

static const struct field unknown_fields[] = {
	PLACE,
	ROW(STRING, "reason", "REASON", finding_value, "why it could not be looked at"),
	{0},
};

static const struct record_type unknown_record = {
	.name = "unknown",
	.fields = unknown_fields,
};

/* --- answers ------------------------------------------------------------------------------ */

GETTER(answer_device, struct doctor_answer, r, value_string(r->device->address))
GETTER(answer_user, struct doctor_answer, r, value_string(r->user))
GETTER(answer_purpose, struct doctor_answer, r, value_string(r->purpose))
GETTER(answer_ready, struct doctor_answer, r,
       r->ready == ANSWER_UNKNOWN ? VALUE_UNKNOWN : value_bool(r->ready == ANSWER_YES))
GETTER(answer_sentence, struct doctor_answer, r, value_string(r->sentence))

static struct value answer_mode(const void *record, size_t i)
{
	return mode_word(((const struct doctor_answer *)record)->modes, i);
}

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

static const struct field answer_fields[] = {
	ROW(STRING, "device", "DEVICE", answer_device, "the device"),
	ROW(STRING, "user", "USER", answer_user, "who wants it"),
	ROW(STRING, "purpose", "PURPOSE", answer_purpose,
	    "what for: qemu, libvirt, dpdk, spdk or container"),
	ROW(BOOL, "ready", "READY", answer_ready,
	    "nothing is missing; unknown when not all could be "
	    "seen"),
	ROW_STRINGS("modes", "MODES", answer_mode,
		    "ways that are open to the user: cdev, group; none before it is bound"),
	ROW(STRING, "sentence", "SENTENCE", answer_sentence, "the answer in words"),
	ROW_RECORDS("steps", "STEPS", answer_step, &finding_record,
		    "what is missing, in the order in which to do it"),
	ROW_RECORDS("unknown", "UNKNOWN", answer_unseen, &unknown_record,
		    "what could not be looked at for it"),
	{0},
};

static const struct record_type answer_record = {
	.name = "answer",
	.fields = answer_fields,
};

/* --- the document ------------------------------------------------------------------------- */

GETTER(report_errors, struct doctor_report, r, value_number((int64_t)r->counts[RULE_ERROR]))
GETTER(report_warnings, struct doctor_report, r, value_number((int64_t)r->counts[RULE_WARNING]))
GETTER(report_infos, struct doctor_report, r, value_number((int64_t)r->counts[RULE_INFO]))

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

static const struct field doctor_document_fields[] = {
	ROW(NUMBER, "errors", "ERRORS", report_errors, "findings that are errors"),
	ROW(NUMBER, "warnings", "WARNINGS", report_warnings, "findings that are warnings"),
	ROW(NUMBER, "infos", "INFOS", report_infos, "findings that are good to know, no more"),
	ROW_STRINGS("devices", "DEVICES", report_device, "the devices that were looked at"),
	ROW_RECORDS("findings", "FINDINGS", report_finding, &finding_record,
		    "what is wrong, the worst first"),
	ROW_RECORDS("unknown", "UNKNOWN", report_unknown, &unknown_record,
		    "what could not be looked at"),
	ROW_RECORDS("answers", "ANSWERS", report_answer, &answer_record,
		    "with --for, whether each device can be used"),
	{0},
};

const struct record_type doctor_document = {
	.name = "doctor",
	.fields = doctor_document_fields,
};

/* --- the rules themselves ----------------------------------------------------------------- */

GETTER(rule_id, struct rule, r, value_string(r->id))
GETTER(rule_severity, struct rule, r, value_string(rule_severity_name(r->severity)))
GETTER(rule_scope, struct rule, r, value_string(rule_scope_name(r->scope)))
GETTER(rule_title, struct rule, r, value_string(r->title))
GETTER(rule_consequence, struct rule, r, value_string(r->consequence))
GETTER(rule_remedy, struct rule, r, value_string(r->remedy))
GETTER(rule_reference, struct rule, r, value_string(r->reference))

static struct value rule_blocks(const void *record, size_t i)
{
	const struct rule *rule = record;

	for (const struct rule_purpose *purpose = rule_purposes; purpose->name; purpose++)
		if (rule->blocks & purpose->bit && i-- == 0)
			return value_string(purpose->name);
	return VALUE_UNKNOWN;
}

static const struct field rule_fields[] = {
	ROW(STRING, "id", "ID", rule_id, "the rule's name, which never changes",
	    .flags = FIELD_DEFAULT),
	ROW(STRING, "severity", "SEVERITY", rule_severity, "error, warning or info",
	    .flags = FIELD_DEFAULT, .tone = rule_tone),
	ROW(STRING, "scope", "SCOPE", rule_scope, "host, group or device"),
	ROW(STRING, "title", "TITLE", rule_title, "what it says is so",
	    .flags = FIELD_DEFAULT | FIELD_WRAP),
	ROW(STRING, "consequence", "CONSEQUENCE", rule_consequence, "what that means",
	    .flags = FIELD_WRAP),
	ROW(STRING, "remedy", "REMEDY", rule_remedy,
	    "what mends it; names in braces stand for what is found", .flags = FIELD_WRAP),
	ROW(STRING, "reference", "REFERENCE", rule_reference, "where to read more"),
	ROW_STRINGS("blocks", "BLOCKS", rule_blocks, "purposes of --for that it stands against"),
	{0},
};

const struct record_type rule_record = {
	.name = "rule",
	.fields = rule_fields,
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

static const struct field rules_document_fields[] = {
	ROW_RECORDS("rules", "RULES", rule_item, &rule_record,
		    "the rules, in the order in which they are put"),
	{0},
};

const struct record_type rules_document = {
	.name = "rules",
	.fields = rules_document_fields,
};
