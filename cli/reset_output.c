/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/reset_output.h"

#include <stdio.h>

#include "cli/change_output.h"
#include "cli/records.h"

/* --- all that is reset -------------------------------------------------------------------- */

GETTER(member_address, struct reset_member, r, value_string(r->dev->address))
GETTER(member_driver, struct reset_member, r, value_string(r->dev->driver))
GETTER(member_group, struct reset_member, r, value_number(r->dev->iommu_group))
GETTER(member_owned, struct reset_member, r, value_bool(r->owned))

static struct value member_usage(const void *record, size_t i)
{
	const struct usages *usages = &((const struct reset_member *)record)->usages;

	return i < usages->count ? value_string(usages->list[i].evidence) : VALUE_UNKNOWN;
}

static struct value member_holder(const void *record, size_t i)
{
	const struct holders *holders = &((const struct reset_member *)record)->holders;

	return value_record(i < holders->count ? &holders->list[i] : NULL);
}

static enum tone usage_tone(const void *record)
{
	return ((const struct reset_member *)record)->usages.count ? TONE_WARNING : TONE_PLAIN;
}

static const struct field member_fields[] = {
	ROW(STRING, "address", "ADDRESS", member_address, "the function", .flags = FIELD_DEFAULT),
	ROW(STRING, "driver", "DRIVER", member_driver, "driver that it has",
	    .flags = FIELD_DEFAULT),
	ROW(NUMBER, "iommu_group", "GROUP", member_group, "number of its IOMMU group",
	    .flags = FIELD_DEFAULT | FIELD_RIGHT),
	ROW(BOOL, "owned", "OWNED", member_owned, "its driver leaves it to such a reset",
	    .flags = FIELD_DEFAULT),
	ROW_STRINGS("used_by", "USED-BY", member_usage,
		    "what speaks against resetting it, in words", .flags = FIELD_DEFAULT,
		    .tone = usage_tone),
	ROW_RECORDS("holders", "HOLDERS", member_holder, &holder_record,
		    "processes that have its VFIO device open"),
	{0},
};

static const struct record_type member_record = {
	.name = "reset_member",
	.fields = member_fields,
};

/* --- what became of a device ---------------------------------------------------------------- */

GETTER(result_address, struct reset_result, r, value_string(r->dev->address))
GETTER(result_driver, struct reset_result, r, value_string(r->dev->driver))
GETTER(result_scope, struct reset_result, r, value_string(reset_scope_name(r->scope)))
GETTER(result_method, struct reset_result, r, value_string(*r->method ? r->method : NULL))
GETTER(result_done, struct reset_result, r, value_bool(r->done))
GETTER(result_restored, struct reset_result, r,
       r->restored < 0 ? VALUE_UNKNOWN : value_bool(r->restored))
GETTER(result_duration, struct reset_result, r, value_number(r->duration_ms))
GETTER(result_error, struct reset_result, r, value_record(r->error.code ? &r->error : NULL))

static enum tone yes_tone(bool yes)
{
	return yes ? TONE_GOOD : TONE_TROUBLE;
}

static enum tone done_tone(const void *record)
{
	return yes_tone(((const struct reset_result *)record)->done);
}

static enum tone restored_tone(const void *record)
{
	int restored = ((const struct reset_result *)record)->restored;

	return restored < 0 ? TONE_PLAIN : yes_tone(restored);
}

static struct value result_member(const void *record, size_t i)
{
	const struct reset_result *result = record;

	return value_record(i < result->n_members ? &result->members[i] : NULL);
}

/* The members but for the device itself, which is the first. */
static struct value result_along(const void *record, size_t i)
{
	const struct reset_result *result = record;

	return i + 1 < result->n_members ? value_string(result->members[i + 1].dev->address)
					 : VALUE_UNKNOWN;
}

static struct value result_overridden(const void *record, size_t i)
{
	return reason_word(((const struct reset_result *)record)->overridden, i);
}

