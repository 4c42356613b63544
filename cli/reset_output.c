/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/reset_output.h"

#include <stdio.h>

#include "cli/change_output.h"
#include "cli/records.h"

/* --- all that is reset -------------------------------------------------------------------- */

#define GETTER(name, type, result)                                                                 \
	static struct value name(const void *record)                                               \
	{                                                                                          \
		const type *r = record;                                                            \
                                                                                                   \
		return result;                                                                     \
	}

GETTER(member_address, struct reset_member, value_string(r->dev->address))
GETTER(member_driver, struct reset_member, value_string(r->dev->driver))
GETTER(member_group, struct reset_member, value_number(r->dev->iommu_group))
GETTER(member_owned, struct reset_member, value_bool(r->owned))

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

static const struct record_type member_record = {
	.name = "reset_member",
	.fields = (const struct field[]){{.key = "address",
					  .title = "ADDRESS",
					  .type = FIELD_STRING,
					  .flags = FIELD_DEFAULT,
					  .get = member_address,
					  .help = "the function"},
					 {.key = "driver",
					  .title = "DRIVER",
					  .type = FIELD_STRING,
					  .flags = FIELD_DEFAULT,
					  .get = member_driver,
					  .help = "driver that it has"},
					 {.key = "iommu_group",
					  .title = "GROUP",
					  .type = FIELD_NUMBER,
					  .flags = FIELD_DEFAULT | FIELD_RIGHT,
					  .get = member_group,
					  .help = "number of its IOMMU group"},
					 {.key = "owned",
					  .title = "OWNED",
					  .type = FIELD_BOOL,
					  .flags = FIELD_DEFAULT,
					  .get = member_owned,
					  .help = "its driver leaves it to such a reset"},
					 {.key = "used_by",
					  .title = "USED-BY",
					  .type = FIELD_STRINGS,
					  .flags = FIELD_DEFAULT,
					  .item = member_usage,
					  .help = "what speaks against resetting it, in words"},
					 {.key = "holders",
					  .title = "HOLDERS",
					  .type = FIELD_RECORDS,
					  .item = member_holder,
					  .child = &holder_record,
					  .help = "processes that have its VFIO device open"},
					 {0}},
};

/* --- what became of a device ---------------------------------------------------------------- */

GETTER(result_address, struct reset_result, value_string(r->dev->address))
GETTER(result_driver, struct reset_result, value_string(r->dev->driver))
GETTER(result_scope, struct reset_result, value_string(reset_scope_name(r->scope)))
GETTER(result_method, struct reset_result, value_string(*r->method ? r->method : NULL))
GETTER(result_done, struct reset_result, value_bool(r->done))
GETTER(result_restored, struct reset_result,
       r->restored < 0 ? VALUE_UNKNOWN : value_bool(r->restored))
GETTER(result_duration, struct reset_result, value_number(r->duration_ms))
GETTER(result_error, struct reset_result, value_record(r->error.code ? &r->error : NULL))

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

const struct record_type reset_result_record = {
	.name = "reset_result",
	.fields =
		(const struct field[]){
			{.key = "address",
			 .title = "ADDRESS",
			 .type = FIELD_STRING,
			 .flags = FIELD_DEFAULT,
			 .get = result_address,
			 .help = "the device"},
			{.key = "driver",
			 .title = "DRIVER",
			 .type = FIELD_STRING,
			 .get = result_driver,
			 .help = "driver that it has"},
			{.key = "scope",
			 .title = "SCOPE",
			 .type = FIELD_STRING,
			 .flags = FIELD_DEFAULT,
			 .get = result_scope,
			 .help = "function: it alone; hot: its bus or slot"},
			{.key = "method",
			 .title = "METHOD",
			 .type = FIELD_STRING,
			 .flags = FIELD_DEFAULT,
			 .get = result_method,
			 .help = "the one asked for, or that the kernel tries first"},
			{.key = "along",
			 .title = "ALONG",
			 .type = FIELD_STRINGS,
			 .flags = FIELD_DEFAULT,
			 .item = result_along,
			 .help = "functions that are reset along with it"},
			{.key = "reset",
			 .title = "RESET",
			 .type = FIELD_BOOL,
			 .flags = FIELD_DEFAULT,
			 .get = result_done,
			 .help = "it was reset"},
			{.key = "restored",
			 .title = "RESTORED",
			 .type = FIELD_BOOL,
			 .flags = FIELD_DEFAULT,
			 .get = result_restored,
			 .help = "it answers, and is configured as before"},
			{.key = "duration_ms",
			 .title = "MS",
			 .type = FIELD_NUMBER,
			 .flags = FIELD_DEFAULT | FIELD_RIGHT,
			 .get = result_duration,
			 .help = "how long the reset took, in milliseconds"},
			{.key = "overridden",
			 .title = "OVERRIDDEN",
			 .type = FIELD_STRINGS,
			 .item = result_overridden,
			 .help = "refusals that --force overrode"},
			{.key = "affected",
			 .title = "AFFECTED",
			 .type = FIELD_RECORDS,
			 .item = result_member,
			 .child = &member_record,
			 .help = "all functions that are reset, the device itself first"},
			{.key = "error",
			 .title = "ERROR",
			 .type = FIELD_RECORD,
			 .get = result_error,
			 .child = &error_record,
			 .help = "what went wrong with this device"},
			{0}},
};

struct value reset_result_item(const void *record, size_t i)
{
	const struct reset *reset = record;

	return value_record(i < reset->count ? &reset->results[i] : NULL);
}

const struct record_type reset_document = {
	.name = "reset",
	.fields = (const struct field[]){{.key = "results",
					  .title = "RESULTS",
					  .type = FIELD_RECORDS,
					  .item = reset_result_item,
					  .child = &reset_result_record,
					  .help = "what became of each device"},
					 {0}},
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

void reset_print_success(const struct reset *reset, const struct options *opts,
			 const struct columns *columns)
{
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