static const struct field reset_result_fields[] = {
	ROW(STRING, "address", "ADDRESS", result_address, "the device", .flags = FIELD_DEFAULT),
	ROW(STRING, "driver", "DRIVER", result_driver, "driver that it has"),
	ROW(STRING, "scope", "SCOPE", result_scope, "function: it alone; hot: its bus or slot",
	    .flags = FIELD_DEFAULT),
	ROW(STRING, "method", "METHOD", result_method,
	    "the one asked for, or that the kernel tries first", .flags = FIELD_DEFAULT),
	ROW_STRINGS("along", "ALONG", result_along, "functions that are reset along with it",
		    .flags = FIELD_DEFAULT),
	ROW(BOOL, "reset", "RESET", result_done, "it was reset", .flags = FIELD_DEFAULT,
	    .tone = done_tone),
	ROW(BOOL, "restored", "RESTORED", result_restored,
	    "it answers, and is configured as before", .flags = FIELD_DEFAULT,
	    .tone = restored_tone),
	ROW(NUMBER, "duration_ms", "MS", result_duration,
	    "how long the reset took, in milliseconds", .flags = FIELD_DEFAULT | FIELD_RIGHT),
	ROW_STRINGS("overridden", "OVERRIDDEN", result_overridden,
		    "refusals that --force overrode"),
	ROW_RECORDS("affected", "AFFECTED", result_member, &member_record,
		    "all functions that are reset, the device itself first"),
	ROW_RECORD("error", "ERROR", result_error, &error_record,
		   "what went wrong with this device"),
	{0},
};

const struct record_type reset_result_record = {
	.name = "reset_result",
	.fields = reset_result_fields,
};

struct value reset_result_item(const void *record, size_t i)
{
	const struct reset *reset = record;

	return value_record(i < reset->count ? &reset->results[i] : NULL);
}

static const struct field reset_document_fields[] = {
	ROW_RECORDS("results", "RESULTS", reset_result_item, &reset_result_record,
		    "what became of each device"),
	{0},
};

const struct record_type reset_document = {
	.name = "reset",
	.fields = reset_document_fields,
};

/* --- printing ----------------------------------------------------------------------------- */

static const void *result_row(const void *records, size_t i)
{
	return reset_result_item(records, i).record;
}

static const void *member_row(const void *records, size_t i)
{
	return result_member(records, i).record;
}

/* For each device what would be reset. */
static void print_affected(const struct reset *reset, const struct options *opts)
{
	struct columns columns;

	if (columns_parse(&columns, &member_record, NULL, NULL) < 0)
		return;
	for (size_t i = 0; i < reset->count; i++) {
		const struct reset_result *result = &reset->results[i];

		if (result->with)
			continue;
		if (!opts->noheadings && !opts->raw)
			printf("%s%s reset of %s%s%s\n", i ? "\n" : "",
			       reset_scope_name(result->scope), result->dev->address,
			       *result->method ? " by " : "", result->method);
		table_print(&columns, opts, member_row, result);
	}
}

static void tell_writes(const struct reset *reset)
{
	for (size_t i = 0; i < reset->count; i++) {
		const struct reset_result *result = &reset->results[i];

		for (size_t k = 0; k < result->n_writes; k++)
			message_verbose("%s/%s: wrote \"%s\"", result->dev->syspath,
					result->writes[k].name, result->writes[k].value);
	}
}

void reset_print_success(const struct reset *reset, const struct options *opts,
			 const struct columns *columns)
{
	tell_writes(reset);
	if (opts->json)
		json_print_document(&reset_document, reset);
	else if (opts->dry_run)
		print_affected(reset, opts);
	else if (!opts->quiet)
		table_print(columns, opts, result_row, reset);
}

static bool something_was_done(const struct reset *reset)
{
	for (size_t i = 0; i < reset->count; i++)
		if (reset->results[i].done)
			return true;
	return false;
}

static void print_errors(const struct reset *reset, const struct error *err)
{
	bool told = false;

	for (size_t i = 0; i < reset->count; i++) {
		const struct reset_result *result = &reset->results[i];

		if (!result->error.code || result->with)
			continue;
		message_error(&result->error);
		told = true;
	}
	if (!told)
		message_error(err);
}

void reset_print_failure(const struct reset *reset, const struct options *opts,
			 const struct columns *columns, const struct error *err)
{
	struct error_report report = {.err = err, .reset = reset};

	tell_writes(reset);
	if (opts->json) {
		json_print_document(&error_document, &report);
		return;
	}
	if (opts->dry_run)
		print_affected(reset, opts);
	else if (something_was_done(reset) && !opts->quiet)
		table_print(columns, opts, result_row, reset);
	print_errors(reset, err);
}

void reset_print_progress(const struct reset *reset, int64_t waited_ms)
{
	enum { SOON_MS = 1000 };
	const struct reset_result *first = NULL;
	size_t more = 0;

	for (size_t i = 0; i < reset->count; i++) {
		if (!reset->results[i].running)
			continue;
		if (!first)
			first = &reset->results[i];
		else
			more++;
	}
	if (!first)
		message_progress(NULL);
	else if (waited_ms < SOON_MS)
		return;
	else if (more)
		message_progress("resetting %s and %zu more, %d s", first->dev->address, more,
				 (int)(waited_ms / 1000));
	else
		message_progress("resetting %s, %d s", first->dev->address,
				 (int)(waited_ms / 1000));
}
